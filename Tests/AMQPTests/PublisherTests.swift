// The publisher and the consumer against a real broker.

import Testing

@testable import AMQP

@Suite("publisher and consumer", .enabled(if: Broker.isAvailable), .timeLimit(.minutes(1)))
struct PublisherTests {
    private static let quorum = AMQPQueueDeclaration("q", arguments: ["x-queue-type": "quorum"])

    @Sendable private static func declare(_ connection: AMQPConnection) throws(AMQPError) {
        try connection.declareQueue(quorum)
    }

    /// The queue must be there: RabbitMQ 3.10 nacks what is published while two connections are declaring the same new
    /// quorum queue, so that a test lets one of them do it.
    private func publisher(
        _ configuration: AMQPConfiguration, outstandingMax: Int = 4_096, confirmTimeoutMilliseconds: Int = 5_000
    ) throws -> AMQPPublisher {
        let publisher = try AMQPPublisher(
            configuration, name: "publisher", outstandingMax: outstandingMax,
            confirmTimeoutMilliseconds: confirmTimeoutMilliseconds)
        publisher.start()
        return publisher
    }

    private func withQueue(_ body: (AMQPConfiguration) async throws -> Void) async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try Self.declare(connection)
            connection.close()
            try await body(configuration)
        }
    }

    /// The ids that the queue holds, taken out of it.
    private func drain(_ configuration: AMQPConfiguration, until expected: Set<String>) async throws -> [String] {
        let consumer = try AMQPConsumer(
            configuration, queue: "q", prefetch: 500, name: "drain", onConnect: Self.declare)
        consumer.start()
        // Ends the wait when what is expected does not come.
        let watchdog = Task {
            try await Task.sleep(for: .seconds(20))
            await consumer.stop()
        }
        var ids: [String] = []
        var missing = expected
        while !missing.isEmpty {
            let batch = await consumer.deliveries.nextBatch(max: 100)
            guard let last = batch.last else { break }
            for delivery in batch {
                let id = try #require(delivery.delivery.properties.messageID)
                ids.append(id)
                missing.remove(id)
            }
            consumer.acknowledge(last, multiple: true)
        }
        watchdog.cancel()
        await consumer.stop()
        #expect(missing.isEmpty)
        return ids
    }

    private func one(_ deliveries: AMQPDeliveries) async throws -> AMQPConsumerDelivery {
        let batch = await deliveries.nextBatch(max: 10)
        return try #require(batch.first)
    }

    /// Publishes the ids from so many tasks at a time.
    private func publish(
        _ ids: [String], with publisher: AMQPPublisher, callers: Int
    ) async -> [String: PublishOutcome] {
        await withTaskGroup(of: [(String, PublishOutcome)].self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var outcomes: [(String, PublishOutcome)] = []
                    for index in stride(from: caller, to: ids.count, by: callers) {
                        let message = sampleMessage(ids[index])
                        outcomes.append((ids[index], await publisher.publish(message, exchange: "", routingKey: "q")))
                    }
                    return outcomes
                }
            }
            var all: [String: PublishOutcome] = [:]
            for await outcomes in group { all.merge(outcomes) { _, new in new } }
            return all
        }
    }

    @Test("ten thousand publishes are confirmed, and each is consumed once")
    func tenThousand() async throws {
        try await withQueue { configuration in
            let publisher = try publisher(configuration)
            let ids = (0..<10_000).map { "\($0)" }
            let outcomes = await publish(ids, with: publisher, callers: 256)
            await publisher.stop()
            #expect(outcomes.count == ids.count)
            #expect(outcomes.values.allSatisfy { $0 == .confirmed })
            let consumed = try await drain(configuration, until: Set(ids))
            #expect(consumed.count == ids.count)
        }
    }

    @Test("a connection cut by an operator never makes a lost message a confirmed one")
    func cutConnections() async throws {
        try await withQueue { configuration in
            let publisher = try publisher(configuration)
            try await eventually("connected") { publisher.isConnected }
            let ids = (0..<20_000).map { "\($0)" }
            let publishing = Task { await publish(ids, with: publisher, callers: 128) }
            var cut = 0
            try await eventually("cut twice") {
                cut += try await Broker.cutConnections(named: configuration.connectionName)
                return cut >= 2
            }
            let outcomes = await publishing.value
            #expect(outcomes.count == ids.count)
            let confirmed = outcomes.filter { $0.value == .confirmed }.keys
            for (id, outcome) in outcomes where outcome != .confirmed {
                guard case .unknown = outcome else {
                    Issue.record("message \(id) was neither confirmed nor unknown")
                    continue
                }
            }
            // It is back, and what is published now is confirmed.
            try await eventually("confirmed again") {
                await publisher.publish(sampleMessage("after"), exchange: "", routingKey: "q") == .confirmed
            }
            await publisher.stop()
            #expect(publisher.lastError != nil)
            let consumed = Set(try await drain(configuration, until: Set(confirmed).union(["after"])))
            // What certainly never left may not be there.
            for (id, outcome) in outcomes {
                if case .unknown(let reason) = outcome, !reason.mayHaveArrived { #expect(!consumed.contains(id)) }
            }
        }
    }

    @Test("every kind of answer is told apart, also when they come together")
    func outcomes() async throws {
        try await withQueue { configuration in
            let full: AMQPTable = ["x-max-length": 1, "x-overflow": "reject-publish"]
            let publisher = try AMQPPublisher(configuration, name: "publisher") { connection throws(AMQPError) in
                try connection.declareQueue(AMQPQueueDeclaration("full", arguments: full))
            }
            publisher.start()
            #expect(await publisher.publish(sampleMessage("1"), exchange: "", routingKey: "full") == .confirmed)
            let long = String(repeating: "k", count: 256)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let key = ["q", "nowhere", "full", long][number % 4]
                        let outcome = await publisher.publish(
                            sampleMessage("same", body: [UInt8(number % 4)]), exchange: "", routingKey: key)
                        switch (number % 4, outcome) {
                        case (0, .confirmed), (1, .returned(code: 312, _)), (2, .refused): break
                        case (3, .unknown(.unsendable(.invalidArgument))): break
                        default: Issue.record("case \(number % 4) gave \(outcome)")
                        }
                    }
                }
            }
            await publisher.stop()
            let late = await publisher.publish(sampleMessage("late"), exchange: "", routingKey: "q")
            #expect(late == .unknown(.stopped))
        }
    }

    @Test("without a broker the answer is unknown when the time is over, and says that nothing was sent")
    func notConnected() async throws {
        var configuration = try AMQPConfiguration(url: "amqp://127.0.0.1:1")
        configuration.connectTimeoutSeconds = 1
        let publisher = try publisher(configuration, confirmTimeoutMilliseconds: 200)
        let outcome = await publisher.publish(sampleMessage("1"), exchange: "", routingKey: "q")
        guard case .unknown(let reason) = outcome, case .notConnected(let error) = reason else {
            Issue.record("\(outcome)")
            return
        }
        #expect(error != nil && !reason.mayHaveArrived)
        await publisher.stop()
    }

    @Test("a window of one gives every caller its turn")
    func smallWindow() async throws {
        try await withQueue { configuration in
            let publisher = try publisher(configuration, outstandingMax: 1)
            // At most sixteen may wait.
            let outcomes = await publish((0..<200).map { "\($0)" }, with: publisher, callers: 8)
            #expect(outcomes.values.allSatisfy { $0 == .confirmed })
            await publisher.stop()
        }
    }

    @Test("a consumer comes back after a cut and after its queue was deleted; an old acknowledgement does no harm")
    func consumerReconnects() async throws {
        try await withQueue { configuration in
            var named = configuration
            named.connectionName += "-consumer"
            let consumer = try AMQPConsumer(named, queue: "q", prefetch: 10, name: "c", onConnect: Self.declare)
            consumer.start()
            let publisher = try publisher(configuration)
            let deliveries = consumer.deliveries

            let outcome = await publisher.publish(sampleMessage("1"), exchange: "", routingKey: "q")
            try #require(outcome == .confirmed)
            let first = try await one(deliveries)
            try await eventually("cut") { try await Broker.cutConnections(named: named.connectionName) > 0 }
            // Comes again, since it was not acknowledged.
            let again = try await one(deliveries)
            #expect(again.delivery.properties.messageID == "1" && again.delivery.isRedelivered)
            #expect(again.generation > first.generation)
            consumer.acknowledge(first)
            consumer.acknowledge(again)

            let other = try AMQPConnection(configuration)
            try await eventually("acknowledged") { try other.declareQueuePassively("q").messageCount == 0 }
            try other.deleteQueue("q")
            try await eventually("declared again") {
                await publisher.publish(sampleMessage("2"), exchange: "", routingKey: "q") == .confirmed
            }
            let second = try await one(deliveries)
            #expect(second.delivery.properties.messageID == "2")
            consumer.reject(second, requeue: false)
            await consumer.stop()
            #expect(consumer.state == .stopped)
            #expect(await deliveries.nextBatch(max: 1).isEmpty)
            await publisher.stop()
            #expect(try other.declareQueuePassively("q").messageCount == 0)
        }
    }

    @Test("a task that waits for a delivery can be cancelled, and takes none with it")
    func cancellation() async throws {
        try await withQueue { configuration in
            let consumer = try AMQPConsumer(
                configuration, queue: "q", prefetch: 10, name: "c", onConnect: Self.declare)
            consumer.start()
            let waiting = Task { await consumer.deliveries.nextBatch(max: 1).count }
            waiting.cancel()
            #expect(await waiting.value == 0)
            let publisher = try publisher(configuration)
            let outcome = await publisher.publish(sampleMessage("1"), exchange: "", routingKey: "q")
            try #require(outcome == .confirmed)
            for await delivery in consumer.deliveries {
                #expect(delivery.delivery.properties.messageID == "1")
                break
            }
            await consumer.stop()
            await publisher.stop()
        }
    }
}
