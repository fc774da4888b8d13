// Money to a merchant, and back.

extension Judge {
    mutating func submitPayment(_ request: SubmitPayment, _ command: Command) throws(Refusal) -> Verdict {
        let payer = try wallet(request.from, for: command, needing: .transfer, field: "from")
        let merchant = try checkParties(
            payer.wallet, request.to, request.amount, fields: ("to", "amount"), needing: .business)
        // Its owner was not there yet when owners were read: the payment is judged as having come before the opening.
        guard let seller = state.owners[merchant.owner] else { throw Refusal(.payeeNotFound, field: "to") }
        try checkVerification(payer)
        try checkVerification(Found(index: 0, wallet: merchant, owner: seller), field: "to")
        let reference = request.reference.map { LedgerState.PaidReference(merchant: seller.id, reference: $0) }
        if let reference, state.paidReferences.contains(reference) {
            throw Refusal(.referencePaid, field: "reference")
        }
        let allowance = try allowance(for: request.amount, of: payer.owner, field: "amount")
        let level = seller.verification.effectiveLevel(at: context.time)
        guard let fee = fees.paymentFee(request.amount, level: level) else {
            throw Refusal(.amountOutOfRange, field: "amount")
        }
        let (amount, currency) = (request.amount.minorUnits, request.amount.currency)
        let entries = try post([
            Posting(.customer(payer.wallet.id, .available), -amount, currency),
            Posting(.customer(merchant.id, .available), amount - fee.minorUnits, currency),
            Posting(.system(.feeRevenue), fee.minorUnits, currency),
        ])
        take(allowance, of: payer.owner)
        if let reference { state.pay(reference, by: command.id) }
        state.begin(
            Movement(
                id: command.id, kind: .payment(merchant: merchant.id), wallet: payer.wallet.id, amount: request.amount,
                fee: fee, feeVersion: fees.version, status: .completed, code: .ok, last: position))
        return Verdict(
            transition: .paymentCompleted, status: .completed, amount: request.amount, fee: fee,
            feeVersion: fees.version, limit: allowance.use, entries: entries)
    }

    /// Refunds are not held up by the merchant's verification: they give back what was paid.
    mutating func submitRefund(_ request: SubmitRefund, _ command: Command) throws(Refusal) -> Verdict {
        let merchant = try wallet(request.wallet, for: command, needing: .transfer, field: "wallet")
        try checkIsActive(merchant.wallet, field: "wallet")
        guard merchant.wallet.currency == request.amount.currency else {
            throw Refusal(.currencyMismatch, field: "amount.currency")
        }
        let payment = try payment(request.payment, of: merchant.wallet.id, field: "payment")
        let (entries, fee) = try refund(request.amount.minorUnits, of: payment, field: "amount")
        return Verdict(
            transition: .refundCompleted, status: .completed, amount: request.amount, fee: fee,
            feeVersion: payment.feeVersion, entries: entries)
    }

    /// A payment as its merchant knows it. One that is not known yet may be on its way in the payer's lane.
    func payment(_ id: CommandID, of merchant: WalletID, field: String) throws(Refusal) -> Movement {
        guard let payment = state.movements[id] else {
            throw Refusal(.paymentNotFound, field: field, isPremature: true)
        }
        guard payment.merchant == merchant, case .payment = payment.kind else {
            throw Refusal(.paymentNotFound, field: field)
        }
        return payment
    }

    /// Gives back a part of a payment, and with it the share of the fee that makes the fee given back so far what it
    /// would be had the whole been refunded at once (spec/wallet.md §2).
    ///
    /// - Returns: the entries, and the fee that went back, negative because the merchant gets it.
    mutating func refund(
        _ amount: Int64, of payment: Movement, field: String
    ) throws(Refusal) -> (entries: Range<Int>, fee: Money) {
        guard let merchant = payment.merchant else { preconditionFailure("only payments are refunded") }
        // The payer's wallet was found through the payment: not there means that the payment came in between.
        guard let payer = state.wallet(payment.wallet) else {
            throw Refusal(.paymentNotFound, field: "payment", isPremature: true)
        }
        var payment = payment
        let (refunded, overflow) = payment.refunded.addingReportingOverflow(amount)
        guard !overflow, refunded <= payment.amount.minorUnits else {
            throw Refusal(.refundExceedsPayment, field: field)
        }
        guard let feeBackInAll = proportion(of: payment.fee.minorUnits, refunded, per: payment.amount.minorUnits)
        else { preconditionFailure("a part of a fee is no larger than the fee") }
        let (feeBack, currency) = (feeBackInAll - payment.feeRefunded, payment.amount.currency)
        let entries = try post(
            [
                Posting(.customer(merchant, .available), feeBack - amount, currency),
                Posting(.system(.feeRevenue), -feeBack, currency),
                Posting(credit(payer), amount, currency),
            ], field: field)
        payment.refunded = refunded
        payment.feeRefunded = feeBackInAll
        state.advance(payment)
        return (entries, Money(-feeBack, currency))
    }
}
