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

/// A withdrawal's life: `held → sent → completed → returned`, `sent → returned`, and `held → cancelled | expired`.
public enum WithdrawalLifecycle {
    /// The status after its owner took it back; nil when it is too late.
    public static func cancelled(from status: CommandStatus) -> CommandStatus? {
        status == .held ? .cancelled : nil
    }

    /// The status after it could not be sent for too long; nil when it is not waiting to be.
    public static func expired(from status: CommandStatus) -> CommandStatus? {
        status == .held ? .expired : nil
    }

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

/// A dispute's life: `pending → in_review → completed | rejected`; the middle is left out when nobody answers.
public enum DisputeLifecycle {
    /// The status after a step; nil when the dispute has moved past it.
    public static func status(after step: SettleDispute.Step, from status: CommandStatus) -> CommandStatus? {
        switch (status, step) {
        case (.pending, .answered): .inReview
        case (.pending, .accepted), (.inReview, .accepted): .completed
        case (.pending, .rejected), (.inReview, .rejected): .rejected
        default: nil
        }
    }
}
