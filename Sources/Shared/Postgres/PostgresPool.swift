// Queries from tasks: a bounded queue in front of a few sessions, which one thread drives (PoolDriver.swift).

import Polling
import Synchronization

/// How large a pool is, and how patient.
public struct PostgresPoolConfiguration: Sendable {
    public var connection: PostgresConfiguration
    /// Sessions at most. They are opened as they are needed, one of them at the start.
    public var connectionsMax: Int
    /// Queries that wait for a session at most; more are refused with `.overloaded`.
    public var waitersMax: Int
    /// From the call to the answer, waiting included, at most `Int32.max`. Each session's `statement_timeout` is the same.
    public var queryTimeoutMilliseconds: Int
    /// Between attempts to connect to a server that is away; they start at 50 ms and double up to this.
    public var reconnectDelayMillisecondsMax: Int

    public init(
        _ connection: PostgresConfiguration, connectionsMax: Int = 4, waitersMax: Int = 1000,
        queryTimeoutMilliseconds: Int = 5000, reconnectDelayMillisecondsMax: Int = 2000
    ) {
        self.connection = connection
        self.connectionsMax = max(1, connectionsMax)
        self.waitersMax = max(0, waitersMax)
        self.queryTimeoutMilliseconds = min(max(1, queryTimeoutMilliseconds), Int(Int32.max))
        self.reconnectDelayMillisecondsMax = max(50, reconnectDelayMillisecondsMax)
    }
}

/// A pool of sessions for queries that are complete in themselves: each is a transaction of its own.
///
/// A session runs one query at a time, so a slow one holds up no other on its session, and one that is given up costs
/// only its own.
public final class PostgresPool: Sendable {
    private let configuration: PostgresPoolConfiguration
    private let queue: PoolQueue
    private let thread = Mutex<PollingThread?>(nil)

    /// - Throws: `.connection` when the process is out of descriptors.
    public init(_ configuration: PostgresPoolConfiguration) throws(PostgresError) {
        self.configuration = configuration
        queue = try PoolQueue(waitersMax: configuration.waitersMax, timeout: configuration.queryTimeoutMilliseconds)
    }

    /// Starts the thread, which connects. A pool starts once; later calls change nothing.
    public func start() {
        thread.withLock { thread in
            if thread != nil { return }
            thread = PollingThread(name: "postgres-pool") { [configuration, queue] in
                var driver = PoolDriver(configuration, queue)
                driver.run()
            }
        }
    }

    /// Refuses what waits, lets what runs finish within its time, closes the sessions, and returns when all that is
    /// done.
    public func stop() async {
        queue.stop()
        await thread.withLock { $0 }?.join()
    }

    /// True while a session is open.
    public var isAvailable: Bool { queue.isAvailable }

    /// Runs one statement, committed when this returns.
    ///
    /// Nothing is repeated: after `.outcomeUnknown`, `.timedOut` and `.cancelled` a statement that writes may have
    /// been carried out. One that only reads may simply be sent again.
    ///
    /// - Throws: the statement's `.server`; `.outcomeUnknown` or `.connection` when its session broke or the pool was
    ///   stopped; `.overloaded`; `.timedOut`; `.cancelled`, at once, when the task is cancelled.
    public func query(
        _ statement: PostgresStatement, _ parameters: PostgresParameters = .none
    ) async throws(PostgresError) -> PostgresRows {
        let id = queue.nextID()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.submit(id, PoolRequest(statement, parameters, continuation))
                // The handler may have run before the request was in the queue; then it found nothing to finish.
                if Task.isCancelled { queue.finish(id, .failure(.cancelled)) }
            }
        } onCancel: {
            queue.finish(id, .failure(.cancelled))
        }
        return try outcome.get()
    }
}

typealias PoolOutcome = Result<PostgresRows, PostgresError>

/// A query on its way.
struct PoolRequest: Sendable {
    let statement: PostgresStatement
    let parameters: PostgresParameters
    fileprivate let continuation: CheckedContinuation<PoolOutcome, Never>
    fileprivate(set) var deadline: UInt64 = 0
    fileprivate var isRunning = false

    fileprivate init(
        _ statement: PostgresStatement, _ parameters: PostgresParameters,
        _ continuation: CheckedContinuation<PoolOutcome, Never>
    ) {
        self.statement = statement
        self.parameters = parameters
        self.continuation = continuation
    }
}

/// What tasks and the pool's thread share. Whoever takes a request out of `requests` resumes its task, so each is
/// resumed once.
final class PoolQueue: Sendable {
    let wakeup: Wakeup
    private let waitersMax: Int
    private let timeoutNanoseconds: UInt64
    private let state = Mutex(State())

    private struct State {
        var requests: [UInt64: PoolRequest] = [:]
        /// In order of arrival, which is also that of their deadlines. Ids no longer in `requests` are passed over.
        var order: [UInt64] = []
        var head = 0
        var waiting = 0
        var lastID: UInt64 = 0
        /// False while every session is busy: the thread looks at the queue by itself when one is done.
        var isListening = true
        var isStopping = false
        var isAvailable = false
    }

    init(waitersMax: Int, timeout milliseconds: Int) throws(PostgresError) {
        do {
            wakeup = try Wakeup()
        } catch {
            throw .connection(error.description)
        }
        self.waitersMax = waitersMax
        timeoutNanoseconds = nanoseconds(milliseconds: milliseconds)
    }

    // MARK: Tasks

    func nextID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    func submit(_ id: UInt64, _ request: PoolRequest) {
        let (refusal, isListening) = state.withLock { state -> (PostgresError?, Bool) in
            if state.isStopping { return (.connection("the pool is stopped"), false) }
            if state.waiting >= waitersMax { return (.overloaded(waitersMax: waitersMax), false) }
            var request = request
            request.deadline = monotonicNanoseconds() + timeoutNanoseconds
            state.requests[id] = request
            state.order.append(id)
            state.waiting += 1
            return (nil, state.isListening)
        }
        if let refusal { request.continuation.resume(returning: .failure(refusal)) }
        if isListening { wakeup.signal() }
    }

    var isAvailable: Bool { state.withLock { $0.isAvailable } }

    func stop() {
        state.withLock { $0.isStopping = true }
        refuseWaiting(.connection("the pool is stopped"))
        wakeup.signal()
    }

    // MARK: The thread

    var isStopping: Bool { state.withLock { $0.isStopping } }
    var waitingCount: Int { state.withLock { $0.waiting } }
    func setListening(_ isListening: Bool) { state.withLock { $0.isListening = isListening } }
    func setAvailable(_ isAvailable: Bool) { state.withLock { $0.isAvailable = isAvailable } }

    /// The oldest request that waits, which now runs.
    func takeNext() -> (id: UInt64, request: PoolRequest)? {
        state.withLock { state in
            guard let id = Self.oldest(&state), let request = state.requests[id] else { return nil }
            state.requests[id]?.isRunning = true
            state.waiting -= 1
            state.head += 1
            return (id, request)
        }
    }

    /// Ends the requests whose time is over. - Returns: when the next one's will be.
    func expireWaiting(now: UInt64) -> UInt64? {
        while true {
            let (expired, next) = state.withLock { state -> (UInt64?, UInt64?) in
                guard let id = Self.oldest(&state), let deadline = state.requests[id]?.deadline else {
                    return (nil, nil)
                }
                return deadline <= now ? (id, nil) : (nil, deadline)
            }
            guard let expired else { return next }
            finish(expired, .failure(.timedOut))
        }
    }

    /// Gives a request its outcome, unless it has one.
    func finish(_ id: UInt64, _ outcome: PoolOutcome) {
        let request = state.withLock { state in
            let request = state.requests.removeValue(forKey: id)
            if let request, !request.isRunning { state.waiting -= 1 }
            return request
        }
        request?.continuation.resume(returning: outcome)
    }

    func refuseWaiting(_ error: PostgresError) {
        let ids = state.withLock { $0.requests.filter { !$0.value.isRunning }.map(\.key) }
        for id in ids { finish(id, .failure(error)) }
    }

    /// Passes over ids that are done, and forgets them now and then.
    private static func oldest(_ state: inout State) -> UInt64? {
        while state.head < state.order.count {
            let id = state.order[state.head]
            if let request = state.requests[id], !request.isRunning { break }
            state.head += 1
        }
        if state.head == state.order.count || state.head >= 4096 {
            state.order.removeFirst(state.head)
            state.head = 0
        }
        return state.head < state.order.count ? state.order[state.head] : nil
    }
}
