// A batch that is the same in every run: signed transfers between wallets, each wallet in one of them.

import Crypto
import Domain
import Ledger
import Wire

struct FixedBatch {
    /// Commands in a batch: what a full run of a lane has.
    static let count = 512
    static let key = PublisherKey(
        id: "ingress-1", publisher: "wallet-ingress", secret: SymmetricKey(data: [UInt8](repeating: 7, count: 32)),
        types: nil)
    static let context = DecisionContext(
        time: Timestamp(microseconds: 1_795_372_754_000_000), lane: 3, nextSequence: 1_000, fees: .standard,
        limits: .standard)
    private static let client = "demo-app"

    let keyring = Keyring([key])
    let envelopes: [CommandEnvelope]
    let items: [BatchItem]
    let state: LedgerState
    let decisions: Decisions
    let records: [CommandRecord]
    let details: [[UInt8]?]

    init() {
        let envelopes = (0..<Self.count).map(Self.envelope)
        self.envelopes = envelopes
        var items: [BatchItem] = []
        var records: [CommandRecord] = []
        for envelope in envelopes {
            guard
                let (command, digest) = try? envelope.authenticateWithDigest(
                    handedOverBy: Self.key.publisher, keyring: keyring)
            else { preconditionFailure("a message that was just signed is not authentic") }
            items.append(BatchItem(command: command, seen: .never))
            records.append(
                CommandRecord(
                    id: command.id, type: command.type, content: envelope.content, contentDigest: digest,
                    client: envelope.client, caller: envelope.subject, acceptedAt: Self.context.time, traceparent: nil))
        }
        self.items = items
        self.records = records
        details = Array(repeating: nil, count: Self.count)
        let state = Self.state()
        self.state = state
        var after = state
        decisions = decide(items, state: &after, context: Self.context)
        precondition(decisions.outcomes.allSatisfy { $0.code == .ok }, "a transfer of the fixed batch is refused")
    }

    private static func owner(_ number: Int) -> OwnerID { OwnerID(high: 0x0a0a_0000_0000_4000, low: mixed(number)) }
    private static func wallet(_ number: Int) -> WalletID { WalletID(high: 0x0b0b_0000_0000_8000, low: mixed(number)) }

    /// Spreads consecutive numbers as derived ids are spread.
    private static func mixed(_ number: Int) -> UInt64 { UInt64(number + 1) &* 0x9e37_79b9_7f4a_7c15 }

    private static func envelope(_ number: Int) -> CommandEnvelope {
        let body =
            #"{"from":"\#(wallet(number * 2))","to":{"wallet":"\#(wallet(number * 2 + 1))"},"#
            + #""amount":{"amount":\#(100_00 + number),"currency":"DZD"},"description":"Rent of November"}"#
        var envelope = CommandEnvelope(
            content: CommandContent(type: CommandType.submitTransfer.name, body: Array(body.utf8)),
            publisher: key.publisher, client: client, subject: owner(number * 2).description, permissions: [.transfer],
            key: "order-\(number)", acceptedAt: context.time, notAfter: context.time.adding(seconds: 86_400))
        envelope.sign(with: key)
        return envelope
    }

    private static func state() -> LedgerState {
        let later = context.time.adding(seconds: 1_000_000)
        var state = LedgerState()
        state.reserveCapacity(wallets: count * 2)
        for number in 0..<(count * 2) {
            state.load(
                Wallet(
                    id: wallet(number), owner: owner(number), type: .personal, currency: .dzd, name: nil,
                    available: 1_000_000_00, version: 7))
            state.load(
                Owner(
                    id: owner(number), controller: owner(number),
                    verification: Verification(level: 2, expiresAt: later, levelOneExpiresAt: later)))
        }
        return state
    }
}
