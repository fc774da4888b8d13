// The postings of spec/wallet.md §2, line by line: credits positive, debits negative.

import Domain
import Testing

@Suite("Postings")
struct PostingTests {
    private static let available = Account.customer(Situation.wallet, .available)
    private static let pending = Account.customer(Situation.wallet, .pending)
    private static let payee = Account.customer(Situation.payee, .available)

    private func lines(_ outcome: Books.Told) -> [Account: Int64] {
        Dictionary(outcome.entries.map { ($0.account, $0.amount.minorUnits) }, uniquingKeysWith: +)
    }

    @Test("a transfer debits the payer with amount and fee, and credits the payee and fee_revenue")
    func transfer() {
        var situation = Situation(.submitTransfer, [])
        let outcome = situation.books.take(situation.command)
        #expect(outcome.transition == .transferCompleted && outcome.status == .completed)
        #expect(lines(outcome) == [Self.available: -1_010_00, Self.payee: 1_000_00, .system(.feeRevenue): 10_00])
        #expect(outcome.amount == Money(1_000_00, .dzd) && outcome.fee == Money(10_00, .dzd) && outcome.feeVersion == 1)
        #expect(outcome.wallet == Situation.wallet)
        #expect(outcome.transaction == TransactionID(outcome.position))
        #expect(situation.books.wallets[Situation.wallet]?.available == 0)
        #expect(situation.books.wallets[Situation.payee]?.available == 1_000_00)
        #expect(situation.books.wallets[Situation.payee]?.version == 1)
    }

    @Test("a wallet is debited down to zero and not one centime further")
    func lastCentime() {
        var enough = Situation(.submitTransfer, [])
        var short = Situation(.submitTransfer, [.tooPoor])
        #expect(enough.books.take(enough.command).code == .ok)
        #expect(short.books.take(short.command).code == .insufficientFunds)
    }

    @Test("held money is not there to be spent")
    func holdsCount() {
        var situation = Situation(.submitTransfer, [.tooPoor])
        situation.books.wallets[Situation.wallet]?.pending = 1_000_000_00
        #expect(situation.books.take(situation.command).code == .insufficientFunds)
    }

    @Test("asking for a top-up moves nothing and fixes its fee", arguments: [TopUpMethod.card, .mobile, .bankTransfer])
    func topUpPending(method: TopUpMethod) {
        var situation = Situation(.submitTopUp, [])
        let command = situation.command(
            .submitTopUp(
                SubmitTopUp(wallet: Situation.wallet, method: method, amount: Situation.amount, paymentMethod: nil)))
        let outcome = situation.books.take(command)
        let fee: Int64 = method == .card ? 20_00 : method == .mobile ? 15_00 : 0
        #expect(outcome.transition == .topUpPending && outcome.status == .pending)
        #expect(outcome.entries.isEmpty && outcome.transaction == nil)
        #expect(outcome.fee == Money(fee, .dzd))
        #expect(situation.books.movements[command.id]?.fee == Money(fee, .dzd))
        #expect(situation.books.wallets[Situation.wallet]?.version == 0)
    }

    @Test(
        "a captured top-up debits who owes the money and credits the wallet net of the fee",
        arguments: [
            (TopUpMethod.card, SystemAccount.cardClearing, 20_00), (.mobile, .mobileClearing, 15_00),
            (.bankTransfer, .omnibus, 0),
        ] as [(TopUpMethod, SystemAccount, Int64)])
    func topUpCaptured(method: TopUpMethod, source: SystemAccount, fee: Int64) {
        var situation = Situation(.settleTopUp, [])
        situation.setMovement(.topUp(method), fee: fee, status: .pending)
        let outcome = situation.books.take(situation.command)
        var expected: [Account: Int64] = [.system(source): -1_000_00, Self.available: 1_000_00 - fee]
        if fee > 0 { expected[.system(.feeRevenue)] = fee }
        #expect(lines(outcome) == expected)
        #expect(outcome.transition == .topUpCompleted && outcome.status == .completed && outcome.code == .ok)
        #expect(outcome.subject == Situation.movement && outcome.command == Situation.command)
    }

    @Test("a top-up of one centime has no fee and a declined one moves nothing")
    func smallAndDeclined() {
        #expect(FeeTable.standard.topUpFee(.card, Money(1, .dzd)) == Money(0, .dzd))
        var situation = Situation(.settleTopUp, [])
        let outcome = situation.books.take(
            situation.command(
                .settleTopUp(
                    SettleTopUp(
                        topUp: Situation.movement, wallet: Situation.wallet, result: .declined,
                        amount: Situation.amount))))
        #expect(outcome.transition == .topUpFailed && outcome.status == .rejected && outcome.code == .chargeDeclined)
        #expect(outcome.entries.isEmpty)
        #expect(situation.books.movements[Situation.movement]?.status == .rejected)
    }

    @Test("a withdrawal holds amount and fee: available is debited, pending credited")
    func withdrawalHeld() {
        var situation = Situation(.submitWithdrawal, [])
        let outcome = situation.books.take(situation.command)
        #expect(lines(outcome) == [Self.available: -1_200_00, Self.pending: 1_200_00])
        #expect(outcome.transition == .withdrawalHeld && outcome.status == .held)
        #expect(outcome.fee == Money(200_00, .dzd))
        #expect(situation.books.wallets[Situation.wallet]?.version == 1)
        #expect(situation.books.wallets[Situation.wallet]?.snapshot.total == 1_200_00)
    }

    @Test("a sent withdrawal debits pending, and credits payout_clearing and fee_revenue")
    func withdrawalSent() {
        var situation = Situation(.settleWithdrawal, step: .sent, [])
        let outcome = situation.books.take(situation.command)
        #expect(
            lines(outcome) == [
                Self.pending: -1_200_00, .system(.payoutClearing): 1_000_00, .system(.feeRevenue): 200_00,
            ])
        #expect(outcome.transition == .withdrawalSent && outcome.status == .sent)
    }

    @Test("a confirmed withdrawal debits payout_clearing and credits omnibus, and leaves the wallet's version")
    func withdrawalConfirmed() {
        var situation = Situation(.settleWithdrawal, step: .confirmed, [])
        let outcome = situation.books.take(situation.command)
        #expect(lines(outcome) == [.system(.payoutClearing): -1_000_00, .system(.omnibus): 1_000_00])
        #expect(outcome.transition == .withdrawalCompleted && outcome.status == .completed && outcome.code == .ok)
        #expect(situation.books.wallets[Situation.wallet]?.version == 0)
    }

    @Test(
        "a returned withdrawal comes out of payout_clearing before it was confirmed and out of omnibus after",
        arguments: [
            (CommandStatus.sent, SystemAccount.payoutClearing), (.completed, .omnibus),
        ])
    func withdrawalReturned(status: CommandStatus, source: SystemAccount) {
        var situation = Situation(.settleWithdrawal, step: .returned, [])
        situation.setMovement(.withdrawal(.express, Situation.beneficiary), fee: 200_00, status: status)
        let outcome = situation.books.take(situation.command)
        #expect(lines(outcome) == [.system(source): -1_000_00, Self.available: 1_000_00])
        #expect(outcome.transition == .withdrawalReturned && outcome.status == .returned)
        #expect(outcome.code == .payoutReturned)
    }

    @Test("whoever is paid late and closed meanwhile is paid into suspense")
    func closedMeanwhile() {
        var topUp = Situation(.settleTopUp, [.walletClosed])
        #expect(
            lines(topUp.books.take(topUp.command)) == [
                .system(.cardClearing): -1_000_00, .system(.suspense): 980_00, .system(.feeRevenue): 20_00,
            ])
        var returned = Situation(.settleWithdrawal, step: .returned, [.walletClosed])
        #expect(
            lines(returned.books.take(returned.command)) == [
                .system(.payoutClearing): -1_000_00, .system(.suspense): 1_000_00,
            ])
    }

    @Test("opening makes an empty, active wallet and an owner whom its user controls")
    func opening() {
        var situation = Situation(.openWallet, [.walletMissing])
        let outcome = situation.books.take(situation.command)
        #expect(outcome.transition == .walletOpened && outcome.status == .completed && outcome.entries.isEmpty)
        let wallet = situation.books.wallets[Situation.opened]
        #expect(wallet?.snapshot.total == 0 && wallet?.version == 0 && wallet?.last == nil && wallet?.status == .active)
        #expect(situation.books.owners[Situation.user]?.controller == Situation.user)
    }

    @Test("a beneficiary is added unverified, then verified once")
    func beneficiaries() {
        var situation = Situation(.addBeneficiary, [])
        let added = situation.books.take(situation.command)
        #expect(added.transition == .beneficiaryAdded && added.status == .completed)
        #expect(situation.books.beneficiaries[Situation.beneficiary]?.verifiedAt == nil)
        #expect(situation.books.beneficiaries[Situation.beneficiary]?.rib.digits == Situation.exampleRIB)
        let service = Caller(client: "identity", user: nil, permissions: .service)
        let verify = Command(
            id: CommandID(high: 61, low: 1), type: .verifyBeneficiary, caller: service, notAfter: Situation.now,
            request: .verifyBeneficiary(
                VerifyBeneficiary(beneficiary: Situation.beneficiary, wallet: Situation.wallet)))
        let verified = situation.books.take(verify)
        #expect(verified.transition == .beneficiaryVerified)
        #expect(situation.books.beneficiaries[Situation.beneficiary]?.verifiedAt == situation.books.time)
    }
}

@Suite("Verification")
struct VerificationTests {
    private static let day: Int64 = 86_400
    private static let start = Timestamp(microseconds: 1_700_000_000_000_000)

    @Test("level 1 holds two years, a higher one twelve months, and then counts as level 1 while that is valid")
    func expiry() {
        let one = Verification(level: 1, verifiedAt: Self.start, levelOneVerifiedAt: Self.start)
        #expect(one.effectiveLevel(at: Self.start.adding(seconds: 730 * Self.day - 1)) == 1)
        #expect(one.effectiveLevel(at: Self.start.adding(seconds: 730 * Self.day)) == 0)
        for level in Int16(2)...3 {
            let high = Verification(level: level, verifiedAt: Self.start, levelOneVerifiedAt: Self.start)
            #expect(high.effectiveLevel(at: Self.start.adding(seconds: 365 * Self.day - 1)) == level)
            #expect(high.effectiveLevel(at: Self.start.adding(seconds: 365 * Self.day)) == 1)
            #expect(high.effectiveLevel(at: Self.start.adding(seconds: 730 * Self.day)) == 0)
            #expect(high.check(atLeast: 2, at: Self.start.adding(seconds: 365 * Self.day)) == .kycExpired)
            #expect(high.check(atLeast: 1, at: Self.start.adding(seconds: 365 * Self.day)) == nil)
        }
    }

    @Test("who never reached a level is too low for it, whatever has run out")
    func tooLow() {
        let one = Verification(level: 1, verifiedAt: Self.start, levelOneVerifiedAt: Self.start)
        #expect(one.check(atLeast: 2, at: Self.start) == .kycLevelTooLow)
        #expect(one.check(atLeast: 2, at: Timestamp(microseconds: .max)) == .kycLevelTooLow)
        let zero = Verification(level: 0, verifiedAt: Self.start, levelOneVerifiedAt: Self.start)
        #expect(zero.effectiveLevel(at: Self.start) == 0)
        #expect(zero.check(atLeast: 1, at: Self.start) == .kycLevelTooLow)
    }

    @Test("a business wallet needs level 2, a personal one level 1")
    func business() {
        #expect(WalletType.personal.kycLevelMin == 1)
        #expect(WalletType.business.kycLevelMin == 2)
    }
}
