// Every status of a top-up, a withdrawal and a dispute, met by every step.

import Domain
import Testing

@Suite("Lives")
struct LifecycleTests {
    @Test("a top-up is settled once, from pending", arguments: CommandStatus.allCases, SettleTopUp.Result.allCases)
    func topUps(status: CommandStatus, result: SettleTopUp.Result) {
        let expected: CommandStatus? = status != .pending ? nil : result == .captured ? .completed : .rejected
        #expect(TopUpLifecycle.status(after: result, from: status) == expected)
    }

    /// held → sent → completed → returned, and sent → returned (spec/wallet.md §2).
    private static let allowed: [CommandStatus: [SettleWithdrawal.Step: CommandStatus]] = [
        .held: [.sent: .sent], .sent: [.confirmed: .completed, .returned: .returned],
        .completed: [.returned: .returned],
    ]

    @Test(
        "a withdrawal goes forward only, one step at a time", arguments: CommandStatus.allCases,
        SettleWithdrawal.Step.allCases)
    func withdrawals(status: CommandStatus, step: SettleWithdrawal.Step) {
        #expect(WithdrawalLifecycle.status(after: step, from: status) == Self.allowed[status]?[step])
    }

    @Test(
        "in the books too: a step that does not fit its withdrawal changes nothing",
        arguments: CommandStatus.allCases, SettleWithdrawal.Step.allCases)
    func withdrawalSteps(status: CommandStatus, step: SettleWithdrawal.Step) {
        var situation = Situation(.settleWithdrawal, step: step, [])
        situation.books.wallets[Situation.wallet]?.pending = 1_200_00
        situation.setMovement(.withdrawal(.express, Situation.beneficiary), fee: 200_00, status: status)
        let outcome = situation.books.take(situation.command)
        if let next = Self.allowed[status]?[step] {
            #expect(outcome.status == next && outcome.subject == Situation.movement)
            #expect(situation.books.movements[Situation.movement]?.status == next)
            #expect(situation.books.movements[Situation.movement]?.last == outcome.position)
        } else {
            #expect(outcome.code == .alreadyFinal && outcome.subject == situation.command.id)
            #expect(outcome.status == .rejected && outcome.entries.isEmpty)
            #expect(outcome.transition == .withdrawalSettlementRejected)
            #expect(situation.books.movements[Situation.movement]?.status == status)
        }
    }

    @Test("a withdrawal is cancelled while it is held and never after", arguments: CommandStatus.allCases)
    func cancelling(status: CommandStatus) {
        #expect(WithdrawalLifecycle.cancelled(from: status) == (status == .held ? .cancelled : nil))
        var situation = Situation(.cancelWithdrawal, [])
        situation.setMovement(.withdrawal(.express, Situation.beneficiary), fee: 200_00, status: status)
        let outcome = situation.books.take(situation.command)
        #expect(outcome.code == (status == .held ? .cancelled : .alreadyFinal))
        #expect(situation.books.movements[Situation.movement]?.status == (status == .held ? .cancelled : status))
    }

    @Test(
        "what could not be sent expires while it is held and never after, and gives back amount and fee",
        arguments: CommandStatus.allCases)
    func expiring(status: CommandStatus) {
        #expect(WithdrawalLifecycle.expired(from: status) == (status == .held ? .expired : nil))
        var situation = Situation(.expireWithdrawal, [])
        situation.setMovement(.withdrawal(.express, Situation.beneficiary), fee: 200_00, status: status)
        let outcome = situation.books.take(situation.command)
        #expect(situation.books.movements[Situation.movement]?.status == (status == .held ? .expired : status))
        guard status == .held else {
            #expect(outcome.code == .alreadyFinal && outcome.transition == .withdrawalExpiryRejected)
            return
        }
        #expect(outcome.code == .notSent && outcome.transition == .withdrawalExpired)
        #expect(
            outcome.lines == [
                .customer(Situation.wallet, .pending): -1_200_00, .customer(Situation.wallet, .available): 1_200_00,
            ])
    }

    /// pending → in_review → completed or rejected; the middle is left out when nobody answers.
    private static let disputes: [CommandStatus: [SettleDispute.Step: CommandStatus]] = [
        .pending: [.answered: .inReview, .accepted: .completed, .rejected: .rejected],
        .inReview: [.accepted: .completed, .rejected: .rejected],
    ]

    @Test(
        "a dispute is answered once and decided once, by operators as by the merchant",
        arguments: CommandStatus.allCases,
        SettleDispute.Step.allCases)
    func disputeSteps(status: CommandStatus, step: SettleDispute.Step) {
        let next = Self.disputes[status]?[step]
        #expect(DisputeLifecycle.status(after: step, from: status) == next)
        var situation = Situation(.settleDispute, [])
        situation.books.movements[Situation.movement]?.status = status
        let operators = Caller(client: "console", user: Situation.user, permissions: [.operatorRole, .transfer])
        let outcome = situation.books.take(
            Command(
                id: situation.command.id, type: .settleDispute, caller: operators, notAfter: Situation.now,
                request: .settleDispute(
                    SettleDispute(dispute: Situation.movement, wallet: Situation.wallet, step: step))))
        #expect(outcome.code == (next == nil ? .alreadyFinal : .ok))
        #expect(situation.books.movements[Situation.movement]?.status == next ?? status)
        #expect(outcome.subject == (next == nil ? situation.command.id : Situation.movement))
        #expect(outcome.entries.isEmpty == (next != .completed))
    }

    @Test("a command is waited for until it is completed, rejected, expired, returned or cancelled")
    func decided() {
        #expect(CommandStatus.allCases.filter { !$0.isDecided } == [.pending, .held, .sent, .inReview])
    }
}

@Suite("Names and numbers")
struct NameTests {
    @Test("no two numbers or names of a kind are the same")
    func unique() {
        #expect(Set(Transition.allCases.map(\.eventName)).count == Transition.allCases.count)
        #expect(Set(CommandType.allCases.map(\.name)).count == CommandType.allCases.count)
        #expect(Set(CommandStatus.allCases.map(\.name)).count == CommandStatus.allCases.count)
        let accounts = SystemAccount.allCases.map(\.rawValue) + Bucket.allCases.map(\.rawValue)
        #expect(Set(accounts).count == accounts.count)
    }

    @Test("a command type's name leads back to it, and nothing else does")
    func commandTypes() {
        #expect(CommandType.allCases.allSatisfy { CommandType(name: $0.name) == $0 })
        #expect(CommandType(name: "transfer.submit") == nil)
        #expect(CommandType(name: "transfer.submit.v2") == nil)
    }

    @Test("debit-normal are what others owe us, the bank account and expense")
    func normalSides() {
        let debit: Set<SystemAccount> = [.omnibus, .cardClearing, .mobileClearing, .chargebacks, .bankCharges]
        #expect(Set(SystemAccount.allCases.filter(\.isDebitNormal)) == debit)
    }

    @Test("each type that can be refused is refused under its own event", arguments: CommandType.allCases)
    func refusals(type: CommandType) {
        var situation = Situation(type, [.malformed])
        let name = situation.books.take(situation.command).transition.eventName
        // Sub-wallets and members are announced as what happens to a wallet.
        let topic = type.name.prefix { $0 != "." }
        #expect(name.prefix { $0 != "." } == (topic == "subwallet" || topic == "member" ? "wallet" : topic))
        #expect(name.hasSuffix("rejected"))
    }
}
