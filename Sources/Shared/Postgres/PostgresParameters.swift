// The values of a statement's parameters, written once, in the server's binary form, into one buffer.

/// A builder of parameters, in the order `$1`, `$2` and so on. Clear it and use it again: its memory stays.
///
/// Numbers, times, UUIDs, bytes and arrays go in binary form, and a statement whose parameter has another type is
/// refused. A single text goes as text, so the server reads it as whatever the parameter is: `jsonb`, `numeric`, an
/// enum.
public struct PostgresParameters: Sendable {
    /// No parameters.
    public static let none = PostgresParameters()

    /// How many parameters there are.
    public var count: Int { offsets.count }

    // For parameter i: where it starts in `bytes` (−1 for null), its length, 1 for binary or 0 for text, its type's
    // OID.
    @usableFromInline var bytes: [UInt8] = []
    @usableFromInline var offsets: [Int] = []
    @usableFromInline var lengths: [Int32] = []
    @usableFromInline var formats: [Int32] = []
    @usableFromInline var types: [UInt32] = []

    public init() {}

    /// Forgets the values and keeps the memory.
    public mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
    }

    // MARK: Single values; nil is null

    public mutating func append(int2 value: Int16?) { append(integer: value, .int2) }
    public mutating func append(int4 value: Int32?) { append(integer: value, .int4) }
    public mutating func append(int8 value: Int64?) { append(integer: value, .int8) }

    public mutating func append(bool value: Bool?) {
        append(integer: value.map { UInt8($0 ? 1 : 0) }, .bool)
    }

    public mutating func append(double value: Double?) {
        append(integer: value?.bitPattern, .float8)
    }

    /// - Parameter value: microseconds since 1970-01-01 UTC; `Int64.max` and `.min` are the server's ±infinity.
    public mutating func append(timestamptz value: Int64?) {
        append(integer: value.map(Timestamp.wire), .timestamptz)
    }

    public mutating func append(uuid value: PostgresUUID?) {
        guard let value else { return appendNull(.uuid) }
        let start = bytes.count
        grow(by: 16)
        var span = bytes.mutableSpan
        span.store(value.high, at: start)
        span.store(value.low, at: start + 8)
        end(.uuid, from: start)
    }

    public mutating func append(bytea value: [UInt8]?) {
        guard let value else { return appendNull(.bytea) }
        let start = bytes.count
        bytes.append(contentsOf: value)
        end(.bytea, from: start)
    }

    /// Goes as text, to be read by the server as the type the statement gives the parameter.
    public mutating func append(text value: String?) {
        guard let value else { return appendNull(.text) }
        let start = bytes.count
        bytes.append(contentsOf: value.utf8)
        // libpq takes text up to its first zero byte, so text that holds one goes in binary form, which the server
        // refuses.
        let isCString = !value.utf8.contains(0)
        end(.text, from: start, format: isCString ? 0 : 1)
    }

    // MARK: Helpers

    private mutating func append<T: FixedWidthInteger & BitwiseCopyable>(integer value: T?, _ type: TypeID) {
        guard let value else { return appendNull(type) }
        let start = bytes.count
        grow(by: MemoryLayout<T>.size)
        var span = bytes.mutableSpan
        span.store(value, at: start)
        end(type, from: start)
    }

    private mutating func appendNull(_ type: TypeID) {
        offsets.append(-1)
        lengths.append(0)
        formats.append(1)
        types.append(type.rawValue)
    }

    @usableFromInline
    mutating func grow(by count: Int) {
        bytes.append(addingCapacity: count) { $0.append(repeating: 0, count: count) }
    }

    /// Notes the value that lies in `bytes` from `start` on, and ends it with a zero byte: text needs that, and an
    /// empty value an address.
    @usableFromInline
    mutating func end(_ type: TypeID, from start: Int, format: Int32 = 1) {
        offsets.append(start)
        lengths.append(Int32(clamping: bytes.count - start))
        formats.append(format)
        types.append(type.rawValue)
        bytes.append(0)
    }
}

// MARK: - What a connection asks before it sends

extension PostgresParameters {
    /// Why these cannot be sent at all; nil when they can.
    var misfit: String? {
        // The protocol counts parameters in 16 bits, and a message's bytes in 31, of which some are the header's.
        if count > Int(UInt16.max) { return "\(count) parameters, at most \(UInt16.max) can be sent" }
        let bytesMax = 1 << 30
        return bytes.count > bytesMax ? "\(bytes.count) bytes of parameters, at most \(bytesMax) are sent" : nil
    }

    /// The types as told to the server for an unnamed statement: single texts are left for it to find out.
    var declaredTypes: [UInt32] {
        zip(types, formats).map { $0 == TypeID.text.rawValue || $1 == 0 ? 0 : $0 }
    }

    /// Why these do not fit a statement with parameters of these types; nil when they do.
    ///
    /// The server would catch a wrong length, but would read an `int8` as a time without a word.
    func misfit(for statement: String, types expected: [UInt32]) -> String? {
        guard expected.count == count else { return sent.misfit(for: statement, types: expected) }
        for index in 0..<count where types[index] != expected[index] {
            // Some types fit several: the slow way tells.
            return sent.misfit(for: statement, types: expected)
        }
        return nil
    }

    /// The types of the values, kept to compare with what the server tells of a statement parsed with them.
    var sent: Sent {
        Sent(types: offsets.indices.map { offsets[$0] < 0 || formats[$0] == 0 ? Sent.fitsAll : types[$0] })
    }

    struct Sent: Equatable {
        /// Of a null, and of a text, which the server reads as whatever the parameter is.
        static let fitsAll: UInt32 = 0
        let types: [UInt32]

        func misfit(for statement: String, types expected: [UInt32]) -> String? {
            guard expected.count == types.count else {
                return "statement \(statement) takes \(expected.count) parameters, got \(types.count)"
            }
            for (index, (type, expected)) in zip(types, expected).enumerated() {
                // OIDs from 16,384 on are types of the database's own (enums, domains): the server judges those.
                if type == expected || type == Self.fitsAll || expected >= 16_384 { continue }
                return "parameter $\(index + 1) of statement \(statement) is \(TypeID.name(expected)), "
                    + "got \(TypeID.name(type))"
            }
            return nil
        }
    }
}

/// PostgreSQL keeps times as microseconds since 2000-01-01 UTC.
@usableFromInline
enum Timestamp {
    static let epoch: Int64 = 946_684_800_000_000

    /// Saturates below the range, at −infinity; the ends stand for themselves.
    @usableFromInline
    static func wire(_ microseconds: Int64) -> Int64 {
        if microseconds == .max { return .max }
        let (difference, isOverflow) = microseconds.subtractingReportingOverflow(epoch)
        return isOverflow ? .min : difference
    }

    /// - Returns: nil for a time after the year 294246, which does not fit.
    static func unix(_ wire: Int64) -> Int64? {
        if wire == .max || wire == .min { return wire }
        let (sum, isOverflow) = wire.addingReportingOverflow(epoch)
        return isOverflow ? nil : sum
    }
}

/// The OIDs of the built-in types this module knows, from `pg_type`; they never change.
@usableFromInline
enum TypeID: UInt32 {
    case bool = 16
    case bytea = 17
    case char = 18
    case name = 19
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case oid = 26
    case json = 114
    case xml = 142
    case float4 = 700
    case float8 = 701
    case unknown = 705
    case bpchar = 1042
    case varchar = 1043
    case timestamp = 1114
    case timestamptz = 1184
    case numeric = 1700
    case uuid = 2950
    case jsonb = 3802
    case boolArray = 1000
    case byteaArray = 1001
    case int2Array = 1005
    case int4Array = 1007
    case textArray = 1009
    case varcharArray = 1015
    case int8Array = 1016
    case float8Array = 1022
    case timestamptzArray = 1185
    case uuidArray = 2951

    static func name(_ type: UInt32) -> String {
        TypeID(rawValue: type).map { "\($0)" } ?? "type \(type)"
    }
}
