// Before a demo's day: what people do with their wallets beside paying, and what the operators do with the books.

import Domain

/// A list of actions that are played one after the other, before the day's. On a ledger on which a day was played already
/// the bank's clock is ahead, so what is taken back here may be sent already: whoever comes first decides.
struct Prologue: Sendable {
    private var playbook: Playbook
    private var actions: [Action] = []
    private let amina: Participant
    private let badis: Participant
    private let chahra: Participant
    private let karim: Participant
    private let shop: Participant
    private let nobody: Participant
    private let clerk: OperatorPerson
    private let chief: OperatorPerson
    private let compliance: OperatorPerson

    /// - Parameter label: the day's, so that the same day has the same prologue.
    static func actions(label: String) -> [Action] {
        var prologue = Prologue(label: runLabel("prologue", label))
        prologue.play()
        return prologue.actions
    }

    private init(label: String) {
        playbook = Playbook(label: label)
        func participant(_ name: String, _ kind: Participant.Kind = .person) -> Participant {
            Participant(label: label, name: name, kind: kind)
        }
        (amina, badis, chahra) = (participant("amina"), participant("badis"), participant("chahra"))
        (karim, nobody, shop) = (participant("karim"), participant("nobody"), participant("shop", .merchant))
        clerk = OperatorPerson(label: label, name: "clerk", roles: ["operator", "approver"])
        chief = OperatorPerson(label: label, name: "chief", roles: ["approver"])
        compliance = OperatorPerson(label: label, name: "compliance", roles: ["compliance"])
    }

    private mutating func play() {
        for participant in [amina, badis, chahra, shop] { actions.append(playbook.open(participant)) }
        let topUp = playbook.topUp(amina, .card, 10_000_00, .callback)
        actions.append(topUp)
        for (payer, amount) in [(badis, Int64(5_000_00)), (shop, 50_000_00)] {
            actions.append(playbook.topUp(payer, .bankTransfer, amount, nil))
        }
        wallets()
        team()
        payroll()
        disputes()
        secondThoughts()
        books()
        adjustments()
        chargeback(of: topUp)
    }

    private mutating func wallets() {
        let (opening, taxes) = playbook.openSubWallet(of: amina, name: "Taxes")
        actions += [
            opening,
            playbook.move(amina, from: amina.wallet, to: taxes, 1_000_00),
            playbook.move(amina, from: taxes, to: amina.wallet, 400_00),
            playbook.freeze(amina),
            playbook.transfer(from: amina, to: badis, 500_00),
            playbook.unfreeze(amina),
            playbook.transfer(from: amina, to: badis, 500_00),
            playbook.close(chahra),
            playbook.transfer(from: amina, to: chahra, 500_00),
            playbook.close(badis),
        ]
    }

    private mutating func team() {
        actions += [
            playbook.setMember(karim, of: shop, .manager),
            playbook.transfer(from: shop, by: karim, to: badis, 300_00, isPermitted: true),
            playbook.setMember(karim, of: shop, .viewer),
            playbook.transfer(from: shop, by: karim, to: badis, 300_00, isPermitted: false),
            playbook.putAside(shop, 5_000_00),
            playbook.release(shop, 2_000_00, by: nil),
            playbook.release(shop, 2_000_00, by: clerk),
        ]
    }

    private mutating func payroll() {
        let salaries = [(payee: amina, amount: Int64(1_000_00)), (payee: badis, amount: 2_000_00)]
        actions += [
            playbook.payMany(from: shop, salaries, isAllOrNothing: true),
            playbook.payMany(from: shop, salaries + [(payee: nobody, amount: 1_00)], isAllOrNothing: false),
            playbook.payMany(from: shop, salaries + [(payee: nobody, amount: 1_00)], isAllOrNothing: true),
            playbook.payMany(from: shop, salaries + [(payee: badis, amount: 100_000_00)], isAllOrNothing: true),
        ]
    }

    private mutating func disputes() {
        for (amount, arbiter) in [(Int64(2_000_00), nil), (1_000_00, clerk)] {
            let payment = playbook.pay(shop, from: amina, amount)
            guard let id = payment.request.commandID else { continue }
            let end: CommandStatus = arbiter == nil ? .completed : .rejected
            let dispute = playbook.dispute(id, by: amina, endsIn: end)
            actions += [
                payment, dispute, playbook.settle(dispute, of: id, amina, shop, amount, against: arbiter),
                playbook.finish(dispute, .decided(end, .ok)),
            ]
        }
    }

    private mutating func secondThoughts() {
        let (adding, beneficiary) = playbook.addBeneficiary(badis, .late, account: 1_234_567_890)
        actions.append(adding)
        actions += playbook.withdrawAndCancel(badis, to: beneficiary, 1_000_00)
    }

    /// What the networks and the bank report, and what the operator does with its own money.
    private mutating func books() {
        actions += [
            playbook.book(.settlements, by: clerk, 8_000_00),
            playbook.book(.bankCharges, by: clerk, 35_00),
            playbook.book(.ownFunds, by: clerk, 20_000_00),
            playbook.book(.feeSweeps, by: clerk, 100_00),
            playbook.book(.lines, by: clerk, 7_777_00),
            playbook.book(.lineReturns, by: clerk, 7_000_00),
            playbook.book(.lineReturnConfirmations, by: clerk, 7_000_00, below: "line-returns"),
        ]
    }

    /// What is not explained turns out to be somebody's: one operator proposes, another approves.
    private mutating func adjustments() {
        let good = playbook.proposeAdjustment(badis, 777_00, by: clerk, endsIn: .completed)
        let bad = playbook.proposeAdjustment(amina, 777_00, by: clerk, endsIn: .rejected)
        actions += [
            good, playbook.settleAdjustment(good, .approvals, badis, 777_00, by: clerk, refusedAs: .sameOperator),
            playbook.settleAdjustment(good, .approvals, badis, 777_00, by: chief),
            playbook.finish(good, .decided(.completed, .ok)),
            bad, playbook.settleAdjustment(bad, .adjustmentRejections, amina, 777_00, by: chief),
            playbook.finish(bad, .decided(.rejected, .cancelled)),
        ]
    }

    /// A card's holder takes back what is spent already: the rest is a claim, which later credits pay first.
    private mutating func chargeback(of topUp: Action) {
        actions += [
            playbook.chargeBack(topUp, of: amina, 10_000_00, by: clerk),
            playbook.transfer(from: amina, to: badis, 1_00),
            playbook.topUp(amina, .bankTransfer, 12_000_00, nil),
            playbook.winChargeback(topUp, of: amina, 10_000_00, by: clerk),
            playbook.unfreeze(amina, by: compliance),
            playbook.transfer(from: amina, to: badis, 500_00),
        ]
    }
}
