// Every buffer has a limit: what happens when it is reached.

import Polling
import Testing

@testable import AMQP

@Suite("limits", .enabled(if: Broker.isAvailable), .timeLimit(.minutes(1)))
struct BoundsTests {
    private func fill(_ configuration: AMQPConfiguration, count: Int, bodyBytes: Int) throws {
        let connection = try AMQPConnection(configuration)
        try connection.declareQueue(AMQPQueueDeclaration("q"))
        try connection.enableConfirms()
        let message = sampleMessage("m", body: Array(repeating: 7, count: bodyBytes))
        for _ in 0..<count { try connection.publish(message, exchange: "", routingKey: "q", mandatory: true) }
        var confirmed: UInt64 = 0
        while confirmed < count {
            if case .confirmed(let tag, _) = try next(connection) { confirmed = max(confirmed, tag) }
        }
        connection.close()
    }

    @Test("a message over bodyBytesMax is refused on arrival with the connection, and at publishing without harm")
    func bodyLimit() async throws {
        try await Broker.withVirtualHost { configuration in
            try fill(configuration, count: 1, bodyBytes: 200_000)
            var limited = configuration
            limited.bodyBytesMax = 199_999
            let connection = try AMQPConnection(limited)
            let large = sampleMessage("large", body: Array(repeating: 0, count: 200_000))
            let refused = failure { () throws(AMQPError) in
                try connection.publish(large, exchange: "", routingKey: "q", mandatory: true)
            }
            guard case .invalidArgument = refused.error else { throw refused.error ?? .closed }
            try connection.consume(queue: "q", tag: "c")
            #expect(throws: AMQPError.limitExceeded("bodyBytesMax")) { try next(connection) }
            #expect(!connection.isOpen)
            limited.bodyBytesMax = 200_000
            let other = try AMQPConnection(limited)
            try other.consume(queue: "q", tag: "c")
            #expect(try delivery(other).body.count == 200_000)
        }
    }

    @Test(
        "events that nobody takes are kept up to a number and to their bodies' bytes, and no further",
        arguments: [("pendingEventsMax", 20, 1 << 20), ("pendingBytesMax", 1_000, 5_000)])
    func pendingLimits(limit: String, events: Int, bytes: Int) async throws {
        try await Broker.withVirtualHost { configuration in
            try fill(configuration, count: 100, bodyBytes: 100)
            var limited = configuration
            limited.pendingEventsMax = events
            limited.pendingBytesMax = bytes
            let connection = try AMQPConnection(limited)
            // No prefetch: the broker sends all there is.
            try connection.consume(queue: "q", tag: "c")
            #expect(throws: AMQPError.limitExceeded(limit)) {
                while true { _ = try connection.serviceHeartbeat() }
            }
            #expect(!connection.isOpen)
            // With a prefetch the same limits are never reached.
            let modest = try AMQPConnection(limited)
            try modest.setPrefetch(UInt16(min(events, bytes / 100)))
            try modest.consume(queue: "q", tag: "c")
            var taken = 0
            while taken < 100 {
                try modest.serviceHeartbeat()
                try modest.acknowledge(deliveryTag: try delivery(modest).deliveryTag, multiple: false)
                taken += 1
            }
        }
    }

    @Test("a publisher takes on messages up to so many bytes, and forgets the bytes with the answer")
    func waitingBytes() async throws {
        try await Broker.withVirtualHost { configuration in
            var away = configuration
            away.port = 1
            let waiting = try AMQPPublisher(
                away, name: "publisher", waitingBytesMax: 1_000, confirmTimeoutMilliseconds: 500)
            waiting.start()
            let body = [UInt8](repeating: 0, count: 600)
            // Of two at a time one is one too many.
            async let one = waiting.publish(sampleMessage("1", body: body), exchange: "", routingKey: "q")
            async let two = waiting.publish(sampleMessage("2", body: body), exchange: "", routingKey: "q")
            let outcomes = await [one, two]
            #expect(outcomes.count { $0 == .unknown(.overloaded) } == 1)
            await waiting.stop()

            try fill(configuration, count: 0, bodyBytes: 0)
            let publisher = try AMQPPublisher(configuration, name: "publisher", waitingBytesMax: 2_500_000)
            publisher.start()
            let large = sampleMessage("large", body: Array(repeating: 0, count: 600_000))
            let confirmed = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var confirmed = 0
                        for number in 0..<16 {
                            // What cannot be sent is forgotten as well.
                            let key = number % 4 == 3 ? String(repeating: "k", count: 256) : "q"
                            let outcome = await publisher.publish(large, exchange: "", routingKey: key)
                            if outcome == .confirmed { confirmed += 1 }
                        }
                        return confirmed
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(confirmed == 48)
            await publisher.stop()
        }
    }

    @Test("a message whose headers are nested as deeply as a frame allows does no harm")
    func deepNesting() async throws {
        try await Broker.withVirtualHost { configuration in
            try fill(configuration, count: 0, bodyBytes: 0)
            // The library reads nested values by recursion and without a limit. It writes them so, too: a byte string
            // with the content of nested arrays is turned into one on its way.
            let marker = Array("\u{4}deepx".utf8)
            let proxy = try Proxy(port: configuration.port) { bytes in
                guard bytes.count > marker.count else { return }
                for start in 0..<(bytes.count - marker.count) where bytes[start] == 4 {
                    if bytes[start..<(start + marker.count)].elementsEqual(marker) {
                        bytes[start + marker.count - 1] = UInt8(ascii: "A")
                        return
                    }
                }
            }
            defer { proxy.stop() }
            let depth = 26_000
            var bytes: [UInt8] = []
            for level in 1...depth {
                bytes.append(UInt8(ascii: "A"))
                // What is left for the arrays within.
                let length = 5 * (depth - level)
                bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
            }
            var message = sampleMessage("deep", body: [1])
            message.properties.headers = ["deep": .bytes(bytes)]
            var proxied = configuration
            proxied.port = proxy.listeningPort
            let publisher = try AMQPPublisher(proxied, name: "publisher")
            publisher.start()
            #expect(await publisher.publish(message, exchange: "", routingKey: "q") == .confirmed)
            await publisher.stop()

            let consumer = try AMQPConsumer(configuration, queue: "q", prefetch: 1, name: "consumer")
            consumer.start()
            let batch = await consumer.deliveries.nextBatch(max: 1)
            let arrived = try #require(batch.first)
            #expect(arrived.delivery.properties.messageID == "deep" && arrived.delivery.body == [1])
            // Deeper than it is decoded here.
            #expect(arrived.delivery.properties.headers == nil)
            consumer.acknowledge(arrived)
            await consumer.stop()
        }
    }
}
