// What a movement of money costs, by a table with a start date.

/// The fees in force from a point in time; an outcome records the version that was applied.
public struct FeeTable: VersionedTable, Hashable {
    public let version: Int16
    public let validFrom: Timestamp
    /// An owner's transfers in a calendar month of Algiers that cost nothing.
    public let freeTransfersPerMonth: Int32
    /// Minor units for each transfer after those.
    public let transferFlat: Int64
    /// Hundredths of a percent of a payment, borne by the merchant; the second at KYC level 3.
    public let paymentBasisPoints: Int64
    public let negotiatedPaymentBasisPoints: Int64
    /// Hundredths of a percent of a top-up's gross amount.
    public let cardTopUpBasisPoints: Int64
    public let mobileTopUpBasisPoints: Int64
    /// Minor units for an express withdrawal.
    public let expressWithdrawalFlat: Int64

    public init(
        version: Int16, validFrom: Timestamp, freeTransfersPerMonth: Int32, transferFlat: Int64,
        paymentBasisPoints: Int64, negotiatedPaymentBasisPoints: Int64, cardTopUpBasisPoints: Int64,
        mobileTopUpBasisPoints: Int64, expressWithdrawalFlat: Int64
    ) {
        self.version = version
        self.validFrom = validFrom
        self.freeTransfersPerMonth = freeTransfersPerMonth
        self.transferFlat = transferFlat
        self.paymentBasisPoints = paymentBasisPoints
        self.negotiatedPaymentBasisPoints = negotiatedPaymentBasisPoints
        self.cardTopUpBasisPoints = cardTopUpBasisPoints
        self.mobileTopUpBasisPoints = mobileTopUpBasisPoints
        self.expressWithdrawalFlat = expressWithdrawalFlat
    }

    /// spec/wallet.md §2: five transfers free, then 10.00; payments 1.5 % or 1.0 %, card 2.0 %, mobile 1.5 %, express
    /// 200.00.
    public static let standard = FeeTable(
        version: 1, validFrom: Timestamp(microseconds: 0), freeTransfersPerMonth: 5, transferFlat: 10_00,
        paymentBasisPoints: 150, negotiatedPaymentBasisPoints: 100, cardTopUpBasisPoints: 200,
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

    /// What a merchant of a KYC level bears of a payment.
    ///
    /// - Returns: nil only for an amount outside `Money.commandRange`.
    public func paymentFee(_ amount: Money, level: Int16) -> Money? {
        let basisPoints = level >= 3 ? negotiatedPaymentBasisPoints : paymentBasisPoints
        return proportion(of: amount.minorUnits, basisPoints, per: 10_000).map { Money($0, amount.currency) }
    }

    public func withdrawalFee(_ speed: WithdrawalSpeed, in currency: Currency) -> Money {
        switch speed {
        case .standard: .zero(currency)
        case .express: Money(expressWithdrawalFlat, currency)
        }
    }
}

public typealias FeeSchedule = TableSchedule<FeeTable>

extension TableSchedule<FeeTable> {
    public static var standard: Self { Self(first: .standard) }
}
