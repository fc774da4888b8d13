// Money from one wallet to another.

extension Judge {
    mutating func submitTransfer(_ request: SubmitTransfer, _ command: Command) throws(Refusal) -> Verdict {
        let (_, payer, owner) = try wallet(request.from, for: command, needing: .transfer, field: "from")
        let known = state.wallet(request.to)
        // Of two closed wallets the payer's is blamed; the payee's comes before what is wrong with the payer otherwise.
        if payer.status != .closed, known?.status == .closed { throw Refusal(.walletClosed, field: "to") }
        try checkIsActive(payer, field: "from")
        guard let payee = known else { throw Refusal(.payeeNotFound, field: "to") }
        if request.from == request.to { throw Refusal(.sameWallet, field: "to") }
        guard payer.currency == request.amount.currency else {
            throw Refusal(.currencyMismatch, field: "amount.currency")
        }
        guard payee.currency == request.amount.currency else { throw Refusal(.currencyMismatch, field: "to") }
        try checkVerification(payer, owner)

        let currency = request.amount.currency
        let fee = fees.transferFee(in: currency)
        let total = request.amount.minorUnits + fee.minorUnits
        let entries = try post([
            Posting(.customer(payer.id, .available), -total, currency),
            Posting(.customer(payee.id, .available), request.amount.minorUnits, currency),
            Posting(.system(.feeRevenue), fee.minorUnits, currency),
        ])
        return Verdict(
            transition: .transferCompleted, status: .completed, amount: request.amount, fee: fee,
            feeVersion: fees.version, entries: entries)
    }
}
