// What to do when the database does not take a batch.

import Postgres

/// How large the next batch may be, and what becomes of one that failed. Pure.
struct RunPolicy: Equatable {
    enum Verdict: Equatable {
        /// The same again: nothing was wrong with the commands.
        case again
        /// The first command of the run was refused when it stood alone.
        case setFirstAside(reason: String)
        /// The session cannot be used: connect anew and take the lane again.
        case reconnect
    }

    let weightMax: Int
    private(set) var weight: Int

    init(weightMax: Int) {
        self.weightMax = weightMax
        weight = weightMax
    }

    private static let racedFor: Set<String> = ["command_index_pkey", "transfer_references_pkey"]

    /// A batch was committed: the next may be twice as large as the limit that a failure left.
    mutating func succeeded() {
        weight = min(weightMax, weight * 2)
    }

    /// A batch of so many commands was not taken.
    mutating func failed(_ error: PostgresError, commands: Int) -> Verdict {
        guard case .server(let failure) = error else { return .reconnect }
        let state = failure.sqlState
        if state.isSerializationOrDeadlock { return .again }
        // Somebody else decided the command, or gave the reference out, since it was looked for: judged again it is seen.
        if state == .uniqueViolation, Self.racedFor.contains(failure.constraint ?? "") { return .again }
        // No partition takes the row: the ledger lacks a month, which no command is to blame for. A check has a name.
        if state == .checkViolation, failure.constraint == nil { return .reconnect }
        guard state.isDataError else { return .reconnect }
        if commands > 1 {
            weight = max(1, min(weight, commands) / 2)
            return .again
        }
        weight = 1
        let constraint = failure.constraint.map { " by \($0)" } ?? ""
        return .setFirstAside(reason: "refused with SQLSTATE \(state.code)\(constraint)")
    }
}
