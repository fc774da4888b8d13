// The ids of the ledger: 128 bits each, written as lower-case UUIDs, and not interchangeable.

/// An id of one kind of thing. Ids of different kinds neither compare nor convert by accident.
@frozen
public struct Identifier<Kind>: Hashable, Comparable, Sendable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.high == right.high && left.low == right.low
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }

    /// The last of the sixteen bytes: the slot in which a wallet's or an owner's commands travel.
    @inlinable
    public var lastByte: UInt8 { UInt8(truncatingIfNeeded: low) }

    /// The same id with another last byte.
    public func withLastByte(_ byte: UInt8) -> Self {
        Self(high: high, low: low & ~0xff | UInt64(byte))
    }

    /// The same 128 bits as the id of another kind of thing: said aloud, because it is meant.
    public func reinterpreted<Other>(as other: Other.Type) -> Identifier<Other> {
        Identifier<Other>(high: high, low: low)
    }
}

/// What an `Identifier` can identify.
public enum WalletKind {}
public enum OwnerKind {}
public enum CommandKind {}
public enum TransactionKind {}
public enum BeneficiaryKind {}

public typealias WalletID = Identifier<WalletKind>
public typealias OwnerID = Identifier<OwnerKind>
public typealias CommandID = Identifier<CommandKind>
public typealias TransactionID = Identifier<TransactionKind>
public typealias BeneficiaryID = Identifier<BeneficiaryKind>

extension Identifier: CustomStringConvertible, LosslessStringConvertible {
    /// Reads a lower-case UUID, `8-4-4-4-12`; anything else, upper case included, is nil.
    public init?(_ text: String) {
        self.init(utf8: text.utf8Span.span)
    }

    /// Reads the 36 ASCII bytes of a lower-case UUID.
    public init?(utf8 bytes: Span<UInt8>) {
        guard bytes.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for position in bytes.indices {
            switch position {
            case 8, 13, 18, 23:
                guard bytes[position] == UInt8(ascii: "-") else { return nil }
            default:
                guard let digit = hexDigitValue(bytes[position]) else { return nil }
                if position < 18 { high = high << 4 | digit } else { low = low << 4 | digit }
            }
        }
        self.init(high: high, low: low)
    }

    public var description: String {
        String(decoding: uuidBytes, as: UTF8.self)
    }

    /// The 36 ASCII bytes of the UUID.
    public var uuidBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        appendUUID(to: &bytes)
        return bytes
    }

    /// Appends the 36 ASCII bytes of the UUID.
    public func appendUUID(to bytes: inout [UInt8]) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(UInt8(ascii: "-")) }
            let word = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7)))
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 15))
        }
    }

    /// Appends the sixteen bytes themselves, big-endian.
    public func appendBytes(to bytes: inout [UInt8]) {
        for word in [high, low] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
    }
}

func hexDigitValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
}

func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

/// Where an outcome stands: the month it fell in, the lane that decided it, and its number there.
///
/// Numbers in a lane rise by one without gaps, across months.
public struct Position: Hashable, Comparable, Sendable {
    /// The month of the decision, UTC, as `year × 100 + month`: 202611.
    public let period: Int32
    public let lane: Int16
    /// 1 is a lane's first outcome.
    public let sequence: Int64

    public init(period: Int32, lane: Int16, sequence: Int64) {
        self.period = period
        self.lane = lane
        self.sequence = sequence
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.lane != right.lane ? left.lane < right.lane : left.sequence < right.sequence
    }
}

extension Identifier where Kind == TransactionKind {
    /// The id of the transaction that the outcome at a position posted: a UUIDv8 that holds the position, so that a
    /// transaction is found without an index of random ids.
    public init(_ position: Position) {
        let sequence = UInt64(bitPattern: position.sequence)
        self.init(
            high: sequence << 16 | 0x8000 | UInt64(UInt16(bitPattern: position.lane) & 0x0fff),
            low: 0x8000_0000_0000_0000 | UInt64(UInt32(bitPattern: position.period))
        )
    }

    /// The position that the id holds, nil for an id of any other making.
    public var position: Position? {
        guard high & 0xf000 == 0x8000, low >> 32 == 0x8000_0000 else { return nil }
        return Position(
            period: Int32(truncatingIfNeeded: low & 0xffff_ffff),
            lane: Int16(high & 0x0fff),
            sequence: Int64(high >> 16)
        )
    }
}
