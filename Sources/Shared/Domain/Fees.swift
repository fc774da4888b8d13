// What a movement of money costs, by a table with a start date.

/// The fees in force from a point in time; an outcome records the version that was applied.
public struct FeeTable: Hashable, Sendable {
    public let version: Int16
    public let validFrom: Timestamp
    /// Minor units for each transfer.
    public let transferFlat: Int64
    /// Hundredths of a percent of a top-up's gross amount.
    public let cardTopUpBasisPoints: Int64
    public let mobileTopUpBasisPoints: Int64
    /// Minor units for an express withdrawal.
    public let expressWithdrawalFlat: Int64

    public init(
        version: Int16, validFrom: Timestamp, transferFlat: Int64, cardTopUpBasisPoints: Int64,
        mobileTopUpBasisPoints: Int64, expressWithdrawalFlat: Int64
    ) {
        self.version = version
        self.validFrom = validFrom
        self.transferFlat = transferFlat
        self.cardTopUpBasisPoints = cardTopUpBasisPoints
        self.mobileTopUpBasisPoints = mobileTopUpBasisPoints
        self.expressWithdrawalFlat = expressWithdrawalFlat
    }

    /// spec/wallet.md §2: transfers 10.00, card 2.0 %, mobile 1.5 %, express 200.00.
    public static let standard = FeeTable(
        version: 1, validFrom: Timestamp(microseconds: 0), transferFlat: 10_00, cardTopUpBasisPoints: 200,
        mobileTopUpBasisPoints: 150, expressWithdrawalFlat: 200_00)

    public func transferFee(in currency: Currency) -> Money { Money(transferFlat, currency) }

    /// - Returns: nil only for an amount outside `Money.commandRange`.
    public func topUpFee(_ method: TopUpMethod, _ amount: Money) -> Money? {
        let basisPoints =
            switch method {
            case .card: cardTopUpBasisPoints
            case .mobile: mobileTopUpBasisPoints
            case .bankTransfer: Int64(0)
            }
        return proportion(of: amount.minorUnits, basisPoints, per: 10_000).map { Money($0, amount.currency) }
    }

    public func withdrawalFee(_ speed: WithdrawalSpeed, in currency: Currency) -> Money {
        switch speed {
        case .standard: .zero(currency)
        case .express: Money(expressWithdrawalFlat, currency)
        }
    }
}

/// Fee tables by their start dates.
public struct FeeSchedule: Sendable {
    /// Sorted by start date; never empty.
    private let tables: [FeeTable]

    /// - Parameter tables: the first in time also holds before its start date.
    public init(first: FeeTable, later: [FeeTable] = []) {
        tables = ([first] + later).sorted { $0.validFrom < $1.validFrom }
    }

    public static let standard = FeeSchedule(first: .standard)

    /// The table in force at a time.
    public func table(at time: Timestamp) -> FeeTable {
        tables.last { $0.validFrom <= time } ?? tables[0]
    }
}
