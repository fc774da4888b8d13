// Every way in which each command can be refused, in the order in which the checks are made.

import Domain
import Testing

@Suite("Checks")
struct PrecedenceTests {
    /// One thing that can be wrong, and how the command is answered then.
    struct Refusal: Sendable, CustomStringConvertible {
        let fault: Fault
        let code: OutcomeCode
        let field: String?

        init(_ fault: Fault, _ code: OutcomeCode, _ field: String?) {
            self.fault = fault
            self.code = code
            self.field = field
        }

        var description: String { "\(fault)" }
    }

    private static let form = [
        Refusal(.malformed, .malformed, "metadata"), Refusal(.amountOutOfRange, .amountOutOfRange, "amount.amount"),
        Refusal(.expired, .expired, nil),
    ]

    private static func who(_ field: String) -> [Refusal] {
        [
            Refusal(.walletMissing, .walletNotFound, field), Refusal(.permissionMissing, .notPermitted, field),
            Refusal(.foreignCaller, .notPermitted, field),
        ]
    }

    private static func service(_ field: String) -> [Refusal] { who(field).filter { $0.fault != .foreignCaller } }

    private static let verification = [
        Refusal(.levelTooLow, .kycLevelTooLow, nil), Refusal(.verificationExpired, .kycExpired, nil),
    ]

    /// What can be wrong with a command of each type, the check that comes first first.
    static func refusals(of type: CommandType) -> [Refusal] {
        switch type {
        case .openWallet:
            form + [
                Refusal(.permissionMissing, .notPermitted, nil), Refusal(.foreignCaller, .notPermitted, nil),
                Refusal(.walletThere, .walletExists, "currency"),
            ] + verification
        case .submitTransfer:
            form + who("from") + [
                Refusal(.walletClosed, .walletClosed, "from"), Refusal(.payeeClosed, .walletClosed, "to"),
                Refusal(.walletFrozen, .walletFrozen, "from"), Refusal(.payeeMissing, .payeeNotFound, "to"),
                Refusal(.sameWallet, .sameWallet, "to"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
                Refusal(.payeeOfOtherCurrency, .currencyMismatch, "to"),
            ] + verification + [
                Refusal(.tooPoor, .insufficientFunds, "amount"), Refusal(.payeeFull, .amountOutOfRange, "amount"),
            ]
        case .submitTopUp:
            form + who("wallet") + [
                Refusal(.walletClosed, .walletClosed, "wallet"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
            ] + verification
        case .settleTopUp:
            form + service("wallet") + [
                Refusal(.movementMissing, .topUpNotFound, "topup"), Refusal(.movementOfOther, .topUpNotFound, "topup"),
                Refusal(.movementOfOtherKind, .topUpNotFound, "topup"),
                Refusal(.movementFinal, .alreadyFinal, "topup"), Refusal(.otherAmount, .amountMismatch, "amount"),
                Refusal(.otherCurrency, .amountMismatch, "amount"),
            ]
        case .addBeneficiary:
            form + who("wallet") + [
                Refusal(.walletClosed, .walletClosed, "wallet"), Refusal(.wrongRIB, .ribInvalid, "rib"),
            ]
        case .verifyBeneficiary:
            form + service("wallet") + [
                Refusal(.beneficiaryMissing, .beneficiaryNotFound, "beneficiary"),
                Refusal(.beneficiaryOfOther, .beneficiaryNotFound, "beneficiary"),
                Refusal(.verifiedAlready, .alreadyFinal, "beneficiary"),
            ]
        case .submitWithdrawal:
            form + who("wallet") + [
                Refusal(.walletClosed, .walletClosed, "wallet"), Refusal(.walletFrozen, .walletFrozen, "wallet"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
            ] + verification + [
                Refusal(.beneficiaryMissing, .beneficiaryNotFound, "beneficiary"),
                Refusal(.beneficiaryOfOther, .beneficiaryNotFound, "beneficiary"),
                Refusal(.beneficiaryUnverified, .beneficiaryNotVerified, "beneficiary"),
                Refusal(.tooPoor, .insufficientFunds, "amount"),
            ]
        case .settleWithdrawal:
            // A freeze stops a held withdrawal from being sent; one that is not held is not concerned by it.
            form + service("wallet") + [
                Refusal(.movementMissing, .withdrawalNotFound, "withdrawal"),
                Refusal(.movementOfOther, .withdrawalNotFound, "withdrawal"),
                Refusal(.movementOfOtherKind, .withdrawalNotFound, "withdrawal"),
                Refusal(.movementFinal, .alreadyFinal, "withdrawal"),
                Refusal(.walletFrozen, .walletFrozen, "wallet"),
            ]
        }
    }

    /// Faults that cannot be there together: the one takes away what the other is about.
    private static let exclusive: [Set<Fault>] = [
        [.walletClosed, .walletFrozen], [.payeeMissing, .payeeClosed, .payeeOfOtherCurrency, .payeeFull],
        [.sameWallet, .payeeMissing], [.sameWallet, .payeeClosed], [.sameWallet, .payeeOfOtherCurrency],
        [.sameWallet, .payeeFull],
        [.beneficiaryMissing, .beneficiaryOfOther, .beneficiaryUnverified, .verifiedAlready],
    ]

    private static func canMeet(_ faults: Set<Fault>) -> Bool {
        !exclusive.contains { $0.intersection(faults).count > 1 }
    }

    @Test("a command with nothing wrong is not refused", arguments: CommandType.allCases)
    func success(type: CommandType) {
        var situation = Situation(type, [])
        let outcome = situation.books.take(situation.command)
        #expect(outcome.code == .ok)
        #expect(outcome.field == nil)
    }

    @Test("a command with one thing wrong is answered with its code and field", arguments: CommandType.allCases)
    func single(type: CommandType) {
        for refusal in Self.refusals(of: type) {
            expectRefused(type, [refusal.fault], as: refusal)
        }
    }

    @Test("a command that fails two checks or three is answered with the earlier", arguments: CommandType.allCases)
    func several(type: CommandType) {
        let refusals = Self.refusals(of: type)
        for first in refusals.indices {
            for second in refusals.indices[(first + 1)...] {
                let pair: Set<Fault> = [refusals[first].fault, refusals[second].fault]
                guard Self.canMeet(pair) else { continue }
                expectRefused(type, pair, as: refusals[first])
                for third in refusals.indices[(second + 1)...] {
                    let triple = pair.union([refusals[third].fault])
                    if Self.canMeet(triple) { expectRefused(type, triple, as: refusals[first]) }
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
            && situation.books.owners == before.owners
        if !isAsExpected { Issue.record("\(type) with \(faults): \(outcome.code) of \(outcome.field ?? "no field")") }
    }

    @Test("each step of the order is one of the table: no code is followed by one of an earlier check")
    func tableOrder() {
        // A full bucket and a settlement's own two look-ups stand where money, not form, is judged.
        for type in CommandType.allCases {
            let checks = Self.refusals(of: type).filter { $0.fault != .payeeFull }.map { $0.code.rule.check }
            #expect(checks == checks.sorted(), "\(type)")
        }
    }

    @Test("every code that a lane can give is given by some command here or by the outside world")
    func coverage() {
        var given = Set(CommandType.allCases.flatMap { Self.refusals(of: $0) }.map(\.code))
        given.formUnion([.ok, .unknownType, .keyReused, .chargeDeclined, .payoutReturned])
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

    @Test("a wallet that is frozen takes credits: top-ups, transfers and returned payouts")
    func frozenTakesCredits() {
        for type in [CommandType.submitTopUp, .settleTopUp] {
            var situation = Situation(type, [.walletFrozen])
            #expect(situation.books.take(situation.command).code == .ok)
        }
        var transfer = Situation(.submitTransfer, [])
        transfer.books.wallets[Situation.payee]?.status = .frozen
        #expect(transfer.books.take(transfer.command).code == .ok)
        var returned = Situation(.settleWithdrawal, step: .returned, [.walletFrozen])
        #expect(returned.books.take(returned.command).status == .returned)
    }

    @Test("a payee's verification is nobody's business but the payee's")
    func payeeVerification() {
        var situation = Situation(.submitTransfer, [])
        situation.books.owners[Situation.stranger] = Owner(
            id: Situation.stranger, controller: Situation.stranger,
            verification: Verification(
                level: 0, expiresAt: Timestamp(microseconds: 0), levelOneExpiresAt: Timestamp(microseconds: 0)))
        #expect(situation.books.take(situation.command).code == .ok)
    }
}
