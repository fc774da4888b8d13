// What has been played: counts for the report, expected totals for the last check, and everything that was not as it
// must be.

import Domain

/// The answers to all copies of one action's request.
struct Performance: Sendable {
    let action: Action
    let answers: [Answer]
    /// Why a beneficiary that was waited for was not seen verified; nil when it was.
    var verificationProblem: String?
}

/// Something that is not as it must be.
struct Finding: Hashable, Sendable {
    /// The action's number; nil for a wallet.
    let action: Int?
    let text: String
}

struct Record: Sendable {
    /// Only so many findings are kept; the count goes on.
    static let findingsKeptMax = 50

    struct Outcome: Hashable, Comparable, Sendable {
        let command: String
        let status: String
        let code: String

        init(_ action: Action, _ state: CommandState) {
            command = action.request.resource.commandName
            status = state.status
            code = state.code
        }

        static func < (left: Self, right: Self) -> Bool {
            (left.command, left.status, left.code) < (right.command, right.status, right.code)
        }
    }

    struct Refusal: Hashable, Comparable, Sendable {
        let status: Int
        let code: String

        static func < (left: Self, right: Self) -> Bool { (left.status, left.code) < (right.status, right.code) }
    }

    struct Expected: Sendable {
        let holder: OwnerID
        var total: Int64
    }

    private(set) var outcomes: [Outcome: Int] = [:]
    private(set) var refusals: [Refusal: Int] = [:]
    private(set) var actionsPlayed = 0
    /// Days that the play let pass.
    var daysPassed = 0
    private(set) var submitted = 0
    private(set) var decided = 0
    private(set) var repeats = 0
    private(set) var repeatsWithSameAnswer = 0
    private(set) var wallets: [WalletID: Expected] = [:]
    private(set) var walletsChecked = 0
    private(set) var findings: [Finding] = []
    private(set) var findingCount = 0
    /// Actions without any answer.
    private(set) var unansweredCount = 0

    /// So many actions without any answer break the play off: the API is away.
    static let unansweredMax = 16

    var isBrokenOff: Bool { unansweredCount >= Self.unansweredMax }

    mutating func add(_ performance: Performance) {
        actionsPlayed += 1
        let action = performance.action
        guard let first = performance.answers.first else { preconditionFailure("an action has an answer") }
        count(first, of: action)
        check(first, of: action)
        countRepeats(performance.answers, first, of: action)
        if let problem = performance.verificationProblem { find(action, problem) }
    }

    mutating func add(_ wallet: WalletID, _ result: Result<WalletBalance, APIError>) {
        walletsChecked += 1
        guard let expected = wallets[wallet]?.total else { preconditionFailure("only known wallets are checked") }
        switch result {
        case .failure(let error):
            find(nil, "wallet \(wallet): \(error)")
        case .success(let balance):
            if balance.total != expected {
                find(nil, "wallet \(wallet): total \(balance.total), expected \(expected)")
            } else if balance.pending != 0 {
                find(nil, "wallet \(wallet): \(balance.pending) pending, although everything is decided")
            }
        }
    }

    var isAsItMustBe: Bool {
        findingCount == 0 && submitted == decided && repeats == repeatsWithSameAnswer && walletsChecked == wallets.count
    }

    // MARK: - Parts

    private mutating func count(_ answer: Answer, of action: Action) {
        switch answer {
        case .refused(let status, let code, _):
            refusals[Refusal(status: status, code: code), default: 0] += 1
        case .decided(let state):
            guard !action.repeatsEarlier || action.stage == .finishes else { return }
            if action.stage != .finishes { submitted += 1 }
            if case .begins = action.stage { return }
            decided += 1
            outcomes[Outcome(action, state), default: 0] += 1
            apply(action.effects, state)
            if [.wallets, .subWallets].contains(action.request.resource), state.status == CommandStatus.completed.name {
                wallets[action.accesses[0].wallet] = Expected(holder: action.request.subject, total: 0)
            }
        case .undecided(let state):
            guard !action.repeatsEarlier else { return }
            submitted += 1
            outcomes[Outcome(action, state), default: 0] += 1
        case .lost:
            if !action.repeatsEarlier { submitted += 1 }
        case .unanswered:
            unansweredCount += 1
        }
    }

    private mutating func apply(_ effects: Effects, _ state: CommandState) {
        let changes: [Change] =
            switch state.status {
            case CommandStatus.completed.name, CommandStatus.partlyCompleted.name: effects.completed
            case CommandStatus.returned.name: effects.returned
            default: []
            }
        for change in changes { wallets[change.wallet]?.total += change.minorUnits }
    }

    private mutating func check(_ answer: Answer, of action: Action) {
        switch answer {
        case .undecided(let state): return find(action, "still \(state.status) when the time to wait was over")
        case .lost(let error), .unanswered(let error): return find(action, error.description)
        case .decided(let state):
            if state.command != action.request.commandID {
                find(action, "the command id does not follow from the key")
            }
        case .refused(_, _, let field):
            if let expected = action.refusedField, field != expected {
                find(action, "the refusal does not name \(expected)")
            }
        }
        if !action.prediction.fits(answer) {
            find(action, "predicted \(action.prediction), answered \(answer.summary)")
        }
    }

    /// All requests after the first are repeats, and all of them if an earlier action made the request.
    private mutating func countRepeats(_ answers: [Answer], _ first: Answer, of action: Action) {
        if action.repeatsEarlier {
            repeats += 1
            if action.prediction.fits(first) { repeatsWithSameAnswer += 1 }
        }
        for answer in answers.dropFirst() {
            repeats += 1
            if answer == first {
                repeatsWithSameAnswer += 1
            } else {
                find(action, "a repeat was answered \(answer.summary), the first \(first.summary)")
            }
        }
    }

    private mutating func find(_ action: Action?, _ text: String) {
        findingCount += 1
        guard findings.count < Self.findingsKeptMax else { return }
        findings.append(Finding(action: action?.number, text: text))
    }
}

extension Prediction: CustomStringConvertible {
    /// Whether an answer is the one predicted. What the ingress refuses when it can, the lane refuses with the same
    /// code when the ingress could not look it up.
    func fits(_ answer: Answer) -> Bool {
        switch (self, answer) {
        case (.decided(let status, let code), .decided(let state)):
            state.status == status.name && state.code == code.name
        case (.decided(.rejected, let code), .refused(let status, let answered, _)):
            status == code.rule.httpStatus && answered == code.name
        case (.refused(let status, let code), .refused(let answeredStatus, let answeredCode, _)):
            status == answeredStatus && code == answeredCode
        case (.refused(_, let code), .decided(let state)):
            state.status == CommandStatus.rejected.name && state.code == code
        case (.either(let predictions), _): predictions.contains { $0.fits(answer) }
        default: false
        }
    }

    var description: String {
        switch self {
        case .decided(let status, let code): "\(status.name) \(code.name)"
        case .refused(let status, let code): "HTTP \(status) \(code)"
        case .either(let predictions): predictions.map(\.description).joined(separator: " or ")
        }
    }
}
