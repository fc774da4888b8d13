// Every status of a top-up, a withdrawal and a dispute, met by every step.

import Domain
import Testing

@Suite("Lives")
struct LifecycleTests {
    @Test("a top-up is settled once, from pending", arguments: CommandStatus.allCases, SettleTopUp.Result.allCases)
    func topUps(status: CommandStatus, result: SettleTopUp.Result) {
        let ends: [SettleTopUp.Result: CommandStatus] = [
            .captured: .completed, .declined: .rejected, .expired: .expired,
        ]
        let expected = status == .pending ? ends[result] : nil
        var situation = Situation(.settleTopUp, [])
        situation.setMovement(.topUp(result == .expired ? .bankTransfer : .card), fee: 20_00, status: status)
        let outcome = situation.books.take(
            situation.command(
                .settleTopUp(
                    SettleTopUp(
                        topUp: Situation.movement, wallet: Situation.wallet, result: result,
                        amount: Situation.amount))))
        #expect(outcome.status == expected ?? .rejected && (outcome.code == .alreadyFinal) == (expected == nil))
        #expect(situation.books.movements[Situation.movement]?.status == expected ?? status)
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
        let event: WithdrawalEvent = step == .sent ? .sent : step == .confirmed ? .confirmed : .returned
        #expect(Lifecycle.withdrawal.state(after: event, from: status) == Self.allowed[status]?[step])
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
        #expect(Lifecycle.withdrawal.state(after: .cancelled, from: status) == (status == .held ? .cancelled : nil))
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
        #expect(Lifecycle.withdrawal.state(after: .expired, from: status) == (status == .held ? .expired : nil))
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
        #expect(Lifecycle.dispute.state(after: step, from: status) == next)
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

    @Test("no two steps of a life lead from one place by one event, and every place is reached from the first")
    func machines() {
        func check<State, Event>(_ machine: StateMachine<State, Event>) {
            for step in machine.steps {
                #expect(machine.steps.count { $0.from == step.from && $0.event == step.event } == 1)
            }
            var reached: Set<State> = [machine.initial]
            for _ in machine.steps { reached.formUnion(machine.steps.filter { reached.contains($0.from) }.map(\.to)) }
            #expect(Set(machine.steps.flatMap { [$0.from, $0.to] }) == reached)
            // Forward only: nothing comes back to where it was.
            for start in reached {
                var later: Set<State> = []
                for _ in machine.steps {
                    let fromHere = machine.steps.filter { $0.from == start || later.contains($0.from) }
                    later.formUnion(fromHere.map(\.to))
                }
                #expect(!later.contains(start))
            }
        }
        check(Lifecycle.topUp)
        check(Lifecycle.withdrawal)
        check(Lifecycle.dispute)
        check(Lifecycle.adjustment)
    }

    @Test("a top-up's status and code together say where it stands")
    func topUpStates() {
        for state in TopUpState.allCases { #expect(TopUpState(state.status, state.code) == state) }
        #expect(TopUpState(.completed, .chargedBack) == nil && TopUpState(.held, .ok) == nil)
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
