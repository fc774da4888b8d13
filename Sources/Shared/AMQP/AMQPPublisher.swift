// Publishing for async callers: a thread of its own, a connection that comes back, one honest answer for each message.

public import Polling
import Synchronization

/// What is known of a publish.
public enum PublishOutcome: Sendable, Equatable {
    /// The broker has taken responsibility for it, in every queue it was routed to.
    case confirmed
    /// Mandatory, and no queue took it (312 no route).
    case returned(code: UInt16, text: String)
    /// The broker said no (nack). Queues that had room may hold it all the same.
    case refused
    /// Nobody knows. Publish it again under the same message id, or ask who consumes it.
    case unknown(UnknownReason)

    public enum UnknownReason: Sendable, Equatable {
        /// There was no connection before the time was over; the last failure, if one is known.
        case notConnected(AMQPError?)
        /// The broker had an alarm until the time was over.
        case brokerBlocked
        /// Too many, or too many bytes, were waiting: at once or until the time was over.
        case overloaded
        /// The publisher was stopped, or not started.
        case stopped
        /// It cannot be put into frames: publishing it again will not help.
        case unsendable(AMQPError)
        /// Sent, and the connection was lost before the confirm.
        case connectionLost(AMQPError)
        /// Sent, and not confirmed in time.
        case timedOut

        /// False when the message certainly never left this process.
        public var mayHaveArrived: Bool {
            switch self {
            case .connectionLost, .timedOut: true
            case .notConnected, .brokerBlocked, .overloaded, .stopped, .unsendable: false
            }
        }
    }
}

/// Publishes with confirms from any number of tasks over one connection.
///
/// A thread writes in each turn all that is waiting, so that a lone publish goes out at once and many go out together.
/// It reconnects by itself; no message is ever sent twice. The publisher lives until `stop()`, referenced or not.
public final class AMQPPublisher: Sendable {
    private let shared: PublisherState
    private let makeLoop: @Sendable (PublisherState) -> PublisherLoop
    private let name: String
    private let confirmTimeoutMilliseconds: Int
    private let thread = Mutex<PollingThread?>(nil)

    /// - Parameters:
    ///   - name: names the thread, and the connection if it has no name of its own.
    ///   - declarations: what is published to; declared on every new connection.
    ///   - outstandingMax: messages sent and not confirmed; sixteen times as many may wait to be sent.
    ///   - waitingBytesMax: the bodies of all messages that have no answer yet. A single one may be larger.
    ///   - confirmTimeoutMilliseconds: from the call to its answer. While a connection is being made an answer may come
    ///     later by `connectTimeoutSeconds`, twice at most.
    ///   - onConnect: what else is to be done, after the declarations; runs on the publisher's thread on every new
    ///     connection. If it throws that connection is given up and tried again.
    /// - Throws: `SystemError` when the process is out of descriptors.
    public init(
        _ configuration: AMQPConfiguration, name: String, declarations: AMQPDeclarations = AMQPDeclarations(),
        outstandingMax: Int = 4_096, waitingBytesMax: Int = 256 << 20, confirmTimeoutMilliseconds: Int = 5_000,
        onConnect: @escaping @Sendable (AMQPConnection) throws(AMQPError) -> Void = { _ in }
    ) throws(SystemError) {
        self.name = name
        self.confirmTimeoutMilliseconds = confirmTimeoutMilliseconds
        shared = PublisherState(
            wakeup: try Wakeup(), waitingMax: outstandingMax * 16, waitingBytesMax: waitingBytesMax)
        makeLoop = { shared in
            PublisherLoop(
                configuration, shared: shared, outstandingMax: outstandingMax, declarations: declarations,
                onConnect: onConnect)
        }
    }

    /// Starts the thread, which connects. Once only.
    public func start() {
        thread.withLock { thread in
            guard thread == nil, shared.begin() else { return }
            thread = PollingThread(name: name) { [shared, makeLoop] in makeLoop(shared).run() }
        }
    }

    /// Takes no more messages, waits until each taken one has its answer (for the confirm's time-out at most), and
    /// closes.
    public func stop() async {
        shared.stop()
        guard let thread = thread.withLock({ $0 }) else { return }
        await thread.join()
    }

    /// Publishes and waits for what becomes of it. Cancelling the task does not cut this short: the answer would be
    /// lost.
    public func publish(
        _ message: AMQPMessage, exchange: String, routingKey: String, mandatory: Bool = true
    ) async -> PublishOutcome {
        let deadline = monotonicNanoseconds() + UInt64(confirmTimeoutMilliseconds) * 1_000_000
        return await withCheckedContinuation { continuation in
            let request = PublishRequest(
                message: message, exchange: exchange, routingKey: routingKey, isMandatory: mandatory,
                deadline: deadline,
                continuation: continuation)
            if let refusal = shared.append(request) { continuation.resume(returning: .unknown(refusal)) }
        }
    }

    public var isConnected: Bool { shared.status.isConnected }

    /// True while the broker has an alarm and takes nothing.
    public var isBlocked: Bool { shared.status.isBlocked }

    /// Why the last connection ended or did not come about.
    public var lastError: AMQPError? { shared.status.lastError }
}

/// One call of `publish`.
struct PublishRequest: Sendable {
    let message: AMQPMessage
    let exchange: String
    let routingKey: String
    let isMandatory: Bool
    /// On the monotonic clock, in nanoseconds.
    let deadline: UInt64
    let continuation: CheckedContinuation<PublishOutcome, Never>

    func answer(_ outcome: PublishOutcome) { continuation.resume(returning: outcome) }
}

/// What callers and the thread share.
final class PublisherState: Sendable {
    struct Status {
        var isConnected = false
        var isBlocked = false
        var lastError: AMQPError?
    }

    private struct State {
        var waiting: [PublishRequest] = []
        /// Taken by the thread and not sent yet.
        var backlogCount = 0
        /// The bodies of what is waiting, in the backlog, or sent and not confirmed.
        var bytes = 0
        var isRunning = false
        var isStopping = false
        var threadSleeps = false
        var status = Status()
    }

    let wakeup: Wakeup
    private let waitingMax: Int
    private let waitingBytesMax: Int
    private let state = Mutex(State())

    init(wakeup: Wakeup, waitingMax: Int, waitingBytesMax: Int) {
        self.wakeup = wakeup
        self.waitingMax = waitingMax
        self.waitingBytesMax = waitingBytesMax
    }

    var status: Status { state.withLock { $0.status } }

    /// False if it has been stopped before.
    func begin() -> Bool {
        state.withLock { state in
            guard !state.isStopping else { return false }
            state.isRunning = true
            return true
        }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wakeup.signal()
    }

    /// nil if it has been taken on, and then it will be answered.
    func append(_ request: PublishRequest) -> PublishOutcome.UnknownReason? {
        let (refusal, mustWake) = state.withLock { state -> (PublishOutcome.UnknownReason?, Bool) in
            guard state.isRunning, !state.isStopping else { return (.stopped, false) }
            guard state.waiting.count + state.backlogCount < waitingMax else { return (.overloaded, false) }
            let bytes = request.message.body.count
            guard state.bytes == 0 || bytes <= waitingBytesMax - state.bytes else { return (.overloaded, false) }
            state.bytes += bytes
            state.waiting.append(request)
            defer { state.threadSleeps = false }
            return (nil, state.threadSleeps)
        }
        if mustWake { wakeup.signal() }
        return refusal
    }

    /// These are held no longer. To be said before they are answered: who is answered may publish at once.
    func release(_ requests: some Sequence<PublishRequest>) {
        let bytes = requests.reduce(0) { $0 + $1.message.body.count }
        state.withLock { $0.bytes -= bytes }
    }

    /// Hands over what is waiting. The thread says how many it still has.
    func take(backlogCount: Int) -> (requests: [PublishRequest], isStopping: Bool) {
        state.withLock { state in
            state.threadSleeps = false
            state.backlogCount = backlogCount + state.waiting.count
            let waiting = state.waiting
            state.waiting = []
            return (waiting, state.isStopping)
        }
    }

    /// False if something came meanwhile. If true, whoever appends next signals.
    func fallAsleep(backlogCount: Int, status: Status) -> Bool {
        state.withLock { state in
            state.status = status
            state.backlogCount = backlogCount
            state.threadSleeps = state.waiting.isEmpty
            return state.threadSleeps
        }
    }

    func publish(_ status: Status) { state.withLock { $0.status = status } }
}
