// Money from one wallet to another: alone, or many at once.

extension Judge {
    mutating func submitTransfer(_ request: SubmitTransfer, _ command: Command) throws(Refusal) -> Verdict {
        let payer = try wallet(request.from, for: command, needing: .transfer, field: "from")
        let payee = try checkParties(payer.wallet, request.to, request.amount, fields: ("to", "amount"))
        try checkVerification(payer)
        return try transfer(request.amount, from: payer, to: payee, field: "amount")
    }

    /// Posts one transfer within its owner's limits, with its fee or one of the month's free places.
    private mutating func transfer(
        _ amount: Money, from payer: Found, to payee: Wallet, field: String
    ) throws(Refusal) -> Verdict {
        var owner = state.owners[payer.owner.id] ?? payer.owner
        let allowance = try allowance(for: amount, of: owner, field: field)
        let month = context.time.monthInAlgiers
        let isFree = owner.freeTransfers.count(in: month) < fees.freeTransfersPerMonth
        let fee = isFree ? Money.zero(amount.currency) : fees.transferFee(in: amount.currency)
        let entries = try post(
            [
                Posting(.customer(payer.wallet.id, .available), -(amount.minorUnits + fee.minorUnits), amount.currency),
                Posting(.customer(payee.id, .available), amount.minorUnits, amount.currency),
                Posting(.system(.feeRevenue), fee.minorUnits, amount.currency),
            ], field: field)
        if isFree { owner.freeTransfers = owner.freeTransfers.adding(in: month) }
        take(allowance, of: owner)
        return Verdict(
            transition: .transferCompleted, status: .completed, amount: amount, fee: fee, feeVersion: fees.version,
            limit: allowance.use, entries: entries)
    }

    /// Each leg is a transfer under an id of its own, and its outcome stands before the bulk's.
    mutating func submitBulk(_ request: SubmitBulk, _ command: Command) throws(Refusal) -> Verdict {
        let payer = try wallet(request.from, for: command, needing: .transfer, field: "from")
        try checkIsActive(payer.wallet, field: "from")
        try checkVerification(payer)
        // What is to be all or nothing may have to be undone.
        let before = request.isAllOrNothing ? (state, decisions) : nil
        var (moved, fees, completed) = (Int64(0), Int64(0), 0)
        var first: Refusal?
        for (index, leg) in request.legs.enumerated() {
            do throws(Refusal) {
                let verdict = try transfer(leg, at: index, from: payer)
                moved += leg.amount.minorUnits
                fees += verdict.fee?.minorUnits ?? 0
                completed += 1
                decisions.outcomes.append(outcome(of: leg.id, leg: index, verdict, wallet: payer.wallet.id))
            } catch {
                if let before {
                    (state, decisions) = before
                    throw error
                }
                first = first ?? error
                decisions.outcomes.append(
                    refusal(of: leg.id, leg: index, .submitTransfer, error, wallet: payer.wallet.id))
            }
        }
        let currency = payer.wallet.currency
        if let first, completed == 0 {
            return Verdict(
                transition: .bulkRejected, status: .rejected, code: first.code, field: first.field,
                limit: first.limit)
        }
        return Verdict(
            transition: first == nil ? .bulkCompleted : .bulkPartlyCompleted,
            status: first == nil ? .completed : .partlyCompleted, amount: Money(moved, currency),
            fee: Money(fees, currency), feeVersion: self.fees.version, limit: LimitUse(version: limits.version))
    }

    private mutating func transfer(
        _ leg: SubmitBulk.Leg, at index: Int, from payer: Found
    ) throws(Refusal) -> Verdict {
        let path = "legs[\(index)]"
        let payee = try checkParties(
            payer.wallet, leg.to, leg.amount, fields: ("\(path).to", "\(path).amount"))
        return try transfer(leg.amount, from: payer, to: payee, field: "\(path).amount")
    }

    /// Between the buckets of one wallet, or the wallets of one owner. What is kept in reserve is released by an
    /// operator or by the release schedule.
    mutating func submitMove(_ request: SubmitMove, _ command: Command) throws(Refusal) -> Verdict {
        let source =
            request.from.bucket == .reserve
            ? try wallet(request.from.wallet, forRelease: command)
            : try wallet(request.from.wallet, for: command, needing: .transfer, field: "from.wallet")
        guard let target = state.wallet(request.to.wallet) else { throw Refusal(.walletNotFound, field: "to.wallet") }
        guard target.owner == source.owner.id else { throw Refusal(.notPermitted, field: "to.wallet") }
        // As between payer and payee.
        if source.wallet.status != .closed, target.status == .closed {
            throw Refusal(.walletClosed, field: "to.wallet")
        }
        try checkIsActive(source.wallet, field: "from.wallet")
        if request.from == request.to { throw Refusal(.sameWallet, field: "to") }
        for (place, type) in [("from", source.wallet.type), ("to", target.type)] where type != .business {
            let bucket = place == "from" ? request.from.bucket : request.to.bucket
            if bucket == .reserve { throw Refusal(.notABusiness, field: "\(place).bucket") }
        }
        let (amount, currency) = (request.amount.minorUnits, request.amount.currency)
        guard source.wallet.currency == currency else { throw Refusal(.currencyMismatch, field: "amount.currency") }
        guard target.currency == currency else { throw Refusal(.currencyMismatch, field: "to.wallet") }
        let entries = try post([
            Posting(.customer(source.wallet.id, request.from.bucket), -amount, currency),
            Posting(.customer(target.id, request.to.bucket), amount, currency),
        ])
        return Verdict(
            transition: .moveCompleted, status: .completed, amount: request.amount, entries: entries)
    }

    private func wallet(_ id: WalletID, forRelease command: Command) throws(Refusal) -> Found {
        let found = try wallet(id, field: "from.wallet")
        guard !command.caller.permissions.isDisjoint(with: [.operatorRole, .service]) else {
            throw Refusal(.notPermitted, field: "from.bucket")
        }
        return found
    }
}
