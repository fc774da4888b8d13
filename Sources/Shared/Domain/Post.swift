// The one function through which money moves.

/// One line that is about to be posted: credits positive, debits negative.
struct Posting {
    let account: Account
    let amount: Int64
    let currency: Currency

    init(_ account: Account, _ amount: Int64, _ currency: Currency) {
        self.account = account
        self.amount = amount
        self.currency = currency
    }
}

extension Judge {
    /// The most that a bucket may hold, in minor units: far below where sums of Int64 could wrap.
    static let bucketBalanceMax: Int64 = 1_000_000_000_000_000_000

    /// Posts a transaction at the current position, all of it or nothing.
    ///
    /// Lines of zero are left out. The lines are of one currency and add up to zero, or the process ends: a
    /// transaction that does not balance is a mistake of ours that must not reach the ledger.
    /// - Returns: where its entries stand in `Decisions.entries`.
    /// - Throws: `INSUFFICIENT_FUNDS` when a bucket would fall below zero, `AMOUNT_OUT_OF_RANGE` when one would rise
    ///   above `bucketBalanceMax`; nothing is changed then.
    mutating func post(_ lines: [Posting], field: String = "amount") throws(Refusal) -> Range<Int> {
        var sum: Int64 = 0
        var claims: [Posting] = []
        for line in lines {
            sum += line.amount
            precondition(line.currency == lines[0].currency, "a transaction posts in two currencies")
            try checkRoom(for: line, field, &claims)
        }
        precondition(sum == 0, "a transaction does not balance")
        let lines = claims.isEmpty ? lines : lines + pay(claims)

        let position = position
        var touched: [(index: Int, previous: Position?)] = []
        for line in lines where line.amount != 0 {
            switch line.account {
            case .system(let account):
                state.change(account, by: Money(line.amount, line.currency))
            case .customer(let id, let bucket):
                let index = walletIndex(id)
                state.change(index, bucket, by: line.amount)
                if !touched.contains(where: { $0.index == index }) {
                    touched.append((index, state.wallets[index].last))
                    state.touch(index, at: position)
                }
            }
        }
        return append(lines, touched)
    }

    /// - Parameter claims: what credits to wallets that owe a claim go on to, debits of the same buckets.
    private func checkRoom(for line: Posting, _ field: String, _ claims: inout [Posting]) throws(Refusal) {
        guard case .customer(let id, let bucket) = line.account else { return }
        let wallet = state.wallets[walletIndex(id)]
        precondition(wallet.currency == line.currency, "a wallet is posted in another currency")
        let balance =
            switch bucket {
            case .available: wallet.available
            case .pending: wallet.pending
            case .reserve: wallet.reserve
            }
        let (after, overflow) = balance.addingReportingOverflow(line.amount)
        if after < 0 { throw Refusal(.insufficientFunds, field: field) }
        if overflow || after > Self.bucketBalanceMax { throw Refusal(.amountOutOfRange, field: field) }
        if wallet.standing.claim == 0 || bucket != .available || line.amount <= 0 { return }
        let spoken = claims.reduce(Int64(0)) { $1.account == line.account ? $0 - $1.amount : $0 }
        let paid = min(wallet.standing.claim - spoken, line.amount)
        if paid > 0 { claims.append(Posting(line.account, -paid, line.currency)) }
    }

    /// Credits pay a wallet's claim first (spec/wallet.md §2): the lines by which they do.
    private mutating func pay(_ claims: [Posting]) -> [Posting] {
        claims.flatMap { claim in
            if case .customer(let id, _) = claim.account { state.payClaim(walletIndex(id), -claim.amount) }
            return [claim, Posting(.system(.chargebacks), -claim.amount, claim.currency)]
        }
    }

    private mutating func append(_ lines: [Posting], _ touched: [(index: Int, previous: Position?)]) -> Range<Int> {
        let first = decisions.entries.count
        for line in lines where line.amount != 0 {
            let amount = Money(line.amount, line.currency)
            switch line.account {
            case .system:
                decisions.entries.append(Entry(account: line.account, amount: amount))
            case .customer(let id, _):
                let index = walletIndex(id)
                decisions.entries.append(
                    Entry(
                        account: line.account, amount: amount, wallet: state.wallets[index].snapshot,
                        previous: touched.first { $0.index == index }?.previous))
            }
        }
        return first..<decisions.entries.count
    }

    private func walletIndex(_ id: WalletID) -> Int {
        guard let index = state.index(of: id) else {
            preconditionFailure("a posting names a wallet that is not loaded")
        }
        return index
    }
}
