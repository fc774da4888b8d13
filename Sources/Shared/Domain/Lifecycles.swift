// The lives of the commands that take more than one outcome: forward only, whoever reports and however often.

/// Where a command stands. Raw values are what the database stores.
public enum CommandStatus: Int16, CaseIterable, Sendable {
    case pending = 2
    case held = 3
    case sent = 4
    case completed = 5
    case rejected = 6
    case expired = 7
    case returned = 8

    public var name: String {
        switch self {
        case .pending: "pending"
        case .held: "held"
        case .sent: "sent"
        case .completed: "completed"
        case .rejected: "rejected"
        case .expired: "expired"
        case .returned: "returned"
        }
    }

    /// Whether nobody needs to wait for the command any more. A completed withdrawal can still come back.
    public var isDecided: Bool {
        switch self {
        case .pending, .held, .sent: false
        case .completed, .rejected, .expired, .returned: true
        }
    }
}

/// A top-up's life: `pending → completed | rejected`.
public enum TopUpLifecycle {
    /// The status after the payment service's answer; nil when the top-up has moved past it.
    public static func status(after result: SettleTopUp.Result, from status: CommandStatus) -> CommandStatus? {
        guard status == .pending else { return nil }
        switch result {
        case .captured: return .completed
        case .declined: return .rejected
        }
    }
}

/// A withdrawal's life: `held → sent → completed → returned`, and `sent → returned`.
public enum WithdrawalLifecycle {
    /// The status after a step of the payout; nil when the withdrawal has moved past it or is not there yet.
    public static func status(after step: SettleWithdrawal.Step, from status: CommandStatus) -> CommandStatus? {
        switch (status, step) {
        case (.held, .sent): .sent
        case (.sent, .confirmed): .completed
        case (.sent, .returned), (.completed, .returned): .returned
        default: nil
        }
    }
}

/// A top-up or a withdrawal on its way: what later steps need to know of it.
public struct Movement: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case topUp(TopUpMethod)
        case withdrawal(WithdrawalSpeed, BeneficiaryID)
    }

    public let id: CommandID
    public let kind: Kind
    public let wallet: WalletID
    public let amount: Money
    public let fee: Money
    public let feeVersion: Int16
    public var status: CommandStatus
    public var code: OutcomeCode
    /// The outcome that brought it where it is.
    public var last: Position

    public init(
        id: CommandID, kind: Kind, wallet: WalletID, amount: Money, fee: Money, feeVersion: Int16,
        status: CommandStatus, code: OutcomeCode, last: Position
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
    }
}
