// What later commands need to know of an earlier one: of a top-up or withdrawal on its way, a payment, a dispute, an
// adjustment that is proposed.

/// A command that others refer to.
public struct Movement: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case topUp(TopUpMethod)
        case withdrawal(WithdrawalSpeed, BeneficiaryID)
        case payment(merchant: WalletID)
        case dispute(of: CommandID, merchant: WalletID)
        case adjustment(ProposeAdjustment.Direction, proposedBy: OwnerID)
    }

    public let id: CommandID
    public let kind: Kind
    /// The wallet that money came from or goes to: of a payment or a dispute, the payer's.
    public let wallet: WalletID
    public let amount: Money
    public let fee: Money
    public let feeVersion: Int16
    public var status: CommandStatus
    public var code: OutcomeCode
    /// The outcome that brought it where it is.
    public var last: Position
    /// Of a payment: what went back so far, in minor units, and what of the fee went back with it.
    public var refunded: Int64 = 0
    public var feeRefunded: Int64 = 0
    /// Of a payment: whether a dispute about it is open.
    public var isDisputed = false
    /// Of a withdrawal: when it goes out.
    public let release: ReleaseTimes?
    /// Of a withdrawal: the limits that were applied, and the day that it took of.
    public let limit: LimitUse?

    public init(
        id: CommandID, kind: Kind, wallet: WalletID, amount: Money, fee: Money, feeVersion: Int16,
        status: CommandStatus, code: OutcomeCode, last: Position, release: ReleaseTimes? = nil,
        limit: LimitUse? = nil
    ) {
        self.id = id
        self.kind = kind
        self.wallet = wallet
        self.amount = amount
        self.fee = fee
        self.feeVersion = feeVersion
        self.status = status
        self.code = code
        self.last = last
        self.release = release
        self.limit = limit
    }

    /// The other wallet; nil where there is only one.
    public var merchant: WalletID? {
        switch kind {
        case .topUp, .withdrawal, .adjustment: nil
        case .payment(let merchant), .dispute(_, let merchant): merchant
        }
    }

    /// The wallets that cannot be closed while it is under way.
    public var parties: [WalletID] { [wallet] + (merchant.map { [$0] } ?? []) }

    /// Whether something is still to happen to it. A completed withdrawal can come back, but into suspense if it must.
    public var isUnderWay: Bool { !status.isDecided }
}
