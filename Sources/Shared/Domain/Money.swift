// Amounts of money in whole minor units, and the one place where they are rounded.

/// A currency that the ledger can keep; its raw value is what the database stores.
public enum Currency: Int16, CaseIterable, Sendable {
    case dzd = 1
    case eur = 2
    case usd = 3

    /// The ISO 4217 code.
    public var code: String {
        switch self {
        case .dzd: "DZD"
        case .eur: "EUR"
        case .usd: "USD"
        }
    }

    public init?(code: String) {
        guard let match = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = match
    }
}

/// An amount in minor units (centimes) of one currency. There is no `+` across currencies, and none that wraps.
public struct Money: Hashable, Sendable {
    public let minorUnits: Int64
    public let currency: Currency

    /// The amounts a command may name, each and in total: 1 to 10¹³ minor units (spec/wallet.md §3.1).
    public static let commandRange: ClosedRange<Int64> = 1...10_000_000_000_000

    public init(_ minorUnits: Int64, _ currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    public static func zero(_ currency: Currency) -> Money { Money(0, currency) }

    /// The sum, or nil when the currencies differ or it does not fit.
    public func adding(_ other: Money) -> Money? {
        guard currency == other.currency else { return nil }
        let (sum, overflow) = minorUnits.addingReportingOverflow(other.minorUnits)
        return overflow ? nil : Money(sum, currency)
    }

    /// The difference, or nil when the currencies differ or it does not fit.
    public func subtracting(_ other: Money) -> Money? {
        guard currency == other.currency else { return nil }
        let (difference, overflow) = minorUnits.subtractingReportingOverflow(other.minorUnits)
        return overflow ? nil : Money(difference, currency)
    }
}

/// `value × numerator ÷ denominator`, rounded half to even. The product is kept in 128 bits, so only a quotient that
/// does not fit fails.
///
/// - Parameters: all not negative, the denominator above 0.
/// - Returns: nil for arguments outside of that, or a quotient above `Int64.max`.
public func proportion(of value: Int64, _ numerator: Int64, per denominator: Int64) -> Int64? {
    guard value >= 0, numerator >= 0, denominator > 0 else { return nil }
    let divisor = UInt64(denominator)
    let product = UInt64(value).multipliedFullWidth(by: UInt64(numerator))
    guard product.high < divisor else { return nil }
    let (floor, remainder) = divisor.dividingFullWidth(product)
    guard let quotient = Int64(exactly: floor) else { return nil }
    let distanceUp = divisor - remainder
    guard remainder > distanceUp || (remainder == distanceUp && quotient & 1 == 1) else { return quotient }
    let (rounded, overflow) = quotient.addingReportingOverflow(1)
    return overflow ? nil : rounded
}
