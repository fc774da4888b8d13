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
    case cancelled = 9
    case partlyCompleted = 10
    case inReview = 11

    public var name: String {
        switch self {
        case .pending: "pending"
        case .held: "held"
        case .sent: "sent"
        case .completed: "completed"
        case .rejected: "rejected"
        case .expired: "expired"
        case .returned: "returned"
        case .cancelled: "cancelled"
        case .partlyCompleted: "partly_completed"
        case .inReview: "in_review"
        }
    }

    /// Whether nobody needs to wait for the command any more. A completed withdrawal can still come back.
    public var isDecided: Bool {
        switch self {
        case .pending, .held, .sent, .inReview: false
        case .completed, .rejected, .expired, .returned, .cancelled, .partlyCompleted: true
        }
    }
}

/// Where a top-up stands: as its status, and what its code says beside it.
public enum TopUpState: CaseIterable, Sendable {
    case pending, completed, rejected
    /// A bank transfer that nobody made in time.
    case expired
    /// The card's holder took it back.
    case chargedBack
    /// It was charged back, and the card's bank gave it back again: once and for all.
    case wonBack

    public init?(_ status: CommandStatus, _ code: OutcomeCode) {
        guard let state = Self.allCases.first(where: { $0.status == status && $0.code == code }) else {
            return nil
        }
        self = state
    }

    public var status: CommandStatus {
        switch self {
        case .pending: .pending
        case .completed, .wonBack: .completed
        case .rejected: .rejected
        case .expired: .expired
        case .chargedBack: .returned
        }
    }

    /// Of the last outcome about it.
    public var code: OutcomeCode {
        switch self {
        case .pending, .completed: .ok
        case .rejected: .chargeDeclined
        case .expired: .notPaid
        case .chargedBack: .chargedBack
        case .wonBack: .chargebackWon
        }
    }
}

public enum TopUpEvent: CaseIterable, Sendable { case captured, declined, expired, chargedBack, wonBack }

public enum WithdrawalEvent: CaseIterable, Sendable { case sent, confirmed, returned, cancelled, expired }

/// The lives of what takes more than one outcome, whoever reports and however often.
public enum Lifecycle {
    public static let topUp = StateMachine<TopUpState, TopUpEvent>(
        beginning: .pending,
        [
            (.pending, .captured, .completed), (.pending, .declined, .rejected), (.pending, .expired, .expired),
            (.completed, .chargedBack, .chargedBack), (.chargedBack, .wonBack, .wonBack),
        ])

    public static let withdrawal = StateMachine<CommandStatus, WithdrawalEvent>(
        beginning: .held,
        [
            (.held, .sent, .sent), (.held, .cancelled, .cancelled), (.held, .expired, .expired),
            (.sent, .confirmed, .completed), (.sent, .returned, .returned), (.completed, .returned, .returned),
        ])

    /// The middle is left out when the merchant does not answer.
    public static let dispute = StateMachine<CommandStatus, SettleDispute.Step>(
        beginning: .pending,
        [
            (.pending, .answered, .inReview), (.pending, .accepted, .completed), (.pending, .rejected, .rejected),
            (.inReview, .accepted, .completed), (.inReview, .rejected, .rejected),
        ])

    public static let adjustment = StateMachine<CommandStatus, SettleAdjustment.Step>(
        beginning: .pending, [(.pending, .approved, .completed), (.pending, .rejected, .rejected)])
}

/// What a report of the bank's is to a withdrawal.
extension SettleWithdrawal.Step {
    var event: WithdrawalEvent {
        switch self {
        case .sent: .sent
        case .confirmed: .confirmed
        case .returned: .returned
        }
    }
}

/// What an answer of the payment service's is to a top-up.
extension SettleTopUp.Result {
    var event: TopUpEvent {
        switch self {
        case .captured: .captured
        case .declined: .declined
        case .expired: .expired
        }
    }
}

extension Movement {
    /// Where a top-up stands after an event; nil when it has moved past it.
    func topUpState(after event: TopUpEvent) -> TopUpState? {
        TopUpState(status, code).flatMap { Lifecycle.topUp.state(after: event, from: $0) }
    }
}
