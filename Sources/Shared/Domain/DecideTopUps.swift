// Money from outside into a wallet: asked for, then settled by what the payment service answers.

extension Judge {
    mutating func submitTopUp(_ request: SubmitTopUp, _ command: Command) throws(Refusal) -> Verdict {
        let found = try wallet(request.wallet, for: command, needing: .topUp, field: "wallet")
        let wallet = found.wallet
        if wallet.status == .closed { throw Refusal(.walletClosed, field: "wallet") }
        guard wallet.currency == request.amount.currency else {
            throw Refusal(.currencyMismatch, field: "amount.currency")
        }
        try checkVerification(found)
        guard let fee = fees.topUpFee(request.method, request.amount) else {
            throw Refusal(.amountOutOfRange, field: "amount")
        }
        if request.method == .bankTransfer { try giveReference(to: command.id) }
        state.begin(
            Movement(
                id: command.id, kind: .topUp(request.method), wallet: wallet.id, amount: request.amount, fee: fee,
                feeVersion: fees.version, status: .pending, code: .ok, last: position))
        return Verdict(
            transition: .topUpPending, status: .pending, amount: request.amount, fee: fee, feeVersion: fees.version)
    }

    /// A bank transfer names its top-up by a reference that no other top-up was given.
    private mutating func giveReference(to topUp: CommandID) throws(Refusal) {
        let free = TransferReference.candidates(for: topUp).first { !state.givenReferences.contains($0) }
        guard let free else { throw Refusal(.tooMany, field: "method") }
        state.give(free, to: topUp)
    }

    mutating func settleTopUp(_ request: SettleTopUp, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, for: command, needing: .service, field: "wallet").wallet
        guard var topUp = state.movements[request.topUp] else {
            throw Refusal(.topUpNotFound, field: "topup", isPremature: true)
        }
        guard case .topUp(let method) = topUp.kind, topUp.wallet == wallet.id else {
            throw Refusal(.topUpNotFound, field: "topup")
        }
        let after = topUp.topUpState(after: request.result.event)
        // The money is in the bank whether or not it pays for this.
        if request.line != nil, request.result == .captured, after == nil || request.amount != topUp.amount {
            return try recordUnexplained(request.amount)
        }
        guard let state = after else { throw Refusal(.alreadyFinal, field: "topup") }
        guard request.amount == topUp.amount else { throw Refusal(.amountMismatch, field: "amount") }
        // A charge can be captured late: only what the payer has to bring runs out.
        if request.result == .expired, method != .bankTransfer { throw Refusal(.notPermitted, field: "result") }

        var verdict = Verdict(
            transition: .topUpCompleted, status: state.status, subject: topUp.id, amount: topUp.amount, fee: topUp.fee,
            feeVersion: topUp.feeVersion)
        switch request.result {
        case .captured:
            let amount = topUp.amount
            verdict.entries = try post([
                Posting(.system(method.sourceAccount), -amount.minorUnits, amount.currency),
                Posting(credit(wallet), amount.minorUnits - topUp.fee.minorUnits, amount.currency),
                Posting(.system(.feeRevenue), topUp.fee.minorUnits, amount.currency),
            ])
        case .declined:
            verdict = Verdict(
                transition: .topUpFailed, status: state.status, code: state.code, subject: topUp.id,
                amount: topUp.amount)
        case .expired:
            verdict = Verdict(
                transition: .topUpExpired, status: state.status, code: state.code, subject: topUp.id,
                amount: topUp.amount)
        }
        (topUp.status, topUp.code, topUp.last) = (state.status, state.code, position)
        self.state.advance(topUp)
        return verdict
    }

    /// A line whose reference was paid already, or that is of another amount, waits for a person.
    private mutating func recordUnexplained(_ amount: Money) throws(Refusal) -> Verdict {
        Verdict(
            transition: .lineRecorded, status: .completed, amount: amount,
            entries: try post([
                Posting(.system(.omnibus), -amount.minorUnits, amount.currency),
                Posting(.system(.suspense), amount.minorUnits, amount.currency),
            ]))
    }
}
