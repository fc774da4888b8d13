// The consumer's thread: connect, take, hand over, settle, wait.

import Polling

/// Owns the connection of an `AMQPConsumer`; made and used on its thread.
final class ConsumerLoop {
    private let configuration: AMQPConfiguration
    private let declarations: AMQPDeclarations
    private let queue: String
    private let prefetch: UInt16
    private let arguments: AMQPTable
    private let name: String
    private let shared: ConsumerState
    private let onConnect: (AMQPConnection) throws(AMQPError) -> Void

    private var connection: AMQPConnection?
    private var generation: UInt64 = 0
    private var backoff = ReconnectBackoff()
    private var nextAttempt: UInt64 = 0
    /// Taken from the callers and not sent yet.
    private var orders = ReadQueue<ConsumerState.Order>()

    init(
        _ configuration: AMQPConfiguration, declarations: AMQPDeclarations, queue: String, prefetch: UInt16,
        arguments: AMQPTable, name: String, shared: ConsumerState,
        onConnect: @escaping (AMQPConnection) throws(AMQPError) -> Void
    ) {
        self.configuration = configuration
        self.declarations = declarations
        self.queue = queue
        self.prefetch = prefetch
        self.arguments = arguments
        self.name = name
        self.shared = shared
        self.onConnect = onConnect
    }

    func run() {
        while true {
            let (newOrders, isStopping) = shared.takeOrders(hasUnsent: !orders.isEmpty)
            for order in newOrders { orders.append(order) }
            if connection == nil, !isStopping, monotonicNanoseconds() >= nextAttempt { connect() }
            do throws(AMQPError) {
                if let connection {
                    try send(connection)
                    try take(connection)
                }
            } catch {
                lose(error)
            }
            if isStopping { break }
            wait()
        }
        connection?.close()
        connection = nil
        shared.finish()
    }

    // MARK: - The connection

    private func connect() {
        do throws(AMQPError) {
            let connection = try AMQPConnection(configuration)
            try connection.declare(declarations)
            try onConnect(connection)
            try connection.setPrefetch(prefetch)
            generation += 1
            orders.removeAll()
            shared.begin(generation: generation)
            let tag = "\(name)-\(generation)-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
            try connection.consume(queue: queue, tag: tag, arguments: arguments)
            self.connection = connection
            shared.setState(.consuming)
            backoff.reset()
        } catch {
            lose(error)
        }
    }

    private func lose(_ error: AMQPError) {
        connection = nil
        shared.setState(.disconnected(error))
        let delay = backoff.nextDelayMilliseconds(fraction: .random(in: 0.5...1))
        nextAttempt = monotonicNanoseconds() + UInt64(delay) * 1_000_000
    }

    // MARK: - A turn

    private func take(_ connection: AMQPConnection) throws(AMQPError) {
        var deliveries: [AMQPConsumerDelivery] = []
        // What came before an error is handed over too: it is the callers' to see that their acknowledgement is late.
        defer { if !deliveries.isEmpty { shared.deliver(deliveries) } }
        while let event = try connection.nextEvent() {
            switch event {
            case .delivery(let delivery):
                deliveries.append(AMQPConsumerDelivery(delivery: delivery, generation: generation))
            case .consumerCancelled: throw .consumerCancelled
            case .blocked, .unblocked: break
            case .confirmed, .nacked, .returned:
                throw .protocolViolation("a consumer's connection publishes nothing")
            }
        }
    }

    private func send(_ connection: AMQPConnection) throws(AMQPError) {
        guard !orders.isEmpty else { return }
        try connection.withBurst { () throws(AMQPError) in
            while let order = orders.popFirst() {
                // The broker has taken it back together with the connection it came over.
                guard order.generation == generation else { continue }
                do throws(AMQPError) {
                    switch order.settlement {
                    case .acknowledge(let multiple):
                        try connection.acknowledge(deliveryTag: order.deliveryTag, multiple: multiple)
                    case .reject(let requeue):
                        try connection.reject(deliveryTag: order.deliveryTag, requeue: requeue)
                    }
                } catch .sendTimedOut {
                    orders.prepend(order)
                    return
                } catch {
                    throw error
                }
            }
        }
    }

    /// Until there is something to settle, the socket is readable or a heartbeat is due.
    private func wait() {
        guard shared.fallAsleep(hasUnsent: !orders.isEmpty) else { return }
        let now = monotonicNanoseconds()
        var targets = [PollTarget(shared.wakeup.descriptor)]
        var end = nextAttempt
        if let connection {
            end = now + UInt64(connection.heartbeatSeconds) * 500_000_000
            targets.append(PollTarget(connection.socket, read: true, write: !orders.isEmpty))
        }
        let milliseconds = end <= now ? 0 : Int32(clamping: (end - now) / 1_000_000 + 1)
        do throws(SystemError) {
            try poll(&targets, timeoutMilliseconds: milliseconds)
            if targets[0].isReadable { shared.wakeup.drain() }
        } catch {
            lose(.connectionLost(error.description))
        }
    }
}
