// A UUID as two words, so that it hashes, compares and crosses the wire without a heap object.

/// A UUID (RFC 9562): `high` holds its first eight bytes, `low` its last eight, big-endian.
public struct PostgresUUID: Hashable, Sendable, Comparable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Byte order, which is also PostgreSQL's.
    public static func < (left: PostgresUUID, right: PostgresUUID) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

extension PostgresUUID: LosslessStringConvertible {
    /// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in either case, and nothing else.
    public init?(_ text: String) {
        var words: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        guard text.utf8.count == 36 else { return nil }
        for (index, byte) in text.utf8.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard byte < 128, let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            if digits < 16 {
                words.high = words.high << 4 | UInt64(digit)
            } else {
                words.low = words.low << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: words.high, low: words.low)
    }

    /// 36 characters, lower case.
    public var description: String {
        func hexadecimal(_ value: UInt64, _ length: Int) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: length - digits.count) + digits
        }
        return [
            hexadecimal(high >> 32, 8), hexadecimal(high >> 16 & 0xFFFF, 4), hexadecimal(high & 0xFFFF, 4),
            hexadecimal(low >> 48, 4), hexadecimal(low & 0xFFFF_FFFF_FFFF, 12),
        ].joined(separator: "-")
    }
}
