// A virtual host of its own for each test, with the wallet's topology, made and removed through the management interface.

import AMQP
import Domain
import Foundation
import Logging
import Outside
import Testing
import Topology
import Wire

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The broker named by the environment, and what a lane and the outside world's workers need of it.
struct VirtualHost {
    static let url = ProcessInfo.processInfo.environment["WALLET_TEST_AMQP"]
    static let management = ProcessInfo.processInfo.environment["WALLET_TEST_AMQP_MANAGEMENT"]
    static var isAvailable: Bool { url != nil && management != nil }

    let amqp: AMQPConfiguration
    /// One key, of the broker user that the tests have: a worker signs in the name of the user that hands over.
    let keyring: Keyring

    /// Runs a test in a fresh virtual host with one lane, which is removed afterwards whatever happens.
    static func with(_ body: (VirtualHost) async throws -> Void) async throws {
        let name = "outside-tests-\(UUID().uuidString.lowercased())"
        let url = try #require(url)
        var amqp = try AMQPConfiguration(url: url)
        amqp.virtualHost = name
        let secret = Data(repeating: 7, count: 32).base64EncodedString()
        let keys = #"{"keys":[{"id":"k","publisher":"\#(amqp.user)","secret":"\#(secret)","types":["*"]}]}"#
        let host = VirtualHost(amqp: amqp, keyring: try Keyring(json: Array(keys.utf8)))
        try await request("PUT", "vhosts/\(name)")
        try await request(
            "PUT", "permissions/\(name)/\(amqp.user)", #"{"configure":".*","write":".*","read":".*"}"#)
        do {
            try host.declareTopology()
            try await body(host)
        } catch {
            try await request("DELETE", "vhosts/\(name)")
            throw error
        }
        try await request("DELETE", "vhosts/\(name)")
    }

    private func declareTopology() throws {
        let connection = try AMQPConnection(amqp)
        try Topology(laneCount: 1, hasJournal: false).declare(on: connection)
    }

    func configuration(serviceURL: String?) throws -> OutsideConfiguration {
        var configuration = try OutsideConfiguration(
            amqpURL: "amqp://127.0.0.1", publisher: amqp.user, keyring: keyring, serviceURL: serviceURL,
            logger: Logger(label: "tests"))
        configuration.amqp = amqp
        return configuration
    }

    private struct Refused: Error { let status: Int }

    private static func request(_ method: String, _ path: String, _ body: String? = nil) async throws {
        let management = try #require(management)
        var parts = try #require(URLComponents(string: management))
        let credentials = Data("\(parts.user ?? "guest"):\(parts.password ?? "guest")".utf8).base64EncodedString()
        parts.user = nil
        parts.password = nil
        parts.percentEncodedPath = "/api/\(path)"
        let url = try #require(parts.url)
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        request.setValue("Basic \(credentials)", forHTTPHeaderField: "authorization")
        let (_, response) = try await URLSession.shared.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard (200..<300).contains(status) else { throw Refused(status: status) }
    }
}

/// Plays the ledger: announces events, and reads what is submitted to it.
final class PlayedLedger: Sendable {
    let keyring: Keyring
    private let publisherName: String
    private let publisher: AMQPPublisher
    private let commands: AMQPConsumer
    private let deadLetters: AMQPConsumer

    init(_ host: VirtualHost) throws {
        keyring = host.keyring
        publisherName = host.amqp.user
        publisher = try AMQPPublisher(host.amqp, name: "ledger-out")
        commands = try AMQPConsumer(host.amqp, queue: Names.lane(0), prefetch: 10, name: "ledger-in")
        deadLetters = try AMQPConsumer(host.amqp, queue: Names.deadLetters, prefetch: 10, name: "ledger-dead")
        publisher.start()
        commands.start()
        deadLetters.start()
    }

    func stop() async {
        await publisher.stop()
        await commands.stop()
        await deadLetters.stop()
    }

    func announce(_ message: AMQPMessage, as name: String) async {
        let outcome = await publisher.publish(message, exchange: Names.events, routingKey: name)
        #expect(outcome == .confirmed)
    }

    func announce(
        _ command: CommandID, _ transition: Transition, amount: Int64 = 150_000, detail: [UInt8]?
    ) async {
        let outcome = Outcome(
            commandIndex: 0, position: Position(period: 202_611, lane: 0, sequence: 1), commandID: command,
            subject: command, transition: transition, status: .pending, code: .ok, field: nil, wallet: wallet,
            amount: Money(amount, .dzd), fee: nil, feeVersion: nil, time: Timestamp(microseconds: 0), entries: 0..<0)
        let event = Events.encode(outcome, entries: [Entry](), detail: detail, traceparent: nil)
        await announce(AMQPMessage(event), as: transition.eventName)
    }

    /// Hands a callback on as the ingress does.
    ///
    /// - Parameter tampering: what is done to the message after it was signed.
    func handOn(
        _ callback: Callback, id: String, to queue: String, tampering: (inout CommandEnvelope) -> Void = { _ in }
    ) async throws {
        let key = try #require(keyring.signingKey(of: publisherName))
        var envelope = CommandEnvelope(
            content: callback.content, publisher: key.publisher, client: key.publisher, subject: "payment",
            permissions: [], key: id, acceptedAt: systemTime(), notAfter: systemTime().adding(seconds: 60))
        envelope.sign(with: key)
        tampering(&envelope)
        let outcome = await publisher.publish(
            AMQPMessage(envelope, seconds: 0), exchange: Names.work, routingKey: queue, mandatory: true)
        #expect(outcome == .confirmed)
    }

    /// The next command, authenticated as a lane does it.
    func nextCommand() async throws -> Command {
        var deliveries = commands.deliveries.makeAsyncIterator()
        let received = try #require(await deliveries.next())
        commands.acknowledge(received)
        let user = try #require(received.delivery.properties.userID)
        return try CommandEnvelope(received.delivery).authenticate(handedOverBy: user, keyring: keyring)
    }

    func nextDeadLetter() async throws -> AMQPDelivery {
        var deliveries = deadLetters.deliveries.makeAsyncIterator()
        let received = try #require(await deliveries.next())
        deadLetters.acknowledge(received)
        return received.delivery
    }
}
