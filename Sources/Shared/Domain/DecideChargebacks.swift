// Top-ups that a card's holder takes back: what the wallet cannot give is a claim, and later credits pay it first.

extension Judge {
    /// Held withdrawals are cancelled, so that what they hold covers the chargeback; the wallet gives what it has; the
    /// rest is a claim on it, and it is frozen. Each of these has an outcome of its own before the chargeback's.
    mutating func recordChargeback(_ request: RecordChargeback, _ command: Command) throws(Refusal) -> Verdict {
        let found = try wallet(request.wallet, forChargeback: command)
        var topUp = try cardTopUp(request.topUp, of: found.wallet)
        guard let after = topUp.topUpState(after: .chargedBack) else {
            throw Refusal(.alreadyFinal, field: "topup")
        }
        var parts = 0
        for withdrawal in state.heldWithdrawals(of: found.wallet.id).prefix(RecordChargeback.cancellationsMax) {
            append(try cancel(withdrawal), part: &parts, of: request)
        }
        let wallet = state.wallets[found.index]
        let (amount, currency) = (topUp.amount.minorUnits, topUp.amount.currency)
        let covered = min(wallet.available, amount)
        var standing = wallet.standing
        standing.claim += amount - covered
        if covered < amount, !standing.isFrozen(by: .compliance), standing.status != .closed {
            standing.freeze(by: .compliance)
            append(Verdict(transition: .walletFrozen, status: .completed), part: &parts, of: request)
        }
        state.change(found.index, standing)
        let entries = try post([
            Posting(.customer(wallet.id, .available), -covered, currency),
            Posting(.system(.chargebacks), covered - amount, currency),
            Posting(.system(.cardClearing), amount, currency),
        ])
        (topUp.status, topUp.code, topUp.last) = (after.status, after.code, position)
        state.advance(topUp)
        return Verdict(
            transition: .topUpChargedBack, status: after.status, code: after.code, subject: topUp.id,
            amount: topUp.amount,
            entries: entries)
    }

    /// What comes back pays what is left of the wallet's claims first, like any credit.
    mutating func winChargeback(_ request: WinChargeback, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, forChargeback: command).wallet
        var topUp = try cardTopUp(request.topUp, of: wallet)
        guard let after = topUp.topUpState(after: .wonBack) else {
            throw Refusal(.alreadyFinal, field: "topup")
        }
        let (amount, currency) = (topUp.amount.minorUnits, topUp.amount.currency)
        var lines = [Posting(.system(.cardClearing), -amount, currency), Posting(credit(wallet), amount, currency)]
        if wallet.status == .closed, let index = state.index(of: wallet.id) {
            // Its claim stands, though nothing can be credited to it.
            let paid = min(wallet.standing.claim, amount)
            state.payClaim(index, paid)
            lines = [
                lines[0], Posting(.system(.chargebacks), paid, currency),
                Posting(.system(.suspense), amount - paid, currency),
            ]
        }
        let entries = try post(lines)
        (topUp.status, topUp.code, topUp.last) = (after.status, after.code, position)
        state.advance(topUp)
        return Verdict(
            transition: .topUpChargebackWon, status: after.status, code: after.code, subject: topUp.id,
            amount: topUp.amount,
            entries: entries)
    }

    /// Chargebacks are reported by the payment service, or by an operator who has it in writing.
    private func wallet(_ id: WalletID, forChargeback command: Command) throws(Refusal) -> Found {
        let found = try wallet(id, field: "wallet")
        guard !command.caller.permissions.isDisjoint(with: [.service, .operatorRole]) else {
            throw Refusal(.notPermitted, field: "wallet")
        }
        return found
    }

    /// A captured top-up by card; one that is not known yet may be on its way.
    private func cardTopUp(_ id: CommandID, of wallet: Wallet) throws(Refusal) -> Movement {
        guard let topUp = state.movements[id] else {
            throw Refusal(.topUpNotFound, field: "topup", isPremature: true)
        }
        guard case .topUp(.card) = topUp.kind, topUp.wallet == wallet.id else {
            throw Refusal(.topUpNotFound, field: "topup")
        }
        if topUp.status == .pending { throw Refusal(.topUpNotFound, field: "topup", isPremature: true) }
        return topUp
    }

    private mutating func append(_ verdict: Verdict, part: inout Int, of request: RecordChargeback) {
        decisions.outcomes.append(outcome(of: request.parts[part], leg: part, verdict, wallet: request.wallet))
        part += 1
    }
}
