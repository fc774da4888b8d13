// What a client does on every connection it makes: what it announces, what it declares, how soon it comes back.

import Glibc
import Polling
import Synchronization
import Testing

@testable import AMQP

@Suite("connecting again", .enabled(if: Broker.isAvailable), .timeLimit(.minutes(1)))
struct ReconnectTests {
    @Test("the broker is told of each capability without which an alarm or a deleted queue would be silence")
    func capabilities() async throws {
        try await Broker.withVirtualHost { configuration in
            // The management interface learns of a connection every five seconds, and nothing is read from it meanwhile.
            var patient = configuration
            patient.heartbeatSeconds = 30
            let connection = try AMQPConnection(patient)
            var announced: [String: Any] = [:]
            try await eventually("known to the broker", withinSeconds: 30) {
                let connections = try await Broker.describe("vhosts/\(configuration.virtualHost)/connections")
                let described = (connections as? [[String: Any]])?.first
                let properties = described?["client_properties"] as? [String: Any]
                announced = properties?["capabilities"] as? [String: Any] ?? [:]
                return !announced.isEmpty
            }
            for name in [
                "consumer_cancel_notify", "connection.blocked", "publisher_confirms", "basic.nack",
                "authentication_failure_close",
            ] { #expect(announced[name] as? Bool == true, "\(name)") }
            #expect(connection.isOpen && connection.heartbeatSeconds == 30)
        }
    }

    @Test("after a cut exchanges, queues, bindings and the consumer are declared again, in that order, under a new tag")
    func redeclares() async throws {
        try await Broker.withVirtualHost { configuration in
            // The queue goes with its connection, the binding with the queue and the exchange with its last binding, so
            // that all has to be made again. A binding before its queue or exchange, or a consumer before its queue,
            // would be refused with 404.
            let declarations = AMQPDeclarations(
                exchanges: [AMQPExchangeDeclaration("x", type: "direct", autoDelete: true)],
                queues: [AMQPQueueDeclaration("q", durable: false, exclusive: true)],
                bindings: [AMQPBinding(queue: "q", exchange: "x", routingKey: "k")])
            let proxy = try Proxy(port: configuration.port)
            defer { proxy.stop() }
            var proxied = configuration
            proxied.port = proxy.listeningPort
            let consumer = try AMQPConsumer(
                proxied, declarations: declarations, queue: "q", prefetch: 10, name: "consumer")
            consumer.start()
            let publisher = try AMQPPublisher(
                configuration, name: "publisher", declarations: AMQPDeclarations(exchanges: declarations.exchanges))
            publisher.start()
            let arrived = Mutex<[UInt64: String]>([:])
            let taking = Task {
                for await delivery in consumer.deliveries {
                    arrived.withLock { $0[delivery.generation] = delivery.delivery.consumerTag }
                }
            }
            for round in 1...3 {
                // What goes to the queue of a connection just cut is lost with it.
                try await eventually("round \(round)", withinSeconds: 20) {
                    _ = await publisher.publish(sampleMessage("\(round)"), exchange: "x", routingKey: "k")
                    return arrived.withLock { $0.count } == round
                }
                if round < 3 { proxy.cut() }
            }
            #expect(arrived.withLock { Set($0.values).count } == 3)
            await consumer.stop()
            await publisher.stop()
            await taking.value
        }
    }

    @Test("what a client declares differently from what is there is told with 406, and tried again")
    func mismatch() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            let different = AMQPDeclarations(queues: [AMQPQueueDeclaration("q", arguments: ["x-max-length": 1])])
            let consumer = try AMQPConsumer(
                configuration, declarations: different, queue: "q", prefetch: 1, name: "consumer")
            consumer.start()
            try await eventually("refused") {
                guard case .disconnected(.channelClosed(code: 406, _)) = consumer.state else { return false }
                return true
            }
            let other = try AMQPConnection(configuration)
            try other.deleteQueue("q")
            try await eventually("consuming") { consumer.state == .consuming }
            await consumer.stop()
        }
    }

    @Test("without a broker the attempts come ever more slowly")
    func backsOff() async throws {
        let listener = try Doorbell()
        var configuration = try AMQPConfiguration(url: "amqp://127.0.0.1")
        configuration.port = listener.port
        let publisher = try AMQPPublisher(configuration, name: "publisher")
        publisher.start()
        try await eventually("six attempts") { listener.times.count >= 6 }
        await publisher.stop()
        listener.stop()
        // 50 ms doubling, each cut to a half at most: 25 … 50, 50 … 100, and so on, and the time of an attempt itself.
        let times = listener.times
        for (index, least) in [25, 50, 100, 200, 400].enumerated() {
            #expect(times[index + 1] - times[index] >= UInt64(least) * 1_000_000)
        }
        #expect(times[5] - times[0] < 10_000_000_000)
    }

    @Test("confirms that come out of order each settle their own publish, once")
    func outOfOrderConfirms() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try connection.declareQueue(AMQPQueueDeclaration("slow", arguments: ["x-queue-type": "quorum"]))
            try connection.enableConfirms()
            var ledger = ConfirmLedger<UInt64>()
            let message = sampleMessage("m")
            // A quorum queue writes to disk before it confirms; what no queue takes is confirmed at once.
            for number in 0..<200 {
                let key = number % 2 == 0 ? "slow" : "nowhere"
                ledger.append(try connection.publish(message, exchange: "", routingKey: key, mandatory: false))
            }
            var settled: Set<UInt64> = []
            var isOutOfOrder = false
            while ledger.count > 0 {
                guard case .confirmed(let tag, let multiple) = try next(connection) else { continue }
                let before = ledger.first ?? 0
                guard let now = ledger.settle(tag: tag, multiple: multiple) else {
                    Issue.record("a confirm for nothing")
                    return
                }
                if !multiple, tag > before { isOutOfOrder = true }
                for entry in now { #expect(settled.insert(entry).inserted) }
            }
            #expect(isOutOfOrder)
            #expect(settled == Set(1...200))
        }
    }
}

/// Listens, notes when somebody comes, and hangs up.
private final class Doorbell: Sendable {
    let port: UInt16
    private let listener: Int32
    private let rings = Mutex<[UInt64]>([])

    var times: [UInt64] { rings.withLock { $0 } }

    init() throws {
        (listener, port) = try listenOnLoopback()
        _ = PollingThread(name: "doorbell") { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                rings.withLock { $0.append(monotonicNanoseconds()) }
                _ = close(client)
            }
            _ = close(listener)
        }
    }

    /// The thread's `accept` fails, and it ends.
    func stop() { _ = shutdown(listener, Int32(SHUT_RDWR)) }
}
