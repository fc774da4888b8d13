// Consuming for async callers: a thread of its own, a connection that comes back, deliveries as an async sequence.

public import Polling
import Synchronization

/// A delivery together with the connection it came over.
public struct AMQPConsumerDelivery: Sendable {
    public let delivery: AMQPDelivery
    /// Counts the consumer's connections. A delivery tag means something on its own connection only.
    public let generation: UInt64
}

/// Consumes a queue or stream and keeps doing so: reconnects, and begins anew when its queue was deleted and is back.
///
/// Deliveries come at least once: what was not acknowledged when a connection ends comes again. The consumer lives
/// until `stop()`, referenced or not.
public final class AMQPConsumer: Sendable {
    /// Where the consumer is.
    public enum State: Sendable, Equatable {
        case notStarted
        case connecting
        case consuming
        /// Waiting to connect again, and why.
        case disconnected(AMQPError)
        case stopped
    }

    private let shared: ConsumerState
    private let makeLoop: @Sendable (ConsumerState) -> ConsumerLoop
    private let name: String
    private let thread = Mutex<PollingThread?>(nil)

    /// - Parameters:
    ///   - declarations: what is consumed and what leads to it; declared on every new connection, before consuming.
    ///   - prefetch: deliveries under way and unacknowledged; at least 1, so that the buffers here have a limit too.
    ///   - arguments: of basic.consume, `x-stream-offset` for a stream. They are used again on every connection.
    ///   - name: names the thread and begins every consumer tag.
    ///   - onConnect: what else is to be done, after the declarations; runs on the consumer's thread on every new
    ///     connection. If it throws that connection is given up and tried again.
    /// - Throws: `SystemError` when the process is out of descriptors.
    public init(
        _ configuration: AMQPConfiguration, declarations: AMQPDeclarations = AMQPDeclarations(), queue: String,
        prefetch: UInt16, arguments: AMQPTable = [], name: String,
        onConnect: @escaping @Sendable (AMQPConnection) throws(AMQPError) -> Void = { _ in }
    ) throws(SystemError) {
        self.name = name
        let prefetch = max(1, prefetch)
        shared = ConsumerState(wakeup: try Wakeup(), ordersMax: Int(prefetch))
        makeLoop = { shared in
            ConsumerLoop(
                configuration, declarations: declarations, queue: queue, prefetch: prefetch, arguments: arguments,
                name: name, shared: shared, onConnect: onConnect)
        }
    }

    /// Starts the thread, which connects. Once only.
    public func start() {
        thread.withLock { thread in
            guard thread == nil, shared.begin() else { return }
            thread = PollingThread(name: name) { [shared, makeLoop] in makeLoop(shared).run() }
        }
    }

    /// Sends the acknowledgements made so far, closes, and ends `deliveries`. What is unacknowledged goes back to the
    /// queue.
    public func stop() async {
        shared.stop()
        guard let thread = thread.withLock({ $0 }) else { return }
        await thread.join()
    }

    public var state: State { shared.state }

    /// What arrives, in order, until `stop()`. Several tasks may iterate; each delivery goes to one of them.
    public var deliveries: AMQPDeliveries { AMQPDeliveries(shared: shared) }

    /// Acknowledges a delivery, and if `multiple` all before it on its connection.
    ///
    /// If that connection is gone nothing happens, because the broker delivers the message again; so for `reject`.
    /// Settling the same delivery twice is an error, for which the broker closes the channel (406).
    public func acknowledge(_ delivery: AMQPConsumerDelivery, multiple: Bool = false) {
        shared.settle(.acknowledge(multiple: multiple), delivery)
    }

    /// Refuses a delivery: back to the queue, or to its dead-letter exchange.
    public func reject(_ delivery: AMQPConsumerDelivery, requeue: Bool) {
        shared.settle(.reject(requeue: requeue), delivery)
    }
}

/// The deliveries of a consumer.
public struct AMQPDeliveries: AsyncSequence, Sendable {
    fileprivate let shared: ConsumerState

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let shared: ConsumerState

        /// The next delivery; nil when the consumer was stopped or the task is cancelled.
        public mutating func next() async -> AMQPConsumerDelivery? { await shared.next(max: 1).first }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(shared: shared) }

    /// Waits for at least one delivery and takes what is there: a hop between threads for many, not for each.
    ///
    /// - Returns: up to `max` deliveries of one connection; empty when the consumer was stopped or the task is
    ///   cancelled.
    public func nextBatch(max: Int) async -> [AMQPConsumerDelivery] { await shared.next(max: max) }
}

/// What callers and the thread share.
final class ConsumerState: Sendable {
    enum Settlement: Sendable {
        case acknowledge(multiple: Bool)
        case reject(requeue: Bool)
    }

    struct Order: Sendable {
        let settlement: Settlement
        let deliveryTag: UInt64
        let generation: UInt64
    }

    private struct Waiter {
        let id: UInt64
        let max: Int
        let continuation: CheckedContinuation<[AMQPConsumerDelivery], Never>
    }

    private struct Inner {
        var state = AMQPConsumer.State.notStarted
        var isStopping = false
        var threadSleeps = false
        /// The connection that orders are taken for.
        var generation: UInt64 = 0
        var orders: [Order] = []
        var buffer = ReadQueue<AMQPConsumerDelivery>()
        var waiters: [Waiter] = []
        var lastWaiter: UInt64 = 0
        /// Waiters whose task was cancelled before they were in `waiters`.
        var cancelled: Set<UInt64> = []
    }

    let wakeup: Wakeup
    /// Each order settles one delivery at least, and no more than the prefetch are unsettled: what goes beyond repeats
    /// another, and is dropped.
    private let ordersMax: Int
    private let inner = Mutex(Inner())

    init(wakeup: Wakeup, ordersMax: Int) {
        self.wakeup = wakeup
        self.ordersMax = ordersMax
    }

    var state: AMQPConsumer.State { inner.withLock { $0.state } }

    /// False if it has been stopped before.
    func begin() -> Bool {
        inner.withLock { inner in
            guard !inner.isStopping else { return false }
            inner.state = .connecting
            return true
        }
    }

    func stop() {
        let neverRan = inner.withLock { inner in
            inner.isStopping = true
            return inner.state == .notStarted
        }
        if neverRan { finish() } else { wakeup.signal() }
    }

    // MARK: - The callers' side

    func settle(_ settlement: Settlement, _ delivery: AMQPConsumerDelivery) {
        let mustWake = inner.withLock { inner in
            // The broker has taken back what an earlier connection brought.
            guard delivery.generation == inner.generation, inner.orders.count < ordersMax else { return false }
            inner.orders.append(
                Order(
                    settlement: settlement, deliveryTag: delivery.delivery.deliveryTag, generation: delivery.generation)
            )
            defer { inner.threadSleeps = false }
            return inner.threadSleeps
        }
        if mustWake { wakeup.signal() }
    }

    func next(max: Int) async -> [AMQPConsumerDelivery] {
        let id = inner.withLock { inner in
            inner.lastWaiter += 1
            return inner.lastWaiter
        }
        // After the handler's scope the mark is not needed: the handler does not run any more.
        defer { inner.withLock { _ = $0.cancelled.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = inner.withLock { inner -> [AMQPConsumerDelivery]? in
                    let isCancelled = inner.cancelled.contains(id)
                    if isCancelled || inner.state == .stopped || max < 1 { return [] }
                    guard inner.buffer.isEmpty else { return Self.take(&inner.buffer, max: max) }
                    inner.waiters.append(Waiter(id: id, max: max, continuation: continuation))
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// The handler may run before the waiter waits, while it does, or after it has its answer; ids are given once.
    private func cancel(_ id: UInt64) {
        let waiter = inner.withLock { inner -> Waiter? in
            guard let index = inner.waiters.firstIndex(where: { $0.id == id }) else {
                if inner.state != .stopped { inner.cancelled.insert(id) }
                return nil
            }
            return inner.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: [])
    }

    private static func take(
        _ buffer: inout ReadQueue<AMQPConsumerDelivery>, max: Int
    ) -> [AMQPConsumerDelivery] {
        var taken: [AMQPConsumerDelivery] = []
        taken.reserveCapacity(min(max, buffer.count))
        while taken.count < max, let delivery = buffer.popFirst() { taken.append(delivery) }
        return taken
    }

    // MARK: - The thread's side

    func setState(_ state: AMQPConsumer.State) { inner.withLock { $0.state = state } }

    /// A new connection: what an earlier one delivered and nobody took comes again, and what it was to be told goes
    /// nowhere. At most one prefetch of each is ever held here.
    func begin(generation: UInt64) {
        inner.withLock { inner in
            inner.generation = generation
            inner.orders = []
            inner.buffer.removeAll()
        }
    }

    func deliver(_ deliveries: [AMQPConsumerDelivery]) {
        let answers = inner.withLock { inner -> [(Waiter, [AMQPConsumerDelivery])] in
            for delivery in deliveries { inner.buffer.append(delivery) }
            var answers: [(Waiter, [AMQPConsumerDelivery])] = []
            while !inner.buffer.isEmpty, !inner.waiters.isEmpty {
                let waiter = inner.waiters.removeFirst()
                answers.append((waiter, Self.take(&inner.buffer, max: waiter.max)))
            }
            return answers
        }
        for (waiter, deliveries) in answers { waiter.continuation.resume(returning: deliveries) }
    }

    /// - Parameter hasUnsent: the thread has orders left; it gets more when it has sent them.
    func takeOrders(hasUnsent: Bool) -> (orders: [Order], isStopping: Bool) {
        inner.withLock { inner in
            inner.threadSleeps = false
            if hasUnsent { return ([], inner.isStopping) }
            let orders = inner.orders
            inner.orders = []
            return (orders, inner.isStopping)
        }
    }

    /// False if something came meanwhile. If true, whoever orders next signals.
    func fallAsleep(hasUnsent: Bool) -> Bool {
        inner.withLock { inner in
            inner.threadSleeps = (hasUnsent || inner.orders.isEmpty) && !inner.isStopping
            return inner.threadSleeps
        }
    }

    func finish() {
        let waiters = inner.withLock { inner in
            inner.state = .stopped
            inner.buffer.removeAll()
            inner.cancelled = []
            defer { inner.waiters = [] }
            return inner.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: []) }
    }
}
