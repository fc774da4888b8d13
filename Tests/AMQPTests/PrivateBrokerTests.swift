// What a broker in trouble does to its clients: an alarm, and a standstill.

import Polling
import Testing

@testable import AMQP

@Suite("a broker in trouble", .enabled(if: PrivateBroker.isAvailable), .serialized, .timeLimit(.minutes(2)))
struct PrivateBrokerTests {
    private func named(_ name: String) -> AMQPDeclarations {
        AMQPDeclarations(queues: [AMQPQueueDeclaration(name, arguments: ["x-queue-type": "quorum"])])
    }

    @Test("while the broker has a memory alarm nothing is confirmed and nothing lost, and when it clears all goes on")
    func blocked() async throws {
        let broker = try await PrivateBroker.shared()
        let queue = "blocked"
        let patient = try AMQPPublisher(
            broker.configuration, name: "patient", declarations: named(queue), confirmTimeoutMilliseconds: 60_000)
        let hasty = try AMQPPublisher(
            broker.configuration, name: "hasty", declarations: named(queue), confirmTimeoutMilliseconds: 300)
        for publisher in [patient, hasty] {
            publisher.start()
            try await eventually("connected", withinSeconds: 30) { publisher.isConnected }
        }
        try await eventually("confirmed before", withinSeconds: 30) {
            await patient.publish(sampleMessage("before"), exchange: "", routingKey: queue) == .confirmed
        }
        try await broker.order("alarm")
        // The broker tells a connection when it publishes. This one was sent, and its time is over before the answer.
        let sent = await hasty.publish(sampleMessage("sent"), exchange: "", routingKey: queue)
        #expect(sent == .unknown(.timedOut))
        try await eventually("told") { hasty.isBlocked }
        let kept = await hasty.publish(sampleMessage("kept"), exchange: "", routingKey: queue)
        #expect(kept == .unknown(.brokerBlocked))
        // These have time: held, not refused.
        let held = (0..<50).map { number in
            Task { await patient.publish(sampleMessage("held-\(number)"), exchange: "", routingKey: queue) }
        }
        try await eventually("told, too") { patient.isBlocked }
        #expect(patient.isConnected && hasty.isConnected)

        try await broker.order("clear")
        for task in held { #expect(await task.value == .confirmed) }
        try await eventually("all clear") { !patient.isBlocked && !hasty.isBlocked }
        #expect(await hasty.publish(sampleMessage("after"), exchange: "", routingKey: queue) == .confirmed)
        #expect(patient.lastError == nil && hasty.lastError == nil)
        await patient.stop()
        await hasty.stop()

        let connection = try AMQPConnection(broker.configuration)
        var ids: Set<String> = []
        try connection.consume(queue: queue, tag: "c")
        while ids.count < 53 { ids.insert(try delivery(connection).properties.messageID ?? "") }
        #expect(ids.isSuperset(of: ["before", "sent", "after", "held-0", "held-49"]) && !ids.contains("kept"))
    }

    @Test("a broker that stands still ends every call in its time, and its clients come back by themselves")
    func standstill() async throws {
        let broker = try await PrivateBroker.shared()
        let queue = "standstill"
        var quick = broker.configuration
        quick.connectTimeoutSeconds = 1
        quick.callTimeoutSeconds = 1
        quick.heartbeatSeconds = 1
        var secure = broker.secureConfiguration
        secure.connectTimeoutSeconds = 1
        let plainAgain = quick
        let secureAgain = secure

        let publisher = try AMQPPublisher(
            quick, name: "publisher", declarations: named(queue), confirmTimeoutMilliseconds: 800)
        let consumer = try AMQPConsumer(quick, declarations: named(queue), queue: queue, prefetch: 10, name: "consumer")
        publisher.start()
        consumer.start()
        try await eventually("consuming", withinSeconds: 30) { consumer.state == .consuming && publisher.isConnected }
        let open = try (0..<3).map { _ in Sending(try AMQPConnection(plainAgain)) }

        try await broker.order("pause")
        async let declaring = onThread { failure { () throws(AMQPError) in try open[0].connection.purgeQueue(queue) } }
        async let consuming = onThread {
            failure { () throws(AMQPError) in try open[1].connection.consume(queue: queue, tag: "c") }
        }
        async let idling = onThread { failure { () throws(AMQPError) in try idle(open[2].connection) } }
        async let connecting = onThread {
            failure { () throws(AMQPError) in _ = try AMQPConnection(plainAgain) }
        }
        async let shakingHands = onThread {
            failure { () throws(AMQPError) in _ = try AMQPConnection(secureAgain) }
        }
        let outcome = await publisher.publish(sampleMessage("1"), exchange: "", routingKey: queue)
        #expect(outcome == .unknown(.timedOut))
        let ends = await [declaring, consuming, idling, connecting, shakingHands]
        #expect(ends[0].error == .timedOut("queue.purge"))
        #expect(ends[1].error == .timedOut("basic.consume"))
        // A half-open connection: only the heartbeat tells.
        guard case .connectionLost = ends[2].error else { throw ends[2].error ?? .closed }
        #expect(ends[3].error == .timedOut("login"))
        guard case .connectFailed = ends[4].error else { throw ends[4].error ?? .closed }
        for end in ends { #expect(end.milliseconds < 4_000) }
        try await eventually("noticed") { !publisher.isConnected && consumer.state != .consuming }

        try await broker.order("resume")
        try await eventually("confirmed again", withinSeconds: 30) {
            await publisher.publish(sampleMessage("2"), exchange: "", routingKey: queue) == .confirmed
        }
        try await eventually("delivered again", withinSeconds: 30) {
            for delivery in await consumer.deliveries.nextBatch(max: 10) {
                consumer.acknowledge(delivery)
                if delivery.delivery.properties.messageID == "2" { return true }
            }
            return false
        }
        await publisher.stop()
        await consumer.stop()
    }
}

/// A connection on its way to one thread, which is the only one to use it from then on.
// `@unchecked`: each is handed to one thread and not touched by the test afterwards.
private struct Sending: @unchecked Sendable {
    let connection: AMQPConnection

    init(_ connection: AMQPConnection) { self.connection = connection }
}

/// Does nothing but keep the heartbeat, until the connection is lost.
private func idle(_ connection: AMQPConnection) throws(AMQPError) {
    while true {
        _ = try connection.nextEvent()
        do {
            var targets = [PollTarget(connection.socket)]
            try poll(&targets, timeoutMilliseconds: 200)
        } catch {
            throw .protocolViolation("poll failed")
        }
    }
}
