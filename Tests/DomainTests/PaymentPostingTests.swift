// What payments, refunds and disputes post, line by line; the rules of the books hold after every single command.

import Domain
import Testing

@Suite("Postings of payments")
struct PaymentPostingTests {
    @Test(
        "a payment credits the merchant net of 1.5 % at level 2, rounded half to even",
        arguments: [
            (1_000_00, 15_00), (100, 2), (300, 4), (500, 8), (700, 10), (33, 0), (34, 1), (1, 0), (99_999_99, 1_500_00),
        ] as [(Int64, Int64)])
    func levelTwo(amount: Int64, fee: Int64) {
        var story = Story()
        expectPayment(&story, to: Story.shop, amount, fee)
    }

    @Test(
        "a payment credits the merchant net of 1.0 % at level 3, rounded half to even",
        arguments: [
            (1_000_00, 10_00), (50, 0), (150, 2), (250, 2), (350, 4), (49, 0), (51, 1), (1, 0), (99_999_99, 1_000_00),
        ] as [(Int64, Int64)])
    func levelThree(amount: Int64, fee: Int64) {
        var story = Story()
        expectPayment(&story, to: Story.market, amount, fee)
    }

    private func expectPayment(_ story: inout Story, to merchant: WalletID, _ amount: Int64, _ fee: Int64) {
        let outcome = story.pay(Story.hers, merchant, by: Story.amina, amount)
        var expected: [Account: Int64] = [.available(Story.hers): -amount, .available(merchant): amount - fee]
        if fee > 0 { expected[.system(.feeRevenue)] = fee }
        #expect(outcome.lines == expected)
        #expect(outcome.transition == .paymentCompleted && outcome.status == .completed && outcome.code == .ok)
        #expect(outcome.amount == Money(amount, .dzd) && outcome.fee == Money(fee, .dzd) && outcome.feeVersion == 1)
        #expect(outcome.wallet == Story.hers && outcome.subject == outcome.command)
    }

    @Test("a payment costs the payer nothing and takes none of the month's free transfers")
    func noQuota() {
        var story = Story()
        for _ in 0..<7 { story.pay(Story.hers, Story.shop, by: Story.amina, 100_00) }
        #expect(story.wallet(Story.hers)?.available == 99_300_00)
        #expect(story.transfer(Story.hers, Story.his, by: Story.amina, 1_00).fee == Money(0, .dzd))
    }

    @Test(
        "a merchant's reference is paid once, by whomever and to whichever of its wallets; another merchant has its own"
    )
    func references() {
        var story = Story()
        let sales = story.open(under: Story.shop, by: Story.karim)
        #expect(story.pay(Story.hers, Story.shop, by: Story.amina, 1_00, reference: "7").code == .ok)
        #expect(story.pay(Story.his, Story.shop, by: Story.bachir, 1_00, reference: "7").code == .referencePaid)
        #expect(story.pay(Story.his, sales, by: Story.bachir, 1_00, reference: "7").code == .referencePaid)
        #expect(story.pay(Story.his, Story.market, by: Story.bachir, 1_00, reference: "7").code == .ok)
        #expect(story.pay(Story.his, Story.shop, by: Story.bachir, 1_00, reference: "8").code == .ok)
        #expect(story.pay(Story.his, Story.shop, by: Story.bachir, 1_00).code == .ok)
    }

    @Test("a payment that is refused leaves its reference to be paid")
    func referenceOfRefused() {
        var story = Story()
        let tooMuch = story.pay(Story.hers, Story.shop, by: Story.amina, 100_000_01, reference: "7")
        #expect(tooMuch.code == .insufficientFunds)
        #expect(story.pay(Story.hers, Story.shop, by: Story.amina, 1_00, reference: "7").code == .ok)
    }

    @Test("a reference paid earlier in the same batch is paid")
    func referenceInBatch() {
        var story = Story()
        let batch = (0..<2).map { _ in
            Books.Sent(
                command: story.command(
                    Story.app(Story.amina), .submitPayment,
                    .submitPayment(
                        SubmitPayment(from: Story.hers, to: Story.shop, amount: Money(1_00, .dzd), reference: "7"))))
        }
        _ = story.books.take(batch)
        #expect(story.books.outcomes.suffix(2).map(\.code) == [.ok, .referencePaid])
        #expect(story.books.faults == [])
    }
}

@Suite("Postings of refunds")
struct RefundPostingTests {
    private static let fee = Account.system(.feeRevenue)

    @Test("the whole of a payment refunded at once is the payment reversed, fee and all")
    func whole() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        let refund = story.refund(payment.command, 1_000_00)
        #expect(refund.lines == payment.lines.mapValues { -$0 })
        #expect(refund.transition == .refundCompleted && refund.status == .completed && refund.code == .ok)
        #expect(refund.amount == Money(1_000_00, .dzd) && refund.fee == Money(-15_00, .dzd))
        #expect(refund.feeVersion == 1 && refund.wallet == Story.shop && refund.subject == refund.command)
        #expect(story.refund(payment.command, 1).code == .refundExceedsPayment)
        #expect(story.wallet(Story.shop)?.available == 0 && story.wallet(Story.hers)?.available == 100_000_00)
    }

    @Test("three refunds give the fee back as far as the payment is refunded, and to the last centime in the end")
    func thirds() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 100_00)
        // 1.50 × 33.33 ÷ 100 = 0.499950, × 66.66 = 0.99990.
        for (amount, feeBack) in [(33_33, 50), (33_33, 50), (33_34, 50)] as [(Int64, Int64)] {
            let refund = story.refund(payment.command, amount)
            #expect(
                refund.lines == [
                    .available(Story.shop): feeBack - amount, Self.fee: -feeBack, .available(Story.hers): amount,
                ])
        }
    }

    @Test(
        "the fee's share is rounded half to even on what is refunded so far, not refund by refund",
        arguments: [
            // The payment, its refunds, and what of its fee goes back with each.
            (34, [17, 17], [0, 1]), (100, [75, 25], [2, 0]), (100, [25, 50, 25], [0, 2, 0]),
            (300, [150, 150], [2, 2]), (500, [156, 1, 343], [2, 1, 5]), (67, [33, 1, 33], [0, 1, 0]),
        ] as [(Int64, [Int64], [Int64])])
    func halfEven(paid: Int64, refunds: [Int64], feesBack: [Int64]) {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, paid)
        let fees = refunds.map { story.refund(payment.command, $0).fee?.minorUnits }
        #expect(fees == feesBack.map { -$0 })
        #expect(story.wallet(Story.hers)?.available == 100_000_00 && story.wallet(Story.shop)?.available == 0)
        #expect(story.books.system[Books.Balance(account: .feeRevenue, currency: .dzd), default: 0] == 0)
    }

    @Test("one centime more than is left is refused, and what is left still goes back")
    func tooMuch() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 100_00)
        story.fund(Story.shop, by: Story.karim, 100_00)
        story.refund(payment.command, 60_00)
        let refused = story.refund(payment.command, 40_01)
        #expect(refused.code == .refundExceedsPayment && refused.field == "amount" && refused.entries.isEmpty)
        #expect(story.refund(payment.command, 40_00).code == .ok)
    }

    @Test("a merchant that has spent the money cannot refund it until there is money again")
    func spent() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 100_00)
        story.transfer(Story.shop, Story.his, by: Story.karim, 98_50)
        let refused = story.refund(payment.command, 100_00)
        #expect(refused.code == .insufficientFunds && refused.transition == .refundRejected)
        story.fund(Story.shop, by: Story.karim, 98_50)
        #expect(story.refund(payment.command, 100_00).code == .ok)
    }

    @Test("a refund to a payer who closed the wallet meanwhile goes to suspense")
    func closedPayer() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        story.transfer(Story.hers, Story.his, by: Story.amina, 99_000_00)
        #expect(story.change(.closeWallet, Story.hers, by: Story.app(Story.amina)).code == .ok)
        let refund = story.refund(payment.command, 400_00)
        #expect(
            refund.lines == [
                .available(Story.shop): -394_00, Self.fee: -6_00, .system(.suspense): 400_00,
            ])
        #expect(story.wallet(Story.hers)?.snapshot.total == 0)
    }
}

@Suite("Postings of disputes")
struct DisputePostingTests {
    @Test("a dispute that is opened or answered moves nothing, and is about what is left of the payment")
    func opened() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        story.refund(payment.command, 400_00)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        #expect(dispute.transition == .paymentDisputed && dispute.status == .pending && dispute.entries.isEmpty)
        #expect(dispute.amount == Money(600_00, .dzd))
        #expect(story.wallet(Story.hers)?.standing.underWay == 1 && story.wallet(Story.shop)?.standing.underWay == 1)
        #expect(story.dispute(payment.command, Story.hers, by: Story.amina).code == .disputeOpen)
        let answered = story.settle(dispute.command, .answered)
        #expect(answered.transition == .disputeAnswered && answered.status == .inReview && answered.entries.isEmpty)
        #expect(answered.subject == dispute.command)
    }

    @Test(
        "a dispute accepted after refunds, before and since it was opened, gives back what is left, with the fee's rest"
    )
    func accepted() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        story.refund(payment.command, 400_00)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        story.refund(payment.command, 100_00)
        let accepted = story.settle(dispute.command, .accepted)
        #expect(
            accepted.lines == [
                .available(Story.shop): -492_50, .system(.feeRevenue): -7_50, .available(Story.hers): 500_00,
            ])
        #expect(accepted.transition == .disputeAccepted && accepted.status == .completed && accepted.code == .ok)
        #expect(accepted.amount == Money(500_00, .dzd) && accepted.fee == Money(-7_50, .dzd))
        #expect(accepted.subject == dispute.command && accepted.feeVersion == 1)
        #expect(story.wallet(Story.hers)?.available == 100_000_00 && story.wallet(Story.shop)?.available == 0)
        #expect(story.wallet(Story.hers)?.standing.underWay == 0 && story.wallet(Story.shop)?.standing.underWay == 0)
        #expect(story.refund(payment.command, 1).code == .refundExceedsPayment)
    }

    @Test("a dispute accepted when all was refunded since moves nothing more")
    func nothingLeft() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        story.refund(payment.command, 1_000_00)
        let accepted = story.settle(dispute.command, .accepted)
        #expect(accepted.code == .ok && accepted.status == .completed && accepted.entries.isEmpty)
        #expect(accepted.amount == Money(0, .dzd))
        #expect(story.dispute(payment.command, Story.hers, by: Story.amina).code == .refundExceedsPayment)
    }

    @Test("a merchant cannot reject a dispute about itself; operators can, and the payment may be refunded after all")
    func rejected() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        #expect(story.settle(dispute.command, .rejected).code == .notPermitted)
        let rejected = story.settle(dispute.command, .rejected, by: Story.operators)
        #expect(rejected.transition == .disputeDismissed && rejected.status == .rejected && rejected.entries.isEmpty)
        #expect(story.settle(dispute.command, .accepted).code == .alreadyFinal)
        #expect(story.refund(payment.command, 1_000_00).code == .ok)
    }

    @Test("operators accept for a merchant, but do not answer for it; a payer settles nothing")
    func whoSettles() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        #expect(story.settle(dispute.command, .answered, by: Story.operators).code == .notPermitted)
        for step in SettleDispute.Step.allCases {
            #expect(story.settle(dispute.command, step, by: Story.app(Story.amina)).code == .notPermitted)
        }
        #expect(story.settle(dispute.command, .accepted, by: Story.operators).code == .ok)
    }

    @Test("a dispute that a merchant cannot pay for stays open and is accepted later by another command")
    func poor() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        story.transfer(Story.shop, Story.his, by: Story.karim, 985_00)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        let refused = story.settle(dispute.command, .accepted)
        #expect(refused.code == .insufficientFunds && refused.field == "dispute")
        #expect(refused.transition == .disputeSettlementRejected && refused.subject == refused.command)
        #expect(story.books.movements[dispute.command]?.status == .pending)
        story.fund(Story.shop, by: Story.karim, 985_00)
        #expect(story.settle(dispute.command, .accepted).code == .ok)
    }
}
