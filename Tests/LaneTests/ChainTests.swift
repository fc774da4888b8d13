// The canonical bytes of an outcome: what was hashed once is hashed the same for ever.

import Domain
import Ledger
import Testing
import Wire

@Suite("The chain")
struct ChainTests {
    private static func hash(_ limit: LimitUse?, entries: [Entry] = []) -> String {
        let id = CommandID(high: 0x1111_2222_3333_8444, low: 0x8555_0000_0000_0001)
        let outcome = Outcome(
            commandIndex: 0, position: Position(period: 202_611, lane: 3, sequence: 42), commandID: id, subject: id,
            transition: .transferRejected, status: .rejected, code: .insufficientFunds, field: "amount",
            wallet: WalletID(high: 1, low: 0x11), amount: nil, fee: nil, feeVersion: nil, limit: limit,
            time: Timestamp(microseconds: 1_795_372_754_123_456), entries: 0..<0)
        let record = CommandRecord(
            id: id, type: .submitTransfer, content: CommandContent(type: "transfer.submit.v1", body: []),
            contentDigest: Array(repeating: 7, count: 32), client: "app", caller: "user",
            acceptedAt: Timestamp(microseconds: 1_795_372_753_000_000), traceparent: nil)
        var hasher = ChainHasher(previous: Array(repeating: 0, count: 32))
        hasher.add(outcome, record, detail: nil, entries: entries)
        return hasher.finish().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    @Test("an outcome without limits has the hash that it had before there were any")
    func withoutLimits() {
        #expect(Self.hash(nil) == "cecfcd4fae47bd364a817371922a3fb049f3cbee03848c14a2c893e09726fa59")
    }

    @Test("which limits were applied and which day was taken are hashed, each of them")
    func limits() {
        let uses: [LimitUse?] = [
            nil, LimitUse(version: 1), LimitUse(version: 2), LimitUse(version: 1, day: 0), LimitUse(version: 1, day: 1),
        ]
        #expect(Set(uses.map { Self.hash($0) }).count == uses.count)
    }
}
