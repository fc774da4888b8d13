// Every way in which each command can be refused, in the order in which the checks are made.

import Domain
import Testing

@Suite("Checks")
struct PrecedenceTests {
    @Test("a command with nothing wrong is not refused", arguments: CommandType.allCases)
    func success(type: CommandType) {
        var situation = Situation(type, [])
        let outcome = situation.books.take(situation.command)
        let codes: [CommandType: OutcomeCode] = [
            .cancelWithdrawal: .cancelled, .expireWithdrawal: .notSent, .recordChargeback: .chargedBack,
            .winChargeback: .chargebackWon,
        ]
        #expect(outcome.code == codes[type, default: .ok])
        #expect(outcome.field == nil)
    }

    @Test("a command with one thing wrong is answered with its code and field", arguments: CommandType.allCases)
    func single(type: CommandType) {
        for refusal in Refusal.all(of: type) {
            expectRefused(type, [refusal.fault], as: refusal)
        }
    }

    @Test("a command that fails two checks or three is answered with the earlier", arguments: CommandType.allCases)
    func several(type: CommandType) {
        let refusals = Refusal.all(of: type)
        for first in refusals.indices {
            for second in refusals.indices[(first + 1)...] {
                let pair: Set<Fault> = [refusals[first].fault, refusals[second].fault]
                guard Refusal.canMeet(pair) else { continue }
                expectRefused(type, pair, as: refusals[first])
                for third in refusals.indices[(second + 1)...] {
                    let triple = pair.union([refusals[third].fault])
                    if Refusal.canMeet(triple) { expectRefused(type, triple, as: refusals[first]) }
                }
            }
        }
    }

    private func expectRefused(_ type: CommandType, _ faults: Set<Fault>, as refusal: Refusal) {
        var situation = Situation(type, faults)
        let before = situation.books
        let outcome = situation.books.take(situation.command)
        let isAsExpected =
            outcome.code == refusal.code && outcome.field == refusal.field && outcome.entries.isEmpty
            && outcome.fee == nil && outcome.amount == nil && outcome.subject == situation.command.id
            && outcome.status == (refusal.code == .expired ? .expired : .rejected)
            && situation.books.wallets == before.wallets && situation.books.movements == before.movements
            && situation.books.beneficiaries == before.beneficiaries && situation.books.system == before.system
            && situation.books.owners == before.owners && situation.books.paidReferences == before.paidReferences
            && situation.books.outcomes == [outcome]
        if !isAsExpected { Issue.record("\(type) with \(faults): \(outcome.code) of \(outcome.field ?? "no field")") }
    }

    @Test("the numbers of the checks never fall", arguments: CommandType.allCases)
    func checkNumbers(type: CommandType) {
        // A full bucket stands where money, not form, is judged.
        let checks = Refusal.all(of: type).filter { $0.fault != .payeeFull }.map { $0.code.rule.check }
        #expect(checks == checks.sorted())
    }

    @Test(
        "of two things wrong with one field the one further up in the table is the answer",
        arguments: CommandType.allCases)
    func tableOrder(type: CommandType) {
        // Whose wallet is closed is known only when the payment is.
        let isLate: Set<Fault> = type == .openDispute ? [.payeeClosed] : [.payeeFull]
        let refusals = Refusal.all(of: type).filter { !isLate.contains($0.fault) }
        for (field, refusals) in Dictionary(grouping: refusals, by: \.field) {
            let places = refusals.map { refusal in OutcomeCode.table.firstIndex { $0.code == refusal.code } ?? -1 }
            #expect(places == places.sorted(), "\(field ?? "no field")")
        }
    }

    @Test("every code that a lane can give is given by some command here or by the outside world")
    func coverage() {
        var given = Set(CommandType.allCases.flatMap { Refusal.all(of: $0) }.map(\.code))
        given.formUnion([
            .ok, .unknownType, .keyReused, .chargeDeclined, .payoutReturned, .cancelled, .chargedBack,
            .chargebackWon, .notSent, .notPaid,
        ])
        // These are told of messages that are not authentic, of which no outcome is recorded.
        given.formUnion([.untrustedPublisher, .badSignature])
        #expect(given == Set(OutcomeCode.allCases))
    }

    @Test("a type that nobody knows is rejected under its id")
    func unknownType() {
        var situation = Situation(.submitTransfer, [.unknownType])
        let outcome = situation.books.take(situation.command)
        #expect(outcome.code == .unknownType)
        #expect(outcome.transition == .commandRejected)
        #expect(outcome.wallet == nil)
    }

    @Test("a command is judged up to its not-after and expired past it")
    func notAfter() {
        var situation = Situation(.submitTransfer, [])
        #expect(situation.command.notAfter == situation.books.time)
        #expect(situation.books.take(situation.command).code == .ok)
    }

    @Test("a wallet that is frozen takes credits: top-ups, transfers, payments, refunds and returned payouts")
    func frozenTakesCredits() {
        for type in [CommandType.submitTopUp, .settleTopUp] {
            var situation = Situation(type, [.walletFrozen])
            #expect(situation.books.take(situation.command).code == .ok)
        }
        for type in [
            CommandType.submitTransfer, .submitPayment, .submitBulk, .submitMove, .submitRefund, .settleDispute,
        ] {
            var situation = Situation(type, [])
            situation.books.wallets[Situation.payee]?.standing.status = .frozen
            situation.books.wallets[Situation.payee]?.standing.frozenBy = .compliance
            #expect(situation.books.take(situation.command).code == .ok, "\(type)")
        }
        var returned = Situation(.settleWithdrawal, step: .returned, [.walletFrozen])
        #expect(returned.books.take(returned.command).status == .returned)
    }

    @Test("a payee's verification is nobody's business but the payee's, unless it is a merchant that is paid")
    func payeeVerification() {
        for type in [CommandType.submitTransfer, .submitBulk] {
            var situation = Situation(type, [])
            situation.books.owners[Situation.stranger] = Owner(
                id: Situation.stranger, controller: Situation.stranger,
                verification: Verification(
                    level: 0, expiresAt: Timestamp(microseconds: 0), levelOneExpiresAt: Timestamp(microseconds: 0)))
            #expect(situation.books.take(situation.command).code == .ok)
        }
    }

    @Test("what was paid is given back, disputed and moved about however old the owner's verification is")
    func verificationOfRefunds() {
        for type in [CommandType.submitRefund, .openDispute, .settleDispute, .submitMove, .cancelWithdrawal] {
            var situation = Situation(type, [.verificationExpired])
            #expect(situation.books.take(situation.command).refusedFor == nil, "\(type)")
        }
    }

    @Test("a bulk of which every leg is refused is refused as its first leg, and each leg tells its own")
    func bulkRefused() {
        let legs = [
            SubmitBulk.Leg(id: Situation.leg, to: Situation.wallet, amount: Situation.amount),
            SubmitBulk.Leg(id: CommandID(high: 62, low: 2), to: Situation.opened, amount: Situation.amount),
        ]
        var situation = Situation(.submitBulk, [])
        let outcome = situation.books.take(
            situation.command(.submitBulk(SubmitBulk(from: Situation.wallet, isAllOrNothing: false, legs: legs))))
        #expect(outcome.transition == .bulkRejected && outcome.status == .rejected && outcome.leg == nil)
        #expect(outcome.code == .sameWallet && outcome.field == "legs[0].to" && outcome.amount == nil)
        #expect(situation.books.outcomes.map(\.code) == [.sameWallet, .payeeNotFound, .sameWallet])
        #expect(situation.books.outcomes.map(\.field) == ["legs[0].to", "legs[1].to", "legs[0].to"])
        #expect(situation.books.outcomes.map(\.leg) == [0, 1, nil])
        #expect(situation.books.outcomes.last == outcome)
    }
}

extension Books.Told {
    /// What it was refused for; nil when it was done. The outside world's answers are no refusals.
    var refusedFor: OutcomeCode? { 1...9 ~= code.rule.check ? code : nil }
}
