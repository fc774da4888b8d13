// The generated day, and the books it is predicted by.

import Domain
import Testing
import Wire

@testable import Demo

@Suite("A day")
struct DayTests {
    private func fingerprint(_ actions: [Action]) -> [String] {
        actions.map {
            "\($0.request.subject) \($0.request.key ?? "-") \(String(decoding: $0.request.body, as: UTF8.self))"
        }
    }

    @Test("the same seed makes the same day, another seed another")
    func seeds() {
        #expect(fingerprint(Day.actions(seed: 7)) == fingerprint(Day.actions(seed: 7)))
        #expect(Set(fingerprint(Day.actions(seed: 7))).isDisjoint(with: fingerprint(Day.actions(seed: 8))))
    }

    @Test("the generator gives the published numbers of SplitMix64")
    func generator() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        #expect(random.next() == 9_817_491_932_198_370_423)
    }

    @Test("a day has the size asked for, with numbers in order", arguments: [1, 2, 3])
    func size(seed: UInt64) {
        let actions = Day.actions(seed: seed)
        #expect(actions.count == 3000)
        #expect(actions.map(\.number) == Array(1...3000))
    }

    @Test("prologue and day together have every kind of command")
    func resources() {
        let actions = Prologue.actions(label: "a day") + Day.actions(seed: 1)
        #expect(Set(actions.map(\.request.resource)) == Set(Resource.allCases))
    }

    @Test(
        "the smallest day and a large one have the size asked for too",
        arguments: [(20, 120), (20, 2_000), (400, 2_400)])
    func otherSizes(people: Int, commands: Int) {
        for seed in 1...10 as ClosedRange<UInt64> {
            let actions = Day.actions(seed: seed, size: DaySize(people: people, commands: commands))
            #expect(actions.count == commands, "seed \(seed)")
        }
    }

    @Test("a day has every kind of end: done, refused by lane and ingress, returned, repeated", arguments: [1, 2, 3])
    func variety(seed: UInt64) {
        let actions = Day.actions(seed: seed)
        let predictions = Set(actions.map(\.prediction))
        let expected: [Prediction] = [
            .decided(.completed, .ok), .decided(.rejected, .insufficientFunds), .decided(.rejected, .chargeDeclined),
            .decided(.rejected, .walletExists), .decided(.rejected, .beneficiaryNotVerified),
            .decided(.returned, .payoutReturned), .refused(.kycLevelTooLow), .refused(.keyReused),
            .refused(.notPermitted), .refused(.malformed), .refused(.amountOutOfRange), .refused(.ribInvalid),
        ]
        for prediction in expected { #expect(predictions.contains(prediction), "\(prediction), seed \(seed)") }
        #expect(actions.contains { $0.copies > 1 })
        #expect(actions.contains { $0.repeatsEarlier && $0.prediction == .decided(.rejected, .insufficientFunds) })
        #expect(actions.contains { $0.repeatsEarlier && $0.prediction == .decided(.completed, .ok) })
        let completed = actions.filter { $0.prediction == .decided(.completed, .ok) }.count
        #expect(completed > actions.count * 8 / 10)
    }

    @Test("a key is used for one content only, but where its reuse is what is tried")
    func keys() {
        var contents: [String: [UInt8]] = [:]
        for action in Day.actions(seed: 1) where action.prediction != .refused(.keyReused) {
            guard let key = action.request.key else { continue }
            let scoped = "\(action.request.subject) \(key)"
            if let earlier = contents[scoped] {
                #expect(action.repeatsEarlier)
                #expect(earlier == action.request.body)
            }
            contents[scoped] = action.request.body
        }
    }

    @Test("what the books say is right by the wallet's own parser, and what is broken is broken for the named reason")
    func bodiesAgainstTheParser() throws {
        for action in Prologue.actions(label: "a day") + Day.actions(seed: 1) {
            guard let id = action.request.commandID else { continue }
            let (type, target) = try #require(command(of: action.request))
            let time = Timestamp(microseconds: 0)
            let resolved = Resolved(verification: Verification(level: 2, verifiedAt: time, levelOneVerifiedAt: time))
            let content = CommandContent(type: type.name, target: target, body: action.request.body)
            let found = Resolved(payees: action.introduces.map { [$0.wallet] })
            do throws(FieldError) {
                let request = try content.request(
                    id: id, user: action.request.subject, resolved: action.introduces == nil ? resolved : found)
                if let payee = action.introduces, case .submitTransfer(let transfer) = request {
                    #expect(transfer.to == payee.wallet)
                    #expect(try content.lookups().map(\.handle.value) == [payee.phone])
                }
                #expect(action.prediction != .refused(.malformed) && action.prediction != .refused(.amountOutOfRange))
            } catch {
                #expect(action.prediction == .refused(error.code))
            }
        }
    }

    /// What a request is once it is a command: its type, and the target that its path names.
    private func command(of request: WalletRequest) -> (CommandType, target: String)? {
        let id = request.parent?.split(separator: "/").dropFirst().first ?? ""
        return switch request.resource {
        case .wallets: (.openWallet, "")
        case .topUps: (.submitTopUp, "")
        case .transfers: (.submitTransfer, "")
        case .payments: (.submitPayment, "")
        case .refunds: (.submitRefund, "payment=\(id)")
        case .beneficiaries: (.addBeneficiary, "")
        case .withdrawals: (.submitWithdrawal, "")
        case .cancellations: (.cancelWithdrawal, "withdrawal=\(id)")
        case .subWallets: (.openSubWallet, "wallet=\(id)")
        case .moves: (.submitMove, "")
        case .bulkTransfers: (.submitBulk, "")
        case .members: (.setMember, "wallet=\(id)")
        case .freezes: (.freezeWallet, "wallet=\(id)")
        case .unfreezes: (.unfreezeWallet, "wallet=\(id)")
        case .closings: (.closeWallet, "wallet=\(id)")
        case .disputes: (.openDispute, "")
        case .acceptances: (.settleDispute, "dispute=\(id) step=accept")
        case .rejections: (.settleDispute, "dispute=\(id) step=reject")
        case .settlements: (.recordSettlement, "")
        case .bankCharges: (.recordBankCharge, "")
        case .ownFunds: (.addOwnFunds, "")
        case .feeSweeps: (.sweepFees, "")
        case .lines: (.recordLine, "")
        case .lineReturns: (.returnLine, "")
        case .lineReturnConfirmations: (.confirmLineReturn, "")
        case .adjustments: (.proposeAdjustment, "")
        case .approvals: (.settleAdjustment, "adjustment=\(id) step=approved")
        case .adjustmentRejections: (.settleAdjustment, "adjustment=\(id) step=rejected")
        case .chargebacks: (.recordChargeback, "topup=\(id)")
        case .chargebackReversals: (.winChargeback, "topup=\(id)")
        }
    }

    @Test("wallet ids are the ones the parser derives")
    func walletIDs() throws {
        let time = Timestamp(microseconds: 0)
        let resolved = Resolved(verification: Verification(level: 2, verifiedAt: time, levelOneVerifiedAt: time))
        for action in Day.actions(seed: 1) where action.effects.completed.first?.minorUnits == 0 {
            guard action.request.resource == .wallets, let id = action.request.commandID else { continue }
            let content = CommandContent(type: "wallet.open.v1", body: action.request.body)
            let request = try content.request(id: id, user: action.request.subject, resolved: resolved)
            guard case .openWallet(let opening) = request else {
                Issue.record("an opening is an opening")
                continue
            }
            #expect(opening.walletID == action.accesses[0].wallet)
        }
    }
}

@Suite("The books")
struct BooksTests {
    private let payer = WalletID(high: 1, low: 1)
    private let payee = WalletID(high: 2, low: 2)

    private func opened() -> Books {
        var books = Books()
        _ = books.open(payer, mayOpen: true)
        _ = books.open(payee, mayOpen: true)
        return books
    }

    @Test(
        "a top-up's fee is rounded half to even",
        arguments: [
            (TopUpMethod.card, Int64(25), Int64(0)), (.card, 75, 2), (.card, 26, 1), (.card, 15_000_00, 300_00),
            (.mobile, 100, 2), (.mobile, 300, 4), (.mobile, 10_000_00, 150_00), (.bankTransfer, 10_000_00, 0),
        ])
    func fees(method: TopUpMethod, amount: Int64, fee: Int64) {
        #expect(Books.topUpFee(method, amount) == fee)
        #expect(FeeTable.standard.topUpFee(method, Money(amount, .dzd)) == Money(fee, .dzd))
    }

    @Test("five transfers are free, and the sixth needs the fee too, to the centime")
    func transferFunds() {
        var books = opened()
        _ = books.topUp(payer, .bankTransfer, 115_00, isCaptured: true)
        for _ in 1...5 { #expect(books.transfer(from: payer, to: payee, 1_00).1.completed.first?.minorUnits == -1_00) }
        #expect(books.transfer(from: payer, to: payee, 100_01).0 == .decided(.rejected, .insufficientFunds))
        #expect(books.transfer(from: payer, to: payee, 100_00).0 == .decided(.completed, .ok))
        #expect(books.balance(of: payer) == 0)
        #expect(books.balance(of: payee) == 105_00)
    }

    @Test("a day's limit is reached to the centime by whatever goes out, without fees, before funds are looked at")
    func dailyLimit() {
        var books = opened()
        #expect(LimitTable.standard.levelTwo.daily == Books.dailyLimit)
        let (good, bad) = (BeneficiaryID(high: 3, low: 3), BeneficiaryID(high: 3, low: 4))
        _ = books.add(good, Books.BankRelation(isVerified: true, sendsBack: false))
        _ = books.add(bad, Books.BankRelation(isVerified: true, sendsBack: true))
        #expect(books.transfer(from: payer, to: payee, Books.dailyLimit + 1).0 == .decided(.rejected, .limitDaily))
        #expect(books.transfer(from: payer, to: payee, Books.dailyLimit).0 == .decided(.rejected, .insufficientFunds))
        _ = books.topUp(payer, .bankTransfer, 900_000_00, isCaptured: true)
        #expect(books.transfer(from: payer, to: payee, 200_000_00).0 == .decided(.completed, .ok))
        #expect(books.withdraw(payer, to: bad, .standard, 300_000_00).0 == .decided(.returned, .payoutReturned))
        #expect(books.withdraw(payer, to: good, .standard, 299_999_99).0 == .decided(.completed, .ok))
        let payment = CommandID(high: 4, low: 4)
        #expect(books.pay(payment, from: payer, to: payee, 2).0 == .decided(.rejected, .limitDaily))
        #expect(books.pay(payment, from: payer, to: payee, 1).0 == .decided(.completed, .ok))
        #expect(books.withdraw(payer, to: good, .express, 1).0 == .decided(.rejected, .limitDaily))
    }

    @Test("a payout that the bank sends back costs its fee alone")
    func returned() {
        var books = opened()
        let beneficiary = BeneficiaryID(high: 3, low: 3)
        _ = books.topUp(payer, .bankTransfer, 1_000_00, isCaptured: true)
        _ = books.add(beneficiary, Books.BankRelation(isVerified: true, sendsBack: true))
        let (prediction, effects) = books.withdraw(payer, to: beneficiary, .express, 500_00)
        #expect(prediction == .decided(.returned, .payoutReturned))
        #expect(effects.returned == [Change(payer, -200_00)])
        #expect(books.balance(of: payer) == 800_00)
    }

    @Test("a declined charge and an unverified beneficiary move nothing")
    func nothingMoves() {
        var books = opened()
        let beneficiary = BeneficiaryID(high: 3, low: 3)
        _ = books.topUp(payer, .card, 1_000_00, isCaptured: false)
        _ = books.topUp(payer, .bankTransfer, 100_00, isCaptured: true)
        _ = books.add(beneficiary, Books.BankRelation(isVerified: false, sendsBack: false))
        #expect(
            books.withdraw(payer, to: beneficiary, .standard, 50_00).0 == .decided(.rejected, .beneficiaryNotVerified))
        #expect(books.balance(of: payer) == 100_00)
    }
}

@Suite("Bank accounts")
struct BankAccountTests {
    @Test("every RIB made is a right one, and a wrong one is wrong", arguments: [1, 90_001, 99_999] as [UInt64])
    func keys(branch: UInt64) {
        for account in [0, 1, 23_456_789, 9_999_999_999] as [UInt64] {
            #expect(RIB(BankAccount.rib(branch: branch, account: account)) != nil)
            #expect(RIB(BankAccount.ribWithWrongKey(branch: branch, account: account)) == nil)
        }
    }

    @Test("the example of the Bank of Algeria's instruction comes out")
    func example() {
        #expect(BankAccount.rib(branch: 99_999, account: 23_456_789) == "00799999002345678941")
    }
}
