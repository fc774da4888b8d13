// One session in pipeline mode, for a poll loop: put statements in, flush, receive, take events out. Nothing here
// blocks; the verbs that do are in PostgresConnection+Blocking.swift.

/// What comes back from a pipeline, in the order in which things were enqueued.
public enum PostgresEvent: Sendable {
    /// A statement's answer.
    case rows(PostgresRows)
    /// A statement was refused; those after it, up to the next sync, are skipped. Comes before `synced` without a
    /// statement of its own when a commit at the sync was refused, by a deferred constraint for example.
    case failed(PostgresError)
    /// A statement was not carried out, because one before it had failed.
    case skipped
    /// A sync was reached. What stood before it outside a transaction block is now committed or undone.
    case synced
}

/// A session of PostgreSQL over libpq, in pipeline mode. Not `Sendable`: it belongs to one thread.
///
/// Poll `socket` for reading, and for writing while `wantsWrite`. Then `flush`, `receive` and `nextEvent` until it
/// gives nil, in that order; also before the first poll, because libpq may have read ahead while it was sending. After
/// an error other than `.server` and `.decoding` was thrown, close the connection.
public final class PostgresConnection {
    /// Called with each notice, on the thread that uses the connection, from within its calls.
    public var noticeHandler: ((PostgresNotice) -> Void)? {
        get { notices.handler }
        set { notices.handler = newValue }
    }

    /// True while something sent may still lie in libpq's buffer.
    public internal(set) var wantsWrite = false

    var handle: ConnectionHandle?
    private let notices: NoticeReceiver
    private var pending = PendingQueue()
    private var prepared: [String: Prepared] = [:]
    /// True when the server may still hold statements that `prepared` does not: they go before one is parsed anew.
    private var holdsStale = false
    /// Parses that failed, until the statement they belong to is reached.
    private var parseFailures: [String: PostgresError] = [:]
    private var segment = Segment()
    private var loss: PostgresError?
    /// True while an answer is awaited outside the pipeline that may stand for a commit.
    var awaitsScript = false

    /// Connects, for at most `connectTimeoutSeconds` per host, and blocks meanwhile. `PostgresConnectionAttempt` does
    /// not.
    ///
    /// - Throws: `.connection`.
    public convenience init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        try self.init(adopting: try PostgresConnectionAttempt(configuration).wait())
    }

    init(adopting connected: consuming ConnectionHandle) throws(PostgresError) {
        guard connected.setNonBlocking(), connected.enterPipeline() else {
            throw .connection(connected.errorMessage)
        }
        notices = connected.notices
        handle = consume connected
    }

    // MARK: The session

    /// The descriptor to poll, −1 once the session is lost or closed.
    public var socket: Int32 { handle?.socketNow() ?? -1 }
    /// Of the server's process, for `pg_terminate_backend` and `pg_stat_activity`.
    public var backendProcessID: Int32 { handle?.processID() ?? 0 }
    public var transactionStatus: PostgresTransactionStatus { handle?.transaction() ?? .unknown }
    /// True until the session was closed or found lost.
    public var isOpen: Bool { loss == nil && handle != nil }
    /// True when everything enqueued has had its event.
    public var isIdle: Bool { pending.isEmpty }

    /// A setting the server reports by itself, such as `server_version` or `TimeZone`.
    public func parameterStatus(_ name: String) -> String? { handle?.parameterStatus(name) }

    /// A handle with which another thread can cancel what this session does.
    public func cancelHandle() throws(PostgresError) -> PostgresCancellation {
        guard let cancel = handle?.cancellation() else { throw .connection("the connection is closed") }
        return PostgresCancellation(cancel)
    }

    /// Ends the session. What was not answered is not waited for.
    public func close() { handle = nil }

    // MARK: Sending

    /// Enqueues the parsing of a statement, once per session. A failure appears as an event `.failed`, for the first
    /// statement of that name in the same sync, or by itself when there is none.
    public func prepare(_ statement: PostgresStatement) throws(PostgresError) {
        try prepareIfNew(statement, sent: nil)
    }

    /// Enqueues a statement, and its parsing when this session has not parsed it. Results come in binary form.
    ///
    /// - Throws: `.protocolViolation` when the parameters do not fit the statement; nothing was sent then.
    public func enqueue(
        _ statement: PostgresStatement, _ parameters: PostgresParameters = .none
    ) throws(PostgresError) {
        if let misfit = parameters.misfit { throw .protocolViolation(misfit) }
        try prepareIfNew(statement, sent: parameters.sent)
        if let types = prepared[statement.name]?.types,
            let misfit = parameters.misfit(for: statement.name, types: types)
        {
            throw .protocolViolation(misfit)
        }
        try send(statement, isPrepared: true, parameters)
    }

    /// Ends a unit of the pipeline: outside a transaction block what came before it is committed together, and after a
    /// failure the pipeline goes on from here.
    public func enqueueSync() throws(PostgresError) {
        segment.openIfFirst(isOnlyOne: pending.isEmpty, status: transactionStatus)
        let commits = segment.syncCommits
        try sent(handle?.sendSync(), Pending(kind: .sync, name: nil, boundary: commits ? .commits : .none))
        segment = Segment()
    }

    /// Gives the socket as much as it takes.
    public func flush() throws(PostgresError) {
        try checkOpen()
        guard let isPartial = handle?.flush() ?? nil else {
            // What the server said before it went away is told first, by nextEvent.
            wantsWrite = false
            if pending.isEmpty { throw lose() }
            return
        }
        wantsWrite = isPartial
    }

    // MARK: Receiving

    /// Takes what the socket has. Call it when the socket is readable.
    ///
    /// - Throws: `.connection` when the session is gone. With answers still outstanding it is `nextEvent` that throws,
    /// after
    ///   the last answer that did come.
    public func receive() throws(PostgresError) {
        try checkOpen()
        let isAlive = handle?.consumeInput() == true
        // Reads what came, too: a server that ends an idle session says why before it closes the socket.
        _ = handle?.isWaiting()
        if !isAlive, pending.isEmpty { throw lose() }
    }

    /// The next answer, nil when it is not there yet or nothing is outstanding.
    ///
    /// - Throws: `.connection` or `.outcomeUnknown` when the session is gone; `.protocolViolation` when a statement's
    ///   parameters turn out not to have the types it was sent, or when it was a COPY.
    public func nextEvent() throws(PostgresError) -> PostgresEvent? {
        try checkOpen()
        var dividers = 0
        while !pending.isEmpty {
            if handle?.isWaiting() != false {
                if handle?.isLost() == true { throw lose() }
                return nil
            }
            // nil divides the results of one command from the next one's; it is no news by itself.
            guard let result = handle?.nextResult() else {
                dividers += 1
                if handle?.isLost() == true { throw lose() }
                // Several in a row: libpq holds nothing outstanding though something was sent.
                if dividers > 2 { throw lose("the server's answers ended too early") }
                continue
            }
            dividers = 0
            if let event = try settle(result) { return event }
        }
        return nil
    }

    /// Matches a result with what is at the head of the queue.
    private func settle(_ result: consuming ResultHandle) throws(PostgresError) -> PostgresEvent? {
        guard let head = pending.first else { throw .protocolViolation("an answer to nothing") }
        switch result.status {
        case .failed:
            let fields = result.error
            // Without a code it is libpq that speaks, and FATAL is the server's last word: the session is over.
            guard let severity = fields.severity, severity == "ERROR", fields.sqlState != nil else {
                throw lose(fields.message)
            }
            return failed(head, .server(PostgresServerError(fields, statement: head.name)))
        case .pipelineAborted:
            pending.removeFirst()
            return skipped(head)
        case .pipelineSynced:
            guard head.kind == .sync else { throw .protocolViolation("a sync in place of an answer") }
            pending.removeFirst()
            parseFailures.removeAll(keepingCapacity: true)
            return .synced
        case .rows:
            if head.kind == .sync { throw .protocolViolation("an answer in place of a sync") }
            pending.removeFirst()
            return try answered(head, result)
        case .copyIn, .copyOut, .other:
            // It cannot be left again from within a pipeline.
            throw lose("a COPY was sent through the pipeline")
        }
    }

    private func answered(_ head: Pending, _ result: consuming ResultHandle) throws(PostgresError) -> PostgresEvent? {
        switch head.kind {
        case .parse, .deallocate, .sync:
            return nil
        case .describe(let sent):
            guard let name = head.name else { return nil }
            let types = result.parameterTypes
            prepared[name]?.types = types
            if let sent, let misfit = sent.misfit(for: name, types: types) {
                throw lose(misfit: misfit)
            }
            return nil
        case .statement:
            if head.boundary == .commits, result.commandTag == "ROLLBACK" {
                return .failed(.server(PostgresServerError(rolledBackBy: head.name)))
            }
            return .rows(PostgresRows(result))
        }
    }

    private func failed(_ head: Pending, _ error: PostgresError) -> PostgresEvent? {
        // A sync that fails still gets its own answer after the error.
        if head.kind == .sync { return .failed(error) }
        pending.removeFirst()
        if error.isStaleStatement { forgetStatements() }
        guard head.isParse, let name = head.name else { return .failed(error) }
        prepared[name] = nil
        if head.kind == .deallocate || error.sqlState == .duplicateStatement { forgetStatements() }
        guard pending.holdsStatementBeforeSync(named: name) else { return .failed(error) }
        parseFailures[name] = error
        return nil
    }

    private func skipped(_ head: Pending) -> PostgresEvent? {
        if head.isParse, let name = head.name, parseFailures[name] == nil { prepared[name] = nil }
        if head.kind == .deallocate { holdsStale = true }
        guard case .statement = head.kind else { return nil }
        if let name = head.name, let error = parseFailures.removeValue(forKey: name) { return .failed(error) }
        return .skipped
    }

    // MARK: Helpers

    private func prepareIfNew(
        _ statement: PostgresStatement, sent types: @autoclosure () -> PostgresParameters.Sent?
    ) throws(PostgresError) {
        if let known = prepared[statement.name] {
            if known.sql == statement.sql { return }
            throw .protocolViolation("two statements are named \(statement.name)")
        }
        if statement.name.isEmpty { throw .protocolViolation("a statement without a name") }
        if !isCString(statement.name + statement.sql) { throw .protocolViolation(Self.zeroByte) }
        try begin()
        if holdsStale {
            let deallocate = Pending(kind: .deallocate, name: statement.name, boundary: .none)
            try sent(handle?.send(nil, "deallocate all", .none), deallocate)
            holdsStale = false
        }
        let parse = Pending(kind: .parse, name: statement.name, boundary: .none)
        try sent(handle?.sendPrepare(statement.name, statement.sql), parse)
        let describe = Pending(kind: .describe(sent: types()), name: statement.name, boundary: .none)
        try sent(handle?.sendDescribe(statement.name), describe)
        prepared[statement.name] = Prepared(sql: statement.sql, types: nil)
    }

    /// Sends a statement by its name, or by its SQL as the unnamed one.
    func send(
        _ statement: PostgresStatement, isPrepared: Bool, _ parameters: PostgresParameters
    ) throws(PostgresError) {
        try begin()
        let name = isPrepared ? statement.name : nil
        let boundary = statement.boundary
        try sent(
            handle?.send(name, statement.sql, parameters), Pending(kind: .statement, name: name, boundary: boundary))
        segment.add(boundary)
    }

    /// A statement had gone, by `DISCARD ALL` for example, or no longer fitted the tables. What holds for it may hold
    /// for others, and a name that is still taken could not be parsed again: so all are parsed anew, as they are used.
    private func forgetStatements() {
        prepared.removeAll()
        holdsStale = true
    }

    static let zeroByte = "a statement with a zero byte, which would cut it off"

    private func begin() throws(PostgresError) {
        try checkOpen()
        segment.openIfFirst(isOnlyOne: pending.isEmpty, status: transactionStatus)
    }

    private func sent(_ isSent: Bool?, _ entry: Pending) throws(PostgresError) {
        try checkOpen()
        guard isSent == true else { throw lose() }
        pending.append(entry)
        wantsWrite = true
    }

    func checkOpen() throws(PostgresError) {
        if let loss { throw loss }
        if handle == nil { throw .connection("the connection is closed") }
    }

    /// Notes that the session is over, and what that means for what was not answered.
    func lose(_ reason: String? = nil) -> PostgresError {
        let reason = notices.farewell ?? reason ?? handle?.reason() ?? "the connection is closed"
        let mayHaveCommitted = pending.holdsCommit || awaitsScript
        let error: PostgresError = mayHaveCommitted ? .outcomeUnknown(reason) : .connection(reason)
        loss = error
        return error
    }

    private func lose(misfit: String) -> PostgresError {
        loss = .protocolViolation(misfit)
        return .protocolViolation(misfit)
    }
}

/// The right to cancel what a session does, usable from any thread.
public final class PostgresCancellation: Sendable {
    private let handle: CancelHandle

    init(_ handle: CancelHandle) { self.handle = handle }

    /// Asks the server, over a connection of its own, to cancel what the session is doing at that moment; blocks for
    /// it. The statement, if there is one, fails with 57014.
    ///
    /// - Throws: `.connection` when the request could not be handed over.
    public func cancel() throws(PostgresError) {
        if let reason = handle.request() { throw .connection(reason) }
    }
}

extension ConnectionHandle {
    // Through an optional handle only methods can be reached.
    func socketNow() -> Int32 { socket }
    func processID() -> Int32 { backendProcessID }
    func transaction() -> PostgresTransactionStatus { transactionStatus }
    func reason() -> String { errorMessage }
    func isWaiting() -> Bool { isBusy }
    func isLost() -> Bool { isBad }
}
