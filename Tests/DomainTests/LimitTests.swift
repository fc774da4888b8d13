// What an owner may send out in a day and in a month: to the centime, to the moment, over all of its wallets.

import Domain
import Testing

@Suite("Limits")
struct LimitTests {
    /// A way in which money goes out.
    enum Way: CaseIterable {
        case transfer, payment, withdrawal, bulk

        var field: String { self == .bulk ? "legs[0].amount" : "amount" }
    }

    /// The story's people under the limits of the specification, at a time.
    private static func story(at time: String = "2026-11-16T11:00:00Z") -> Story {
        var story = Story()
        story.books.limits = .standard
        story.setTime(time)
        for (wallet, user) in [
            (Story.hers, Story.amina), (Story.his, Story.bachir), (Story.shop, Story.karim),
            (Story.market, Story.leila),
        ] { story.fund(wallet, by: user, 20_000_000_00) }
        return story
    }

    @discardableResult
    private static func send(
        _ way: Way, _ amount: Int64, from wallet: WalletID = Story.hers, by user: OwnerID = Story.amina,
        _ story: inout Story
    ) -> Books.Told {
        switch way {
        case .transfer: story.transfer(wallet, Story.his, by: user, amount)
        case .payment: story.pay(wallet, Story.shop, by: user, amount)
        case .withdrawal: story.withdraw(wallet, by: user, amount)
        case .bulk: story.bulk(wallet, by: user, isAllOrNothing: true, [(Story.his, amount)])
        }
    }

    private static func spending(_ story: Story, of owner: OwnerID = Story.amina) -> Spending {
        story.books.owners[owner]?.spending ?? .none
    }

    // MARK: - To the centime

    @Test("what fills the day to the centime goes out, and a centime more does not", arguments: Way.allCases)
    func day(way: Way) {
        var story = Self.story()
        let tooMuch = Self.send(way, 50_000_01, &story)
        #expect(tooMuch.code == .limitDaily && tooMuch.field == way.field && tooMuch.status == .rejected)
        #expect(tooMuch.entries.isEmpty && tooMuch.amount == nil && tooMuch.limit == LimitUse(version: 1))
        #expect(Self.spending(story) == .none)
        #expect(Self.send(way, 49_999_99, &story).code == .ok)
        #expect(Self.send(way, 2, &story).code == .limitDaily)
        #expect(Self.send(way, 1, &story).code == .ok)
        #expect(Self.send(way, 1, &story).code == .limitDaily)
        #expect(Self.spending(story) == Spending(day: 20_773, inDay: 50_000_00, inMonth: 50_000_00))
    }

    @Test("what fills the month to the centime goes out, and a centime more does not", arguments: Way.allCases)
    func month(way: Way) {
        var story = Self.story()
        for day in 10...15 {
            story.setTime("2026-11-\(day)T11:00:00Z")
            #expect(Self.send(.transfer, 50_000_00 - (day == 15 ? 1 : 0), &story).code == .ok)
        }
        story.setTime("2026-11-16T11:00:00Z")
        let tooMuch = Self.send(way, 2, &story)
        #expect(tooMuch.code == .limitMonthly && tooMuch.field == way.field && tooMuch.limit == LimitUse(version: 1))
        #expect(Self.send(way, 1, &story).code == .ok)
        #expect(Self.send(way, 1, &story).code == .limitMonthly)
        // More than the day's: that is said first.
        #expect(Self.send(way, 50_000_01, &story).code == .limitDaily)
        #expect(Self.spending(story) == Spending(day: 20_773, inDay: 1, inMonth: 300_000_00))
    }

    @Test("fees are not counted")
    func fees() {
        var story = Self.story()
        for _ in 1...5 { Self.send(.transfer, 1, &story) }
        let sixth = Self.send(.transfer, 1_000_00, &story)
        let express = Self.send(.withdrawal, 1_000_00, &story)
        #expect(sixth.fee == Money(10_00, .dzd) && express.fee == Money(200_00, .dzd))
        #expect(Self.spending(story).inDay == 2_000_05)
    }

    // MARK: - To the moment

    @Test("a day ends at midnight in Algiers, an hour before it does in UTC")
    func midnight() {
        var story = Self.story()
        story.setTime("2026-11-16T23:00:00Z")
        #expect(Self.send(.transfer, 50_000_00, &story).code == .ok)
        story.setTime("2026-11-17T22:59:59.999999Z")
        #expect(Self.send(.transfer, 1, &story).code == .limitDaily)
        story.setTime("2026-11-17T23:00:00Z")
        let next = Self.send(.transfer, 1, &story)
        #expect(next.code == .ok && next.limit == LimitUse(version: 1, day: 20_775))
        #expect(Self.spending(story) == Spending(day: 20_775, inDay: 1, inMonth: 50_000_01))
    }

    @Test("a month ends with its last midnight in Algiers, of years and leap days too")
    func monthEnds() {
        for (last, first) in [
            ("2026-11-30T22:59:59.999999Z", "2026-11-30T23:00:00Z"),
            ("2026-12-31T22:59:59.999999Z", "2026-12-31T23:00:00Z"),
            ("2028-02-29T22:59:59.999999Z", "2028-02-29T23:00:00Z"),
        ] {
            var story = Self.story(at: last)
            let day = story.books.time.dayInAlgiers
            story.books.owners[Story.amina]?.spending = Spending(day: day - 1, inDay: 5, inMonth: 300_000_00)
            #expect(story.books.take(Self.transfer(1, &story)).code == .limitMonthly, "\(last)")
            story.setTime(first)
            #expect(story.books.take(Self.transfer(1, &story)).code == .ok, "\(first)")
            #expect(Self.spending(story) == Spending(day: day + 1, inDay: 1, inMonth: 1), "\(first)")
        }
    }

    /// A transfer whose books were not made by commands alone, so that they are not held against them.
    private static func transfer(_ amount: Int64, _ story: inout Story) -> Command {
        story.command(
            Story.app(Story.amina), .submitTransfer,
            .submitTransfer(SubmitTransfer(from: Story.hers, to: Story.his, amount: Money(amount, .dzd))))
    }

    @Test("a day that was begun counts on though the clock goes back, over midnight and over a month's end")
    func clockGoesBack() {
        var story = Self.story(at: "2026-11-30T23:00:00Z")
        #expect(Self.send(.transfer, 50_000_00, &story).code == .ok)
        let before = Self.spending(story)
        for earlier in ["2026-11-30T22:59:59.999999Z", "2026-11-16T11:00:00Z"] {
            story.setTime(earlier)
            #expect(Self.send(.transfer, 1, &story).code == .limitDaily)
            #expect(Self.spending(story) == before)
        }
        story.books.limits = LimitSchedule(first: .unlimited)
        #expect(Self.send(.transfer, 1, &story).limit == LimitUse(version: 1, day: before.day))
        #expect(Self.spending(story) == Spending(day: before.day, inDay: 50_000_01, inMonth: 50_000_01))
    }

    // MARK: - Whose

    @Test("the limits are the owner's: what leaves one wallet is missing to all, and to nobody else's")
    func allWallets() {
        var story = Self.story()
        let taxes = story.open(under: Story.hers, by: Story.amina)
        story.move(Story.hers, .available, taxes, .available, by: Story.app(Story.amina), 90_000_00)
        #expect(Self.spending(story) == .none)
        #expect(Self.send(.transfer, 30_000_00, &story).code == .ok)
        #expect(Self.send(.payment, 20_000_01, from: taxes, &story).code == .limitDaily)
        #expect(Self.send(.payment, 20_000_00, from: taxes, &story).code == .ok)
        #expect(Self.send(.withdrawal, 1, &story).code == .limitDaily)
        #expect(story.transfer(Story.his, Story.hers, by: Story.bachir, 50_000_00).code == .ok)
    }

    @Test("a merchant's limits are the merchant's, whoever of its team sends, and those of its level")
    func merchants() {
        var story = Self.story()
        story.setMember(Story.samir, .manager)
        #expect(story.transfer(Story.shop, Story.his, by: Story.karim, 300_000_00).code == .ok)
        #expect(story.transfer(Story.shop, Story.his, by: Story.samir, 200_000_01).code == .limitDaily)
        #expect(story.transfer(Story.shop, Story.his, by: Story.samir, 200_000_00).code == .ok)
        #expect(story.transfer(Story.market, Story.his, by: Story.leila, 500_000_01).code == .limitDaily)
        #expect(story.transfer(Story.market, Story.his, by: Story.leila, 500_000_00).code == .ok)
    }

    @Test("what is paid, refunded, moved, charged back or adjusted is not sent by who gets or loses it")
    func others() {
        var story = Self.story()
        let payment = Self.send(.payment, 40_000_00, &story)
        story.refund(payment.command, 10_000_00)
        story.move(Story.shop, .available, Story.shop, .reserve, by: Story.app(Story.karim), 5_000_00)
        let topUp = story.fundByCard(Story.shop, by: Story.karim, 1_000_00)
        story.chargeBack(topUp, Story.shop)
        #expect(Self.spending(story, of: Story.shopOwner) == .none)
        // A refund does not give back what the payment took.
        #expect(Self.spending(story).inDay == 40_000_00)
        #expect(story.books.outcomes.filter { $0.limit?.day != nil }.map(\.command) == [payment.command])
    }

    @Test("a level that has run out counts as level 1 from that moment, and what was sent before counts against it")
    func effectiveLevel() {
        var story = Self.story()
        let (now, end) = (story.books.time, story.books.time.adding(seconds: 60))
        story.books.owners[Story.amina] = Owner(
            id: Story.amina, controller: Story.amina,
            verification: Verification(level: 2, expiresAt: end, levelOneExpiresAt: end.adding(seconds: 86_400)))
        story.books.time = Timestamp(microseconds: end.microseconds - 1)
        #expect(Self.send(.transfer, 500_000_01, &story).code == .limitDaily)
        #expect(Self.send(.transfer, 49_999_99, &story).code == .ok)
        story.books.time = end
        #expect(Self.send(.transfer, 2, &story).code == .limitDaily)
        #expect(Self.send(.transfer, 1, &story).code == .ok && now < end)
    }

    // MARK: - Many at once

    @Test("each leg of a bulk counts: what no longer fits is refused by itself, and smaller ones still go out")
    func bulk() {
        var story = Self.story()
        let bulk = story.bulk(
            Story.hers, by: Story.amina, isAllOrNothing: false,
            [(Story.his, 30_000_00), (Story.shop, 20_000_01), (Story.shop, 20_000_00), (Story.his, 1)])
        #expect(bulk.status == .partlyCompleted && bulk.amount == Money(50_000_00, .dzd))
        #expect(bulk.limit == LimitUse(version: 1))
        let legs = story.books.outcomes.suffix(5).dropLast()
        #expect(legs.map(\.code) == [.ok, .limitDaily, .ok, .limitDaily])
        #expect(legs.map(\.field) == [nil, "legs[1].amount", nil, "legs[3].amount"])
        let (taken, refused) = (LimitUse(version: 1, day: 20_773), LimitUse(version: 1))
        #expect(legs.map(\.limit) == [taken, refused, taken, refused])
        #expect(Self.spending(story).inDay == 50_000_00)
    }

    @Test("of all or nothing one leg too many refuses the whole, and nothing is counted")
    func allOrNothing() {
        var story = Self.story()
        let legs = [(Story.his, Int64(30_000_00)), (Story.shop, 20_000_01)]
        let bulk = story.bulk(Story.hers, by: Story.amina, isAllOrNothing: true, legs)
        #expect(bulk.transition == .bulkRejected && bulk.code == .limitDaily && bulk.field == "legs[1].amount")
        #expect(bulk.limit == LimitUse(version: 1) && Self.spending(story) == .none)
        #expect(Self.send(.transfer, 50_000_00, &story).code == .ok)
    }

    @Test("two commands in one batch cannot send together what neither batch would let through")
    func oneBatch() {
        var story = Self.story()
        let commands = [Self.transfer(30_000_00, &story), Self.transfer(20_000_01, &story), Self.transfer(5, &story)]
        let answers = story.books.take(commands.map { Books.Sent(command: $0) })
        let codes = answers.map { answer in
            if case .outcome(let told) = answer { told.code } else { OutcomeCode.keyReused }
        }
        #expect(codes == [.ok, .limitDaily, .ok] && story.books.faults == [])
    }

    // MARK: - Giving back

    /// How a withdrawal comes to nothing.
    enum End: CaseIterable {
        case cancelled, expired, returned, returnedAfterwards, chargedBack
    }

    private static func end(_ withdrawal: CommandID, _ end: End, _ story: inout Story) -> Books.Told {
        switch end {
        case .cancelled: return story.cancel(withdrawal, of: Story.hers, by: Story.amina)
        case .expired: return story.expire(withdrawal, of: Story.hers)
        case .returned, .returnedAfterwards:
            story.settle(withdrawal, of: Story.hers, .sent)
            if end == .returnedAfterwards { story.settle(withdrawal, of: Story.hers, .confirmed) }
            return story.settle(withdrawal, of: Story.hers, .returned)
        case .chargedBack:
            story.chargeBack(story.fundByCard(Story.hers, by: Story.amina, 1_000_00), Story.hers)
            let part = story.books.outcomes.last { $0.transition == .withdrawalCancelled }
            return part ?? story.books.outcomes[0]
        }
    }

    @Test("a withdrawal that comes to nothing gives back what it took, on the same day", arguments: End.allCases)
    func sameDay(end: End) {
        var story = Self.story()
        let withdrawal = Self.send(.withdrawal, 50_000_00, &story)
        let day = LimitUse(version: 1, day: 20_773)
        #expect(withdrawal.limit == day && Self.send(.transfer, 1, &story).code == .limitDaily)
        let ended = Self.end(withdrawal.command, end, &story)
        #expect(ended.subject == withdrawal.command && ended.limit == day)
        #expect(Self.spending(story) == Spending(day: 20_773, inDay: 0, inMonth: 0))
        #expect(Self.send(.transfer, 50_000_00, &story).code == .ok)
    }

    @Test("what is sent and confirmed took what it took, and its steps take nothing more")
    func steps() {
        var story = Self.story()
        let withdrawal = Self.send(.withdrawal, 1_000_00, &story).command
        #expect(story.settle(withdrawal, of: Story.hers, .sent).limit == LimitUse(version: 1))
        #expect(story.settle(withdrawal, of: Story.hers, .confirmed).limit == LimitUse(version: 1))
        #expect(Self.spending(story).inDay == 1_000_00)
    }

    @Test("given back on a later day it is the month's alone, and the day's own is left as it is")
    func nextDay() {
        var story = Self.story()
        let withdrawal = Self.send(.withdrawal, 30_000_00, &story).command
        story.setTime("2026-11-17T11:00:00Z")
        Self.send(.transfer, 10_000_00, &story)
        #expect(story.cancel(withdrawal, of: Story.hers, by: Story.amina).limit == LimitUse(version: 1, day: 20_773))
        #expect(Self.spending(story) == Spending(day: 20_774, inDay: 10_000_00, inMonth: 10_000_00))
    }

    @Test("given back on a later day before anything else went out, it is the day's and the month's that it took")
    func nextDayUntouched() {
        var story = Self.story()
        let withdrawal = Self.send(.withdrawal, 30_000_00, &story).command
        story.setTime("2026-11-17T11:00:00Z")
        story.cancel(withdrawal, of: Story.hers, by: Story.amina)
        #expect(Self.spending(story) == Spending(day: 20_773, inDay: 0, inMonth: 0))
        #expect(Self.send(.transfer, 50_000_01, &story).code == .limitDaily)
    }

    @Test("given back in a later month it is nobody's: the month's own is left as it is")
    func nextMonth() {
        var story = Self.story(at: "2026-11-30T22:59:59.999999Z")
        let withdrawal = Self.send(.withdrawal, 30_000_00, &story).command
        story.setTime("2026-11-30T23:00:00Z")
        Self.send(.transfer, 10_000_00, &story)
        let before = Self.spending(story)
        #expect(story.cancel(withdrawal, of: Story.hers, by: Story.amina).code == .cancelled)
        #expect(Self.spending(story) == before && before.inMonth == 10_000_00)
    }

    @Test("what was held before there were limits gives nothing back")
    func heldBefore() {
        var situation = Situation(.cancelWithdrawal, [])
        let before = situation.books.owners
        #expect(situation.books.take(situation.command).limit == nil)
        #expect(situation.books.owners == before)
    }

    // MARK: - Tables

    @Test("a table holds from its start date, on refusals too, and what was sent before counts against it")
    func startDates() throws {
        var story = Self.story()
        let later = try #require(Timestamp(rfc3339: "2026-11-16T12:00:00Z"))
        story.books.limits = LimitSchedule(
            first: .standard,
            later: [
                LimitTable(
                    version: 8, validFrom: later, levelOne: LimitTable.Figures(daily: 20_000_00, monthly: 60_000_00),
                    levelTwo: LimitTable.standard.levelTwo, levelThree: LimitTable.standard.levelThree)
            ])
        story.setTime("2026-11-16T11:59:59.999999Z")
        #expect(Self.send(.transfer, 25_000_00, &story).limit?.version == 1)
        story.books.time = later
        let refused = Self.send(.transfer, 1, &story)
        #expect(refused.code == .limitDaily && refused.limit == LimitUse(version: 8))
        story.setTime("2026-11-17T12:00:00Z")
        #expect(Self.send(.transfer, 20_000_00, &story).limit == LimitUse(version: 8, day: 20_774))
    }

    @Test("level 3 may be without limits; what it sends is counted all the same")
    func unlimited() {
        var story = Self.story()
        story.books.limits = LimitSchedule(
            first: LimitTable(
                version: 3, validFrom: Timestamp(microseconds: 0), levelOne: LimitTable.standard.levelOne,
                levelTwo: LimitTable.standard.levelTwo, levelThree: LimitTable.Figures(daily: nil, monthly: nil)))
        #expect(story.transfer(Story.market, Story.his, by: Story.leila, 15_000_000_00).code == .ok)
        #expect(Self.spending(story, of: Story.marketOwner).inMonth == 15_000_000_00)
        #expect(story.transfer(Story.shop, Story.his, by: Story.karim, 500_000_01).code == .limitDaily)
    }

    @Test("the figures are those of the specification; level 0 sends nothing, and level 3 what level 2 may")
    func figures() {
        let table = LimitTable.standard
        #expect(table.figures(ofLevel: 0) == LimitTable.Figures(daily: 0, monthly: 0))
        #expect(table.figures(ofLevel: 1) == LimitTable.Figures(daily: 50_000_00, monthly: 300_000_00))
        #expect(table.figures(ofLevel: 2) == LimitTable.Figures(daily: 500_000_00, monthly: 10_000_000_00))
        #expect(table.figures(ofLevel: 3) == table.figures(ofLevel: 2))
    }

    @Test("another currency has no measure: it goes out only where nothing is limited, and is not counted")
    func currencies() {
        let figures: [(LimitTable.Figures, OutcomeCode)] = [
            (LimitTable.Figures(daily: 1, monthly: nil), .limitDaily),
            (LimitTable.Figures(daily: nil, monthly: .max), .limitMonthly),
            (LimitTable.Figures(daily: nil, monthly: nil), .ok),
        ]
        for (figures, code) in figures {
            var story = Self.story()
            let (from, to) = (WalletID(high: 0x5e, low: 1), WalletID(high: 0x5e, low: 2))
            for (wallet, owner) in [(from, Story.amina), (to, Story.bachir)] {
                story.books.wallets[wallet] = Wallet(
                    id: wallet, owner: owner, type: .personal, currency: .eur, name: nil, available: 100)
            }
            story.books.limits = LimitSchedule(
                first: LimitTable(
                    version: 2, validFrom: Timestamp(microseconds: 0), levelOne: figures, levelTwo: figures,
                    levelThree: figures))
            let command = story.command(
                Story.app(Story.amina), .submitTransfer,
                .submitTransfer(SubmitTransfer(from: from, to: to, amount: Money(1, .eur))))
            let told = story.books.take(command)
            #expect(told.code == code && told.limit == LimitUse(version: 2) && Self.spending(story) == .none)
        }
    }

    @Test("sums that do not fit are told, limited or not, and nothing is counted", arguments: [Int64.max, nil])
    func overflow(limit: Int64?) {
        var story = Self.story()
        let figures = LimitTable.Figures(daily: limit, monthly: limit)
        story.books.limits = LimitSchedule(
            first: LimitTable(
                version: 2, validFrom: Timestamp(microseconds: 0), levelOne: figures, levelTwo: figures,
                levelThree: figures))
        let full = Spending(day: story.books.time.dayInAlgiers, inDay: .max - 1, inMonth: .max - 1)
        story.books.owners[Story.amina]?.spending = full
        let told = story.books.take(Self.transfer(2, &story))
        #expect(told.code == (limit == nil ? .amountOutOfRange : .limitDaily) && told.field == "amount")
        #expect(Self.spending(story) == full)
        #expect(story.books.take(Self.transfer(1, &story)).code == .ok)
    }

    @Test("what was refused for a limit stays refused on the next day, however often it comes back")
    func staysRefused() {
        var story = Self.story()
        Self.send(.transfer, 50_000_00, &story)
        let command = Self.transfer(1, &story)
        let refused = story.books.take(command)
        #expect(refused.code == .limitDaily)
        story.setTime("2026-11-17T11:00:00Z")
        let before = story.books.owners
        for _ in 1...3 { #expect(story.books.answer(to: command) == .repeated(refused.position)) }
        #expect(story.books.owners == before)
    }
}
