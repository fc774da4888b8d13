// Notices and warnings of the server: raised in libpq's receiver, handed to whoever asked for them.

/// A notice or warning the server sent beside its answers.
public struct PostgresNotice: Sendable {
    /// `NOTICE`, `WARNING`, `INFO` and so on, never translated.
    public let severity: String
    public let sqlState: SQLState
    /// The server's words, which may hold data of the caller's own SQL (`raise notice '%', …`).
    public let message: String
}

/// Receives what libpq calls notices, for one session, on the thread that uses the session.
final class NoticeReceiver {
    var handler: ((PostgresNotice) -> Void)?
    /// Why the server ends the session: between commands it says so in a notice, before it closes the socket.
    private(set) var farewell: String?

    func receive(_ fields: ErrorFields) {
        let severity = fields.severity ?? "NOTICE"
        let message = fields.message ?? ""
        if severity == "FATAL" || severity == "PANIC" { farewell = message }
        handler?(PostgresNotice(severity: severity, sqlState: SQLState(fields.sqlState ?? ""), message: message))
    }
}
