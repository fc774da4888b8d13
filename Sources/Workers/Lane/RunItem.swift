// A delivery once it has been looked at: a command to judge, or a message to set aside.

import AMQP
import Crypto
import Domain
import Ledger
import Topology
import Wire

/// One message of a run, in the order of its delivery tag.
struct RunItem {
    enum Content {
        case command(Command, CommandRecord)
        /// Not what it says it is: it goes to the dead letters and into the security log.
        case setAside(SecurityRecord)
        /// The database refused it when it was tried alone: it goes to the dead letters with the constraint's name.
        case refusedByDatabase(reason: String)
    }

    let deliveryTag: UInt64
    /// Kept for the dead letters; a command's own parts are in `content`.
    let delivery: AMQPDelivery
    var content: Content

    /// - Parameter replayers: broker users who may hand over what others have signed.
    init(_ delivery: AMQPDelivery, keyring: Keyring, replayers: Set<String> = []) {
        self.delivery = delivery
        deliveryTag = delivery.deliveryTag
        let user = delivery.properties.userID ?? ""
        do throws(Untrusted) {
            let envelope = try CommandEnvelope(delivery)
            let (command, digest) = try envelope.authenticateWithDigest(
                handedOverBy: user, replayers: replayers, keyring: keyring)
            content = .command(command, CommandRecord(command, envelope, contentDigest: digest))
        } catch {
            content = .setAside(
                SecurityRecord(
                    digest: Self.digest(of: delivery, user: user), code: error.code, reason: error.reason,
                    userID: user, messageID: String(delivery.properties.messageID?.prefix(64) ?? "")))
        }
    }

    /// The lane hands over itself what is to come again.
    init(_ delivery: AMQPDelivery, _ configuration: LaneConfiguration) {
        self.init(delivery, keyring: configuration.keyring, replayers: [configuration.broker.user])
    }

    var weight: Int {
        if case .command(let command, _) = content { return command.request.weight }
        return 1
    }

    /// What makes two such messages the same, for counting.
    private static func digest(of delivery: AMQPDelivery, user: String) -> [UInt8] {
        var input = LengthPrefixed(capacity: delivery.body.count + 256)
        input.append(user)
        input.append(delivery.properties.messageID ?? "")
        input.append(delivery.properties.headerString("signature") ?? "")
        input.append(delivery.body)
        return Array(SHA256.hash(data: input.bytes))
    }
}

extension CommandRecord {
    init(_ command: Command, _ envelope: CommandEnvelope, contentDigest: [UInt8]) {
        self.init(
            id: command.id, type: command.type, content: envelope.content,
            contentDigest: contentDigest, client: envelope.client, caller: envelope.subject,
            acceptedAt: command.acceptedAt, traceparent: envelope.traceparent)
    }
}

extension AMQPMessage {
    /// A message on its way to the dead letters: itself, and why. Headers of the broker's own stay behind.
    init(setAside delivery: AMQPDelivery, code: String, reason: String, lane: Int16) {
        self.init(body: delivery.body)
        properties = delivery.properties.decoded() ?? AMQPProperties()
        properties.isPersistent = true
        properties.expiration = nil
        // A message is published under the publisher's own name: the broker refuses another's.
        let user = properties.userID
        properties.userID = nil
        properties.headers.entries.removeAll { entry in
            entry.key.hasPrefix("x-") || Self.ownHeaders.contains(entry.key) || entry.value.cannotBeSent
        }
        // Headers must fit into one frame, ours too: what came with a frame full of them goes on without.
        if properties.headers.encodedBytesAtMost > Self.keptHeaderBytesMax {
            properties.headers = [("dead-letter-headers-dropped", true)]
        }
        properties.headers.append("dead-letter-code", .string(code))
        properties.headers.append("dead-letter-reason", .string(reason))
        properties.headers.append("dead-letter-queue", .string(Names.lane(Int(lane))))
        properties.headers.append("dead-letter-routing-key", .string(delivery.routingKey))
        if let user { properties.headers.append("dead-letter-user-id", .string(user)) }
    }

    /// A message that is to come again: itself, under the name of who hands it over now.
    init(deferred delivery: AMQPDelivery, user: String) {
        self.init(body: delivery.body)
        properties = delivery.properties.decoded() ?? AMQPProperties()
        properties.isPersistent = true
        properties.expiration = nil
        properties.userID = user
        // What the broker noted of its way here would end in its being dropped when it comes round again.
        properties.headers.entries.removeAll { $0.key.hasPrefix("x-") }
    }

    /// Half of a frame as this client negotiates it.
    private static let keptHeaderBytesMax = 65_536

    private static let ownHeaders: Set<String> = [
        "dead-letter-headers-dropped", "dead-letter-code", "dead-letter-reason", "dead-letter-queue",
        "dead-letter-routing-key", "dead-letter-user-id",
    ]
}

extension AMQPValue {
    fileprivate var cannotBeSent: Bool {
        switch self {
        case .unsupported: true
        case .array(let values): values.contains(where: \.cannotBeSent)
        case .table(let table): table.entries.contains(where: \.value.cannotBeSent)
        default: false
        }
    }
}

extension AMQPTable {
    /// No less than what the table takes on the wire.
    fileprivate var encodedBytesAtMost: Int {
        entries.reduce(4) { $0 + 1 + $1.key.utf8.count + $1.value.encodedBytesAtMost }
    }
}

extension AMQPValue {
    fileprivate var encodedBytesAtMost: Int {
        switch self {
        case .string(let text): 5 + text.utf8.count
        case .bytes(let bytes): 5 + bytes.count
        case .table(let table): 1 + table.encodedBytesAtMost
        case .array(let values): values.reduce(5) { $0 + $1.encodedBytesAtMost }
        default: 9
        }
    }
}
