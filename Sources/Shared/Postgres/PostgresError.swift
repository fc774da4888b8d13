// What can go wrong with PostgreSQL, told without showing data.

/// A failure of a PostgreSQL call. Descriptions hold names and codes, never values or passwords.
public enum PostgresError: Error, Sendable {
    /// No session, or it broke while nothing could have been committed.
    case connection(String)
    /// The session broke after a commit was sent and before its answer: it may or may not have happened. Look it up.
    case outcomeUnknown(String)
    /// The server refused a statement; the session goes on.
    case server(PostgresServerError)
    /// A value was not what its reader asked for.
    case decoding(column: String, expected: String, found: String)
    /// What was to be sent does not fit the statement, or what came does not fit what was sent.
    case protocolViolation(String)
    /// The time allowed was over. The statement may still have been carried out.
    case timedOut
    /// The task was cancelled. The statement may still be carried out if it had been sent.
    case cancelled
    /// The pool has as many waiting queries as it may have.
    case overloaded(waitersMax: Int)

    /// The server's code, if it was the server that refused.
    public var sqlState: SQLState? {
        if case .server(let error) = self { error.sqlState } else { nil }
    }

    /// True when the session's parsed form of a statement had gone or no longer fitted the tables, and nothing was
    /// carried out. The session parses it anew when it is next used; what stood in the same transaction has to be
    /// done again with it.
    public var isStaleStatement: Bool {
        if case .server(let error) = self { error.isStaleStatement } else { false }
    }

    /// True when the database is out of reach or out of room, so that the same statement may succeed later.
    public var isUnavailable: Bool {
        switch self {
        case .connection, .outcomeUnknown, .timedOut, .overloaded: true
        case .server(let error): error.sqlState.isUnavailable
        case .decoding, .protocolViolation, .cancelled: false
        }
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        switch self {
        case .connection(let reason): "no connection to PostgreSQL: \(reason)"
        case .outcomeUnknown(let reason): "the connection to PostgreSQL broke, outcome unknown: \(reason)"
        case .server(let error): error.description
        case .decoding(let column, let expected, let found): "column \(column) is not \(expected) but \(found)"
        case .protocolViolation(let what): "misuse of PostgreSQL: \(what)"
        case .timedOut: "PostgreSQL did not answer in time"
        case .cancelled: "the query was cancelled"
        case .overloaded(let waitersMax): "\(waitersMax) queries are waiting already"
        }
    }

    public var debugDescription: String { description }
}

/// What the server said about a statement it refused.
public struct PostgresServerError: Error, Sendable {
    public let sqlState: SQLState
    /// `ERROR`, `FATAL` or `PANIC`, never translated.
    public let severity: String
    /// The server's primary message. In classes 22 and P0 it may quote a value, and the description leaves it out.
    public let message: String
    /// The server's detail, which often quotes the row. Never part of a description.
    public let detail: String?
    public let table: String?
    public let column: String?
    public let constraint: String?
    /// The name of the prepared statement, or nil for one without.
    public let statement: String?
    /// As `PostgresError.isStaleStatement`.
    public let isStaleStatement: Bool

    init(_ fields: ErrorFields, statement: String?) {
        sqlState = SQLState(fields.sqlState ?? "")
        severity = fields.severity ?? "ERROR"
        message = fields.message ?? ""
        detail = fields.detail
        table = fields.table.map { table in fields.schema.map { "\($0).\(table)" } ?? table }
        column = fields.column
        constraint = fields.constraint
        self.statement = statement
        // 0A000 is the code of much else, so the server's function tells, as in other drivers. Inside a function or a
        // procedure something may have happened before, and a statement's name is not this session's doing.
        isStaleStatement =
            statement != nil && fields.context == nil
            && (sqlState == .invalidStatementName
                || sqlState == .featureNotSupported && fields.routine == "RevalidateCachedQuery")
    }

    /// A refusal that no server made, for what is decided by its code and constraint alone.
    init(sqlState: SQLState, constraint: String?) {
        self.sqlState = sqlState
        self.constraint = constraint
        severity = "ERROR"
        message = ""
        (detail, table, column, statement) = (nil, nil, nil, nil)
        isStaleStatement = false
    }

    /// A commit that the server answered with a roll-back, which it does not count as an error.
    init(rolledBackBy statement: String?) {
        sqlState = .inFailedTransaction
        severity = "ERROR"
        message = "the commit was answered with a roll-back, because a statement before it had failed"
        (detail, table, column, constraint) = (nil, nil, nil, nil)
        self.statement = statement
        isStaleStatement = false
    }
}

extension PostgresServerError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        let mayQuoteValues = sqlState.classCode == "22" || sqlState.classCode == "P0"
        var text = "PostgreSQL \(severity) \(sqlState.code)"
        if let statement { text += " in \(statement)" }
        if let constraint { text += ", constraint \(constraint)" }
        if let table { text += ", table \(table)" }
        if let column { text += ", column \(column)" }
        return mayQuoteValues ? text : text + ": \(message)"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A five-character code of PostgreSQL's appendix A, "PostgreSQL Error Codes".
public struct SQLState: Hashable, Sendable, CustomStringConvertible {
    public let code: String

    public init(_ code: String) { self.code = code }

    public var description: String { code }
    /// The first two characters, which name the class.
    public var classCode: String { String(code.prefix(2)) }

    /// Somebody else was in the way (40001, 40P01, 55P03): the same transaction may succeed at once.
    public var isSerializationOrDeadlock: Bool { code == "40001" || code == "40P01" || code == "55P03" }
    /// The server is away, going away or out of room (classes 08, 57, 53).
    public var isUnavailable: Bool { ["08", "57", "53"].contains(classCode) }
    /// The data are at fault (classes 22 and 23, and P0001, an exception raised on purpose).
    public var isDataError: Bool { classCode == "22" || classCode == "23" || code == "P0001" }

    public static let uniqueViolation = SQLState("23505")
    public static let foreignKeyViolation = SQLState("23503")
    public static let checkViolation = SQLState("23514")
    public static let queryCanceled = SQLState("57014")
    public static let inFailedTransaction = SQLState("25P02")
    public static let raiseException = SQLState("P0001")
    public static let featureNotSupported = SQLState("0A000")
    /// A prepared statement of that name does not exist, after `DISCARD ALL` for example.
    public static let invalidStatementName = SQLState("26000")
    static let duplicateStatement = SQLState("42P05")
}
