// The operator's own books, and money that its people move by hand.

extension Judge {
    mutating func book(_ booking: Booking, _ command: Command) throws(Refusal) -> Verdict {
        try checkMayBook(booking, command.caller)
        try checkIsThere(booking)
        let entries = try post(postings(for: booking))
        return Verdict(
            transition: .completion(of: booking), status: .completed, amount: booking.amount, entries: entries)
    }

    /// Facts are reported by services and by operators; what takes money out of the books is an operator's decision.
    private func checkMayBook(_ booking: Booking, _ caller: Caller) throws(Refusal) {
        let mayBook: Permissions =
            switch booking.kind {
            case .settlement, .bankCharge, .line, .lineReturnConfirmed: [.service, .operatorRole]
            case .feeSweep, .ownFunds, .lineReturn: .operatorRole
            }
        if caller.permissions.isDisjoint(with: mayBook) { throw Refusal(.notPermitted) }
    }

    /// Check 7 for the operator's accounts: what is taken out of one is in it, and a sweep leaves enough at the bank
    /// and in clearing to cover all customers (spec/wallet.md §1).
    private func checkIsThere(_ booking: Booking) throws(Refusal) {
        guard let (amount, account) = booking.taking else { return }
        let currency = booking.amount.currency
        if state.balance(of: account, in: currency) < amount { throw Refusal(.insufficientFunds, field: "amount") }
        guard case .feeSweep = booking.kind else { return }
        // By the identity of the books, what covers the customers exceeds what they are owed by just this.
        let surplus = [SystemAccount.feeRevenue, .ownFunds, .chargebacks, .bankCharges].reduce(Int64(0)) {
            $0 + state.balance(of: $1, in: currency)
        }
        if surplus < amount { throw Refusal(.safeguarding, field: "amount") }
    }

    private func postings(for booking: Booking) -> [Posting] {
        let (amount, currency) = (booking.amount.minorUnits, booking.amount.currency)
        let bank = booking.counterpart
        func move(from debit: SystemAccount, to credit: SystemAccount) -> [Posting] {
            [Posting(.system(debit), -amount, currency), Posting(.system(credit), amount, currency)]
        }
        switch booking.kind {
        case .settlement(let account, let commission):
            return [
                Posting(.system(bank), commission - amount, currency),
                Posting(.system(.bankCharges), -commission, currency),
                Posting(.system(account), amount, currency),
            ]
        case .bankCharge: return move(from: .bankCharges, to: bank)
        case .feeSweep: return move(from: .feeRevenue, to: bank)
        case .ownFunds: return move(from: bank, to: .ownFunds)
        case .line(.credit): return move(from: .omnibus, to: .suspense)
        case .line(.debit): return move(from: .suspense, to: .omnibus)
        case .lineReturn: return move(from: .suspense, to: .payoutClearing)
        case .lineReturnConfirmed: return move(from: .payoutClearing, to: bank)
        }
    }

    // MARK: - By hand

    mutating func proposeAdjustment(_ request: ProposeAdjustment, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, field: "wallet").wallet
        guard command.caller.permissions.contains(.operatorRole), let proposer = command.caller.user else {
            throw Refusal(.notPermitted, field: "wallet")
        }
        if wallet.status == .closed { throw Refusal(.walletClosed, field: "wallet") }
        guard wallet.currency == request.amount.currency else {
            throw Refusal(.currencyMismatch, field: "amount.currency")
        }
        state.begin(
            Movement(
                id: command.id, kind: .adjustment(request.direction, proposedBy: proposer), wallet: wallet.id,
                amount: request.amount, fee: .zero(wallet.currency), feeVersion: fees.version, status: .pending,
                code: .ok, last: position))
        return Verdict(transition: .adjustmentProposed, status: .pending, amount: request.amount)
    }

    /// Another operator approves. A proposal is rejected by anybody who could have made or approved it: that moves nothing.
    mutating func settleAdjustment(_ request: SettleAdjustment, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, field: "wallet").wallet
        let maySettle: Permissions =
            request.step == .approved ? .approverRole : [.approverRole, .operatorRole]
        guard !command.caller.permissions.isDisjoint(with: maySettle), let settler = command.caller.user else {
            throw Refusal(.notPermitted, field: "wallet")
        }
        guard var adjustment = state.movements[request.adjustment] else {
            throw Refusal(.adjustmentNotFound, field: "adjustment", isPremature: true)
        }
        guard case .adjustment(let direction, let proposer) = adjustment.kind, adjustment.wallet == wallet.id else {
            throw Refusal(.adjustmentNotFound, field: "adjustment")
        }
        if request.step == .approved, settler == proposer { throw Refusal(.sameOperator, field: "adjustment") }
        guard let status = Lifecycle.adjustment.state(after: request.step, from: adjustment.status) else {
            throw Refusal(.alreadyFinal, field: "adjustment")
        }
        var verdict = Verdict(
            transition: .adjustmentDismissed, status: status, code: .cancelled, subject: adjustment.id,
            amount: adjustment.amount)
        if request.step == .approved {
            // A frozen wallet is not debited, by two operators either: who froze it lets it go first.
            if direction == .debit, wallet.status == .frozen { throw Refusal(.walletFrozen, field: "wallet") }
            let sign: Int64 = direction == .credit ? 1 : -1
            let (amount, currency) = (adjustment.amount.minorUnits, adjustment.amount.currency)
            verdict.transition = .adjustmentCompleted
            verdict.code = .ok
            verdict.entries = try post([
                Posting(.system(.suspense), -sign * amount, currency),
                Posting(.customer(wallet.id, .available), sign * amount, currency),
            ])
        }
        adjustment.status = status
        adjustment.code = verdict.code
        adjustment.last = position
        state.advance(adjustment)
        return verdict
    }
}
