// The pool's thread: opens sessions, gives each a query at a time, and hands the answers back.

import Polling

struct PoolDriver {
    fileprivate enum Slot {
        case empty
        case connecting(PostgresConnectionAttempt)
        case idle(PostgresConnection)
        case busy(PostgresConnection, Running)
    }

    /// A query that was sent, and its answer while the sync after it is outstanding.
    fileprivate struct Running {
        let id: UInt64
        let request: PoolRequest
        var outcome: PoolOutcome?
        /// A statement whose parsed form was stale is sent a second time, and no third.
        var isRepeated = false

        var deadline: UInt64 { request.deadline }
    }

    private let configuration: PostgresConfiguration
    private let reconnectDelayMillisecondsMax: Int
    private let queue: PoolQueue
    private var slots: [Slot]
    /// Sessions lost and attempts failed since a query last succeeded.
    private var failures = 0
    private var retryAt: UInt64 = 0

    init(_ pool: PostgresPoolConfiguration, _ queue: PoolQueue) {
        let given = pool.connection
        var settings = given.settings.map { ($0.name, $0.value) }
        if !settings.contains(where: { $0.0 == "statement_timeout" }) {
            // What the pool gives up on does not go on running in the server for much longer.
            settings.append(("statement_timeout", "\(pool.queryTimeoutMilliseconds)ms"))
        }
        configuration = PostgresConfiguration(
            url: given.url, applicationName: given.applicationName, connectTimeoutSeconds: given.connectTimeoutSeconds,
            tcpUserTimeoutMilliseconds: given.tcpUserTimeoutMilliseconds, settings: settings)
        reconnectDelayMillisecondsMax = pool.reconnectDelayMillisecondsMax
        self.queue = queue
        slots = Array(repeating: .empty, count: pool.connectionsMax)
    }

    /// Returns when the pool was stopped and nothing runs any more.
    mutating func run() {
        while true {
            let isStopping = queue.isStopping
            if isStopping {
                closeWhatIsNotBusy()
                if slots.allSatisfy({ $0.isEmpty }) { break }
            } else {
                queue.setListening(true)
                giveOut()
                openOne()
                // Whoever comes now waits for a session; their time ends after that of all who run.
                if slots.allSatisfy({ $0.isBusy }) { queue.setListening(false) }
            }
            queue.setAvailable(slots.contains { $0.isOpen })
            let waiting = queue.expireWaiting(now: monotonicNanoseconds())
            do throws(PostgresError) {
                try turn(wakeAt: nextTime(waiting, isStopping))
            } catch {
                // poll itself refused: nothing can be served any more, and whoever asks is told why.
                queue.stop()
                for index in slots.indices { drop(index, error) }
            }
        }
        queue.setAvailable(false)
        queue.refuseWaiting(.connection("the pool is stopped"))
    }

    // MARK: One turn

    private mutating func turn(wakeAt: UInt64?) throws(PostgresError) {
        var targets = [PollTarget(queue.wakeup.descriptor)]
        for slot in slots { targets.append(slot.target) }
        try pollMapped(&targets, until: wakeAt)
        if targets[0].isReadable { queue.wakeup.drain() }
        let now = monotonicNanoseconds()
        for index in slots.indices {
            let target = targets[index + 1]
            let isReady = target.isReadable || target.isWritable || target.hasFailed
            do throws(PostgresError) {
                try serve(index, isReady: isReady, isReadable: target.isReadable || target.hasFailed, now: now)
            } catch {
                drop(index, error)
            }
        }
    }

    private mutating func serve(_ index: Int, isReady: Bool, isReadable: Bool, now: UInt64) throws(PostgresError) {
        switch slots[index] {
        case .empty: return
        case .connecting(let attempt):
            guard isReady || now >= attempt.deadline else { return }
            if let connection = try attempt.advance() { slots[index] = .idle(connection) }
        case .idle(let connection):
            guard isReady else { return }
            try connection.receive()
            _ = try connection.nextEvent()
        case .busy(let connection, let running):
            if isReadable { try connection.receive() }
            if isReady { try connection.flush() }
            if try !collect(index, connection, running), now >= running.deadline { throw .timedOut }
        }
    }

    /// Takes the events of a running query. - Returns: true when it is done.
    private mutating func collect(
        _ index: Int, _ connection: PostgresConnection, _ running: Running
    ) throws(PostgresError) -> Bool {
        var running = running
        while let event = try connection.nextEvent() {
            switch event {
            case .rows(let rows): running.outcome = .success(rows)
            case .failed(let error): running.outcome = .failure(error)
            case .skipped: running.outcome = .failure(.protocolViolation("a query was skipped"))
            case .synced:
                if connection.transactionStatus != .idle {
                    throw .protocolViolation("a query left a transaction open")
                }
                failures = 0
                if case .failure(let error)? = running.outcome, error.isStaleStatement, !running.isRepeated {
                    try sendAgain(index, connection, running)
                    return false
                }
                slots[index] = .idle(connection)
                queue.finish(running.id, running.outcome ?? .failure(.protocolViolation("a query without an answer")))
                return true
            }
        }
        slots[index] = .busy(connection, running)
        return false
    }

    /// What was refused for its parsed form was not carried out, and was a transaction of its own.
    private mutating func sendAgain(
        _ index: Int, _ connection: PostgresConnection, _ running: Running
    ) throws(PostgresError) {
        var running = running
        (running.outcome, running.isRepeated) = (nil, true)
        slots[index] = .busy(connection, running)
        try send(running.request, on: connection)
    }

    private func send(_ request: PoolRequest, on connection: PostgresConnection) throws(PostgresError) {
        try connection.enqueue(request.statement, request.parameters)
        try connection.enqueueSync()
        try connection.flush()
    }

    // MARK: Giving out queries

    private mutating func giveOut() {
        for index in slots.indices {
            guard case .idle(let connection) = slots[index], let (id, request) = queue.takeNext() else { continue }
            slots[index] = .busy(connection, Running(id: id, request: request))
            do throws(PostgresError) {
                try send(request, on: connection)
            } catch {
                // Parameters that do not fit are the caller's affair; the session has not noticed.
                if case .protocolViolation = error, connection.isOpen, connection.isIdle {
                    slots[index] = .idle(connection)
                    queue.finish(id, .failure(error))
                } else {
                    drop(index, error)
                }
            }
        }
    }

    // MARK: Opening and closing

    /// Opens a session if one is needed: the first, or one more for those who wait. While the server is away, one at a
    /// time.
    private mutating func openOne() {
        guard wantsToOpen, monotonicNanoseconds() >= retryAt,
            let index = slots.firstIndex(where: { $0.isEmpty })
        else { return }
        do throws(PostgresError) {
            slots[index] = .connecting(try PostgresConnectionAttempt(configuration))
        } catch {
            drop(index, error)
        }
    }

    private var wantsToOpen: Bool {
        let connecting = slots.count { if case .connecting = $0 { true } else { false } }
        let open = slots.count { $0.isOpen }
        guard open + connecting < slots.count else { return false }
        if open + connecting == 0 { return true }
        return failures > 0 ? connecting == 0 && queue.waitingCount > 0 : queue.waitingCount > connecting
    }

    /// Gives up a session or an attempt; the query that ran on it fails with `error`.
    private mutating func drop(_ index: Int, _ error: PostgresError) {
        switch slots[index] {
        case .empty, .connecting: break
        case .idle(let connection): connection.close()
        case .busy(let connection, let running):
            connection.close()
            queue.finish(running.id, .failure(error))
        }
        slots[index] = .empty
        failures += 1
        // One failure may be an accident and is mended at once; from the second on the delays double.
        let milliseconds = failures < 2 ? 0 : min(50 << min(failures - 2, 16), reconnectDelayMillisecondsMax)
        retryAt = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    }

    private mutating func closeWhatIsNotBusy() {
        for index in slots.indices {
            switch slots[index] {
            case .empty, .busy: continue
            case .connecting: break
            case .idle(let connection): connection.close()
            }
            slots[index] = .empty
        }
    }

    private func nextTime(_ waiting: UInt64?, _ isStopping: Bool) -> UInt64? {
        var times = slots.compactMap(\.deadline)
        if let waiting { times.append(waiting) }
        if !isStopping, wantsToOpen { times.append(retryAt) }
        return times.min()
    }
}

extension PoolDriver.Slot {
    fileprivate var isEmpty: Bool { if case .empty = self { true } else { false } }

    fileprivate var isBusy: Bool { if case .busy = self { true } else { false } }

    fileprivate var isOpen: Bool {
        switch self {
        case .empty, .connecting: false
        case .idle, .busy: true
        }
    }

    fileprivate var target: PollTarget {
        switch self {
        case .empty: PollTarget(-1, read: false)
        case .connecting(let attempt): attempt.target
        case .idle(let connection): PollTarget(connection.socket)
        case .busy(let connection, _): PollTarget(connection.socket, write: connection.wantsWrite)
        }
    }

    fileprivate var deadline: UInt64? {
        switch self {
        case .empty, .idle: nil
        case .connecting(let attempt): attempt.deadline
        case .busy(_, let running): running.deadline
        }
    }
}
