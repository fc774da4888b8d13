// Reading PostgreSQL's binary forms. Each reader gives nil for bytes that are not what it reads; none traps.

enum Decode {
    static func integer(_ bytes: Span<UInt8>, _ type: UInt32) -> Int64? {
        switch type {
        case TypeID.int8.rawValue: bigEndian(bytes, as: Int64.self)
        case TypeID.int4.rawValue: bigEndian(bytes, as: Int32.self).map(Int64.init)
        case TypeID.int2.rawValue: bigEndian(bytes, as: Int16.self).map(Int64.init)
        case TypeID.oid.rawValue: bigEndian(bytes, as: UInt32.self).map(Int64.init)
        default: nil
        }
    }

    @inline(__always)
    static func exactly<T: FixedWidthInteger>(_ bytes: Span<UInt8>, _ type: UInt32, _ expected: TypeID) -> T? {
        type == expected.rawValue ? bigEndian(bytes, as: T.self) : nil
    }

    static func double(_ bytes: Span<UInt8>, _ type: UInt32) -> Double? {
        switch type {
        case TypeID.float8.rawValue: bigEndian(bytes, as: UInt64.self).map(Double.init(bitPattern:))
        case TypeID.float4.rawValue: bigEndian(bytes, as: UInt32.self).map { Double(Float(bitPattern: $0)) }
        default: nil
        }
    }

    static func bool(_ bytes: Span<UInt8>, _ type: UInt32) -> Bool? {
        type == TypeID.bool.rawValue && bytes.count == 1 ? bytes[0] != 0 : nil
    }

    static func text(_ bytes: Span<UInt8>, _ type: UInt32) -> String? {
        var bytes = bytes
        switch TypeID(rawValue: type) {
        case .text, .varchar, .bpchar, .name, .char, .json, .xml, .unknown: break
        case .jsonb:
            // A version, 1, goes before the text.
            guard bytes.count > 0, bytes[0] == 1 else { return nil }
            bytes = bytes.extracting(1...)
        default:
            // From 16,384 on: types of the database's own, of which enums and domains over text are text.
            guard type >= 16_384 else { return nil }
        }
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        return String(copying: text)
    }

    static func bytes(_ bytes: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return copy
    }

    static func uuid(_ bytes: Span<UInt8>) -> PostgresUUID? {
        guard bytes.count == 16, let high = bigEndian(bytes.extracting(0..<8), as: UInt64.self),
            let low = bigEndian(bytes.extracting(8..<16), as: UInt64.self)
        else { return nil }
        return PostgresUUID(high: high, low: low)
    }

    static func timestamp(_ bytes: Span<UInt8>, _ type: UInt32) -> Int64? {
        guard type == TypeID.timestamptz.rawValue, let wire = bigEndian(bytes, as: Int64.self) else { return nil }
        return Timestamp.unix(wire)
    }

    /// An array of at most one dimension without nulls.
    static func array<T>(_ bytes: Span<UInt8>, _ element: (Span<UInt8>, UInt32) -> T?) -> [T]? {
        guard bytes.count >= 12, let dimensions = word(bytes, at: 0), let type = word(bytes, at: 8) else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20, let count = word(bytes, at: 12), count >= 0 else { return nil }
        var values: [T] = []
        var at = 20
        for _ in 0..<count {
            guard let length = word(bytes, at: at), length >= 0, at + 4 + Int(length) <= bytes.count else { return nil }
            let end = at + 4 + Int(length)
            guard let value = element(bytes.extracting((at + 4)..<end), UInt32(bitPattern: type)) else { return nil }
            values.append(value)
            at = end
        }
        return values
    }

    /// Decimal digits from groups of four; the layout is that of numeric_send in PostgreSQL's numeric.c.
    static func numericText(_ bytes: Span<UInt8>, _ type: UInt32) -> String? {
        guard type == TypeID.numeric.rawValue, bytes.count >= 8 else { return nil }
        func half(_ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
        let (groups, sign, scale) = (half(0), half(4), half(6))
        let weight = Int(Int16(truncatingIfNeeded: half(2)))
        switch sign {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        guard bytes.count == 8 + 2 * groups else { return nil }
        func group(_ index: Int) -> String {
            let value = index >= 0 && index < groups ? half(8 + 2 * index) : 0
            let digits = String(value)
            return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
        var whole = weight < 0 ? "0" : (0...weight).map(group).joined()
        whole = String(whole.drop { $0 == "0" })
        var text = (sign == 0x4000 ? "-" : "") + (whole.isEmpty ? "0" : whole)
        if scale > 0 {
            // The first group after the point has index weight + 1, which may lie before the first group sent.
            let fraction = (0..<((scale + 3) / 4)).map { group(weight + 1 + $0) }.joined()
            text += "." + fraction.prefix(scale)
        }
        return text
    }

    // MARK: Words

    private static func word(_ bytes: Span<UInt8>, at offset: Int) -> Int32? {
        guard offset >= 0, offset + 4 <= bytes.count else { return nil }
        return bigEndian(bytes.extracting(offset..<(offset + 4)), as: Int32.self)
    }

    @inline(__always)
    private static func bigEndian<T: FixedWidthInteger>(_ bytes: Span<UInt8>, as type: T.Type) -> T? {
        guard bytes.count == MemoryLayout<T>.size else { return nil }
        var value: T = 0
        for index in bytes.indices { value = value << 8 | T(truncatingIfNeeded: bytes[index]) }
        return value
    }
}
