// The reference by which a bank transfer finds the top-up it pays for.

/// A reference for a top-up by bank transfer: `CW-7K3M-9QXD-4HTN`.
///
/// Twelve characters after the prefix: ten that say which, two that check them. The alphabet has 31 characters, a prime:
/// digits and capitals without 0, O, 1, I and L. The first is a digit and the second a letter, so that no three words and
/// no number of an account can be taken for a reference.
///
/// With the characters' values d₁ … d₁₂ the checks are Σ dᵢ ≡ 0 and Σ i·dᵢ ≡ 0 modulo 31: a Reed–Solomon code over
/// GF(31) of distance 3 (Reed and Solomon 1960). Any one or two characters changed, and any two exchanged, are found.
///
/// It is no secret and proves nothing: it can be reckoned from the command's id.
public struct TransferReference: Hashable, Sendable {
    /// The number that the ten characters write, 0 to `count` − 1: what a database keeps.
    public let number: Int64

    /// How many references there are: 8 · 23 · 31⁸, somewhat more than 2⁴⁷. Among a million of them, chosen as by lot,
    /// two are equal in one case of 314; whoever hands them out finds that by their uniqueness and takes the next attempt.
    public static let count: Int64 = 8 * 23 * 852_891_037_441

    /// The characters, each at its value. The first eight are the digits.
    private static let alphabet = Array("23456789ABCDEFGHJKMNPQRSTUVWXYZ".utf8)
    private static let digits = 8
    private static let base = 31
    private static let length = 12
    private static let prefix = Array("CW".utf8)

    /// The reference of a command's top-up.
    ///
    /// - Parameter attempt: 0, or one more for each attempt that gave a reference another top-up has.
    public init(command: CommandID, attempt: UInt32 = 0) {
        // All of the id's bits and the attempt's go through the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a
        // bijection each time; the product's upper half spreads them over the references evenly to within 2⁻¹⁶.
        let salted = Self.mixed(command.low &+ (UInt64(attempt) + 1) &* 0x9e37_79b9_7f4a_7c15)
        let spread = Self.mixed(command.high ^ salted).multipliedFullWidth(by: UInt64(Self.count)).high
        number = Int64(spread)
    }

    /// How many attempts are made before a command is told that there are too many.
    public static let attemptsMax: UInt32 = 4

    /// What a command's top-up may be called, in the order in which that is tried.
    public static func candidates(for command: CommandID) -> [TransferReference] {
        (0..<attemptsMax).map { TransferReference(command: command, attempt: $0) }
    }

    /// The reference with a number, nil outside of 0 to `count` − 1.
    public init?(number: Int64) {
        guard 0..<Self.count ~= number else { return nil }
        self.number = number
    }

    private init?(values: [Int]) {
        guard values.count == Self.length, values[0] < Self.digits, values[1] >= Self.digits else { return nil }
        var (sum, weighted) = (0, 0)
        for (index, value) in values.enumerated() {
            sum += value
            weighted += (index + 1) * value
        }
        guard sum % Self.base == 0, weighted % Self.base == 0 else { return nil }
        let start = Int64(values[0] * (Self.base - Self.digits) + values[1] - Self.digits)
        number = values[2..<10].reduce(start) { $0 * Int64(Self.base) + Int64($1) }
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        var mixed = word
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The values of the twelve characters.
    private var values: [Int] {
        var values = [Int](repeating: 0, count: Self.length)
        var rest = number
        for index in stride(from: 9, through: 2, by: -1) {
            values[index] = Int(rest % Int64(Self.base))
            rest /= Int64(Self.base)
        }
        let letters = Int64(Self.base - Self.digits)
        values[1] = Int(rest % letters) + Self.digits
        values[0] = Int(rest / letters)
        // From s + c₁₁ + c₁₂ ≡ 0 and w + 11·c₁₁ + 12·c₁₂ ≡ 0 follow c₁₁ ≡ w − 12·s and c₁₂ ≡ 11·s − w.
        let sum = values.reduce(0, +)
        let weighted = values.enumerated().reduce(0) { $0 + ($1.offset + 1) * $1.element }
        values[10] = Self.remainder(weighted - 12 * sum)
        values[11] = Self.remainder(11 * sum - weighted)
        return values
    }

    private static func remainder(_ number: Int) -> Int { (number % base + base) % base }
}

extension TransferReference: CustomStringConvertible {
    /// As it is shown: `CW-7K3M-9QXD-4HTN`, 17 characters.
    public var description: String {
        var bytes = Self.prefix
        for (index, value) in values.enumerated() {
            if index % 4 == 0 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(Self.alphabet[value])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

// MARK: - Reading

extension TransferReference {
    /// The blanks and hyphens that may stand between two characters of a reference, one after the other.
    public static let separatorsMax = 3

    /// Reads what somebody typed: in either case, with or without the prefix, with blanks and hyphens anywhere. What
    /// is nearly a reference is nil: it is never corrected.
    public init?(_ text: String) {
        var symbols: [Symbol] = []
        for scalar in text.unicodeScalars {
            let symbol = Symbol(scalar)
            if case .separator = symbol { continue }
            symbols.append(symbol)
        }
        // No reference begins with the prefix's letters: its first character is a digit.
        if Self.hasPrefix(symbols[...]) { symbols.removeFirst(Self.prefix.count) }
        guard symbols.count == Self.length else { return nil }
        self.init(values: symbols.compactMap(\.value))
    }

    /// All references in the text of a statement's line, in the order of their first appearance, each once.
    ///
    /// With its prefix a reference is found wherever it stands, in either case, with up to `separatorsMax` blanks, line
    /// breaks and hyphens between any two characters. Without it, as a word of twelve characters, or as three words of
    /// four. No letter or digit may follow, and without the prefix none may stand before.
    public static func find(in text: String) -> [TransferReference] {
        let symbols = text.unicodeScalars.map { Symbol($0) }
        var found: [TransferReference] = []
        var index = 0
        while index < symbols.count {
            guard let match = prefixed(symbols[index...]) ?? bare(symbols, at: index) else {
                index += 1
                continue
            }
            index = match.end
            if !found.contains(match.reference) { found.append(match.reference) }
        }
        return found
    }

    private typealias Match = (reference: TransferReference, end: Int)

    /// A reference with its prefix at the beginning of a slice.
    private static func prefixed(_ symbols: ArraySlice<Symbol>) -> Match? {
        guard hasPrefix(symbols) else { return nil }
        var (index, separators) = (symbols.startIndex + prefix.count, 0)
        var values: [Int] = []
        while index < symbols.endIndex, values.count < length {
            if case .separator = symbols[index] {
                separators += 1
                guard separators <= separatorsMax else { return nil }
            } else {
                guard let value = symbols[index].value else { return nil }
                values.append(value)
                separators = 0
            }
            index += 1
        }
        return match(values, endingAt: index, in: symbols)
    }

    /// A reference without its prefix, as one word of twelve characters or three of four, at a place.
    private static func bare(_ symbols: [Symbol], at start: Int) -> Match? {
        guard start == 0 || !symbols[start - 1].isWord else { return nil }
        var index = start
        var values: [Int] = []
        while values.count < length {
            if index > start {
                let separators = symbols[index...].prefix { $0.isSeparator }
                guard separators.count <= separatorsMax else { return nil }
                index = separators.endIndex
            }
            let word = symbols[index...].prefix { $0.isWord }
            let isOnlyWord = index == start && word.count == length
            guard isOnlyWord || word.count == length / 3, word.allSatisfy({ $0.value != nil }) else { return nil }
            values += word.compactMap(\.value)
            index = word.endIndex
        }
        return match(values, endingAt: index, in: symbols[...])
    }

    private static func match(_ values: [Int], endingAt end: Int, in symbols: ArraySlice<Symbol>) -> Match? {
        guard end == symbols.endIndex || !symbols[end].isWord else { return nil }
        return TransferReference(values: values).map { ($0, end) }
    }

    private static func hasPrefix(_ symbols: ArraySlice<Symbol>) -> Bool {
        symbols.count >= prefix.count
            && zip(symbols, prefix).allSatisfy { $0.value.map { alphabet[$0] } == $1 }
    }

    /// What a character of a text is to the reader of references.
    private enum Symbol {
        /// One of the alphabet, in either case: its value.
        case value(Int)
        /// A blank, a line break or a hyphen.
        case separator
        /// Any other letter or digit.
        case foreign
        /// Anything else.
        case other

        init(_ scalar: Unicode.Scalar) {
            switch scalar {
            case _ where scalar.isASCII: self = Self.ascii[Int(scalar.value)]
            // No-break spaces, hyphens, dashes and the minus sign, which programs put for a blank or a hyphen.
            case "\u{a0}", "\u{202f}", "\u{2010}"..."\u{2015}", "\u{2212}": self = .separator
            default:
                let properties = scalar.properties
                self = properties.isAlphabetic || properties.numericType != nil ? .foreign : .other
            }
        }

        private static let ascii: [Symbol] = (UInt8(0)...127).map { byte in
            let capital = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte ? byte & ~0x20 : byte
            if let value = alphabet.firstIndex(of: capital) { return .value(value) }
            switch capital {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: "-"):
                return .separator
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): return .foreign
            default: return .other
            }
        }

        var value: Int? { if case .value(let value) = self { value } else { nil } }

        var isSeparator: Bool { if case .separator = self { true } else { false } }

        /// Whether it is a letter or a digit.
        var isWord: Bool {
            switch self {
            case .value, .foreign: true
            case .separator, .other: false
            }
        }
    }
}
