// Which reference a top-up by bank transfer is given.

import Domain
import Testing

@Suite("The reference that a bank transfer is given")
struct GivenReferenceTests {
    /// A top-up in a ledger in which these references are given out already.
    private func topUp(
        _ method: TopUpMethod = .bankTransfer, given: (CommandID) -> [TransferReference]
    ) -> (told: Books.Told, books: Books) {
        var story = Story()
        let command = story.command(
            Story.app(Story.amina), .submitTopUp,
            .submitTopUp(
                SubmitTopUp(wallet: Story.hers, method: method, amount: Money(1_000_00, .dzd), paymentMethod: nil)))
        for (index, reference) in given(command.id).enumerated() {
            story.books.transferReferences[CommandID(high: 0x77, low: UInt64(index))] = reference
        }
        let told = story.books.take(command)
        return (told, story.books)
    }

    @Test("is that of the command's first attempt; charges have none")
    func first() {
        let (told, books) = topUp { _ in [] }
        #expect(told.transition == .topUpPending)
        #expect(books.transferReferences[told.command] == TransferReference(command: told.command))
        for method in [TopUpMethod.card, .mobile] {
            let (told, books) = topUp(method) { _ in [] }
            #expect(books.transferReferences[told.command] == nil)
        }
    }

    @Test("is that of the first attempt that no other top-up has")
    func collisions() {
        for taken in 1..<Int(TransferReference.attemptsMax) {
            let (told, books) = topUp { Array(TransferReference.candidates(for: $0).prefix(taken)) }
            #expect(
                books.transferReferences[told.command]
                    == TransferReference(command: told.command, attempt: UInt32(taken)))
        }
    }

    @Test("is none when every attempt's is taken: the top-up is refused and nothing is begun")
    func exhausted() {
        let (told, books) = topUp { TransferReference.candidates(for: $0) }
        #expect(told.code == .tooMany && told.field == "method")
        #expect(books.movements[told.command] == nil && books.transferReferences[told.command] == nil)
    }
}

@Suite("The line that names a reference")
struct LineTests {
    private func settle(
        _ story: inout Story, _ topUp: CommandID, _ amount: Int64, line: String?
    ) -> Books.Told {
        story.ask(
            Story.service, .settleTopUp,
            .settleTopUp(
                SettleTopUp(
                    topUp: topUp, wallet: Story.hers, result: .captured, amount: Money(amount, .dzd), line: line)))
    }

    @Test("pays for its top-up once; a second one, and one of another amount, waits in suspense and takes nothing back")
    func once() {
        var story = Story()
        let before = story.wallet(Story.hers)?.available ?? 0
        let topUp = story.beginTopUp(Story.hers, by: Story.amina, 1_000_00).command
        let other = settle(&story, topUp, 1_000_01, line: "1")
        #expect(other.transition == .lineRecorded && other.code == .ok)
        #expect(other.lines == [.system(.omnibus): -1_000_01, .system(.suspense): 1_000_01])
        #expect(story.books.movements[topUp]?.status == .pending)

        let paid = settle(&story, topUp, 1_000_00, line: "2")
        #expect(paid.transition == .topUpCompleted)
        #expect(paid.lines == [.system(.omnibus): -1_000_00, .available(Story.hers): 1_000_00])

        let again = settle(&story, topUp, 1_000_00, line: "3")
        #expect(again.transition == .lineRecorded && again.status == .completed)
        #expect(again.lines == [.system(.omnibus): -1_000_00, .system(.suspense): 1_000_00])
        #expect(story.books.movements[topUp]?.status == .completed)
        #expect(story.wallet(Story.hers)?.available == before + 1_000_00)
    }

    @Test("comes too late for a top-up that has expired: the money waits in suspense, and the wallet could be closed")
    func late() {
        var story = Story()
        let topUp = story.beginTopUp(Story.hers, by: Story.amina, 1_000_00).command
        #expect(story.wallet(Story.hers)?.standing.underWay == 1)
        let expired = story.ask(
            Story.service, .settleTopUp,
            .settleTopUp(
                SettleTopUp(topUp: topUp, wallet: Story.hers, result: .expired, amount: Money(1_000_00, .dzd))))
        #expect(expired.transition == .topUpExpired && expired.code == .notPaid && expired.subject == topUp)
        #expect(expired.status == .expired && expired.entries.isEmpty)
        #expect(story.wallet(Story.hers)?.standing.underWay == 0)
        let late = settle(&story, topUp, 1_000_00, line: "1")
        #expect(late.lines == [.system(.omnibus): -1_000_00, .system(.suspense): 1_000_00])
        #expect(story.books.movements[topUp]?.status == .expired)
    }

    @Test("is what alone can fail to come: a charge does not expire", arguments: [TopUpMethod.card, .mobile])
    func charges(method: TopUpMethod) {
        var story = Story()
        let topUp = story.ask(
            Story.app(Story.amina), .submitTopUp,
            .submitTopUp(
                SubmitTopUp(wallet: Story.hers, method: method, amount: Money(1_000_00, .dzd), paymentMethod: nil)))
        let expired = story.ask(
            Story.service, .settleTopUp,
            .settleTopUp(
                SettleTopUp(
                    topUp: topUp.command, wallet: Story.hers, result: .expired, amount: Money(1_000_00, .dzd))))
        #expect(expired.code == .notPermitted && expired.field == "result")
        #expect(story.books.movements[topUp.command]?.status == .pending)
    }

    @Test("is asked for: without a line the same words are refused and move nothing")
    func withoutLine() {
        var story = Story()
        let topUp = story.beginTopUp(Story.hers, by: Story.amina, 1_000_00).command
        #expect(settle(&story, topUp, 1_000_01, line: nil).code == .amountMismatch)
        #expect(settle(&story, topUp, 1_000_00, line: nil).code == .ok)
        let again = settle(&story, topUp, 1_000_00, line: nil)
        #expect(again.code == .alreadyFinal && again.entries.isEmpty)
    }
}
