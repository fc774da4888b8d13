// A broker that goes on sending heartbeats and does not read any more: a send may not hang on it.

import Glibc
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
            let proxy = try StallingProxy(port: configuration.port)
            defer { proxy.stop() }
            var proxied = configuration
            proxied.port = proxy.listeningPort
            proxied.sendTimeoutMilliseconds = 300
            let connection = try AMQPConnection(proxied)
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            try connection.enableConfirms()

            proxy.isStalled.store(true, ordering: .sequentiallyConsistent)
            let (error, milliseconds) = try fill(connection, bodyBytes: 400)
            #expect(error == .sendTimedOut)
            #expect((250..<1_500).contains(milliseconds))
            #expect(throws: AMQPError.sendTimedOut) {
                try connection.publish(sampleMessage("no"), exchange: "", routingKey: "q", mandatory: true)
            }

            proxy.isStalled.store(false, ordering: .sequentiallyConsistent)
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
            let proxy = try StallingProxy(port: configuration.port)
            defer { proxy.stop() }
            var proxied = configuration
            proxied.port = proxy.listeningPort
            proxied.tcpUserTimeoutMilliseconds = 2_000
            let connection = try AMQPConnection(proxied)
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            proxy.isStalled.store(true, ordering: .sequentiallyConsistent)
            let (error, milliseconds) = try fill(connection, bodyBytes: 16 << 20)
            guard case .connectionLost = error else {
                Issue.record("\(error)")
                return
            }
            #expect(milliseconds < 15_000)
            #expect(!connection.isOpen)
        }
    }
}

/// Stands between a client and the broker; while stalled it reads nothing from the client and still carries what the
/// broker sends. One connection.
private final class StallingProxy: Sendable {
    let isStalled = Atomic(false)
    let listeningPort: UInt16
    private let isStopped = Atomic(false)

    init(port: UInt16) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The kernel reads and writes `address`, which lives for the calls and has the size given.
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        try #require(bound)
        listeningPort = UInt16(bigEndian: address.sin_port)
        _ = PollingThread(name: "proxy") { [self] in
            let client = accept(listener, nil, nil)
            let broker = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(port: port)
            // As above.
            let status = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    unsafe connect(broker, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if status == 0 { carry(client, broker) }
            for descriptor in [listener, client, broker] { _ = close(descriptor) }
        }
    }

    func stop() { isStopped.store(true, ordering: .sequentiallyConsistent) }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func carry(_ client: Int32, _ broker: Int32) {
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            let isStalled = isStalled.load(ordering: .sequentiallyConsistent)
            var targets = [PollTarget(client, read: !isStalled), PollTarget(broker)]
            do throws(SystemError) {
                try poll(&targets, timeoutMilliseconds: 50)
            } catch {
                // Ends the connection, which the test notices.
                return
            }
            if targets[0].isReadable, !copy(from: client, to: broker) { return }
            if targets[1].isReadable, !copy(from: broker, to: client) { return }
            if targets[0].hasFailed || targets[1].hasFailed { return }
        }
    }

    private func copy(from source: Int32, to target: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // The kernel writes at most `count` bytes into the buffer and reads no more than it wrote.
        return unsafe buffer.withUnsafeMutableBytes { buffer in
            let count = unsafe read(source, buffer.baseAddress, buffer.count)
            guard count > 0 else { return false }
            var sent = 0
            while sent < count {
                let written = unsafe send(
                    target, buffer.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
                guard written > 0 else { return false }
                sent += written
            }
            return true
        }
    }
}
