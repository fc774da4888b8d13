// Money out to a bank account: the account is named and verified first, then money is held, sent, and confirmed or returned.

extension Judge {
    mutating func addBeneficiary(_ request: AddBeneficiary, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, for: command, needing: .manage, field: "wallet").wallet
        if wallet.status == .closed { throw Refusal(.walletClosed, field: "wallet") }
        guard let rib = RIB(request.rib) else { throw Refusal(.ribInvalid, field: "rib") }
        guard context.withdrawals.banks.contains(rib.bank) else { throw Refusal(.ribInvalid, field: "rib.bank") }
        state.add(
            Beneficiary(
                id: request.beneficiary, wallet: wallet.id, rib: rib, holderName: request.holderName,
                addedAt: context.time))
        return Verdict(transition: .beneficiaryAdded, status: .completed)
    }

    mutating func verifyBeneficiary(_ request: VerifyBeneficiary, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, for: command, needing: .service, field: "wallet").wallet
        let beneficiary = try beneficiary(request.beneficiary, of: wallet)
        // Verified twice is verified once: the later fact adds nothing.
        if beneficiary.verifiedAt != nil { throw Refusal(.alreadyFinal, field: "beneficiary") }
        state.verify(beneficiary.id, at: context.time)
        return Verdict(transition: .beneficiaryVerified, status: .completed)
    }

    /// What is held for it still goes out: its owner may cancel that, and has not.
    mutating func removeBeneficiary(_ request: RemoveBeneficiary, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, for: command, needing: .manage, field: "wallet").wallet
        state.remove(try beneficiary(request.beneficiary, of: wallet).id, at: context.time)
        return Verdict(transition: .beneficiaryRemoved, status: .completed)
    }

    /// A beneficiary of a wallet. One that was removed is not there any more.
    private func beneficiary(_ id: BeneficiaryID, of wallet: Wallet) throws(Refusal) -> Beneficiary {
        guard let beneficiary = state.beneficiaries[id], beneficiary.wallet == wallet.id, beneficiary.removedAt == nil
        else { throw Refusal(.beneficiaryNotFound, field: "beneficiary") }
        return beneficiary
    }

    mutating func submitWithdrawal(_ request: SubmitWithdrawal, _ command: Command) throws(Refusal) -> Verdict {
        let found = try wallet(request.wallet, for: command, needing: .withdraw, field: "wallet")
        let wallet = found.wallet
        try checkIsActive(wallet, field: "wallet")
        guard wallet.currency == request.amount.currency else {
            throw Refusal(.currencyMismatch, field: "amount.currency")
        }
        try checkVerification(found)
        let beneficiary = try beneficiary(request.beneficiary, of: wallet)
        if beneficiary.verifiedAt == nil { throw Refusal(.beneficiaryNotVerified, field: "beneficiary") }
        let rules = context.withdrawals
        guard rules.allows(request.speed, toBeneficiaryAddedAt: beneficiary.addedAt, at: context.time) else {
            throw Refusal(.beneficiaryTooNew, field: "beneficiary")
        }

        let allowance = try allowance(for: request.amount, of: found.owner, field: "amount")
        let currency = request.amount.currency
        let fee = fees.withdrawalFee(request.speed, in: currency)
        let total = request.amount.minorUnits + fee.minorUnits
        let entries = try post([
            Posting(.customer(wallet.id, .available), -total, currency),
            Posting(.customer(wallet.id, .pending), total, currency),
        ])
        take(allowance, of: found.owner)
        state.begin(
            Movement(
                id: command.id, kind: .withdrawal(request.speed, beneficiary.id), wallet: wallet.id,
                amount: request.amount, fee: fee, feeVersion: fees.version, status: .held, code: .ok, last: position,
                release: rules.release(for: request.speed, at: context.time), limit: allowance.use))
        return Verdict(
            transition: .withdrawalHeld, status: .held, amount: request.amount, fee: fee, feeVersion: fees.version,
            limit: allowance.use, entries: entries)
    }

    mutating func settleWithdrawal(_ request: SettleWithdrawal, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, for: command, needing: .service, field: "wallet").wallet
        var withdrawal = try self.withdrawal(request.withdrawal, of: wallet)
        guard let status = Lifecycle.withdrawal.state(after: request.step.event, from: withdrawal.status) else {
            throw Refusal(.alreadyFinal, field: "withdrawal")
        }
        if request.step == .sent, wallet.status == .frozen { throw Refusal(.walletFrozen, field: "wallet") }

        let code: OutcomeCode = request.step == .returned ? .payoutReturned : .ok
        let entries = try post(postings(for: request.step, of: withdrawal, from: wallet))
        withdrawal.status = status
        withdrawal.code = code
        withdrawal.last = position
        state.advance(withdrawal)
        if request.step == .returned { giveBackLimits(of: withdrawal) }
        let transition: Transition =
            switch request.step {
            case .sent: .withdrawalSent
            case .confirmed: .withdrawalCompleted
            case .returned: .withdrawalReturned
            }
        return Verdict(
            transition: transition, status: status, code: code, subject: withdrawal.id, amount: withdrawal.amount,
            fee: withdrawal.fee, feeVersion: withdrawal.feeVersion,
            limit: request.step == .returned ? withdrawal.limit : withdrawal.limit?.applied, entries: entries)
    }

    /// A withdrawal of a wallet. One that is not known yet may be on its way.
    private func withdrawal(_ id: CommandID, of wallet: Wallet) throws(Refusal) -> Movement {
        guard let withdrawal = state.movements[id] else {
            throw Refusal(.withdrawalNotFound, field: "withdrawal", isPremature: true)
        }
        guard case .withdrawal = withdrawal.kind, withdrawal.wallet == wallet.id else {
            throw Refusal(.withdrawalNotFound, field: "withdrawal")
        }
        return withdrawal
    }

    /// A frozen wallet's owner may still take back what is only held: the money stays in the wallet.
    mutating func cancelWithdrawal(_ request: CancelWithdrawal, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, for: command, needing: .withdraw, field: "wallet").wallet
        return try cancel(self.withdrawal(request.withdrawal, of: wallet))
    }

    mutating func cancel(_ withdrawal: Movement) throws(Refusal) -> Verdict {
        try giveBack(withdrawal, after: .cancelled, .withdrawalCancelled, .cancelled)
    }

    /// How long is too long is for the service to say, as it says what became of a payout: the money only goes back to
    /// where it came from, frozen or not.
    mutating func expireWithdrawal(_ request: ExpireWithdrawal, _ command: Command) throws(Refusal) -> Verdict {
        let wallet = try wallet(request.wallet, for: command, needing: .service, field: "wallet").wallet
        return try giveBack(
            self.withdrawal(request.withdrawal, of: wallet), after: .expired, .withdrawalExpired, .notSent)
    }

    /// Ends a withdrawal before it was sent: the hold reversed, fee and all.
    private mutating func giveBack(
        _ withdrawal: Movement, after event: WithdrawalEvent, _ transition: Transition, _ code: OutcomeCode
    ) throws(Refusal) -> Verdict {
        guard let status = Lifecycle.withdrawal.state(after: event, from: withdrawal.status) else {
            throw Refusal(.alreadyFinal, field: "withdrawal")
        }
        var withdrawal = withdrawal
        let (amount, currency) = (withdrawal.amount, withdrawal.amount.currency)
        let total = amount.minorUnits + withdrawal.fee.minorUnits
        let entries = try post([
            Posting(.customer(withdrawal.wallet, .pending), -total, currency),
            Posting(.customer(withdrawal.wallet, .available), total, currency),
        ])
        withdrawal.status = status
        withdrawal.code = code
        withdrawal.last = position
        state.advance(withdrawal)
        giveBackLimits(of: withdrawal)
        return Verdict(
            transition: transition, status: status, code: code, subject: withdrawal.id, amount: amount,
            limit: withdrawal.limit, entries: entries)
    }

    /// The postings of a step (spec/wallet.md §2). A returned payout gives back the amount; the fee stays, because the
    /// bank was paid for its work, until a fault of ours is reported.
    private func postings(
        for step: SettleWithdrawal.Step, of withdrawal: Movement, from wallet: Wallet
    ) -> [Posting] {
        let (amount, fee) = (withdrawal.amount.minorUnits, withdrawal.fee.minorUnits)
        let currency = withdrawal.amount.currency
        switch step {
        case .sent:
            return [
                Posting(.customer(wallet.id, .pending), -(amount + fee), currency),
                Posting(.system(.payoutClearing), amount, currency),
                Posting(.system(.feeRevenue), fee, currency),
            ]
        case .confirmed:
            return [
                Posting(.system(.payoutClearing), -amount, currency), Posting(.system(.omnibus), amount, currency),
            ]
        case .returned:
            let source: SystemAccount = withdrawal.status == .completed ? .omnibus : .payoutClearing
            return [Posting(.system(source), -amount, currency), Posting(credit(wallet), amount, currency)]
        }
    }
}
