// The field table of AMQP 0-9-1 as a value, and its decoder.

/// A value in a table of headers or arguments (AMQP 0-9-1 §4.2.1 with RabbitMQ's errata).
public enum AMQPValue: Sendable, Equatable {
    case string(String)
    /// Integers of every width are decoded to this one and sent as 64 bits.
    case int64(Int64)
    case bool(Bool)
    /// Also what a 32-bit float is decoded to.
    case double(Double)
    /// Seconds since 1970.
    case timestamp(UInt64)
    case table(AMQPTable)
    case array([AMQPValue])
    case bytes([UInt8])
    case null
    /// A kind this library does not carry, by its letter. It cannot be sent. When the kind's length is unknown it is
    /// the last of its table, since what follows cannot be found.
    case unsupported(kind: UInt8)
}

extension AMQPValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int64(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// Keys and values in the order they are sent in; a key may occur more than once.
public struct AMQPTable: Sendable, Equatable, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    public struct Entry: Sendable, Equatable {
        /// Up to 128 bytes for RabbitMQ.
        public var key: String
        public var value: AMQPValue

        public init(key: String, value: AMQPValue) {
            self.key = key
            self.value = value
        }
    }

    public var entries: [Entry]

    public init(_ entries: [Entry] = []) { self.entries = entries }

    public init(dictionaryLiteral elements: (String, AMQPValue)...) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }

    public init(arrayLiteral elements: (String, AMQPValue)...) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }

    public var isEmpty: Bool { entries.isEmpty }

    /// The first value under the key.
    public subscript(key: String) -> AMQPValue? { entries.first { $0.key == key }?.value }

    public mutating func append(_ key: String, _ value: AMQPValue) { entries.append(Entry(key: key, value: value)) }

    /// Depth of tables and arrays in one another, beyond which a table is neither sent nor decoded.
    static let depthMax = 16
}

/// Reads the wire form of tables. Every read is checked against the end: bytes that do not fit give nil, not a trap.
struct TableReader {
    let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    /// Reads within `range`, which must lie within `bytes`.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }

    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) -> T? {
        guard end - position >= T.bitWidth / 8 else { return nil }
        var value: T = 0
        for offset in 0..<(T.bitWidth / 8) { value = value << 8 | T(bytes[position + offset]) }
        position += T.bitWidth / 8
        return value
    }

    mutating func skip(_ count: Int) -> Range<Int>? {
        guard count >= 0, count <= end - position else { return nil }
        defer { position += count }
        return position..<(position + count)
    }

    mutating func shortString() -> Range<Int>? { integer(UInt8.self).flatMap { skip(Int($0)) } }

    mutating func longString() -> Range<Int>? { integer(UInt32.self).flatMap { skip(Int($0)) } }

    /// Passes over a value of this kind; nil when its length is unknown or too great.
    mutating func skipValue(kind: UInt8) -> Range<Int>? {
        switch Character(Unicode.Scalar(kind)) {
        case "S", "x", "F", "A": longString()
        case "t", "b", "B": skip(1)
        case "s", "u": skip(2)
        case "I", "i", "f": skip(4)
        case "l", "L", "d", "T": skip(8)
        case "D": skip(5)
        case "V": skip(0)
        default: nil
        }
    }

    mutating func value(depth: Int) -> AMQPValue? {
        guard let kind = integer(UInt8.self) else { return nil }
        switch Character(Unicode.Scalar(kind)) {
        case "S": return longString().map { .string(text($0)) }
        case "x": return longString().map { .bytes(Array(bytes[$0])) }
        case "t": return integer(UInt8.self).map { .bool($0 != 0) }
        case "b": return integer(UInt8.self).map { .int64(Int64(Int8(bitPattern: $0))) }
        case "B": return integer(UInt8.self).map { .int64(Int64($0)) }
        case "s": return integer(UInt16.self).map { .int64(Int64(Int16(bitPattern: $0))) }
        case "u": return integer(UInt16.self).map { .int64(Int64($0)) }
        case "I": return integer(UInt32.self).map { .int64(Int64(Int32(bitPattern: $0))) }
        case "i": return integer(UInt32.self).map { .int64(Int64($0)) }
        case "l": return integer(UInt64.self).map { .int64(Int64(bitPattern: $0)) }
        case "L": return integer(UInt64.self).map { Int64(exactly: $0).map { .int64($0) } ?? .unsupported(kind: kind) }
        case "f": return integer(UInt32.self).map { .double(Double(Float(bitPattern: $0))) }
        case "d": return integer(UInt64.self).map { .double(Double(bitPattern: $0)) }
        case "T": return integer(UInt64.self).map { .timestamp($0) }
        case "V": return .null
        case "F": return longString().flatMap { TableReader.table(bytes, $0, depth: depth + 1) }.map { .table($0) }
        case "A": return longString().flatMap { TableReader.array(bytes, $0, depth: depth + 1) }.map { .array($0) }
        default:
            if skipValue(kind: kind) == nil { position = end }
            return .unsupported(kind: kind)
        }
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The entries that the range holds (without the table's length in front), or nil if they are malformed.
    static func table(_ bytes: [UInt8], _ range: Range<Int>, depth: Int = 0) -> AMQPTable? {
        guard depth <= AMQPTable.depthMax else { return nil }
        var reader = TableReader(bytes, range)
        var table = AMQPTable()
        while !reader.isAtEnd {
            guard let key = reader.shortString(), let value = reader.value(depth: depth) else { return nil }
            table.append(reader.text(key), value)
        }
        return table
    }

    private static func array(_ bytes: [UInt8], _ range: Range<Int>, depth: Int) -> [AMQPValue]? {
        guard depth <= AMQPTable.depthMax else { return nil }
        var reader = TableReader(bytes, range)
        var values: [AMQPValue] = []
        while !reader.isAtEnd {
            guard let value = reader.value(depth: depth) else { return nil }
            values.append(value)
        }
        return values
    }
}
