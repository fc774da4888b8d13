// A command goes into a message and comes out of a delivery as it was signed.

import AMQP
import Crypto
import Domain
import Testing
import Topology
import Wire

@Suite("Command messages")
struct MessageTests {
    private static let key = PublisherKey(
        id: "ingress-1", publisher: "wallet-ingress", secret: SymmetricKey(data: [UInt8](repeating: 1, count: 32)),
        types: nil)

    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func envelope(traceparent: String? = trace) -> CommandEnvelope {
        let body = #"{"wallet":"0b0b0b0b-0000-8000-8000-000000000011","step":"sent"}"#
        var envelope = CommandEnvelope(
            content: CommandContent(
                type: "withdrawal.settle.v1", target: "withdrawal=0c0c0c0c-0000-8000-8000-000000000001",
                body: Array(body.utf8)),
            publisher: "wallet-ingress", client: "app", subject: "0a0a0a0a-0000-4000-8000-000000000011",
            permissions: .service, key: "key-1", acceptedAt: Timestamp(microseconds: 1_795_372_754_123_456),
            notAfter: Timestamp(microseconds: 1_795_459_154_123_456), traceparent: traceparent)
        envelope.proof = #"{"challenge":"x"}"#
        envelope.sign(with: key)
        return envelope
    }

    private func read(_ message: AMQPMessage) throws(Untrusted) -> CommandEnvelope {
        try CommandEnvelope(delivery(message))
    }

    @Test("what is read is what was signed: it is authentic", arguments: [nil, trace])
    func roundTrip(traceparent: String?) throws {
        let sent = Self.envelope(traceparent: traceparent)
        let received = try read(AMQPMessage(sent, seconds: 1_795_372_754))
        #expect(received.content == sent.content && received.messageID == sent.messageID)
        #expect(received.client == sent.client && received.subject == sent.subject && received.key == sent.key)
        #expect(received.proof == sent.proof && received.signature == sent.signature)
        #expect(received.traceparent == traceparent)
        let command = try received.authenticate(handedOverBy: "wallet-ingress", keyring: Keyring([Self.key]))
        #expect(command.id.description == sent.messageID)
    }

    @Test("a command message has the properties and headers of the interfaces, and is persistent")
    func properties() {
        let envelope = Self.envelope()
        let properties = AMQPMessage(envelope, seconds: 7).properties
        #expect(properties.contentType == "application/json" && properties.isPersistent)
        #expect(properties.messageID == envelope.messageID && properties.type == "withdrawal.settle.v1")
        #expect(properties.userID == "wallet-ingress" && properties.appID != nil && properties.timestamp == 7)
        let expected: Set<String> = [
            "publisher", "scope", "granted", "target", "resolved", "key", "accepted-at", "not-after", "proof",
            "traceparent", "signature-key", "signature",
        ]
        #expect(Set(properties.headers.entries.map(\.key)) == expected)
        #expect(properties.headers.entries.count == expected.count)
    }

    @Test(
        "a message without one of the signed headers, or with one that is no text, is malformed",
        arguments: [
            "publisher", "scope", "granted", "target", "resolved", "key", "accepted-at", "not-after", "proof",
            "signature-key", "signature",
        ])
    func missing(header: String) {
        for replacement in [nil, AMQPValue.int64(1)] {
            var message = AMQPMessage(Self.envelope(), seconds: 7)
            message.properties.headers.entries.removeAll { $0.key == header }
            if let replacement { message.properties.headers.append(header, replacement) }
            #expect(throws: Untrusted.self) { try read(message) }
        }
    }

    @Test("a message without message_id or type, or with a scope of one word, is malformed")
    func incomplete() {
        var message = AMQPMessage(Self.envelope(), seconds: 7)
        message.properties.messageID = nil
        #expect(throws: Untrusted.self) { try read(message) }
        message = AMQPMessage(Self.envelope(), seconds: 7)
        message.properties.type = nil
        #expect(throws: Untrusted.self) { try read(message) }
        message = AMQPMessage(Self.envelope(), seconds: 7)
        message.properties.headers.entries.removeAll { $0.key == "scope" }
        message.properties.headers.append("scope", "app")
        #expect(throws: Untrusted.self) { try read(message) }
        #expect(throws: Untrusted.self) { try read(AMQPMessage(body: [])) }
    }

    @Test("an event travels under its id, with the command's as correlation")
    func events() {
        let event = Events.keyReused(
            CommandID(high: 1, low: 1), field: "amount", contentDigest: [], time: Timestamp(microseconds: 0), lane: 1,
            traceparent: "t")
        let message = AMQPMessage(event)
        #expect(message.properties.messageID == event.id && message.properties.correlationID == event.commandID)
        #expect(message.properties.type == "command.key_reused" && message.body == event.body)
        #expect(message.properties.contentType == "application/cloudevents+json" && message.properties.isPersistent)
        #expect(message.properties.headers["traceparent"] == "t")
    }
}
