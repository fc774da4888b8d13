// The operator's own books, adjustments by hand and chargebacks: the postings of spec/wallet.md §2, line by line.

import Domain
import Testing

@Suite("The operator's books")
struct BookPostingTests {
    @Test("a settlement brings to the bank what is left of it after the commission, and takes the whole off clearing")
    func settlement() {
        var situation = Situation(.recordSettlement, [])
        let outcome = situation.books.take(situation.command)
        #expect(outcome.transition == .settlementCompleted && outcome.wallet == nil)
        #expect(
            outcome.lines == [
                .system(.omnibus): -990_00, .system(.bankCharges): -10_00, .system(.cardClearing): 1_000_00,
            ])
    }

    @Test(
        "each entry in the books goes from one account to the other",
        arguments: [
            (CommandType.recordBankCharge, SystemAccount.bankCharges, SystemAccount.omnibus),
            (.sweepFees, .feeRevenue, .omnibus), (.addOwnFunds, .omnibus, .ownFunds),
            (.recordLine, .omnibus, .suspense), (.returnLine, .suspense, .payoutClearing),
            (.confirmLineReturn, .payoutClearing, .omnibus),
        ])
    func bookings(type: CommandType, debit: SystemAccount, credit: SystemAccount) {
        var situation = Situation(type, [])
        let outcome = situation.books.take(situation.command)
        #expect(outcome.lines == [.system(debit): -1_000_00, .system(credit): 1_000_00])
        #expect(outcome.status == .completed && outcome.amount == Situation.amount && outcome.fee == nil)
    }

    @Test("what is explained later: suspense takes omnibus's place, and no more of it is explained than is there")
    func explained() {
        var story = Story()
        #expect(story.book(.addOwnFunds, .ownFunds, 1, against: .suspense).code == .insufficientFunds)
        story.book(.recordLine, .line(.credit), 100_00)
        let settlement = Booking.Kind.settlement(from: .cardClearing, commission: 1_00)
        #expect(story.book(.recordSettlement, settlement, 101_01, against: .suspense).code == .insufficientFunds)
        #expect(
            story.book(.recordSettlement, settlement, 71_00, against: .suspense).lines
                == [.system(.suspense): -70_00, .system(.bankCharges): -1_00, .system(.cardClearing): 71_00])
        #expect(story.book(.addOwnFunds, .ownFunds, 30_01, against: .suspense).code == .insufficientFunds)
        #expect(
            story.book(.addOwnFunds, .ownFunds, 30_00, against: .suspense).lines
                == [.system(.suspense): -30_00, .system(.ownFunds): 30_00])
        story.book(.recordLine, .line(.debit), 5_00)
        #expect(
            story.book(.recordBankCharge, .bankCharge, 5_00, against: .suspense).lines
                == [.system(.bankCharges): -5_00, .system(.suspense): 5_00])
        #expect(story.books.system[Books.Balance(account: .suspense, currency: .dzd)] == 0)
    }

    @Test("a line that takes money away is booked the other way round")
    func debitLine() {
        var situation = Situation(.recordLine, [])
        let line = Request.book(Booking(.line(.debit), Situation.amount, reference: "8"))
        let outcome = situation.books.take(situation.command(line))
        #expect(outcome.lines == [.system(.suspense): -1_000_00, .system(.omnibus): 1_000_00])
    }

    @Test("fees are swept up to the last centime that is not needed to cover the customers, by operators alone")
    func sweep() {
        var story = Story()
        // 2 % of 1,000.00.
        story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        #expect(story.book(.sweepFees, .feeSweep, 20_01).code == .insufficientFunds)
        story.book(.recordBankCharge, .bankCharge, 5_00, by: Story.service)
        #expect(story.book(.sweepFees, .feeSweep, 15_01).code == .safeguarding)
        #expect(story.book(.sweepFees, .feeSweep, 15_00, by: Story.service).code == .notPermitted)
        #expect(story.book(.sweepFees, .feeSweep, 15_00).code == .ok)
        #expect(story.book(.sweepFees, .feeSweep, 1).code == .safeguarding)
        story.book(.addOwnFunds, .ownFunds, 5_00)
        #expect(story.book(.sweepFees, .feeSweep, 5_00).code == .ok)
        #expect(story.book(.sweepFees, .feeSweep, 1).code == .insufficientFunds)
    }

    @Test("of two sweeps in one batch the second sees what the first left")
    func sweepsTogether() {
        var story = Story()
        story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        let sweeps = (0..<2).map { _ in
            story.command(Story.operators, .sweepFees, .book(Booking(.feeSweep, Money(15_00, .dzd), reference: "s")))
        }
        let answers = story.books.take(sweeps.map { Books.Sent(command: $0) })
        guard case .outcome(let first) = answers[0], case .outcome(let second) = answers[1] else {
            Issue.record("not decided: \(answers)")
            return
        }
        #expect(first.code == .ok && second.code == .insufficientFunds)
        #expect(story.books.faults == [])
    }
}

@Suite("Adjustments")
struct AdjustmentTests {
    private static let proposer = Caller(
        client: "console", user: Story.samir, permissions: [.operatorRole, .approverRole])
    private static let approver = Caller(client: "console", user: Story.leila, permissions: .approverRole)

    @Test("an adjustment moves money once another operator has approved it, and once", arguments: [true, false])
    func approved(isCredit: Bool) {
        var story = Story()
        let before = story.wallet(Story.hers)?.available ?? 0
        let proposal = story.propose(isCredit ? .credit : .debit, 70_00, by: Self.proposer)
        #expect(proposal.transition == .adjustmentProposed && proposal.entries.isEmpty && proposal.status == .pending)
        let own = story.decide(proposal.command, .approved, by: Self.proposer)
        #expect(own.code == .sameOperator && own.entries.isEmpty)
        let approval = story.decide(proposal.command, .approved, by: Self.approver)
        let change: Int64 = isCredit ? 70_00 : -70_00
        #expect(approval.lines == [.system(.suspense): -change, .available(Story.hers): change])
        #expect(approval.subject == proposal.command && approval.transition == .adjustmentCompleted)
        #expect(story.decide(proposal.command, .approved, by: Self.approver).code == .alreadyFinal)
        #expect(story.decide(proposal.command, .rejected, by: Self.approver).code == .alreadyFinal)
        #expect(story.wallet(Story.hers)?.available == before + change)
    }

    @Test("an operator who may only propose cannot approve, and whoever proposed may take it back")
    func roles() {
        var story = Story()
        let proposal = story.propose(.credit, 70_00, by: Story.operators)
        let other = Caller(client: "console", user: Story.leila, permissions: .operatorRole)
        #expect(story.decide(proposal.command, .approved, by: other).code == .notPermitted)
        #expect(story.decide(proposal.command, .approved, by: Story.service).code == .notPermitted)
        let rejection = story.decide(proposal.command, .rejected, by: Story.operators)
        #expect(rejection.status == .rejected && rejection.code == .cancelled && rejection.entries.isEmpty)
    }

    @Test(
        "nothing is taken by hand from a frozen wallet; what is given to it comes, and what was refused may be tried again"
    )
    func frozen() {
        var story = Story()
        let debit = story.propose(.debit, 70_00, by: Self.proposer)
        let credit = story.propose(.credit, 70_00, by: Self.proposer)
        story.change(.freezeWallet, Story.hers, by: Story.compliance)
        let refused = story.decide(debit.command, .approved, by: Self.approver)
        #expect(refused.code == .walletFrozen && refused.field == "wallet" && refused.entries.isEmpty)
        #expect(story.decide(credit.command, .approved, by: Self.approver).code == .ok)
        story.change(.unfreezeWallet, Story.hers, by: Story.compliance)
        #expect(story.decide(debit.command, .approved, by: Self.approver).code == .ok)
    }

    @Test("nobody takes by hand what the wallet does not have, and nothing is held back for it")
    func funds() {
        var story = Story()
        let proposal = story.propose(.debit, 100_000_01, by: Story.operators)
        #expect(story.decide(proposal.command, .approved, by: Self.approver).code == .insufficientFunds)
        #expect(story.wallet(Story.hers)?.pending == 0)
        #expect(story.change(.closeWallet, Story.hers, by: Story.app(Story.amina)).field == "total")
    }
}

@Suite("Chargebacks")
struct ChargebackTests {
    @Test("a wallet that has the money gives the gross amount back, and is not frozen")
    func covered() {
        var story = Story()
        let topUp = story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        let outcome = story.chargeBack(topUp, Story.hers)
        #expect(outcome.lines == [.available(Story.hers): -1_000_00, .system(.cardClearing): 1_000_00])
        #expect(outcome.subject == topUp && outcome.status == .returned && outcome.code == .chargedBack)
        #expect(story.wallet(Story.hers)?.status == .active)
        #expect(story.chargeBack(topUp, Story.hers).code == .alreadyFinal)
    }

    @Test("an emptied wallet's held withdrawals are cancelled first, and what they held covers the chargeback")
    func holdsFirst() {
        var story = Story()
        let topUp = story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        story.transfer(Story.hers, Story.his, by: Story.amina, 100_000_00)
        let withdrawal = story.withdraw(Story.hers, by: Story.amina, 700_00)
        let outcome = story.chargeBack(topUp, Story.hers)
        let parts = story.books.outcomes.suffix(3)
        #expect(parts.map(\.transition) == [.withdrawalCancelled, .walletFrozen, .topUpChargedBack])
        #expect(parts.first?.subject == withdrawal.command && parts.map(\.leg) == [0, 1, nil])
        #expect(
            outcome.lines == [
                .available(Story.hers): -980_00, .system(.chargebacks): -20_00, .system(.cardClearing): 1_000_00,
            ])
        #expect(story.settle(withdrawal.command, of: Story.hers, .sent).code == .alreadyFinal)
        let wallet = story.wallet(Story.hers)
        #expect(wallet?.status == .frozen && wallet?.standing.frozenBy == .compliance)
        #expect(wallet?.standing.claim == 20_00)
        #expect(wallet?.standing.version == 1)
    }

    @Test("later credits pay the claim first, whatever they are, and what is over is the wallet's")
    func laterCredits() {
        var story = Story()
        let topUp = story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        story.transfer(Story.hers, Story.his, by: Story.amina, 100_980_00)
        story.chargeBack(topUp, Story.hers)
        let first = story.transfer(Story.his, Story.hers, by: Story.bachir, 400_00)
        #expect(
            first.lines == [.available(Story.his): -400_00, .available(Story.hers): 0, .system(.chargebacks): 400_00])
        story.fund(Story.hers, by: Story.amina, 1_000_00)
        #expect(story.wallet(Story.hers)?.available == 400_00 && story.wallet(Story.hers)?.standing.claim == 0)
        // The freeze stays until compliance has looked.
        #expect(story.wallet(Story.hers)?.status == .frozen)
        #expect(story.change(.unfreezeWallet, Story.hers, by: Story.app(Story.amina)).code == .notPermitted)
        #expect(story.change(.unfreezeWallet, Story.hers, by: Story.compliance).code == .ok)
        #expect(story.books.system[Books.Balance(account: .chargebacks, currency: .dzd)] == 0)
    }

    @Test("what is won back pays the rest of the claim, then the wallet, and cannot be charged back again")
    func won() {
        var story = Story()
        let topUp = story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        story.transfer(Story.hers, Story.his, by: Story.amina, 100_680_00)
        story.chargeBack(topUp, Story.hers)
        #expect(story.wallet(Story.hers)?.standing.claim == 700_00)
        let won = story.win(topUp, Story.hers)
        #expect(
            won.lines == [
                .system(.cardClearing): -1_000_00, .system(.chargebacks): 700_00, .available(Story.hers): 300_00,
            ])
        #expect(won.status == .completed && won.code == .chargebackWon && won.subject == topUp)
        #expect(story.win(topUp, Story.hers).code == .alreadyFinal)
        #expect(story.chargeBack(topUp, Story.hers).code == .alreadyFinal)
    }

    @Test("a closed wallet's chargeback is a claim as a whole, and won back it ends there")
    func closed() {
        var story = Story()
        let wallet = story.open(under: Story.hers, by: Story.amina)
        let topUp = story.fundByCard(wallet, by: Story.amina, 1_000_00)
        story.transfer(wallet, Story.his, by: Story.amina, 980_00)
        #expect(story.change(.closeWallet, wallet, by: Story.app(Story.amina)).code == .ok)
        let outcome = story.chargeBack(topUp, wallet)
        #expect(outcome.lines == [.system(.chargebacks): -1_000_00, .system(.cardClearing): 1_000_00])
        #expect(story.wallet(wallet)?.status == .closed)
        let won = story.win(topUp, wallet)
        #expect(won.lines == [.system(.chargebacks): 1_000_00, .system(.cardClearing): -1_000_00])
    }

    @Test("a wallet that still owes cannot be closed")
    func closing() {
        var story = Story()
        let topUp = story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        story.transfer(Story.hers, Story.his, by: Story.amina, 100_980_00)
        story.chargeBack(topUp, Story.hers)
        story.change(.unfreezeWallet, Story.hers, by: Story.compliance)
        let closing = story.change(.closeWallet, Story.hers, by: Story.app(Story.amina))
        #expect(closing.code == .walletNotEmpty && closing.field == "claim")
    }

    @Test("more withdrawals than a chargeback can cancel stay held in a wallet that is frozen")
    func manyHolds() {
        var story = Story()
        let topUp = story.fundByCard(Story.hers, by: Story.amina, 1_000_00)
        let most = RecordChargeback.cancellationsMax
        let held = (0...most).map { _ in story.withdraw(Story.hers, by: Story.amina, 1_00) }
        story.transfer(Story.hers, Story.his, by: Story.amina, story.wallet(Story.hers)?.available ?? 0)
        let outcome = story.chargeBack(topUp, Story.hers)
        #expect(outcome.code == .chargedBack)
        let cancelled = held.count { story.books.movements[$0.command]?.status == .cancelled }
        #expect(cancelled == most)
    }
}

extension Story {
    @discardableResult
    fileprivate mutating func book(
        _ type: CommandType, _ kind: Booking.Kind, _ amount: Int64, by caller: Caller = Story.operators,
        against counterpart: SystemAccount = .omnibus
    ) -> Books.Told {
        ask(
            caller, type,
            .book(Booking(kind, Money(amount, .dzd), reference: "2026-11-22/7", against: counterpart)))
    }

    fileprivate mutating func propose(
        _ direction: ProposeAdjustment.Direction, _ amount: Int64, by caller: Caller
    ) -> Books.Told {
        ask(
            caller, .proposeAdjustment,
            .proposeAdjustment(
                ProposeAdjustment(
                    wallet: Self.hers, direction: direction, amount: Money(amount, .dzd), reason: "by hand")))
    }

    fileprivate mutating func decide(
        _ adjustment: CommandID, _ step: SettleAdjustment.Step, by caller: Caller
    ) -> Books.Told {
        ask(
            caller, .settleAdjustment,
            .settleAdjustment(SettleAdjustment(adjustment: adjustment, wallet: Self.hers, step: step)))
    }

    /// Money in by card, 2 % of which is the fee.
    @discardableResult
    mutating func fundByCard(_ wallet: WalletID, by user: OwnerID, _ amount: Int64) -> CommandID {
        let topUp = ask(
            Self.app(user), .submitTopUp,
            .submitTopUp(
                SubmitTopUp(wallet: wallet, method: .card, amount: Money(amount, .dzd), paymentMethod: nil)))
        ask(
            Self.service, .settleTopUp,
            .settleTopUp(
                SettleTopUp(topUp: topUp.command, wallet: wallet, result: .captured, amount: Money(amount, .dzd))))
        return topUp.command
    }

    @discardableResult
    mutating func chargeBack(_ topUp: CommandID, _ wallet: WalletID) -> Books.Told {
        let parts = Situation.parts(of: newID().low)
        return ask(
            Self.service, .recordChargeback,
            .recordChargeback(RecordChargeback(topUp: topUp, wallet: wallet, parts: parts)))
    }

    @discardableResult
    fileprivate mutating func win(_ topUp: CommandID, _ wallet: WalletID) -> Books.Told {
        ask(Self.service, .winChargeback, .winChargeback(WinChargeback(topUp: topUp, wallet: wallet)))
    }
}
