// A second reader of strict JSON, written from RFC 8259 in another way, to hold the real one against: it works on Unicode
// scalars instead of bytes, with a stack of its own instead of recursion, and gives the text in a plain form.

/// What a strict reader makes of a text.
struct ReferenceJSON {
    enum Token: Equatable {
        case mark(Character)
        case string(String)
        case number(String)
        case word(String)
    }

    /// The text without white space and with every string in the writer's form; nil when it is not strict JSON.
    static func plain(_ bytes: [UInt8], depthMax: Int, valuesMax: Int) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self), let tokens = tokens(text) else { return nil }
        return structure(tokens, depthMax: depthMax, valuesMax: valuesMax)
    }

    // MARK: - Tokens

    private static func tokens(_ text: String) -> [Token]? {
        let scalars = Array(text.unicodeScalars)
        var tokens: [Token] = []
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case " ", "\n", "\r", "\t": index += 1
            case "{", "}", "[", "]", ",", ":":
                tokens.append(.mark(Character(scalars[index])))
                index += 1
            case "\"":
                guard let (string, end) = string(scalars, index + 1) else { return nil }
                tokens.append(.string(string))
                index = end
            default:
                let end =
                    scalars[index...].firstIndex { " \n\r\t{}[],:\"".unicodeScalars.contains($0) } ?? scalars.count
                var word = String.UnicodeScalarView()
                word.append(contentsOf: scalars[index..<end])
                guard let token = bare(String(word)) else { return nil }
                tokens.append(token)
                index = end
            }
        }
        return tokens
    }

    private static func bare(_ word: String) -> Token? {
        if ["true", "false", "null"].contains(word) { return .word(word) }
        // A number: sign, whole part, fraction, exponent, each cut off in its turn.
        var rest = Substring(word)
        if rest.first == "-" { rest.removeFirst() }
        guard let whole = digits(&rest), whole == "0" || whole.first != "0" else { return nil }
        if rest.unicodeScalars.first == "." {
            rest.unicodeScalars.removeFirst()
            guard digits(&rest) != nil else { return nil }
        }
        if let exponent = rest.unicodeScalars.first, "eE".unicodeScalars.contains(exponent) {
            rest.unicodeScalars.removeFirst()
            if let sign = rest.unicodeScalars.first, "+-".unicodeScalars.contains(sign) {
                rest.unicodeScalars.removeFirst()
            }
            guard digits(&rest) != nil else { return nil }
        }
        return rest.isEmpty ? .number(word) : nil
    }

    /// Cuts off one digit or more.
    private static func digits(_ rest: inout Substring) -> Substring? {
        let found = rest.unicodeScalars.prefix { ("0"..."9").contains($0) }
        guard !found.isEmpty else { return nil }
        rest.unicodeScalars.removeFirst(found.count)
        return Substring(found)
    }

    private static let escapes: [Unicode.Scalar: UInt16] = [
        "\"": 0x22, "\\": 0x5c, "/": 0x2f, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
    ]

    /// A string's text and where the quote behind it ends. Gathered in UTF-16, in which half a surrogate pair shows.
    private static func string(_ scalars: [Unicode.Scalar], _ start: Int) -> (String, Int)? {
        var units: [UInt16] = []
        var index = start
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\"" {
                return String(validating: units, as: UTF16.self).map { ($0, index + 1) }
            }
            if scalar.value < 0x20 { return nil }
            guard scalar == "\\" else {
                units.append(contentsOf: UTF16.encode(scalar).map(Array.init) ?? [])
                index += 1
                continue
            }
            guard index + 1 < scalars.count else { return nil }
            if let unit = escapes[scalars[index + 1]] {
                units.append(unit)
                index += 2
            } else {
                guard scalars[index + 1] == "u", index + 5 < scalars.count else { return nil }
                let digits = scalars[(index + 2)...(index + 5)]
                guard digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
                var value: UInt16 = 0
                for digit in digits { value = value << 4 | UInt16(Character(digit).hexDigitValue ?? 0) }
                units.append(value)
                index += 6
            }
        }
        return nil
    }

    // MARK: - Structure

    private enum Place { case value, valueOrEnd, afterElement, keyOrEnd, key, colon, memberValue, afterMember, end }

    private struct Machine {
        var plain = ""
        var place = Place.value
        var (open, keys): ([Character], [Set<String>]) = ([], [])
        var values = 0

        mutating func ended() {
            place = open.last.map { $0 == "[" ? .afterElement : .afterMember } ?? .end
        }
    }

    private static func structure(_ tokens: [Token], depthMax: Int, valuesMax: Int) -> String? {
        var machine = Machine()
        for token in tokens {
            switch (machine.place, token) {
            case (.valueOrEnd, .mark("]")), (.afterElement, .mark("]")), (.keyOrEnd, .mark("}")),
                (.afterMember, .mark("}")):
                let opened = machine.open.removeLast()
                if opened == "{" { machine.keys.removeLast() }
                machine.plain += opened == "{" ? "}" : "]"
                machine.ended()
            case (.afterElement, .mark(",")), (.afterMember, .mark(",")):
                machine.plain += ","
                machine.place = machine.place == .afterElement ? .value : .key
            case (.keyOrEnd, .string(let key)), (.key, .string(let key)):
                guard machine.keys[machine.keys.count - 1].insert(key).inserted else { return nil }
                machine.plain += quoted(key)
                machine.place = .colon
            case (.colon, .mark(":")):
                machine.plain += ":"
                machine.place = .memberValue
            case (.value, _), (.valueOrEnd, _), (.memberValue, _):
                machine.values += 1
                guard machine.values <= valuesMax, begin(token, &machine, depthMax) else { return nil }
            default: return nil
            }
        }
        return machine.place == .end ? machine.plain : nil
    }

    private static func begin(_ token: Token, _ machine: inout Machine, _ depthMax: Int) -> Bool {
        switch token {
        case .mark(let mark):
            guard mark == "{" || mark == "[", machine.open.count < depthMax else { return false }
            machine.open.append(mark)
            if mark == "{" { machine.keys.append([]) }
            machine.place = mark == "{" ? .keyOrEnd : .valueOrEnd
            machine.plain.append(mark)
            return true
        case .string(let text): machine.plain += quoted(text)
        case .number(let text), .word(let text): machine.plain += text
        }
        machine.ended()
        return true
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5c: quoted += "\\\(Character(scalar))"
            case ..<0x20: quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
