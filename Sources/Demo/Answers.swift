// What the API answers, read, and what comes of one request.

import Domain
import Wire

/// Why there was no answer.
enum APIError: Error, Hashable, CustomStringConvertible {
    /// Nothing but broken connections and 503 for `WalletAPI.patience`; the last status, if there was one.
    case unavailable(lastStatus: Int?)
    /// An answer that is not of the form of spec/interfaces.md §2.
    case unreadable(String)
    case noToken
    case cancelled

    var description: String {
        switch self {
        case .unavailable(nil): "no answer, although asked again and again"
        case .unavailable(let status?): "nothing but \(status), although asked again and again"
        case .unreadable(let what): "an answer without \(what)"
        case .noToken: "the token could not be signed"
        case .cancelled: "interrupted"
        }
    }
}

/// What the API answered.
struct Reply: Sendable {
    let status: Int
    let json: JSON?

    var data: JSON? { json?["data"] }
    var isSuccess: Bool { 200...299 ~= status }
    /// 503 means unknown and 429 means later: the same key may be sent again.
    var invitesAnother: Bool { status == 503 || status == 429 }
}

/// How a submission was received.
enum Submission: Hashable, Sendable {
    case accepted(command: CommandID, statusURL: String)
    case refused(status: Int, code: String, field: String?)
}

/// Where a command stands, as its status answer tells.
struct CommandState: Hashable, Sendable {
    let command: CommandID
    let status: String
    let code: String
    let transaction: String?

    /// Those from which nothing is waited for any more (spec/interfaces.md §2).
    static let decidedStatuses: Set<String> = [
        "completed", "partly_completed", "rejected", "cancelled", "expired", "returned", "dead_lettered",
    ]

    var isDecided: Bool { Self.decidedStatuses.contains(status) }

    init(command: CommandID, status: String, code: String, transaction: String? = nil) {
        self.command = command
        self.status = status
        self.code = code
        self.transaction = transaction
    }

    init?(_ reply: Reply) {
        guard reply.isSuccess, let data = reply.data, let status = data["status"]?.text,
            let command = data["command_id"]?.text.flatMap({ CommandID($0) })
        else { return nil }
        self.init(
            command: command, status: status, code: data["code"]?.text ?? OutcomeCode.ok.name,
            transaction: data["transaction_id"]?.text)
    }
}

struct WalletBalance: Hashable, Sendable {
    let total: Int64
    let pending: Int64
}

/// What came of one request.
enum Answer: Hashable, Sendable {
    case refused(status: Int, code: String, field: String?)
    case decided(CommandState)
    /// Accepted, and the time to wait for it is over.
    case undecided(CommandState)
    /// Accepted, and then there was no answer about it.
    case lost(APIError)
    /// Not even accepted.
    case unanswered(APIError)

    var wasAccepted: Bool {
        switch self {
        case .decided, .undecided, .lost: true
        case .refused, .unanswered: false
        }
    }
}

extension Answer {
    var summary: String {
        switch self {
        case .refused(let status, let code, _): "HTTP \(status) \(code)"
        case .decided(let state), .undecided(let state): "\(state.status) \(state.code)"
        case .lost(let error), .unanswered(let error): error.description
        }
    }
}
