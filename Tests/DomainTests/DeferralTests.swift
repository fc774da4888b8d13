// A command that overtakes the one it is about comes again for a minute, and leaves no trace until then.

import Domain
import Testing

@Suite("Deferral")
struct DeferralTests {
    /// Every type that refers to an earlier command.
    private static let types = CommandType.allCases.filter { Situation($0, []).command.request.movement != nil }
    private static let minute: Int64 = 60_000_000

    /// The situation in which the earlier command is missing, and its command, accepted so many microseconds ago.
    private func early(_ type: CommandType, ago: Int64, _ faults: Set<Fault> = [.movementMissing]) -> Situation {
        Situation(type, faults, acceptedAt: Timestamp(microseconds: Situation.now.microseconds - ago))
    }

    private func expectNoTrace(_ books: Books, of before: Books, _ comment: Comment? = nil) {
        #expect(books.wallets == before.wallets && books.owners == before.owners, comment)
        #expect(books.movements == before.movements && books.system == before.system, comment)
        #expect(books.beneficiaries == before.beneficiaries && books.paidReferences == before.paidReferences, comment)
        #expect(books.answered.isEmpty && books.outcomes.isEmpty && books.sequence == 1, comment)
    }

    @Test("the steps of top-ups, withdrawals and adjustments, refunds and disputes are about earlier commands")
    func which() {
        let expected: Set<CommandType> = [
            .settleTopUp, .settleWithdrawal, .cancelWithdrawal, .expireWithdrawal, .submitRefund, .openDispute,
            .settleDispute, .settleAdjustment, .recordChargeback, .winChargeback,
        ]
        #expect(Set(Self.types) == expected)
    }

    @Test(
        "accepted less than 60 seconds ago it is deferred, however often, and changes and records nothing",
        arguments: types)
    func deferred(type: CommandType) {
        for ago in [-5_000_000, 0, 1, Self.minute - 1] {
            var situation = early(type, ago: ago)
            let before = situation.books
            for _ in 0..<3 {
                #expect(situation.books.answer(to: situation.command) == .deferred)
                expectNoTrace(situation.books, of: before)
            }
        }
    }

    @Test("at 60 seconds it is refused, and stays refused when the earlier command comes after all", arguments: types)
    func refused(type: CommandType) throws {
        for ago in [Self.minute, Self.minute + 1, 10 * Self.minute] {
            var situation = early(type, ago: ago)
            let told = situation.books.take(situation.command)
            let refusal = try #require(Refusal.all(of: type).first { $0.fault == .movementMissing })
            #expect(told.code == refusal.code && told.field == refusal.field && told.status == .rejected)
            situation.books.movements = Situation(type, []).books.movements
            #expect(situation.books.answer(to: situation.command) == .repeated(told.position))
        }
    }

    /// A chargeback of an empty wallet freezes it first.
    @Test("it is judged anew when it comes again, and is the first outcome then", arguments: types)
    func anew(type: CommandType) {
        var situation = early(type, ago: Self.minute - 1)
        #expect(situation.books.answer(to: situation.command) == .deferred)
        situation.books.movements = Situation(type, []).books.movements
        let told = situation.books.take(situation.command)
        #expect(told.refusedFor == nil && told.position.sequence == (type == .recordChargeback ? 2 : 1))
        #expect(situation.books.answer(to: situation.command) == .repeated(told.position))
    }

    @Test("time runs on while it is deferred: when it comes again past the minute it is refused", arguments: types)
    func runsOut(type: CommandType) {
        var situation = Situation(type, [.movementMissing], acceptedAt: Situation.now, notAfterSeconds: 3_600)
        #expect(situation.books.answer(to: situation.command) == .deferred)
        situation.books.time = Situation.now.adding(seconds: 59)
        #expect(situation.books.answer(to: situation.command) == .deferred)
        situation.books.time = Situation.now.adding(seconds: 60)
        #expect(situation.books.take(situation.command).status == .rejected)
    }

    @Test("past its not-after it is expired, not deferred", arguments: types)
    func expired(type: CommandType) {
        var situation = early(type, ago: 1, [.movementMissing, .expired])
        #expect(situation.books.take(situation.command).code == .expired)
    }

    @Test("a repeat of a deferred command in the same batch is deferred too, whatever its content", arguments: types)
    func repeatInBatch(type: CommandType) {
        var situation = early(type, ago: 1)
        let before = situation.books
        let sent = Books.Sent(command: situation.command)
        let other = Books.Sent(command: situation.command, differingField: "wallet")
        #expect(situation.books.take([sent, sent, other]) == [.deferred, .deferred, .deferred])
        expectNoTrace(situation.books, of: before)
    }

    @Test(
        "only what may still come is waited for: another's command, one of another kind or one that is final is refused",
        arguments: types)
    func nothingToWaitFor(type: CommandType) {
        let isAbsence: Set<Fault> = [.movementMissing, .payeeMissing]
        for refusal in Refusal.all(of: type) where !isAbsence.contains(refusal.fault) {
            var situation = early(type, ago: 1, [refusal.fault])
            let told = situation.books.take(situation.command)
            #expect(told.code == refusal.code, "\(refusal)")
        }
    }

    @Test("who may not act is told so at once, whether or not the earlier command is there", arguments: types)
    func whoFirst(type: CommandType) {
        var situation = early(type, ago: 1, [.movementMissing, .permissionMissing])
        #expect(situation.books.take(situation.command).code == .notPermitted)
    }

    @Test("a wallet that comes with the earlier command is waited for as the command is: payer's or merchant's")
    func otherWallet() {
        for type in [CommandType.submitRefund, .openDispute, .settleDispute] {
            var fresh = early(type, ago: Self.minute - 1, [.payeeMissing])
            let before = fresh.books
            #expect(fresh.books.answer(to: fresh.command) == .deferred, "\(type)")
            expectNoTrace(fresh.books, of: before, "\(type)")
            var old = early(type, ago: Self.minute, [.payeeMissing])
            #expect(old.books.take(old.command).code.rule.httpStatus == 404, "\(type)")
        }
        var dispute = early(.settleDispute, ago: 1, [])
        dispute.books.movements[Situation.disputed] = nil
        #expect(dispute.books.answer(to: dispute.command) == .deferred)
    }

    @Test("a refund that stands before its payment in a batch waits for the next, one that stands after it does not")
    func overtaking() {
        var story = Story()
        let payment = story.command(
            Story.app(Story.amina), .submitPayment,
            .submitPayment(
                SubmitPayment(from: Story.hers, to: Story.shop, amount: Money(100_00, .dzd), reference: nil)))
        let refunds = (0..<2).map { _ in
            story.command(
                Story.app(Story.karim), .submitRefund,
                .submitRefund(
                    SubmitRefund(payment: payment.id, wallet: Story.shop, amount: Money(50_00, .dzd)))
            ).accepted(at: story.books.time)
        }
        let answers = story.books.take([refunds[0], payment, refunds[1]].map { Books.Sent(command: $0) })
        #expect(answers[0] == .deferred)
        #expect(story.books.outcomes.suffix(2).map(\.command) == [payment.id, refunds[1].id])
        #expect(story.books.movements[payment.id]?.refunded == 50_00 && story.books.faults == [])
        #expect(story.books.take(refunds[0]).code == .ok)
        #expect(story.wallet(Story.hers)?.available == 100_000_00 && story.books.faults == [])
    }

    @Test("a deferred command between others leaves no gap: they are decided and numbered as without it")
    func noGap() {
        var (with, without) = (Story(), Story())
        let transfers = (0..<4).map { _ in
            with.command(
                Story.app(Story.amina), .submitTransfer,
                .submitTransfer(SubmitTransfer(from: Story.hers, to: Story.his, amount: Money(1_00, .dzd))))
        }
        let waiting = with.command(
            Story.app(Story.karim), .submitRefund,
            .submitRefund(
                SubmitRefund(payment: CommandID(high: 9, low: 9), wallet: Story.shop, amount: Money(1, .dzd)))
        ).accepted(at: with.books.time)
        var batch = transfers.map { Books.Sent(command: $0) }
        _ = without.books.take(batch)
        batch.insert(Books.Sent(command: waiting), at: 2)
        _ = with.books.take(batch)
        #expect(with.books.outcomes == without.books.outcomes && with.books.wallets == without.books.wallets)
    }

    @Test("what names a wallet, a payee or a beneficiary that is not there is refused at once")
    func notReferring() {
        for type in CommandType.allCases where !Self.types.contains(type) {
            for refusal in Refusal.all(of: type) {
                var situation = early(type, ago: 0, [refusal.fault])
                #expect(situation.books.take(situation.command).code == refusal.code, "\(type) \(refusal)")
            }
        }
    }
}
