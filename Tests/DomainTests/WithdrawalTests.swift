// What is configured of withdrawals: banks, release times, how new a beneficiary may be.

import Domain
import Testing

@Suite("Withdrawals")
struct WithdrawalTests {
    /// 2026-11-22 was a Sunday, and a business day.
    private static let sunday = "2026-11-22T09:00:00Z"

    private func submit(
        _ speed: WithdrawalSpeed, _ situation: inout Situation, to beneficiary: BeneficiaryID = Situation.beneficiary
    ) -> Books.Told {
        situation.books.take(
            situation.command(
                .submitWithdrawal(
                    SubmitWithdrawal(
                        wallet: Situation.wallet, beneficiary: beneficiary, speed: speed, amount: Situation.amount))))
    }

    @Test(
        "a withdrawal keeps when it goes out and by when it is expected, as the calendar says",
        arguments: WithdrawalSpeed.allCases)
    func release(speed: WithdrawalSpeed) throws {
        var situation = Situation(.submitWithdrawal, [])
        situation.books.wallets[Situation.wallet]?.available = 10_000_00
        let told = submit(speed, &situation)
        let release = try #require(situation.books.movements[told.command]?.release)
        let calendar = BusinessCalendar()
        #expect(release.at == calendar.releaseTime(for: speed, at: Situation.now))
        #expect(release.expectedBy == calendar.expectedBy(for: speed, at: Situation.now))
        #expect(release.at >= Situation.now && release.expectedBy > release.at)
    }

    @Test("the configured hours and holidays are the ones that count")
    func calendar() throws {
        var situation = Situation(.submitWithdrawal, [.beneficiaryTooNew])
        situation.books.wallets[Situation.wallet]?.available = 10_000_00
        let nine = try #require(TimeOfDay("09:00"))
        let ten = try #require(TimeOfDay("10:00"))
        situation.books.withdrawals.calendar = BusinessCalendar(
            holidays: try Holidays(text: "2026-11-24 A day off\n"),
            hours: try #require(BankingHours(opening: nine, cutOff: ten)))
        // Situation.now is Sunday the 22nd, 18:39 in Algiers: the next business day is the 23rd, of 09:00.
        let told = submit(.standard, &situation)
        let release = try #require(situation.books.movements[told.command]?.release)
        #expect(release.at == Timestamp(rfc3339: "2026-11-23T08:00:00Z"))
        // Three business days: the 23rd, the 25th and the 26th, up to the midnight after it.
        #expect(release.expectedBy == Timestamp(rfc3339: "2026-11-26T23:00:00Z"))
    }

    @Test("only banks on the configured list are added, and their list takes the place of the built-in one")
    func banks() throws {
        var situation = Situation(.addBeneficiary, [])
        situation.books.withdrawals.banks = try BankDirectory(text: "011 CNEP-Banque\n")
        let refused = situation.books.take(situation.command)
        #expect(refused.code == .ribInvalid && refused.field == "rib.bank")
        #expect(situation.books.beneficiaries.isEmpty)
        var other = Situation(.addBeneficiary, [.unknownBank])
        other.books.withdrawals.banks = try BankDirectory(text: "999 A Bank\n")
        #expect(other.books.take(other.command).code == .ok)
    }

    @Test("an express withdrawal waits until its beneficiary was added so many hours ago, to the microsecond")
    func newBeneficiary() {
        for (hours, microseconds, code) in [
            (24, 0, OutcomeCode.ok), (24, 1, .beneficiaryTooNew), (0, 86_400_000_000, .ok),
            (1, 86_399_999_999, .beneficiaryTooNew),
        ] as [(Int64, Int64, OutcomeCode)] {
            var situation = Situation(.submitWithdrawal, [])
            situation.books.withdrawals.expressBeneficiaryHours = hours
            let added = Situation.now.microseconds - 86_400_000_000 + microseconds
            let beneficiary = situation.books.beneficiaries[Situation.beneficiary]
            situation.books.beneficiaries[Situation.beneficiary] = beneficiary.map {
                Beneficiary(
                    id: $0.id, wallet: $0.wallet, rib: $0.rib, holderName: $0.holderName,
                    addedAt: Timestamp(microseconds: added), verifiedAt: $0.verifiedAt)
            }
            #expect(submit(.express, &situation).code == code, "\(hours) h, \(microseconds) µs")
        }
        var standard = Situation(.submitWithdrawal, [.beneficiaryTooNew])
        #expect(submit(.standard, &standard).code == .ok)
    }

    @Test(
        "nothing new goes to a beneficiary that was removed; what is held for it does, and so does what follows to another"
    )
    func removed() throws {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 1_000_00)
        let beneficiary = try #require(story.books.beneficiaries.keys.first)
        let removal = Request.removeBeneficiary(RemoveBeneficiary(beneficiary: beneficiary, wallet: Story.hers))
        #expect(story.ask(Story.app(Story.bachir), .removeBeneficiary, removal).code == .notPermitted)
        #expect(story.ask(Story.app(Story.amina), .removeBeneficiary, removal).transition == .beneficiaryRemoved)
        #expect(story.ask(Story.app(Story.amina), .removeBeneficiary, removal).code == .beneficiaryNotFound)
        let submission = Request.submitWithdrawal(
            SubmitWithdrawal(
                wallet: Story.hers, beneficiary: beneficiary, speed: .standard, amount: Money(1_00, .dzd)))
        #expect(story.ask(Story.app(Story.amina), .submitWithdrawal, submission).code == .beneficiaryNotFound)
        #expect(story.settle(held.command, of: Story.hers, .sent).status == .sent)
        #expect(story.settle(held.command, of: Story.hers, .confirmed).status == .completed)
        #expect(story.withdraw(Story.hers, by: Story.amina, 1_000_00).status == .held)
    }

    @Test("a frozen wallet's withdrawal is not sent; it is after the release, and expires if that never comes")
    func frozen() {
        var story = Story()
        let first = story.withdraw(Story.hers, by: Story.amina, 1_000_00)
        let second = story.withdraw(Story.hers, by: Story.amina, 2_000_00)
        let wallet = ChangeWallet(wallet: Story.hers)
        story.ask(Story.app(Story.amina), .freezeWallet, .freezeWallet(wallet))
        #expect(story.settle(first.command, of: Story.hers, .sent).code == .walletFrozen)
        let expired = story.expire(second.command, of: Story.hers)
        #expect(expired.status == .expired && expired.code == .notSent && expired.subject == second.command)
        #expect(expired.lines == second.lines.mapValues { -$0 })
        story.ask(Story.app(Story.amina), .unfreezeWallet, .unfreezeWallet(wallet))
        #expect(story.settle(first.command, of: Story.hers, .sent).status == .sent)
        #expect(story.settle(second.command, of: Story.hers, .sent).code == .alreadyFinal)
        #expect(story.expire(first.command, of: Story.hers).code == .alreadyFinal)
        #expect(story.cancel(second.command, of: Story.hers, by: Story.amina).code == .alreadyFinal)
        #expect(story.wallet(Story.hers)?.standing.underWay == 1)
    }
}
