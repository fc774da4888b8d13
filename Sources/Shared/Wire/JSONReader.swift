// A strict JSON reader (RFC 8259) for text that decides about money.
//
// Foundation's decoder takes `1.5e5` for an integer, the first of two equal keys, and keys that nobody asked for. This
// one keeps a number's own characters, refuses equal keys, bad UTF-8 and lone surrogates, and bounds depth.

/// A JSON text, read without interpretation.
public indirect enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The characters of the number as sent.
    case number(String)
    case string(String)
    case array([JSON])
    /// In the order sent, without equal keys.
    case object([Member])

    public struct Member: Equatable, Sendable {
        public let key: String
        public let value: JSON

        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// The member of an object, nil for anything else.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    public var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// A whole number in `Int64`, written as `-?[0-9]+`.
    public var integer: Int64? {
        guard case .number(let token) = self else { return nil }
        return Int64(token)
    }

    public var elements: [JSON]? {
        if case .array(let elements) = self { return elements }
        return nil
    }
}

/// Why a text is not JSON, and at which byte.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        case endedEarly = "the text ends too early"
        case trailingText = "text follows the value"
        case unexpectedCharacter = "a character stands where none like it may"
        case badNumber = "a number is not of JSON's form"
        case badEscape = "an escape is unknown or half a surrogate pair"
        case badUTF8 = "the text is not UTF-8"
        case controlCharacter = "a control character stands unescaped in a string"
        case duplicateKey = "an object has two equal keys"
        case tooDeep = "arrays and objects are nested too deep"
        case tooMany = "the text has too many values"
    }

    public let reason: Reason
    /// Bytes from the start.
    public let offset: Int
    /// The key that is there twice.
    public let key: String?

    public var description: String { "\(reason.rawValue), at byte \(offset)" }
}

extension JSON {
    /// Arrays and objects within each other.
    public static let depthMax = 16
    /// Values in one text, so that a small text cannot make much work.
    public static let valuesMax = 20_000

    /// Reads one JSON text that fills the bytes.
    ///
    /// - Parameter valuesMax: more than usual for a text of our own servers, whose size is bounded otherwise.
    public init(parsing bytes: [UInt8], valuesMax: Int = Self.valuesMax) throws(JSONError) {
        var reader = JSONReader(bytes: bytes, valuesMax: valuesMax)
        self = try reader.text()
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    let valuesMax: Int
    var position = 0
    var values = 0

    init(bytes: [UInt8], valuesMax: Int) {
        self.bytes = bytes
        self.valuesMax = valuesMax
    }

    mutating func text() throws(JSONError) -> JSON {
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure(.trailingText) }
        return value
    }

    func failure(_ reason: JSONError.Reason, key: String? = nil) -> JSONError {
        JSONError(reason: reason, offset: position, key: key)
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        values += 1
        guard values <= valuesMax else { throw failure(.tooMany) }
        guard let byte = next else { throw failure(.endedEarly) }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw failure(.unexpectedCharacter)
        }
    }

    mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        for expected in word.utf8 {
            guard let byte = next else { throw failure(.endedEarly) }
            guard byte == expected else { throw failure(.unexpectedCharacter) }
            position += 1
        }
        return value
    }

    mutating func object(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthMax else { throw failure(.tooDeep) }
        position += 1
        var members: [JSON.Member] = []
        // A few keys are compared one by one; many need a set, or a small text would make much work.
        let keysComparedMax = 16
        var keys: Set<String> = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        members.reserveCapacity(8)
        while true {
            skipSpace()
            guard let quote = next else { throw failure(.endedEarly) }
            guard quote == UInt8(ascii: "\"") else { throw failure(.unexpectedCharacter) }
            let key = try string()
            if members.count == keysComparedMax { keys = Set(members.map(\.key)) }
            let isRepeated =
                members.count < keysComparedMax
                ? members.contains { $0.key == key } : !keys.insert(key).inserted
            if isRepeated { throw failure(.duplicateKey, key: key) }
            skipSpace()
            guard let colon = next else { throw failure(.endedEarly) }
            guard colon == UInt8(ascii: ":") else { throw failure(.unexpectedCharacter) }
            position += 1
            skipSpace()
            members.append(JSON.Member(key, try value(depth: depth + 1)))
            if try ends(with: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    mutating func array(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthMax else { throw failure(.tooDeep) }
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            if try ends(with: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// Passes a comma (false) or the closing bracket (true).
    mutating func ends(with bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard let byte = next else { throw failure(.endedEarly) }
        guard byte == bracket || byte == UInt8(ascii: ",") else { throw failure(.unexpectedCharacter) }
        position += 1
        return byte == bracket
    }

    mutating func number() throws(JSONError) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let leading = next
        guard digits() > 0 else { throw failure(.badNumber) }
        if leading == UInt8(ascii: "0"), position - start > (bytes[start] == UInt8(ascii: "-") ? 2 : 1) {
            throw failure(.badNumber)
        }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { throw failure(.badNumber) }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw failure(.badNumber) }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func digits() -> Int {
        let start = position
        while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        return position - start
    }

    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return try utf8(bytes[start..<position])
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw failure(.controlCharacter) }
            position += 1
        }
        throw failure(.endedEarly)
    }

    func utf8(_ slice: some Collection<UInt8>) throws(JSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw failure(.badUTF8) }
        return text
    }

    /// The slow road: a string with escapes in it, from the first of which the bytes are gathered one by one.
    mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var gathered = Array(bytes[start..<position])
        while let byte = next {
            if byte < 0x20 { throw failure(.controlCharacter) }
            position += 1
            if byte == UInt8(ascii: "\"") { return try utf8(gathered) }
            if byte != UInt8(ascii: "\\") {
                gathered.append(byte)
                continue
            }
            guard let escape = next else { throw failure(.endedEarly) }
            position += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): gathered.append(escape)
            case UInt8(ascii: "b"): gathered.append(0x08)
            case UInt8(ascii: "f"): gathered.append(0x0c)
            case UInt8(ascii: "n"): gathered.append(0x0a)
            case UInt8(ascii: "r"): gathered.append(0x0d)
            case UInt8(ascii: "t"): gathered.append(0x09)
            case UInt8(ascii: "u"): gathered.append(contentsOf: try unicodeEscape().utf8)
            default: throw failure(.badEscape)
            }
        }
        throw failure(.endedEarly)
    }

    mutating func unicodeEscape() throws(JSONError) -> Character {
        let first = try fourHexDigits()
        guard 0xd800..<0xe000 ~= first else { return Character(try scalar(first)) }
        guard first < 0xdc00, next == UInt8(ascii: "\\") else { throw failure(.badEscape) }
        position += 1
        guard next == UInt8(ascii: "u") else { throw failure(.badEscape) }
        position += 1
        let second = try fourHexDigits()
        guard 0xdc00..<0xe000 ~= second else { throw failure(.badEscape) }
        return Character(try scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)))
    }

    func scalar(_ value: UInt32) throws(JSONError) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else { throw failure(.badEscape) }
        return scalar
    }

    mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw failure(.endedEarly) }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw failure(.badEscape)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
