// What holds of the books after each batch, whatever was asked of them.

import Domain

extension Books {
    /// What of the rules of the books does not hold; empty when all do.
    var faults: [String] { rowFaults + balanceFaults + historyFaults + numberingFaults }

    /// What of the rules does not hold between the rows as they are, however they came to be so.
    var rowFaults: [String] {
        identityFaults + claimFaults + holdFaults + standingFaults + ownerFaults + refundFaults + disputeFaults
            + spendingFaults
    }

    /// A wallet counts what of it is under way, and a closed one has nothing.
    private var standingFaults: [String] {
        var underWay: [WalletID: Int32] = [:]
        for movement in movements.values where !movement.status.isDecided {
            underWay[movement.wallet, default: 0] += 1
            if let merchant = movement.merchant { underWay[merchant, default: 0] += 1 }
        }
        return wallets.values.flatMap { wallet in
            var faults: [String] = []
            if wallet.standing.underWay != underWay[wallet.id, default: 0] {
                faults.append("wallet \(wallet.id) counts \(wallet.standing.underWay) under way")
            }
            if wallet.status == .closed, wallet.snapshot.total != 0 || wallet.standing.underWay != 0 {
                faults.append("wallet \(wallet.id) is closed with money or something under way")
            }
            if (wallet.status == .frozen) != (wallet.standing.frozenBy != nil) {
                faults.append("wallet \(wallet.id) is frozen by nobody, or by somebody and not frozen")
            }
            return faults
        }
    }

    /// An owner counts its open sub-wallets, of which none outlives its root, and a team stays within its limit.
    private var ownerFaults: [String] {
        var open: [OwnerID: Int32] = [:]
        var faults: [String] = []
        for wallet in wallets.values where wallet.status != .closed {
            guard let parent = wallet.parent else { continue }
            open[wallet.owner, default: 0] += 1
            if wallets[parent]?.status == .closed || wallets[parent]?.owner != wallet.owner {
                faults.append("wallet \(wallet.id) has no root")
            }
        }
        for owner in owners.values {
            if owner.subWallets != open[owner.id, default: 0] || owner.subWallets > Owner.subWalletsMax {
                faults.append("owner \(owner.id) counts \(owner.subWallets) sub-wallets")
            }
            if owner.team.count > Owner.teamMembersMax || owner.team[owner.controller] != nil {
                faults.append("owner \(owner.id) has a team that it may not have")
            }
        }
        return faults
    }

    /// What an owner has spent is what its outcomes took of the last day and its month, less what they gave back.
    private var spendingFaults: [String] {
        var spent: [OwnerID: (last: Int32, days: [Int32: Int64])] = [:]
        for outcome in outcomes {
            guard let day = outcome.limit?.day, let wallet = outcome.wallet, let owner = wallets[wallet]?.owner,
                let amount = outcome.amount?.minorUnits
            else { continue }
            var before = spent[owner] ?? (0, [:])
            switch outcome.transition {
            case .transferCompleted, .paymentCompleted, .withdrawalHeld:
                before.last = max(before.last, day)
                before.days[day, default: 0] += amount
            default: before.days[day, default: 0] -= amount
            }
            spent[owner] = before
        }
        return owners.values.compactMap { owner in
            let (last, days) = spent[owner.id] ?? (0, [:])
            let month = Timestamp.monthInAlgiers(ofDay: last)
            let inMonth = days.filter { Timestamp.monthInAlgiers(ofDay: $0.key) == month }.values.reduce(0, +)
            let expected = Spending(day: last, inDay: days[last, default: 0], inMonth: inMonth)
            return owner.spending == expected && days.values.allSatisfy { $0 >= 0 }
                ? nil : "owner \(owner.id) has spent \(owner.spending), not \(expected)"
        }
    }

    /// A payment is disputed while one dispute about it is open, and never two.
    private var disputeFaults: [String] {
        var open: [CommandID: Int] = [:]
        for movement in movements.values where !movement.status.isDecided {
            if case .dispute(let payment, _) = movement.kind { open[payment, default: 0] += 1 }
        }
        return movements.values.filter { open[$0.id, default: 0] != ($0.isDisputed ? 1 : 0) }
            .map { "payment \($0.id) is disputed \(open[$0.id, default: 0]) times" }
    }

    /// Refunds and returned fees never exceed the original, however it is cut up.
    private var refundFaults: [String] {
        movements.values.filter { movement in
            movement.refunded < 0 || movement.refunded > movement.amount.minorUnits
                || movement.feeRefunded < 0 || movement.feeRefunded > movement.fee.minorUnits
                || (movement.refunded == movement.amount.minorUnits && movement.refunded > 0
                    && movement.feeRefunded != movement.fee.minorUnits)
        }.map { "payment \($0.id) has \($0.refunded) and a fee of \($0.feeRefunded) refunded" }
    }

    /// The identity of spec/wallet.md §1 in each currency, each account on its normal side.
    private var identityFaults: [String] {
        var faults: [String] = []
        for currency in Currency.allCases {
            var (debitNormal, creditNormal) = (Int64(0), Int64(0))
            for (balance, credits) in system where balance.currency == currency {
                if balance.account.isDebitNormal { debitNormal -= credits } else { creditNormal += credits }
            }
            for wallet in wallets.values where wallet.currency == currency { creditNormal += wallet.snapshot.total }
            if debitNormal != creditNormal {
                faults.append("\(currency): debit side \(debitNormal), credit side \(creditNormal)")
            }
        }
        for wallet in wallets.values where wallet.available < 0 || wallet.pending < 0 || wallet.reserve < 0 {
            faults.append("wallet \(wallet.id) has a bucket below zero")
        }
        return faults
    }

    /// What wallets owe of chargebacks is what the books wait for, and nobody who owes has anything to spend.
    private var claimFaults: [String] {
        var claims: [Currency: Int64] = [:]
        for wallet in wallets.values { claims[wallet.currency, default: 0] += wallet.standing.claim }
        return Currency.allCases.filter { currency in
            claims[currency, default: 0] != -system[Balance(account: .chargebacks, currency: currency), default: 0]
        }.map { "\($0): claims of \(claims[$0, default: 0])" }
            + wallets.values.filter { $0.standing.claim < 0 || ($0.standing.claim > 0 && $0.available > 0) }
            .map { "wallet \($0.id) owes \($0.standing.claim) and has \($0.available)" }
    }

    /// Debits equal credits in each transaction, and each is of one currency.
    private var balanceFaults: [String] {
        outcomes.filter { outcome in
            outcome.entries.reduce(0) { $0 + $1.amount.minorUnits } != 0
                || outcome.entries.contains { $0.amount.currency != outcome.entries[0].amount.currency }
        }.map { "transaction \($0.position) does not add up to zero" }
    }

    /// What is pending is what withdrawals hold, amount and fee, and nothing else.
    private var holdFaults: [String] {
        var held: [WalletID: Int64] = [:]
        for movement in movements.values where movement.status == .held {
            held[movement.wallet, default: 0] += movement.amount.minorUnits + movement.fee.minorUnits
        }
        return wallets.values.filter { $0.pending != held[$0.id, default: 0] }.map { wallet in
            "wallet \(wallet.id) has \(wallet.pending) pending and \(held[wallet.id, default: 0]) held"
        }
    }

    /// Each wallet's entries, in order, lead from nothing to what it is: versions +1, each pointing at the last.
    private var historyFaults: [String] {
        var faults: [String] = []
        var histories: [WalletID: (last: Position?, version: Int64, buckets: [Bucket: Int64])] = [:]
        var derived: [Balance: Int64] = [:]
        for outcome in outcomes {
            var touched: Set<WalletID> = []
            for entry in outcome.entries {
                switch entry.account {
                case .system(let account):
                    derived[Balance(account: account, currency: entry.amount.currency), default: 0] +=
                        entry.amount.minorUnits
                case .customer(let id, let bucket):
                    histories[id, default: (nil, 0, [:])].buckets[bucket, default: 0] += entry.amount.minorUnits
                    touched.insert(id)
                }
            }
            for id in touched {
                guard var history = histories[id] else { continue }
                let after = outcome.entries.compactMap(\.wallet).filter { $0.id == id }
                history.version += 1
                let expected = WalletSnapshot(
                    id: id, currency: wallets[id]?.currency ?? .dzd, version: history.version,
                    available: history.buckets[.available, default: 0],
                    pending: history.buckets[.pending, default: 0], reserve: history.buckets[.reserve, default: 0])
                if after.contains(where: { $0 != expected }) { faults.append("\(outcome.position) tells \(after)") }
                let previous = outcome.entries.filter { $0.wallet?.id == id }.map(\.previous)
                if previous.contains(where: { $0 != history.last }) {
                    faults.append("\(outcome.position) does not point at \(String(describing: history.last))")
                }
                history.last = outcome.position
                histories[id] = history
            }
        }
        for wallet in wallets.values {
            let history = histories[wallet.id] ?? (nil, 0, [:])
            let buckets = Bucket.allCases.map { history.buckets[$0, default: 0] }
            if buckets != [wallet.available, wallet.pending, wallet.reserve] || history.version != wallet.version
                || history.last != wallet.last
            {
                faults.append("wallet \(wallet.id) is not what its entries make it")
            }
        }
        if derived.filter({ $0.value != 0 }) != system.filter({ $0.value != 0 }) {
            faults.append("system accounts are not what their entries make them")
        }
        return faults
    }

    /// Outcomes are numbered from 1 without gaps, and no command has two.
    private var numberingFaults: [String] {
        var faults: [String] = []
        if outcomes.map(\.position.sequence) != Array(1..<sequence) {
            faults.append("outcomes are not numbered in a row")
        }
        if Set(outcomes.map(\.command)).count != outcomes.count { faults.append("a command has two outcomes") }
        for outcome in outcomes where outcome.code != .ok && outcome.subject == outcome.command {
            if !outcome.entries.isEmpty { faults.append("\(outcome.position) is refused and moves money") }
        }
        return faults
    }
}
