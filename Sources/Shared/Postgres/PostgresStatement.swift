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
        let words = Self.withoutLeadingComments(sql.utf8).prefix(200)
            .split(maxSplits: 4) { !(Self.isLetter($0)) }.prefix(4).map { String(Substring($0)).lowercased() }
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

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// A file of SQL may say what it is for before it says COMMIT. Comments between slashes and stars nest.
    private static func withoutLeadingComments(_ sql: String.UTF8View) -> Substring.UTF8View {
        var rest = sql[...]
        var depth = 0
        while let byte = rest.first {
            let pair = (byte, rest.dropFirst().first)
            switch pair {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                depth += 1
                rest = rest.dropFirst(2)
            case (UInt8(ascii: "*"), UInt8(ascii: "/")) where depth > 0:
                depth -= 1
                rest = rest.dropFirst(2)
            case (UInt8(ascii: "-"), UInt8(ascii: "-")) where depth == 0:
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
            default:
                // White space, and a semicolon that ends nothing.
                if depth == 0, byte > 0x20, byte != UInt8(ascii: ";") { return rest }
                rest = rest.dropFirst()
            }
        }
        return rest
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
