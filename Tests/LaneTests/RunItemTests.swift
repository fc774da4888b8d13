// What a lane makes of a message before it looks anything up.

import AMQP
import Domain
import Ledger
import Testing
import Topology
import Wire

@testable import Lane

@Suite("Messages of a run")
struct RunItemTests {
    private func setAside(_ delivery: AMQPDelivery) -> (code: OutcomeCode, reason: String)? {
        guard case .setAside(let record) = RunItem(delivery, keyring: Message.keyring).content else { return nil }
        return (record.code, record.reason)
    }

    @Test("a signed command is judged, with what is stored of it")
    func command() {
        let envelope = Message.envelope("k", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        let item = RunItem(Message.delivered(envelope, tag: 7), keyring: Message.keyring)
        guard case .command(let command, let record) = item.content else {
            Issue.record("a signed command was set aside")
            return
        }
        #expect(item.deliveryTag == 7 && item.weight == 1)
        #expect(command.id == Message.id("k") && record.id == command.id && record.type == .submitTransfer)
        #expect(record.content == envelope.content && record.contentDigest == Array(envelope.content.digest))
        #expect(record.client == "app" && record.caller == Message.user.description)
        #expect(
            record.acceptedAt == Message.now
                && record.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    }

    @Test("an authentic command that is not well-formed is judged too: it is refused under its id")
    func malformedBody() {
        let item = RunItem(
            Message.delivered(Message.envelope("k", body: "{}"), tag: 1), keyring: Message.keyring)
        guard case .command(let command, _) = item.content, case .unacceptable(.malformed, _) = command.request else {
            Issue.record("\(item.content)")
            return
        }
    }

    @Test("a message of nothing, or without headers, is set aside as malformed")
    func nothing() {
        #expect(setAside(delivery(AMQPMessage(body: [])))?.code == .malformed)
        var bare = AMQPMessage(Message.envelope("k"), seconds: 1)
        bare.properties.headers = []
        #expect(setAside(delivery(bare))?.code == .malformed)
    }

    @Test("an unsigned message, a forged one and one of another user are set aside, each with its code")
    func untrusted() {
        var unsigned = Message.envelope("k")
        unsigned.signature = ""
        #expect(setAside(Message.delivered(unsigned, tag: 1))?.code == .badSignature)
        var forged = Message.envelope("k")
        forged.granted = "service"
        #expect(setAside(Message.delivered(forged, tag: 1))?.code == .badSignature)
        for user in ["guest", nil] {
            var foreign = AMQPMessage(Message.envelope("k"), seconds: 1)
            foreign.properties.userID = user
            #expect(setAside(delivery(foreign))?.code == .untrustedPublisher)
        }
    }

    @Test("a reason shows nothing of the message")
    func reason() {
        var forged = AMQPMessage(Message.envelope("k"), seconds: 1)
        forged.body = Array("4111111111111111".utf8)
        let reason = setAside(delivery(forged))?.reason ?? ""
        #expect(!reason.isEmpty && !reason.contains("4111") && !reason.contains(Message.user.description))
    }

    @Test("the same bad message has the same digest, another has another; a long message id is cut")
    func digests() {
        func record(_ message: AMQPMessage) -> (digest: [UInt8], messageID: String)? {
            guard case .setAside(let record) = RunItem(delivery(message), keyring: Message.keyring).content else {
                return nil
            }
            return (record.digest, record.messageID)
        }
        var one = AMQPMessage(body: [1])
        one.properties.messageID = String(repeating: "x", count: 200)
        var other = one
        other.body = [2]
        #expect(record(one)?.digest == record(one)?.digest && record(one)?.digest.count == 32)
        #expect(record(one)?.digest != record(other)?.digest)
        #expect(record(one)?.messageID.count == 64)
    }
}

@Suite("Dead letters")
struct SetAsideTests {
    @Test("a message is set aside whole: body, properties and signed headers, with the reason added")
    func whole() {
        let sent = AMQPMessage(Message.envelope("k"), seconds: 1)
        let letter = AMQPMessage(
            setAside: delivery(sent, routingKey: "11"), code: "BAD_SIGNATURE", reason: "it does not fit", lane: 3)
        #expect(letter.body == sent.body && letter.properties.isPersistent)
        #expect(letter.properties.messageID == sent.properties.messageID)
        #expect(letter.properties.type == "transfer.submit.v1")
        for header in sent.properties.headers.entries {
            #expect(letter.properties.headers[header.key] == header.value)
        }
        let headers = letter.properties.headers
        #expect(headers["dead-letter-code"] == "BAD_SIGNATURE" && headers["dead-letter-reason"] == "it does not fit")
        #expect(headers["dead-letter-queue"] == "wallet.commands.03" && headers["dead-letter-routing-key"] == "11")
        // The broker refuses a message under another's name, so the name goes into a header.
        #expect(letter.properties.userID == nil && headers["dead-letter-user-id"] == "wallet-ingress")
    }

    @Test("the broker's own headers, an expiration, forged reasons and what cannot be sent stay behind")
    func stripped() {
        var sent = AMQPMessage(Message.envelope("k"), seconds: 1)
        sent.properties.expiration = "1000"
        for (key, value) in [
            ("x-death", AMQPValue.string("x")), ("x-delivery-count", .int64(4)), ("x-first-death-queue", .string("x")),
            ("dead-letter-code", .string("OK")), ("dead-letter-user-id", .string("root")),
        ] { sent.properties.headers.append(key, value) }
        sent.properties.headers.append("strange", .unsupported(kind: UInt8(ascii: "?")))
        let letter = AMQPMessage(setAside: delivery(sent), code: "MALFORMED", reason: "r", lane: 0)
        let keys = letter.properties.headers.entries.map(\.key)
        #expect(letter.properties.expiration == nil && !keys.contains { $0.hasPrefix("x-") })
        #expect(!keys.contains("strange"))
        #expect(keys.count { $0 == "dead-letter-code" } == 1 && keys.count { $0 == "dead-letter-user-id" } == 1)
        #expect(letter.properties.headers["dead-letter-code"] == "MALFORMED")
    }
}
