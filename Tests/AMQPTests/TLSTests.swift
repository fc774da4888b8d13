// TLS against the broker's own listener, and against servers that must be refused.

import Foundation
import Glibc
import Testing

@testable import AMQP

/// The broker's TLS listener, and the authority that it is to be trusted by.
private enum Secure {
    static let url = ProcessInfo.processInfo.environment["WALLET_TEST_AMQPS"]
    static let authority = ProcessInfo.processInfo.environment["WALLET_TEST_CA"]
    static var isAvailable: Bool { Broker.isAvailable && url != nil && authority != nil }

    static func file(_ name: String) throws -> String {
        URL(fileURLWithPath: try #require(authority)).deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// The same virtual host over TLS.
    static func configuration(_ plain: AMQPConfiguration) throws -> AMQPConfiguration {
        var secure = try AMQPConfiguration(url: try #require(url))
        secure.virtualHost = plain.virtualHost
        secure.connectionName = plain.connectionName
        secure.tls = AMQPTLS(authoritiesFile: authority)
        return secure
    }
}

@Suite("TLS", .enabled(if: Secure.isAvailable), .timeLimit(.minutes(1)))
struct TLSTests {
    private func refusal(_ configuration: AMQPConfiguration) -> String {
        let error = failure { () throws(AMQPError) in _ = try AMQPConnection(configuration) }.error
        guard case .tlsFailed(let reason) = error else { return "another end: \(error.map { "\($0)" } ?? "none")" }
        return reason
    }

    @Test("many messages, small ones and ones larger than a record, a frame and the socket's buffer, arrive unchanged")
    func bothWays() async throws {
        try await Broker.withVirtualHost { configuration in
            let secure = try Secure.configuration(configuration)
            let largeSizes = [16_384, 131_072, 200_000, 2_000_000]
            let sizes = (0..<3_000).map { (number: Int) -> Int in
                number % 500 == 250 ? largeSizes[number / 500 % 4] : number % 900
            }
            let pattern = (0..<2_001_000).map { UInt8(truncatingIfNeeded: $0 / 251 &+ $0) }
            @Sendable func body(_ number: Int) -> [UInt8] {
                Array(pattern[(number % 997)..<(number % 997 + sizes[number])])
            }
            let queue = AMQPQueueDeclaration("q", arguments: ["x-queue-type": "quorum"])
            let declarations = AMQPDeclarations(queues: [queue])
            let consumer = try AMQPConsumer(
                secure, declarations: declarations, queue: "q", prefetch: 300, name: "consumer")
            consumer.start()
            let publisher = try AMQPPublisher(secure, name: "publisher", confirmTimeoutMilliseconds: 40_000)
            publisher.start()
            try await eventually("consuming") { consumer.state == .consuming }
            let publishing = Task {
                await withTaskGroup(of: PublishOutcome.self) { group in
                    for number in sizes.indices {
                        let message = sampleMessage("\(number)", body: body(number))
                        group.addTask { await publisher.publish(message, exchange: "", routingKey: "q") }
                    }
                    return await group.reduce(into: 0) { $0 += $1 == .confirmed ? 1 : 0 }
                }
            }
            var seen: Set<Int> = []
            while seen.count < sizes.count {
                let batch = await consumer.deliveries.nextBatch(max: 100)
                // None when the test's time is over.
                try #require(!batch.isEmpty)
                for delivery in batch {
                    let number = try #require(delivery.delivery.properties.messageID.flatMap { Int($0) })
                    try #require(delivery.delivery.body == body(number))
                    seen.insert(number)
                    consumer.acknowledge(delivery)
                }
            }
            #expect(await publishing.value == sizes.count)
            await publisher.stop()
            await consumer.stop()
            #expect(publisher.lastError == nil)
        }
    }

    @Test("a call is answered and a lone message comes at once, whatever lies in OpenSSL's buffers")
    func nothingHides() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(try Secure.configuration(configuration))
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            try connection.consume(queue: "q", tag: "c")
            try connection.enableConfirms()
            for number in 1...200 {
                let message = sampleMessage("\(number)", body: Array(repeating: 1, count: number * 97))
                try connection.publish(message, exchange: "", routingKey: "q", mandatory: true)
                // Two events each; were one held back where poll does not see it, the test's poll would stand half a
                // second, a hundred seconds altogether.
                var isDelivered = false
                var isConfirmed = false
                while !isDelivered || !isConfirmed {
                    switch try next(connection) {
                    case .delivery(let delivery): isDelivered = delivery.body.count == number * 97
                    case .confirmed: isConfirmed = true
                    default: Issue.record("something else")
                    }
                }
                #expect(try connection.declareQueuePassively("q").consumerCount == 1)
            }
        }
    }

    @Test("a certificate for another host is refused, and the error says so")
    func wrongHost() async throws {
        var secure = try Secure.configuration(try AMQPConfiguration(url: try #require(Broker.url)))
        // Resolves to 127.0.0.1, and is neither that nor localhost.
        secure.host = "127.1"
        #expect(refusal(secure).contains("hostname mismatch"))
        secure.host = "localhost"
        _ = try AMQPConnection(secure)
    }

    @Test("a certificate of an unknown authority is refused, and the error says so")
    func unknownAuthority() async throws {
        var secure = try Secure.configuration(try AMQPConfiguration(url: try #require(Broker.url)))
        secure.tls = AMQPTLS()
        #expect(refusal(secure).contains("certificate in certificate chain"))
        // A certificate that may not sign any is no authority, though this one has the right one's signature.
        secure.tls = AMQPTLS(authoritiesFile: try Secure.file("client.pem"))
        #expect(refusal(secure).contains("certificate in certificate chain"))
    }

    @Test("a certificate whose time is over is refused, and the error says so")
    func expired() async throws {
        let server = try TLSServer(certificate: try Secure.file("expired.pem"), key: try Secure.file("expired.key"))
        defer { server.stop() }
        var secure = try Secure.configuration(try AMQPConfiguration(url: try #require(Broker.url)))
        secure.port = try await server.port()
        #expect(refusal(secure).contains("certificate has expired"))
    }

    @Test("nothing older than TLS 1.2 is spoken")
    func oldVersions() async throws {
        let server = try TLSServer(
            certificate: try Secure.file("server.pem"), key: try Secure.file("server.key"),
            "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
        defer { server.stop() }
        var secure = try Secure.configuration(try AMQPConfiguration(url: try #require(Broker.url)))
        secure.port = try await server.port()
        #expect(refusal(secure).contains("no handshake: tlsv1 alert protocol version"))
    }

    @Test("a port that speaks plainly, and files that cannot be used, are told apart from a broker that is away")
    func otherFailures() async throws {
        let plain = try AMQPConfiguration(url: try #require(Broker.url))
        var secure = try Secure.configuration(plain)
        secure.port = plain.port
        #expect(refusal(secure).contains("no handshake"))
        secure.tls?.authoritiesFile = "/nowhere/ca.pem"
        #expect(refusal(secure) == "the authorities' file cannot be used")
        secure.tls?.authoritiesFile = Secure.authority
        secure.tls?.client = AMQPTLS.Client(certificateFile: "/nowhere/c.pem", keyFile: "/nowhere/k.pem")
        #expect(refusal(secure) == "the client's certificate or key cannot be used")
    }

    @Test("a client shows its certificate to a broker that asks for one")
    func clientCertificate() async throws {
        try await Broker.withVirtualHost { configuration in
            var secure = try Secure.configuration(configuration)
            secure.tls?.client = AMQPTLS.Client(
                certificateFile: try Secure.file("client.pem"), keyFile: try Secure.file("client.key"))
            // The management interface learns of a connection every five seconds, and nothing is read from it meanwhile.
            secure.heartbeatSeconds = 30
            let connection = try AMQPConnection(secure)
            var subject: String?
            try await eventually("known to the broker", withinSeconds: 30) {
                let connections = try await Broker.describe("vhosts/\(configuration.virtualHost)/connections")
                let described = (connections as? [[String: Any]])?.first
                subject = described?["peer_cert_subject"] as? String
                return subject != nil
            }
            #expect(subject == "CN=contacto")
            #expect(connection.isOpen)
        }
    }
}

/// OpenSSL's own test server: speaks TLS and nothing else.
private final class TLSServer {
    private let process = Process()
    private let output = Pipe()

    init(certificate: String, key: String, _ arguments: String...) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        // Ends with its first connection.
        process.arguments =
            ["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert", certificate, "-key", key] + arguments
        process.standardInput = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// As it says once it listens: "ACCEPT 127.0.0.1:12345".
    func port() async throws -> UInt16 {
        let handle = output.fileHandleForReading
        let text = await onThread {
            var text = ""
            while !text.contains("ACCEPT ") || !text.hasSuffix("\n") {
                let data = handle.availableData
                if data.isEmpty { break }
                text += String(decoding: data, as: UTF8.self)
            }
            return text
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") }
        return try #require(line?.split(separator: ":").last.flatMap { UInt16($0) })
    }

    /// By force: it has inherited that other signals are blocked from the thread that started it.
    func stop() { if process.isRunning { _ = kill(process.processIdentifier, SIGKILL) } }
}
