// What moves, bulk transfers, cancellations and the month's free transfers post, line by line; the rules of the books
// hold after every single command.

import Domain
import Testing

@Suite("Postings of moves")
struct MovePostingTests {
    private static let karim = Story.app(Story.karim)

    private static func shopWithMoney() -> Story {
        var story = Story()
        story.fund(Story.shop, by: Story.karim, 1_000_00)
        return story
    }

    @Test("a merchant puts money into its reserve, and only operators and the release schedule take it out")
    func reserve() {
        var story = Self.shopWithMoney()
        let (shop, reserve) = (Account.available(Story.shop), Account.customer(Story.shop, .reserve))
        let kept = story.move(Story.shop, .available, Story.shop, .reserve, by: Self.karim, 400_00)
        #expect(kept.lines == [shop: -400_00, reserve: 400_00])
        #expect(kept.transition == .moveCompleted && kept.status == .completed && kept.fee == nil)
        #expect(kept.amount == Money(400_00, .dzd) && kept.wallet == Story.shop)
        let refused = story.move(Story.shop, .reserve, Story.shop, .available, by: Self.karim, 100_00)
        #expect(refused.code == .notPermitted && refused.field == "from.bucket")
        for caller in [Story.operators, Story.service] {
            let released = story.move(Story.shop, .reserve, Story.shop, .available, by: caller, 150_00)
            #expect(released.lines == [reserve: -150_00, shop: 150_00])
        }
        #expect(
            story.move(Story.shop, .reserve, Story.shop, .available, by: Story.operators, 100_01).code
                == .insufficientFunds)
        #expect(story.wallet(Story.shop)?.available == 900_00 && story.wallet(Story.shop)?.reserve == 100_00)
        #expect(story.wallet(Story.shop)?.version == 4)
    }

    @Test("money in reserve is not there to be spent")
    func reserveIsKept() {
        var story = Self.shopWithMoney()
        story.move(Story.shop, .available, Story.shop, .reserve, by: Self.karim, 1_000_00)
        #expect(story.transfer(Story.shop, Story.his, by: Story.karim, 1).code == .insufficientFunds)
        #expect(story.wallet(Story.shop)?.snapshot.total == 1_000_00)
    }

    @Test("between a root wallet and its sub-wallets, and from one sub-wallet to another, money moves without a fee")
    func subWallets() {
        var story = Story()
        let taxes = story.open(under: Story.hers, by: Story.amina)
        let rent = story.open(under: Story.hers, by: Story.amina)
        for (from, to) in [(Story.hers, taxes), (taxes, rent), (rent, Story.hers)] {
            let moved = story.move(from, .available, to, .available, by: Story.app(Story.amina), 500_00)
            #expect(moved.lines == [.available(from): -500_00, .available(to): 500_00])
        }
        #expect(story.wallet(taxes)?.version == 2 && story.wallet(rent)?.version == 2)
        #expect(story.transfer(Story.hers, Story.his, by: Story.amina, 1_00).fee == Money(0, .dzd))
    }

    @Test("operators release one wallet's reserve into another wallet of the same merchant, and into nobody else's")
    func releaseElsewhere() {
        var story = Self.shopWithMoney()
        let sales = story.open(under: Story.shop, by: Story.karim)
        let kept = story.move(Story.shop, .available, sales, .reserve, by: Self.karim, 1_000_00)
        #expect(kept.lines == [.available(Story.shop): -1_000_00, .customer(sales, .reserve): 1_000_00])
        let elsewhere = story.move(sales, .reserve, Story.market, .available, by: Story.operators, 1_00)
        #expect(elsewhere.code == .notPermitted && elsewhere.field == "to.wallet")
        let released = story.move(sales, .reserve, Story.shop, .available, by: Story.operators, 1_000_00)
        #expect(released.lines == [.customer(sales, .reserve): -1_000_00, .available(Story.shop): 1_000_00])
    }

    @Test("a person has no reserve, and operators move nothing that is not in one")
    func limitsOfMoves() {
        var story = Self.shopWithMoney()
        let amina = Story.app(Story.amina)
        #expect(story.move(Story.hers, .available, Story.hers, .reserve, by: amina, 1_00).code == .notABusiness)
        #expect(
            story.move(Story.hers, .reserve, Story.hers, .available, by: Story.operators, 1_00).code == .notABusiness)
        let refused = story.move(Story.shop, .available, Story.shop, .reserve, by: Story.operators, 1_00)
        #expect(refused.code == .notPermitted && refused.field == "from.wallet")
    }
}

@Suite("Postings of bulk transfers")
struct BulkPostingTests {
    private static let nowhere = WalletID(high: 0x5b, low: 99)

    @Test(
        "a bulk is its legs: each posts a transfer of its own, and the bulk's own outcome follows them and posts nothing"
    )
    func completed() {
        var story = Story()
        let first = story.books.sequence
        let bulk = story.bulk(
            Story.hers, by: Story.amina, isAllOrNothing: true,
            [(Story.his, 100_00), (Story.shop, 200_00), (Story.his, 300_00)])
        let legs = Array(story.books.outcomes.suffix(4).dropLast())
        #expect(
            legs.map(\.lines)
                == [(Story.his, 100_00), (Story.shop, 200_00), (Story.his, 300_00)].map { leg in
                    [.available(Story.hers): -leg.1, .available(leg.0): leg.1]
                })
        #expect(legs.allSatisfy { $0.transition == .transferCompleted && $0.status == .completed })
        #expect(legs.allSatisfy { $0.wallet == Story.hers && $0.subject == $0.command })
        #expect(story.books.outcomes.suffix(4).map(\.leg) == [0, 1, 2, nil])
        #expect(story.books.outcomes.suffix(4).map(\.position.sequence) == Array(first..<(first + 4)))
        #expect(bulk.transition == .bulkCompleted && bulk.status == .completed && bulk.code == .ok)
        #expect(bulk.entries.isEmpty && bulk.transaction == nil)
        #expect(bulk.amount == Money(600_00, .dzd) && bulk.fee == Money(0, .dzd) && bulk.feeVersion == 1)
        #expect(story.wallet(Story.hers)?.version == 4)
    }

    @Test("legs take the month's free transfers one by one, and then cost 10.00 each")
    func fees() {
        var story = Story()
        let bulk = story.bulk(
            Story.hers, by: Story.amina, isAllOrNothing: false, Array(repeating: (Story.his, 100_00), count: 7))
        #expect(bulk.amount == Money(700_00, .dzd) && bulk.fee == Money(20_00, .dzd))
        #expect(story.books.outcomes.suffix(8).dropLast().map(\.fee?.minorUnits) == [0, 0, 0, 0, 0, 10_00, 10_00])
        #expect(
            story.books.outcomes.suffix(2).first?.lines == [
                .available(Story.hers): -110_00, .available(Story.his): 100_00, .system(.feeRevenue): 10_00,
            ])
    }

    @Test("all or nothing: one leg that fails undoes the others, their free places too, and is the only thing told")
    func nothing() {
        var story = Story()
        story.transfer(Story.hers, Story.his, by: Story.amina, 1_00)
        let before = story.books
        let legs = Array(repeating: (to: Story.his, amount: Int64(100_00)), count: 4)
        let bulk = story.bulk(Story.hers, by: Story.amina, isAllOrNothing: true, legs + [(Self.nowhere, 1)])
        #expect(bulk.transition == .bulkRejected && bulk.status == .rejected && bulk.entries.isEmpty)
        #expect(bulk.code == .payeeNotFound && bulk.field == "legs[4].to" && bulk.amount == nil && bulk.leg == nil)
        #expect(story.books.outcomes.count == before.outcomes.count + 1)
        #expect(story.books.wallets == before.wallets && story.books.owners == before.owners)
        #expect(story.books.system == before.system)
        #expect(story.transfer(Story.hers, Story.his, by: Story.amina, 1_00).fee == Money(0, .dzd))
    }

    @Test("all or nothing is judged on what the legs before have left: the last centime is not spent twice")
    func lastCentime() {
        for (amount, code) in [(50_000_00, OutcomeCode.ok), (50_000_01, .insufficientFunds)] as [(Int64, OutcomeCode)] {
            var story = Story()
            let bulk = story.bulk(
                Story.hers, by: Story.amina, isAllOrNothing: true, [(Story.his, 50_000_00), (Story.shop, amount)])
            #expect(bulk.code == code)
            #expect(bulk.field == (code == .ok ? nil : "legs[1].amount"))
            #expect(story.wallet(Story.hers)?.available == (code == .ok ? 0 : 100_000_00))
        }
    }

    @Test("leg by leg: what fails is left out, what fits goes through, and each leg tells its own")
    func partly() {
        var story = Story()
        let bulk = story.bulk(
            Story.hers, by: Story.amina, isAllOrNothing: false,
            [
                (Story.his, 60_000_00), (Self.nowhere, 1_00), (Story.shop, 50_000_00), (Story.hers, 1_00),
                (Story.market, 40_000_00),
            ])
        #expect(bulk.transition == .bulkPartlyCompleted && bulk.status == .partlyCompleted && bulk.code == .ok)
        #expect(bulk.amount == Money(100_000_00, .dzd) && bulk.fee == Money(0, .dzd) && bulk.field == nil)
        let legs = story.books.outcomes.suffix(6).dropLast()
        #expect(legs.map(\.code) == [.ok, .payeeNotFound, .insufficientFunds, .sameWallet, .ok])
        #expect(legs.map(\.field) == [nil, "legs[1].to", "legs[2].amount", "legs[3].to", nil])
        #expect(legs.filter { $0.code != .ok }.allSatisfy { $0.transition == .transferRejected && $0.amount == nil })
        #expect(story.wallet(Story.hers)?.available == 0)
    }

    @Test("a bulk sent fifty times in one batch, and again later, pays its legs once")
    func repeated() {
        var story = Story()
        let leg = SubmitBulk.Leg(id: story.newID(), to: Story.his, amount: Money(1_000_00, .dzd))
        let command = story.command(
            Story.app(Story.amina), .submitBulk,
            .submitBulk(SubmitBulk(from: Story.hers, isAllOrNothing: false, legs: [leg])))
        let answers = story.books.take(Array(repeating: Books.Sent(command: command), count: 50))
        guard case .outcome(let told)? = answers.first else {
            Issue.record("the first is not an outcome")
            return
        }
        #expect(told.command == command.id && told.transition == .bulkCompleted)
        #expect(answers.dropFirst().allSatisfy { $0 == .repeated(told.position) })
        #expect(story.books.answer(to: command) == .repeated(told.position))
        #expect(story.wallet(Story.his)?.available == 101_000_00 && story.books.faults == [])
    }
}

@Suite("Postings of cancellations")
struct CancellationPostingTests {
    @Test("a cancelled withdrawal is the hold reversed, fee and all, and the money can be spent again")
    func cancelled() {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 99_800_00)
        #expect(
            held.lines == [.available(Story.hers): -100_000_00, .customer(Story.hers, .pending): 100_000_00])
        let cancelled = story.cancel(held.command, of: Story.hers, by: Story.amina)
        #expect(cancelled.lines == held.lines.mapValues { -$0 })
        #expect(cancelled.transition == .withdrawalCancelled && cancelled.status == .cancelled)
        #expect(cancelled.code == .cancelled && cancelled.subject == held.command)
        #expect(cancelled.amount == Money(99_800_00, .dzd))
        #expect(story.transfer(Story.hers, Story.his, by: Story.amina, 100_000_00).code == .ok)
    }

    @Test("what is cancelled is neither sent nor cancelled again, and its repeat tells of the cancellation")
    func final() {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 1_000_00)
        let cancelled = story.cancel(held.command, of: Story.hers, by: Story.amina)
        #expect(story.settle(held.command, of: Story.hers, .sent).code == .alreadyFinal)
        #expect(story.cancel(held.command, of: Story.hers, by: Story.amina).code == .alreadyFinal)
        let again = Command(
            id: held.command, type: .submitWithdrawal, caller: Story.app(Story.amina), notAfter: story.books.time,
            request: .unacceptable(.malformed, field: ""))
        #expect(story.books.answer(to: again) == .repeated(cancelled.position))
    }

    @Test("what is sent cannot be cancelled, and nobody cancels another's")
    func tooLate() {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 1_000_00)
        #expect(story.cancel(held.command, of: Story.his, by: Story.bachir).code == .withdrawalNotFound)
        #expect(story.cancel(held.command, of: Story.hers, by: Story.bachir).code == .notPermitted)
        story.settle(held.command, of: Story.hers, .sent)
        let late = story.cancel(held.command, of: Story.hers, by: Story.amina)
        #expect(late.code == .alreadyFinal && late.transition == .withdrawalCancellationRejected)
        #expect(story.books.movements[held.command]?.status == .sent)
    }
}

@Suite("Free transfers")
struct FreeTransferTests {
    private func fees(_ story: inout Story, _ count: Int) -> [Int64?] {
        (0..<count).map { _ in story.transfer(Story.hers, Story.his, by: Story.amina, 1_00).fee?.minorUnits }
    }

    @Test("five transfers a month post amount for amount, the sixth debits the payer with 10.00 more")
    func fiveThenTen() {
        var story = Story()
        for _ in 0..<5 {
            let free = story.transfer(Story.hers, Story.his, by: Story.amina, 1_00)
            #expect(free.lines == [.available(Story.hers): -1_00, .available(Story.his): 1_00])
            #expect(free.fee == Money(0, .dzd) && free.feeVersion == 1)
        }
        let paid = story.transfer(Story.hers, Story.his, by: Story.amina, 1_00)
        #expect(
            paid.lines == [
                .available(Story.hers): -11_00, .available(Story.his): 1_00, .system(.feeRevenue): 10_00,
            ])
    }

    @Test("the five are the owner's, over all wallets and sub-wallets; another owner has five of its own")
    func perOwner() {
        var story = Story()
        let taxes = story.open(under: Story.hers, by: Story.amina)
        story.fund(taxes, by: Story.amina, 1_000_00)
        #expect(fees(&story, 3) == [0, 0, 0])
        for fee in [0, 0, 10_00] as [Int64] {
            #expect(story.transfer(taxes, Story.his, by: Story.amina, 1_00).fee == Money(fee, .dzd))
        }
        #expect(fees(&story, 1) == [10_00])
        #expect(story.transfer(Story.his, Story.hers, by: Story.bachir, 1_00).fee == Money(0, .dzd))
    }

    @Test("a transfer that is refused takes no free place, and a wallet that could pay all but the fee is short")
    func refused() {
        var story = Story()
        for _ in 0..<6 { story.transfer(Story.hers, Story.his, by: Story.amina, 100_000_01) }
        #expect(fees(&story, 5) == [0, 0, 0, 0, 0])
        let short = story.transfer(Story.hers, Story.his, by: Story.amina, 99_995_00)
        #expect(short.code == .insufficientFunds && short.field == "amount")
        #expect(story.transfer(Story.hers, Story.his, by: Story.amina, 99_985_00).code == .ok)
        #expect(story.wallet(Story.hers)?.available == 0)
    }

    @Test(
        "the month ends at midnight in Algiers, which is 23:00 UTC",
        arguments: [
            ("2026-11-30T22:59:59.999999Z", "2026-11-30T23:00:00Z"),
            ("2026-12-31T22:59:59.999999Z", "2026-12-31T23:00:00Z"),
            ("2027-02-28T22:59:59.999999Z", "2027-02-28T23:00:00Z"),
        ])
    func midnight(before: String, after: String) {
        var story = Story()
        story.setTime(before)
        #expect(fees(&story, 6) == [0, 0, 0, 0, 0, 10_00])
        story.setTime(after)
        #expect(fees(&story, 6) == [0, 0, 0, 0, 0, 10_00])
    }

    @Test("midnight in UTC is an hour into the month and gives nothing")
    func midnightInUTC() {
        var story = Story()
        story.setTime("2026-11-30T23:00:00Z")
        #expect(fees(&story, 5) == [0, 0, 0, 0, 0])
        story.setTime("2026-12-01T00:00:00Z")
        #expect(fees(&story, 1) == [10_00])
    }

    @Test("a month that was left unused adds nothing to the next, and a clock that goes back gives nothing")
    func noSaving() {
        var story = Story()
        #expect(fees(&story, 1) == [0])
        story.setTime("2027-01-10T12:00:00Z")
        #expect(fees(&story, 6) == [0, 0, 0, 0, 0, 10_00])
        story.setTime("2026-12-20T12:00:00Z")
        #expect(fees(&story, 1) == [10_00])
    }
}
