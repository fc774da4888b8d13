// One event's errand in the outside world, as a value: what came in, and what to do next.
//
//            begun, first time                    final word
//   waiting ────────────────────▶ creating ──────────────────────▶ finished: submit the command
//      │  begun, later      404      ▲  │  pending, silence, 5xx
//      └──────────────▶ looking ─────┘  ├─────────────────────────▶ finished: again, after a while
//                          │            │  422 to a POST
//                          │            ├─────────────────────────▶ finished: submit that it was refused
//                          │            │  4xx; not the ledger's
//                          └────────────┴─────────────────────────▶ finished: set aside
//
// Only a final word settles anything. No answer, half an answer or a strange one says nothing about the money, so it
// is asked for again. Whatever arrives after the end changes nothing. A callback is a delivery of its own, whose plan is
// to submit: the command that comes of it is the same as that of an answer or a poll, by its id and by its content.

public import Domain
public import Wire

/// A command to submit, ready but for its signature.
public struct Order: Sendable, Hashable {
    public let content: CommandContent
    /// Derived from the fact that it reports, so that the same fact always gives the same command.
    public let key: String
    /// In which it travels.
    public let slot: UInt8

    public init(_ content: CommandContent, key: String, slot: UInt8) {
        self.content = content
        self.key = key
        self.slot = slot
    }

    /// One that travels in a wallet's slot.
    public init(_ content: CommandContent, key: String, wallet: WalletID) {
        self.init(content, key: key, slot: wallet.lastByte)
    }
}

/// What an event says that the ledger has decided. Events are not signed: before anybody outside hears of one, the ledger
/// is asked whether it is so.
public struct Claim: Sendable, Hashable {
    public let command: CommandID
    public let wallet: WalletID
    public let amount: Money
    /// Where the money is to go; nil for what comes in.
    public let rib: String?

    public init(command: CommandID, wallet: WalletID, amount: Money, rib: String? = nil) {
        self.command = command
        self.wallet = wallet
        self.amount = amount
        self.rib = rib
    }
}

/// What the ledger says of a claim.
public enum Testimony: Sendable {
    case isSo, isNotSo
    /// It could not be asked.
    case unknown
}

/// A question to an outside service.
public struct Inquiry: Sendable, Hashable {
    /// Below the service's address: `charges`.
    public let path: String
    /// Why it is asked.
    public let claim: Claim
    public let body: [UInt8]
    /// What to submit for each of the final words that the service may answer.
    public let orders: [String: Order]
    /// The word for what the service will not do, and has not begun: 422 to a POST says as much.
    public let refusal: String

    /// Under which the service knows it: the id of the command that it is about.
    public var idempotencyKey: String { claim.command.description }

    public init(path: String, claim: Claim, body: [UInt8], orders: [String: Order], refusal: String) {
        self.path = path
        self.claim = claim
        self.body = body
        self.orders = orders
        self.refusal = refusal
    }
}

/// What an event asks of the worker that reads it.
public enum Plan: Sendable, Hashable {
    case nothing
    /// Nobody outside needs asking.
    case submit(Order)
    case ask(Inquiry)
    /// Something is to happen at a time.
    case schedule(CommandID, at: Timestamp)
}

/// What is known after having asked.
public enum Answer: Sendable, Hashable {
    /// The service's own word for how things stand.
    case status(String)
    /// The service has never heard of the idempotency key.
    case unknownKey
    /// Nobody knows: time-out, broken connection, 5xx, or an answer that cannot be read.
    case silence
    /// The service will not have it, now or later: its HTTP status.
    case refused(Int)
}

/// Handles one delivery of one event.
public struct Errand: Sendable {
    public enum Event: Sendable, Hashable {
        case begun
        case answered(Answer)
        /// Nobody could be asked, neither the ledger nor the service, and not before so many seconds.
        case notAsked(waitSeconds: Int)
        /// The ledger has decided nothing of the kind.
        case disowned
    }

    public enum Action: Sendable, Hashable {
        /// POST the inquiry.
        case create(Inquiry)
        /// GET it by its idempotency key.
        case look(Inquiry)
        /// Publish the command and wait for the confirm; then the event is done with.
        case submit(Order)
        /// Put the event into a retry queue; then this delivery is done with.
        case again(afterSeconds: Int)
        /// Put the event among the dead letters, with the reason.
        case setAside(reason: String)
        case finish
        /// Note when something is to happen; then the event is done with.
        case schedule(CommandID, at: Timestamp)
        /// It was too late to matter.
        case ignore
    }

    private enum State {
        case waiting
        case creating(Inquiry)
        case looking(Inquiry)
        case finished
    }

    private let plan: Plan
    private let attempt: Int
    private var state = State.waiting

    /// - Parameter attempt: how often the event went through a retry queue before; 0 is the first time.
    public init(_ plan: Plan, attempt: Int) {
        self.plan = plan
        self.attempt = attempt
    }

    public mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.waiting, .begun): return begin()
        // Had it been taken before, the same key would be answered as then: nothing came of it.
        case (.creating(let inquiry), .answered(.refused(422))): return conclude(inquiry, .status(inquiry.refusal))
        case (.creating(let inquiry), .answered(let answer)): return conclude(inquiry, answer)
        case (.looking(let inquiry), .answered(.unknownKey)):
            // The request was lost on its way, or the service forgot it: the idempotency key makes asking anew safe.
            state = .creating(inquiry)
            return .create(inquiry)
        case (.looking(let inquiry), .answered(let answer)): return conclude(inquiry, answer)
        case (.creating, .notAsked(let seconds)), (.looking, .notAsked(let seconds)):
            state = .finished
            return .again(afterSeconds: RetrySchedule.delaySeconds(afterAttempt: attempt, atLeast: seconds))
        case (.creating, .disowned):
            state = .finished
            return .setAside(reason: "the ledger has decided nothing of the kind")
        case (.waiting, .answered), (.waiting, .notAsked), (.waiting, .disowned), (.creating, .begun),
            (.looking, .begun), (.looking, .disowned), (.finished, _):
            return .ignore
        }
    }

    private mutating func begin() -> Action {
        switch plan {
        case .nothing:
            state = .finished
            return .finish
        case .submit(let order):
            state = .finished
            return .submit(order)
        case .schedule(let command, let time):
            state = .finished
            return .schedule(command, at: time)
        case .ask(let inquiry) where attempt == 0:
            state = .creating(inquiry)
            return .create(inquiry)
        case .ask(let inquiry):
            state = .looking(inquiry)
            return .look(inquiry)
        }
    }

    private mutating func conclude(_ inquiry: Inquiry, _ answer: Answer) -> Action {
        state = .finished
        switch answer {
        case .status(let word):
            if let order = inquiry.orders[word] { return .submit(order) }
            return .again(afterSeconds: RetrySchedule.delaySeconds(afterAttempt: attempt))
        case .unknownKey, .silence: return .again(afterSeconds: RetrySchedule.delaySeconds(afterAttempt: attempt))
        case .refused(let status): return .setAside(reason: "the service answered with HTTP status \(status)")
        }
    }
}

/// When to ask again. Every delay is one of the retry queues'.
public enum RetrySchedule {
    /// Twice after a second, six times after five, then every thirty for ever: an outside service may answer on any
    /// later day, and until it does nothing is known.
    public static func delaySeconds(afterAttempt attempt: Int) -> Int {
        switch attempt {
        case ..<2: 1
        case ..<8: 5
        default: 30
        }
    }

    /// The same, and not before somebody may be asked again, as far as the longest of the queues goes.
    public static func delaySeconds(afterAttempt attempt: Int, atLeast seconds: Int) -> Int {
        let usual = delaySeconds(afterAttempt: attempt)
        return usual >= seconds ? usual : seconds <= 5 ? 5 : 30
    }

    /// The attempt that is made when an event has waited for 24 hours: 2 × 1 s, 6 × 5 s, 2,879 × 30 s.
    public static let overdueAttempt = 2_887
}
