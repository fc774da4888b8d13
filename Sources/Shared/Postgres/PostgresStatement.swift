// A statement and its name, and what it does to the transaction it runs in.

/// An SQL statement that is parsed once per session under its name.
public struct PostgresStatement: Sendable, Hashable {
    /// Unique within a session, at most 63 bytes.
    public let name: String
    /// One statement, its parameters written `$1`, `$2` and so on.
    public let sql: String
    let boundary: TransactionBoundary

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
        boundary = TransactionBoundary(sql)
    }
}

/// What a statement does to the transaction block.
enum TransactionBoundary: Sendable {
    case none, begins, commits, rollsBack

    init(_ sql: String) {
        let words = sql.prefix(200).split(maxSplits: 2, omittingEmptySubsequences: true) { !$0.isLetter }
            .map { $0.lowercased() }
        self =
            switch words.first {
            case "begin": .begins
            case "start" where words.dropFirst().first == "transaction": .begins
            case "commit", "end": .commits
            case "prepare" where words.dropFirst().first == "transaction": .commits
            case "rollback", "abort": words.contains("to") ? .none : .rollsBack
            default: .none
            }
    }
}

/// Where a session stands in its transaction, as of its last answered sync.
public enum PostgresTransactionStatus: Sendable {
    /// Outside a transaction block.
    case idle
    /// Something sent has not been answered yet.
    case active
    /// Inside a transaction block.
    case inTransaction
    /// Inside a transaction block that can only be rolled back.
    case failed
    /// The session is lost.
    case unknown
}
