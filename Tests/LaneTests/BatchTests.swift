// A run through one batch, without a database: planned, judged against made-up rows, announced in the order of the run.

import AMQP
import Domain
import Testing
import Topology
import Wire

@testable import Lane
@testable import Ledger

@Suite("Batches")
struct BatchTests {
    private func batch(_ deliveries: [AMQPDelivery]) -> Batch {
        Batch(items: deliveries.map { RunItem($0, keyring: Message.keyring) }, lane: 3)
    }

    private func batch(_ envelopes: [CommandEnvelope]) -> Batch {
        batch(envelopes.enumerated().map { Message.delivered($1, tag: UInt64($0) + 1) })
    }

    private func decide(_ batch: Batch, _ read: BatchRead = Message.read()) -> BatchWrite {
        batch.decided(read, epoch: 5, published: 40, fees: .standard, limits: .standard)
    }

    private func told(_ announcements: [Announcement]) throws -> [(key: String, data: JSON)] {
        try announcements.map { announcement in
            let event = try JSON(parsing: announcement.message.body)
            return (announcement.routingKey, event["data"] ?? .null)
        }
    }

    @Test("commands are planned with what they touch; messages to set aside are not looked up")
    func plan() {
        let run = batch([
            Message.delivered(Message.envelope("a"), tag: 1), delivery(AMQPMessage(body: []), tag: 2),
            Message.delivered(Message.envelope("b"), tag: 3),
        ])
        #expect(run.plan.commands == [Message.id("a"), Message.id("b")])
        #expect(Set(run.plan.wallets) == [Message.payer, Message.payee])
        #expect(run.plan.lane == 3 && run.lastDeliveryTag == 3)
    }

    @Test("outcomes are numbered from the lane's head, and each is announced in the order of the run")
    func order() throws {
        let run = batch([
            Message.delivered(Message.envelope("a"), tag: 1), delivery(AMQPMessage(body: [1]), tag: 2),
            Message.delivered(Message.envelope("b", body: "{}"), tag: 3),
        ])
        let write = decide(run)
        #expect(write.head.head == 40 && write.headAfter == 42)
        #expect(write.decisions.outcomes.map(\.position.sequence) == [41, 42])
        #expect(write.records.map(\.id) == [Message.id("a"), Message.id("b")])
        #expect(write.securityRecords.count == 1 && write.securityRecords[0].code == .malformed)
        let announcements = run.announcements(of: write, repeated: [])
        #expect(announcements.map(\.routingKey) == ["transfer.completed", Names.deadLetters, "transfer.rejected"])
        #expect(announcements.map(\.exchange) == [Names.events, "", Names.events])
    }

    @Test("a command twice in a run moves money once and is announced twice, with one event id")
    func twice() {
        let run = batch([Message.envelope("a"), Message.envelope("a"), Message.envelope("a")])
        let write = decide(run)
        #expect(write.decisions.outcomes.count == 1 && write.repeats == 2 && write.repeatedPositions.isEmpty)
        #expect(write.state.wallet(Message.payee)?.available == 1_000)
        let messages = run.announcements(of: write, repeated: []).map(\.message)
        #expect(messages.count == 3 && Set(messages.map(\.properties.messageID)).count == 1)
        #expect(messages.allSatisfy { $0.body == messages[0].body })
    }

    @Test("other content under a key of the same run is told with its field, and the first stands")
    func reusedInRun() throws {
        let run = batch([Message.envelope("a"), Message.envelope("a", body: Message.transferBody(2_000))])
        let write = decide(run)
        #expect(write.decisions.answers == [.outcome(0), .keyReused(field: "amount.amount")])
        let events = try told(run.announcements(of: write, repeated: []))
        #expect(events.map(\.key) == ["transfer.completed", "command.key_reused"])
        #expect(events[1].data["field"]?.text == "amount.amount")
    }

    @Test("a command that was decided before is answered from what stands, and its event told again")
    func before() throws {
        let position = Position(period: 202_610, lane: 3, sequence: 12)
        let earlier = EarlierCommand(position: position, content: Message.envelope("a").content)
        let run = batch([Message.envelope("a"), Message.envelope("a", body: Message.transferBody(2_000))])
        let write = decide(run, Message.read(earlier: [Message.id("a"): earlier]))
        #expect(write.decisions.outcomes.isEmpty && write.headAfter == 40)
        #expect(write.decisions.answers == [.repeated(position), .keyReused(field: "amount.amount")])
        #expect(write.repeatedPositions == [position] && write.repeats == 1)
        let stored = StoredOutcome(
            outcome: Outcome(
                commandIndex: 0, position: position, commandID: Message.id("a"), subject: Message.id("a"),
                transition: .transferRejected, status: .rejected, code: .insufficientFunds, field: "amount",
                wallet: Message.payer, amount: nil, fee: nil, feeVersion: nil, time: Message.now, entries: 0..<0),
            entries: [], detail: nil, traceparent: nil)
        let events = try told(run.announcements(of: write, repeated: [stored]))
        #expect(events.map(\.key) == ["transfer.rejected", "command.key_reused"])
        #expect(events[0].data["code"]?.text == "INSUFFICIENT_FUNDS")
    }

    @Test("a repeat whose white space differs is the same command")
    func whiteSpace() {
        let run = batch([Message.envelope("a"), Message.envelope("a", body: " " + Message.transferBody(1_000))])
        #expect(decide(run).decisions.answers.last == .repeated(Position(period: 202_611, lane: 3, sequence: 41)))
    }

    @Test("of 64 transfers that together overdraw a wallet exactly those that fit go through")
    func overdraft() {
        let run = batch((0..<64).map { Message.envelope("k\($0)") })
        let write = decide(run, Message.read(available: 25_000))
        let codes = write.decisions.outcomes.map(\.code)
        // 1,000 each, and after the five that are free a fee of 1,000.
        #expect(
            codes.prefix(15).allSatisfy { $0 == .ok } && codes.dropFirst(15).allSatisfy { $0 == .insufficientFunds })
        #expect(write.state.wallet(Message.payer)?.available == 0)
        #expect(write.state.wallet(Message.payee)?.available == 15_000)
    }

    @Test("a message that the database refused is announced as a dead letter and not judged again")
    func refusedByDatabase() {
        var items = [Message.envelope("a"), Message.envelope("b")].enumerated().map {
            RunItem(Message.delivered($1, tag: UInt64($0) + 1), keyring: Message.keyring)
        }
        items[0].content = .refusedByDatabase(reason: "refused with SQLSTATE 23514")
        let run = Batch(items: items, lane: 3)
        #expect(run.plan.commands == [Message.id("b")])
        let announcements = run.announcements(of: decide(run), repeated: [])
        #expect(announcements.map(\.routingKey) == [Names.deadLetters, "transfer.completed"])
        #expect(announcements[0].message.properties.headers["dead-letter-code"] == "REFUSED_BY_DATABASE")
    }

    @Test("the trace of a command goes on into its event")
    func trace() throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let run = batch([Message.envelope("a", traceparent: trace)])
        let announcement = try #require(run.announcements(of: decide(run), repeated: []).first)
        #expect(announcement.message.properties.headers["traceparent"] == .string(trace))
    }

    @Test("what a top-up's worker must know stands in the event")
    func detail() throws {
        let body =
            #"{"wallet":"\#(Message.payer)","method":"card","amount":{"amount":5000,"currency":"DZD"},"#
            + #""payment_method_id":"pm_late"}"#
        let run = batch([Message.envelope("a", type: "topup.submit.v1", body: body)])
        let event = try #require(try told(run.announcements(of: decide(run), repeated: [])).first)
        #expect(event.key == "topup.pending")
        #expect(event.data["detail"]?["method"]?.text == "card")
        #expect(event.data["detail"]?["payment_method_id"]?.text == "pm_late")
    }
}
