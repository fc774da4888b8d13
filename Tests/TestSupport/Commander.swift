// Commands put straight on the broker, signed as a publisher of the wallet's would sign them, or wrongly.

public import AMQP
public import Domain
import Foundation
import Polling
import Topology
public import Wire

/// Publishes in the name of one broker user.
public final class Commander: Sendable {
    public let publisher: String
    private let client: AMQPPublisher
    private let keyring: Keyring

    fileprivate init(_ publisher: String, url: String, keyring: Keyring) throws {
        self.publisher = publisher
        self.keyring = keyring
        client = try AMQPPublisher(try AMQPConfiguration(url: url), name: "test-commander")
        client.start()
    }

    func stop() async { await client.stop() }

    /// A command of a user, or of a service that acts for itself, signed in this publisher's name unless the key is
    /// another's.
    public func envelope(
        _ type: String, target: String = "", _ body: String, as person: OwnerID, key: String,
        permissions: Permissions = [.read, .transfer, .topUp, .withdraw, .manage], resolved: Resolved = Resolved(),
        signedBy signer: String? = nil, service: String? = nil
    ) throws -> CommandEnvelope {
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        var envelope = CommandEnvelope(
            content: CommandContent(type: type, target: target, body: Array(body.utf8)), publisher: publisher,
            client: service ?? "demo-app", subject: service ?? person.description, permissions: permissions,
            resolved: resolved, key: key,
            acceptedAt: now, notAfter: now.adding(seconds: 3600))
        guard let signingKey = keyring.signingKey(of: signer ?? publisher) else {
            throw Failure("there is no signing key of \(signer ?? publisher)")
        }
        envelope.sign(with: signingKey)
        return envelope
    }

    /// Publishes a command until the broker has confirmed it, as a client would.
    @discardableResult
    public func send(_ envelope: CommandEnvelope, slot: UInt8) async throws -> CommandID {
        let seconds = UInt64(max(0, Date().timeIntervalSince1970))
        try await publish(AMQPMessage(envelope, seconds: seconds), slot: slot)
        guard let id = CommandID(envelope.messageID) else { throw Failure("not a command id") }
        return id
    }

    /// Publishes anything to the lane of a slot until the broker has confirmed it.
    public func publish(_ message: AMQPMessage, slot: UInt8) async throws {
        try await publish(message, exchange: Names.commands, routingKey: Slots.routingKey(slot))
    }

    public func publish(_ message: AMQPMessage, exchange: String, routingKey: String) async throws {
        for _ in 0..<5 {
            let outcome = await client.publish(message, exchange: exchange, routingKey: routingKey, mandatory: true)
            switch outcome {
            case .confirmed: return
            case .returned(_, let text): throw Failure("no queue took a message: \(text)")
            case .refused, .unknown: continue
            }
        }
        throw Failure("the broker did not confirm a message")
    }

    /// Opens a personal wallet for each person, as the ingress would after asking identity.
    public func openWallets(_ people: [OwnerID]) async throws -> [WalletID] {
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        let verified = Resolved(
            verification: Verification(
                level: 2, verifiedAt: now.adding(seconds: -86_400), levelOneVerifiedAt: now.adding(seconds: -86_400)))
        for person in people {
            try await send(
                try envelope(
                    "wallet.open.v1", #"{"type":"personal","currency":"DZD"}"#, as: person, key: "open",
                    resolved: verified), slot: person.lastByte)
        }
        return people.map { WalletID(ofPerson: $0, .dzd) }
    }
}

extension Stack {
    /// Runs `body` with a connection that publishes as a broker user.
    public func withCommander<Value>(
        _ publisher: String = "wallet-ingress", _ body: (Commander) async throws -> Value
    ) async throws -> Value {
        let commander = try Commander(publisher, url: try host.url(of: publisher), keyring: keys.keyring)
        let result: Result<Value, any Error>
        do { result = .success(try await body(commander)) } catch { result = .failure(error) }
        await commander.stop()
        return try result.get()
    }

    /// Puts a marker behind everything that was published to an exchange before.
    func publishMarker(exchange: String, routingKey: String) async throws -> String {
        let id = "marker-\(UInt64.random(in: 0...UInt64.max))"
        var message = AMQPMessage(body: [])
        message.properties.messageID = id
        message.properties.type = "test.marker"
        try await withCommander("wallet-workers") { commander in
            try await commander.publish(message, exchange: exchange, routingKey: routingKey)
        }
        return id
    }
}
