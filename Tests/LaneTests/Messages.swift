// Signed commands as they are delivered to a lane, and rows for them to meet.

import AMQP
import Crypto
import Domain
import Topology
import Wire

@testable import Ledger

enum Message {
    static let key = PublisherKey(
        id: "ingress-1", publisher: "wallet-ingress", secret: SymmetricKey(data: [UInt8](repeating: 1, count: 32)),
        types: nil)
    static let keyring = Keyring([key])
    static let user = OwnerID(high: 1, low: 0x11)
    static let payer = WalletID(high: 2, low: 0x11)
    static let payee = WalletID(high: 3, low: 0x22)
    static let now = Timestamp(microseconds: 1_795_372_754_123_456)

    static func transferBody(_ amount: Int64) -> String {
        #"{"from":"\#(payer)","to":{"wallet":"\#(payee)"},"amount":{"amount":\#(amount),"currency":"DZD"}}"#
    }

    static func envelope(
        _ key: String, type: String = "transfer.submit.v1", body: String = transferBody(1_000),
        permissions: Permissions = [.transfer, .withdraw, .topUp, .manage], traceparent: String? = nil
    ) -> CommandEnvelope {
        var envelope = CommandEnvelope(
            content: CommandContent(type: type, body: Array(body.utf8)), publisher: Self.key.publisher, client: "app",
            subject: user.description, permissions: permissions, key: key, acceptedAt: now,
            notAfter: now.adding(seconds: 60), traceparent: traceparent)
        envelope.sign(with: Self.key)
        return envelope
    }

    static func delivered(_ envelope: CommandEnvelope, tag: UInt64) -> AMQPDelivery {
        delivery(AMQPMessage(envelope, seconds: 1), tag: tag)
    }

    static func id(_ key: String) -> CommandID { CommandID(client: "app", subject: user.description, key: key) }

    /// The rows that transfers between the two wallets meet.
    static func read(available: Int64 = 1_000_000, earlier: [CommandID: EarlierCommand] = [:]) -> BatchRead {
        var state = LedgerState()
        for (id, balance) in [(payer, available), (payee, 0)] {
            state.load(
                Wallet(
                    id: id, owner: user, type: .personal, currency: .dzd, name: nil, available: balance))
        }
        let end = now.adding(seconds: 1_000)
        state.load(
            Owner(
                id: user, controller: user,
                verification: Verification(level: 2, expiresAt: end, levelOneExpiresAt: end)))
        let head = LaneHead(
            epoch: 5, head: 40, published: 40, chainHash: [UInt8](repeating: 0, count: 32), time: now)
        return BatchRead(lane: head, earlier: earlier, state: state)
    }
}
