// What is done with wallets, teams, disputes and the operator's books: the actions of the prologue.

import Domain
import Wire

/// Whoever works for the operator, with the roles in their token.
struct OperatorPerson: Hashable, Sendable {
    let subject: OwnerID
    let roles: [String]

    init(label: String, name: String, roles: [String]) {
        subject = Participant(label: label, name: name, kind: .person).subject
        self.roles = roles
    }
}

extension Playbook {
    // MARK: - Wallets

    /// - Returns: the action, and the id that the sub-wallet will have.
    mutating func openSubWallet(of person: Participant, name: String) -> (Action, WalletID) {
        let key = nextKey
        let command = CommandID(client: WalletRequest.client, subject: person.subject.description, key: key)
        let wallet = WalletID(besides: person.wallet, openedBy: command)
        var action = write(
            .subWallets, person.subject, key: key, Body.named(name),
            [WalletAccess(wallet, .exclusive), WalletAccess(person.wallet, .exclusive)],
            books.open(wallet, mayOpen: true))
        action.request.parent = "wallets/\(person.wallet)"
        return (action, wallet)
    }

    mutating func move(_ owner: Participant, from source: WalletID, to target: WalletID, _ amount: Int64) -> Action {
        write(
            .moves, owner.subject,
            Body.move(from: (source, .available), to: (target, .available), amount), exclusively(source, target),
            books.move(from: source, to: target, amount))
    }

    /// Into what a merchant keeps in reserve.
    mutating func putAside(_ merchant: Participant, _ amount: Int64) -> Action {
        write(
            .moves, merchant.subject,
            Body.move(from: (merchant.wallet, .available), to: (merchant.wallet, .reserve), amount),
            exclusively(merchant.wallet), books.reserve(merchant.wallet, amount))
    }

    /// Out of what a merchant keeps in reserve: an operator may, the merchant may not.
    mutating func release(_ merchant: Participant, _ amount: Int64, by person: OperatorPerson?) -> Action {
        var action = write(
            .moves, person?.subject ?? merchant.subject,
            Body.move(from: (merchant.wallet, .reserve), to: (merchant.wallet, .available), amount),
            exclusively(merchant.wallet),
            person == nil
                ? (.refused(.notPermitted), Effects()) : books.reserve(merchant.wallet, -amount))
        action.request.roles = person?.roles ?? []
        return action
    }

    mutating func freeze(_ participant: Participant) -> Action {
        change(.freezes, participant, books.freeze(participant.wallet))
    }

    /// - Parameter person: of compliance, when that froze it; nil for its owner.
    mutating func unfreeze(_ participant: Participant, by person: OperatorPerson? = nil) -> Action {
        change(.unfreezes, participant, books.unfreeze(participant.wallet), by: person)
    }

    mutating func close(_ participant: Participant) -> Action {
        change(.closings, participant, books.close(participant.wallet))
    }

    mutating func setMember(_ user: Participant, of merchant: Participant, _ role: TeamRole) -> Action {
        var action = write(
            .members, merchant.subject, Body.member(user.subject, role), exclusively(merchant.wallet),
            (.decided(.completed, .ok), Effects()))
        action.request.parent = "wallets/\(merchant.wallet)"
        return action
    }

    private mutating func change(
        _ resource: Resource, _ participant: Participant, _ result: (Prediction, Effects),
        by person: OperatorPerson? = nil
    ) -> Action {
        var action = write(
            resource, person?.subject ?? participant.subject, Body.reason("as asked"),
            exclusively(participant.wallet), result)
        action.request.parent = "wallets/\(participant.wallet)"
        action.request.roles = person?.roles ?? []
        return action
    }

    // MARK: - Money

    /// A transfer out of a merchant's wallet by somebody of its team.
    mutating func transfer(
        from merchant: Participant, by member: Participant, to payee: Participant, _ amount: Int64, isPermitted: Bool
    ) -> Action {
        write(
            .transfers, member.subject, Body.transfer(from: merchant.wallet, to: payee.wallet, amount),
            exclusively(merchant.wallet, payee.wallet),
            isPermitted
                ? books.transfer(from: merchant.wallet, to: payee.wallet, amount)
                : (.refused(.notPermitted), Effects()))
    }

    mutating func payMany(
        from payer: Participant, _ legs: [(payee: Participant, amount: Int64)], isAllOrNothing: Bool
    ) -> Action {
        let legs = legs.map { (wallet: $0.payee.wallet, amount: $0.amount) }
        return write(
            .bulkTransfers, payer.subject, Body.bulk(from: payer.wallet, legs, isAllOrNothing: isAllOrNothing),
            exclusively(payer.wallet), books.bulk(from: payer.wallet, to: legs, isAllOrNothing: isAllOrNothing))
    }

    mutating func dispute(_ payment: CommandID, by payer: Participant, endsIn status: CommandStatus) -> Action {
        var action = write(
            .disputes, payer.subject, Body.dispute(payment, payer.wallet), exclusively(payer.wallet),
            (.either([.decided(.pending, .ok), .decided(status, .ok)]), Effects()))
        action.stage = .begins(.pending)
        return action
    }

    /// The merchant gives in, and so refunds what is left of the payment; or an operator finds for the merchant.
    mutating func settle(
        _ dispute: Action, of payment: CommandID, _ payer: Participant, _ merchant: Participant, _ amount: Int64,
        against person: OperatorPerson? = nil
    ) -> Action {
        var action = write(
            person == nil ? .acceptances : .rejections, person?.subject ?? merchant.subject,
            Body.settleDispute(merchant.wallet), exclusively(payer.wallet, merchant.wallet),
            person == nil
                ? books.refund(payment, from: merchant.wallet, to: payer.wallet, amount)
                : (.decided(.rejected, .ok), Effects()))
        action.request.parent = dispute.request.commandID.map { "disputes/\($0)" }
        action.request.roles = person?.roles ?? []
        return action
    }

    /// What the bank has sent by then is past recall: whoever comes first decides.
    mutating func withdrawAndCancel(
        _ participant: Participant, to beneficiary: BeneficiaryID, _ amount: Int64
    ) -> [Action] {
        let ends: [Prediction] = [.decided(.cancelled, .cancelled), .decided(.completed, .ok)]
        var begin = withdraw(participant, to: beneficiary, .standard, amount)
        begin = begin.predicting(.either([.decided(.held, .ok), .decided(.sent, .ok)] + ends))
        begin.stage = .begins(.held)
        var cancel = write(
            .cancellations, participant.subject, Body.wallet(participant.wallet), exclusively(participant.wallet),
            (.either([.decided(.cancelled, .cancelled), .decided(.rejected, .alreadyFinal)]), Effects()))
        cancel.request.parent = begin.request.commandID.map { "withdrawals/\($0)" }
        return [begin, cancel, finish(begin, .either(ends), begin.effects)]
    }

    /// What became of something that was begun.
    mutating func finish(_ begun: Action, _ prediction: Prediction, _ effects: Effects = Effects()) -> Action {
        actionsWritten += 1
        var action = Action(
            number: actionsWritten, request: begun.request, accesses: begun.accesses, prediction: prediction,
            effects: effects)
        action.repeatsEarlier = true
        action.stage = .finishes
        return action
    }

    // MARK: - The operator's books

    mutating func book(
        _ resource: Resource, by person: OperatorPerson, _ amount: Int64, below parent: String? = nil
    ) -> Action {
        let reference = "\(resource.rawValue) \(actionsWritten + 1)"
        var action = write(
            resource, person.subject, Body.booking(resource, amount, reference: reference), [],
            (.decided(.completed, .ok), Effects()))
        action.request.parent = parent
        action.request.roles = person.roles
        return action
    }

    mutating func proposeAdjustment(
        _ participant: Participant, _ amount: Int64, by person: OperatorPerson, endsIn status: CommandStatus
    ) -> Action {
        let end = Prediction.decided(status, status == .rejected ? .cancelled : .ok)
        var action = write(
            .adjustments, person.subject, Body.adjustment(participant.wallet, amount), exclusively(participant.wallet),
            (.either([.decided(.pending, .ok), end]), Effects()))
        action.request.roles = person.roles
        action.stage = .begins(.pending)
        return action
    }

    /// - Parameter code: of a refusal, for whoever may not decide this.
    mutating func settleAdjustment(
        _ proposal: Action, _ resource: Resource, _ participant: Participant, _ amount: Int64,
        by person: OperatorPerson, refusedAs code: OutcomeCode? = nil
    ) -> Action {
        let result: (Prediction, Effects)
        if let code {
            result = (.decided(.rejected, code), Effects())
        } else if resource == .approvals {
            result = books.adjust(participant.wallet, amount)
        } else {
            result = (.decided(.rejected, .cancelled), Effects())
        }
        var action = write(
            resource, person.subject, Body.wallet(participant.wallet), exclusively(participant.wallet), result)
        action.request.parent = proposal.request.commandID.map { "adjustments/\($0)" }
        action.request.roles = person.roles
        return action
    }

    mutating func chargeBack(
        _ topUp: Action, of participant: Participant, _ amount: Int64, by person: OperatorPerson
    ) -> Action {
        chargeback(.chargebacks, topUp, "", participant, person, books.chargeBack(participant.wallet, amount))
    }

    mutating func winChargeback(
        _ topUp: Action, of participant: Participant, _ amount: Int64, by person: OperatorPerson
    ) -> Action {
        chargeback(
            .chargebackReversals, topUp, "/chargeback", participant, person,
            books.winChargeback(participant.wallet, amount))
    }

    private mutating func chargeback(
        _ resource: Resource, _ topUp: Action, _ suffix: String, _ participant: Participant, _ person: OperatorPerson,
        _ result: (Prediction, Effects)
    ) -> Action {
        var action = write(
            resource, person.subject, Body.wallet(participant.wallet), exclusively(participant.wallet), result)
        action.request.parent = topUp.request.commandID.map { "top-ups/\($0)\(suffix)" }
        action.request.roles = person.roles
        return action
    }

    private func exclusively(_ wallets: WalletID...) -> [WalletAccess] {
        wallets.map { WalletAccess($0, .exclusive) }
    }
}

extension Action {
    /// The same with another prediction.
    fileprivate func predicting(_ prediction: Prediction) -> Action {
        var action = Action(
            number: number, request: request, accesses: accesses, prediction: prediction, effects: effects)
        (action.copies, action.stage) = (copies, stage)
        return action
    }
}
