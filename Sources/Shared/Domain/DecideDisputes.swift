// When payer and merchant do not agree about a payment. Accepting a dispute gives back what is left of the payment.

extension Judge {
    mutating func openDispute(_ request: OpenDispute, _ command: Command) throws(Refusal) -> Verdict {
        let payer = try wallet(request.wallet, for: command, needing: .transfer, field: "wallet")
        if payer.wallet.status == .closed { throw Refusal(.walletClosed, field: "wallet") }
        guard var payment = state.movements[request.payment] else {
            throw Refusal(.paymentNotFound, field: "payment", isPremature: true)
        }
        guard payment.wallet == payer.wallet.id, case .payment(let merchant) = payment.kind else {
            throw Refusal(.paymentNotFound, field: "payment")
        }
        guard let status = state.wallet(merchant)?.status else {
            throw Refusal(.paymentNotFound, field: "payment", isPremature: true)
        }
        // Nothing can be under way in a closed wallet, and nothing could be given back out of it.
        if status == .closed { throw Refusal(.walletClosed, field: "payment") }
        let left = payment.amount.minorUnits - payment.refunded
        if left == 0 { throw Refusal(.refundExceedsPayment, field: "payment") }
        if payment.isDisputed { throw Refusal(.disputeOpen, field: "payment") }
        payment.isDisputed = true
        state.advance(payment)
        let amount = Money(left, payment.amount.currency)
        state.begin(
            Movement(
                id: command.id, kind: .dispute(of: payment.id, merchant: merchant), wallet: payer.wallet.id,
                amount: amount, fee: .zero(amount.currency), feeVersion: payment.feeVersion, status: .pending,
                code: .ok, last: position))
        return Verdict(transition: .paymentDisputed, status: .pending, amount: amount)
    }

    /// The merchant answers or accepts; an operator accepts or rejects.
    mutating func settleDispute(_ request: SettleDispute, _ command: Command) throws(Refusal) -> Verdict {
        let merchant = try wallet(request, for: command)
        guard var dispute = state.movements[request.dispute] else {
            throw Refusal(.disputeNotFound, field: "dispute", isPremature: true)
        }
        guard case .dispute(let paymentID, merchant.id) = dispute.kind else {
            throw Refusal(.disputeNotFound, field: "dispute")
        }
        guard let status = Lifecycle.dispute.state(after: request.step, from: dispute.status) else {
            throw Refusal(.alreadyFinal, field: "dispute")
        }
        guard var payment = state.movements[paymentID], state.wallet(dispute.wallet) != nil else {
            throw Refusal(.disputeNotFound, field: "dispute", isPremature: true)
        }
        var verdict = Verdict(
            transition: request.step == .answered ? .disputeAnswered : .disputeDismissed, status: status,
            subject: dispute.id)
        if request.step == .accepted {
            try checkIsActive(merchant, field: "wallet")
            // Refunds since the dispute was opened count: only what is left goes back.
            let left = payment.amount.minorUnits - payment.refunded
            verdict = Verdict(
                transition: .disputeAccepted, status: status, subject: dispute.id,
                amount: Money(left, payment.amount.currency))
            if left > 0 {
                let (entries, fee) = try refund(left, of: payment, field: "dispute")
                (verdict.entries, verdict.fee, verdict.feeVersion) = (entries, fee, payment.feeVersion)
            }
            payment = state.movements[paymentID] ?? payment
        }
        if status.isDecided {
            payment.isDisputed = false
            state.advance(payment)
        }
        dispute.status = status
        dispute.last = position
        state.advance(dispute)
        return verdict
    }

    private func wallet(_ request: SettleDispute, for command: Command) throws(Refusal) -> Wallet {
        let isOperators = command.caller.permissions.contains(.operatorRole)
        switch request.step {
        case .accepted where isOperators, .rejected where isOperators:
            return try wallet(request.wallet, field: "wallet").wallet
        case .answered, .accepted:
            return try wallet(request.wallet, for: command, needing: .transfer, field: "wallet").wallet
        case .rejected:
            _ = try wallet(request.wallet, field: "wallet")
            throw Refusal(.notPermitted, field: "wallet")
        }
    }
}
