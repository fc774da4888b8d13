// The verbs that block until the server has answered, for tools, migrations and tests. A poll loop uses none of them.

import Polling

extension PostgresConnection {
    /// Runs one statement and waits for its answer. Nothing else may be outstanding.
    ///
    /// It is parsed anew each time. Parameters other than texts are sent with their types, so `select $1` works.
    ///
    /// - Throws: what `nextEvent` throws, and the statement's own `.server`.
    @discardableResult
    public func execute(
        _ sql: String, _ parameters: PostgresParameters = .none
    ) throws(PostgresError) -> PostgresRows {
        try checkIdle()
        if let misfit = parameters.misfit { throw .protocolViolation(misfit) }
        if !isCString(sql) { throw .protocolViolation(Self.zeroByte) }
        try send(PostgresStatement(name: "", sql: sql), isPrepared: false, parameters)
        try enqueueSync()
        return try finishStatement()
    }

    /// Runs one named statement, parsed once per session, and waits for its answer. Nothing else may be outstanding.
    ///
    /// When its parsed form turns out to be stale it is parsed anew and run once more, unless it stands in a
    /// transaction block: that has failed then and has to be done again from its start.
    @discardableResult
    public func execute(
        _ statement: PostgresStatement, _ parameters: PostgresParameters = .none
    ) throws(PostgresError) -> PostgresRows {
        try checkIdle()
        let standsAlone = transactionStatus == .idle
        do {
            return try executeOnce(statement, parameters)
        } catch {
            guard standsAlone, error.isStaleStatement else { throw error }
            return try executeOnce(statement, parameters)
        }
    }

    private func executeOnce(
        _ statement: PostgresStatement, _ parameters: PostgresParameters
    ) throws(PostgresError) -> PostgresRows {
        try enqueue(statement, parameters)
        try enqueueSync()
        return try finishStatement()
    }

    /// Waits for the next event. Something must be outstanding.
    public func waitForEvent() throws(PostgresError) -> PostgresEvent {
        while true {
            try flush()
            if let event = try nextEvent() { return event }
            if isIdle { throw .protocolViolation("waiting with nothing outstanding") }
            try waitForSocket()
        }
    }

    /// Runs several statements, divided by semicolons, as one transaction unless they say otherwise.
    ///
    /// - Throws: the first failure; what came before it in the same transaction is undone. `.outcomeUnknown` when the
    ///   session broke meanwhile: the script may have committed something.
    public func executeScript(_ sql: String) throws(PostgresError) {
        try leavingPipeline { () throws(PostgresError) in
            try begin(sql)
            try drainResults()
        }
    }

    /// Runs `COPY … TO STDOUT` and hands over each row as the server sends it, line feed included in text format.
    ///
    /// - Returns: how many rows there were.
    /// - Throws: `.outcomeUnknown` when the session broke meanwhile, since the query in it may write.
    @discardableResult
    public func copyOut(_ sql: String, _ receive: ([UInt8]) -> Void) throws(PostgresError) -> Int {
        try leavingPipeline { () throws(PostgresError) in
            try begin(sql)
            try expect(.copyOut)
            while true {
                switch handle?.copyOutNext() {
                case .chunk(let bytes): receive(bytes)
                case .notYet: try waitForSocket()
                case .ended: return try drainResults()
                case .failed, nil:
                    try drainResults()
                    throw lose()
                }
            }
        }
    }

    /// Runs `COPY … FROM STDIN` with what `next` gives, until it gives nil.
    ///
    /// - Returns: how many rows were copied.
    /// - Throws: `.connection` when the session broke before all was sent, so that nothing was copied, and
    ///   `.outcomeUnknown` after.
    @discardableResult
    public func copyIn(_ sql: String, _ next: () -> [UInt8]?) throws(PostgresError) -> Int {
        try leavingPipeline { () throws(PostgresError) in
            try begin(sql)
            // Nothing is committed before the server has been told that this is all.
            awaitsScript = false
            try expect(.copyIn)
            var isTaken = true
            while isTaken, let chunk = next() {
                var rest = chunk[...]
                while isTaken, !rest.isEmpty {
                    let part = rest.prefix(ConnectionHandle.copyChunkBytesMax)
                    isTaken = try untilAccepted { handle?.copyIn(part) ?? nil }
                    rest = rest.dropFirst(part.count)
                }
            }
            if isTaken {
                awaitsScript = true
                isTaken = try untilAccepted { handle?.endCopyIn() ?? nil }
            }
            let count = try drainResults()
            if !isTaken { throw lose() }
            return count
        }
    }

    // MARK: Helpers

    private func checkIdle() throws(PostgresError) {
        if !isIdle { throw .protocolViolation("a blocking call while answers are outstanding") }
    }

    private func finishStatement() throws(PostgresError) -> PostgresRows {
        var answer: PostgresRows?
        var failure: PostgresError?
        while true {
            switch try waitForEvent() {
            case .rows(let rows): answer = rows
            case .failed(let error): failure = failure ?? error
            case .skipped: break
            case .synced:
                if let failure { throw failure }
                guard let answer else { throw .protocolViolation("a statement without an answer") }
                return answer
            }
        }
    }

    private func leavingPipeline<R>(_ body: () throws(PostgresError) -> R) throws(PostgresError) -> R {
        try checkOpen()
        try checkIdle()
        guard handle?.exitPipeline() == true else { throw lose() }
        let outcome = Result { () throws(PostgresError) in try body() }
        awaitsScript = false
        guard isOpen else { return try outcome.get() }
        guard handle?.enterPipeline() == true else { throw lose() }
        return try outcome.get()
    }

    private func begin(_ sql: String) throws(PostgresError) {
        if !isCString(sql) { throw .protocolViolation(Self.zeroByte) }
        guard handle?.sendScript(sql) == true else { throw lose() }
        awaitsScript = true
        wantsWrite = true
    }

    private func expect(_ status: ResultStatus) throws(PostgresError) {
        try waitForResult()
        guard let result = handle?.nextResult() else { throw lose() }
        if result.status == status { return }
        let error = try failure(of: result)
        try drainResults()
        throw error ?? .protocolViolation("the statement is not the COPY it should be")
    }

    /// Takes results until there are none left. - Returns: the rows the last of them touched.
    @discardableResult
    private func drainResults() throws(PostgresError) -> Int {
        var first: PostgresError?
        var affected = 0
        while true {
            try waitForResult()
            guard let result = handle?.nextResult() else { break }
            switch result.status {
            case .copyIn, .copyOut: throw lose("a COPY in a script")
            default: break
            }
            affected = result.affectedRows ?? 0
            let error = try failure(of: result)
            first = first ?? error
        }
        if let first { throw first }
        return affected
    }

    private func failure(of result: borrowing ResultHandle) throws(PostgresError) -> PostgresError? {
        guard result.status == .failed else { return nil }
        let fields = result.error
        guard fields.severity == "ERROR" else { throw lose(fields.message) }
        return .server(PostgresServerError(fields, statement: nil))
    }

    private func waitForResult() throws(PostgresError) {
        try flush()
        while handle?.isWaiting() == true { try waitForSocket() }
    }

    /// - Returns: false when the server has ended the COPY before its end; its results tell why.
    private func untilAccepted(_ send: () -> Bool?) throws(PostgresError) -> Bool {
        while true {
            if let isAccepted = send() {
                if !isAccepted, handle?.isLost() != false { throw lose() }
                wantsWrite = true
                return isAccepted
            }
            wantsWrite = true
            try waitForSocket()
        }
    }

    private func waitForSocket() throws(PostgresError) {
        var targets = [PollTarget(socket, read: true, write: wantsWrite)]
        try pollMapped(&targets, until: nil)
        if targets[0].isWritable { try flush() }
        if targets[0].isReadable || targets[0].hasFailed { try receive() }
    }
}
