// Commands and events as AMQP messages.

public import AMQP
import Domain
public import Wire

extension AMQPMessage {
    /// A signed command, persistent and with its broker user.
    public init(_ envelope: CommandEnvelope, seconds: UInt64) {
        self.init(body: envelope.content.body)
        properties.contentType = "application/json"
        properties.messageID = envelope.messageID
        properties.type = envelope.content.type
        properties.appID = envelope.client
        properties.userID = envelope.publisher
        properties.timestamp = seconds
        var headers: AMQPTable = [
            ("publisher", .string(envelope.publisher)),
            ("scope", .string("\(envelope.client) \(envelope.subject)")),
            ("granted", .string(envelope.granted)),
            ("target", .string(envelope.content.target)),
            ("resolved", .string(envelope.resolved)),
            ("key", .string(envelope.key)),
            ("accepted-at", .string(envelope.acceptedAt)),
            ("not-after", .string(envelope.notAfter)),
            ("proof", .string(envelope.proof)),
            ("signature-key", .string(envelope.signatureKey)),
            ("signature", .string(envelope.signature)),
        ]
        if let traceparent = envelope.traceparent { headers.append("traceparent", .string(traceparent)) }
        properties.headers = headers
    }

    /// Of an event that a step of another command made: that command's id.
    public static let stepCommandHeader = "step-command-id"

    /// An event, under its CloudEvents id; `correlation_id` is the command's id, so that a reader need not look inside.
    public init(_ event: EncodedEvent) {
        self.init(body: event.body)
        properties.contentType = Events.contentType
        properties.messageID = event.id
        properties.correlationID = event.commandID
        properties.type = event.routingKey
        var headers = AMQPTable()
        if let step = event.stepCommandID { headers.append(Self.stepCommandHeader, .string(step)) }
        if let traceparent = event.traceparent { headers.append("traceparent", .string(traceparent)) }
        if !headers.isEmpty { properties.headers = headers }
    }
}

extension CommandEnvelope {
    /// Reads a command message. Nothing of it is believed yet: see `authenticate`.
    ///
    /// - Throws: naming what a command message must have and this one has not.
    public init(_ delivery: AMQPDelivery) throws(Untrusted) {
        let properties = delivery.properties
        let texts = properties.headerStrings(Header.names)
        func header(_ header: Header) throws(Untrusted) -> String {
            guard let text = texts[header.rawValue] else {
                throw Untrusted(.malformed, "the header \(Header.names[header.rawValue]) is missing or not a text")
            }
            return text
        }
        guard let messageID = properties.messageID, let type = properties.type else {
            throw Untrusted(.malformed, "message_id or type is missing")
        }
        let scope = try header(.scope)
        guard let space = scope.firstIndex(of: " ") else {
            throw Untrusted(.malformed, "the scope is not a client and a subject")
        }
        self.init(
            messageID: messageID,
            content: CommandContent(type: type, target: try header(.target), body: delivery.body),
            publisher: try header(.publisher), client: String(scope[..<space]),
            subject: String(scope[scope.index(after: space)...]), granted: try header(.granted),
            resolved: try header(.resolved), key: try header(.key), acceptedAt: try header(.acceptedAt),
            notAfter: try header(.notAfter), proof: try header(.proof),
            // Not signed, so anything could stand there; a trace context has 55 characters.
            traceparent: texts[Header.traceparent.rawValue].flatMap { $0.utf8.count == 55 ? $0 : nil },
            signatureKey: try header(.signatureKey), signature: try header(.signature))
    }

    /// The headers in the order in which a command message has them.
    private enum Header: Int {
        case publisher, scope, granted, target, resolved, key, acceptedAt, notAfter, proof, signatureKey, signature
        case traceparent

        static let names = [
            "publisher", "scope", "granted", "target", "resolved", "key", "accepted-at", "not-after", "proof",
            "signature-key", "signature", "traceparent",
        ]
    }
}
