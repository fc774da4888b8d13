// A broker that goes on sending heartbeats and does not read any more, or hardly: a send may not hang on it.

import Polling
import Synchronization
import Testing

@testable import AMQP

@Suite("a broker that stops reading", .enabled(if: Broker.isAvailable), .timeLimit(.minutes(1)))
struct StallTests {
    /// Publishes until the socket is full, and tells the error and how long the last publish took.
    private func fill(
        _ connection: AMQPConnection, bodyBytes: Int
    ) throws -> (error: AMQPError, milliseconds: UInt64) {
        let message = sampleMessage("stalled", body: Array(repeating: 0, count: bodyBytes))
        while true {
            let start = monotonicNanoseconds()
            do throws(AMQPError) {
                _ = try connection.publish(message, exchange: "", routingKey: "q", mandatory: true)
            } catch {
                return (error, (monotonicNanoseconds() - start) / 1_000_000)
            }
        }
    }

    @Test("a full socket ends a publish within its time with nothing written, and it goes on when there is room")
    func fullSocket() async throws {
        try await Broker.withVirtualHost { configuration in
            let proxy = try Proxy(port: configuration.port)
            defer { proxy.stop() }
            var proxied = configuration
            proxied.port = proxy.listeningPort
            proxied.sendTimeoutMilliseconds = 300
            // Nothing here keeps a heartbeat on a slow machine.
            proxied.heartbeatSeconds = 30
            let connection = try AMQPConnection(proxied)
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            try connection.enableConfirms()

            proxy.mode.store(.stalled, ordering: .sequentiallyConsistent)
            let (error, milliseconds) = try fill(connection, bodyBytes: 400)
            #expect(error == .sendTimedOut)
            #expect((250..<1_500).contains(milliseconds))
            #expect(throws: AMQPError.sendTimedOut) {
                try connection.publish(sampleMessage("no"), exchange: "", routingKey: "q", mandatory: true)
            }

            proxy.mode.store(.carried, ordering: .sequentiallyConsistent)
            var last: UInt64 = 0
            try await eventually("room again") {
                do throws(AMQPError) {
                    last = try connection.publish(sampleMessage("yes"), exchange: "", routingKey: "q", mandatory: true)
                    return true
                } catch {
                    guard error == .sendTimedOut else { throw error }
                    return false
                }
            }
            var confirmed: UInt64 = 0
            try await eventually("all confirmed") {
                while let event = try connection.nextEvent() {
                    guard case .confirmed(let tag, _) = event else { continue }
                    confirmed = max(confirmed, tag)
                }
                return confirmed == last
            }
            // Nothing of the publishes that were refused was written.
            #expect(UInt64(try connection.declareQueuePassively("q").messageCount) == last)
        }
    }

    @Test("a message larger than the socket's buffer is given up with the connection, not waited for without end")
    func largeMessage() async throws {
        try await Broker.withVirtualHost { configuration in
            let proxy = try Proxy(port: configuration.port)
            defer { proxy.stop() }
            var proxied = configuration
            proxied.port = proxy.listeningPort
            proxied.tcpUserTimeoutMilliseconds = 2_000
            let connection = try AMQPConnection(proxied)
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            proxy.mode.store(.stalled, ordering: .sequentiallyConsistent)
            let (error, milliseconds) = try fill(connection, bodyBytes: 16 << 20)
            guard case .connectionLost = error else {
                Issue.record("\(error)")
                return
            }
            #expect(milliseconds < 15_000)
            #expect(!connection.isOpen)
        }
    }
    @Test("the watchdog ends a call that makes some headway and yet does not come back")
    func watchdog() async throws {
        try await Broker.withVirtualHost { configuration in
            let proxy = try Proxy(port: configuration.port)
            defer { proxy.stop() }
            var proxied = configuration
            proxied.port = proxy.listeningPort
            proxied.watchdogMilliseconds = 400
            let connection = try AMQPConnection(proxied)
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            proxy.mode.store(.trickling, ordering: .sequentiallyConsistent)
            let (error, milliseconds) = try fill(connection, bodyBytes: 16 << 20)
            #expect(error == .timedOut("publish"))
            // The kernel's own limit, which the headway keeps at bay, is five seconds.
            #expect((400..<2_000).contains(milliseconds))
            #expect(!connection.isOpen)
        }
    }
}
