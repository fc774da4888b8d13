// Wallets against their entries: first as sums that must cancel out, and where they do not, wallet by wallet.

import Domain
import Postgres

enum WalletChecks {
    private static let columns = """
        id, currency, available, pending, reserve, version, last_period, last_lane, last_seq
        """

    /// Adds every wallet's first and last point to the sums that the transactions between them make up.
    static func addWallets(_ connection: PostgresConnection, _ tally: inout Tally) throws(PostgresError) {
        try read(connection, "SELECT \(columns) FROM ledger.wallets", &tally.findings) { wallet, findings in
            tally.wallets += 1
            let group = TokenSums.group(wallet.id)
            tally.walletPoints.take(wallet.token, group)
            tally.walletPoints.add(WalletPoint.beginning(wallet.id, wallet.currency).token, group)
            for (bucket, balance) in wallet.balances {
                tally.customers[wallet.currency, default: 0] += Int128(balance)
                if balance < 0 {
                    findings.add(
                        Finding(
                            .negativeBalance, wallet: wallet.id, part: bucket.name, expected: "0", found: "\(balance)"))
                }
            }
        }
    }

    /// Looks at each wallet of some groups and says what is wrong with it.
    static func explain(
        _ groups: [Int], _ connection: PostgresConnection, _ findings: inout Findings
    ) throws(PostgresError) {
        func suspects(_ column: String) -> String { TokenSums.condition(column, groups) }
        var wallets: [WalletID: WalletPoint] = [:]
        let query = "SELECT \(columns) FROM ledger.wallets WHERE \(suspects("id"))"
        try read(connection, query, &findings) { wallet, _ in wallets[wallet.id] = wallet }
        var walk = WalletWalk(wallets)
        try connection.readRows(
            """
            SELECT lane, \(CheckedEntry.columns) FROM ledger.entries
            WHERE wallet_id IS NOT NULL AND \(suspects("wallet_id"))
            ORDER BY wallet_id, version, lane, lane_seq, ordinal
            """
        ) { row throws(CopyRow.Unreadable) in
            let lane = try row.required(Int16.self)
            let checked = try CheckedEntry(&row)
            // One that means nothing has been reported where it stands.
            guard let entry = checked.entry else { return }
            walk.add(entry, at: Position(period: checked.period, lane: lane, sequence: checked.sequence))
        }
        findings.add(walk.finish())
    }

    private static func read(
        _ connection: PostgresConnection, _ query: String, _ findings: inout Findings,
        _ receive: (WalletPoint, inout Findings) -> Void
    ) throws(PostgresError) {
        var found = Findings()
        try connection.readRows(query) { row throws(CopyRow.Unreadable) in
            let id = try row.identifier(WalletKind.self)
            do throws(CopyRow.Unreadable) {
                receive(try WalletPoint(id, &row), &found)
            } catch {
                found.add(Finding(.unreadable, wallet: id, part: error.column))
            }
        }
        findings.add(found)
    }
}

extension WalletPoint {
    /// Before the first transaction.
    static func beginning(_ id: WalletID, _ currency: Currency) -> WalletPoint {
        WalletPoint(id: id, currency: currency, version: 0, available: 0, pending: 0, reserve: 0, last: nil)
    }

    init(_ id: WalletID, _ row: inout CopyRow) throws(CopyRow.Unreadable) {
        let currency = try row.number(Currency.self, "currency")
        let available = try row.required(Int64.self)
        let pending = try row.required(Int64.self)
        let reserve = try row.required(Int64.self)
        self.init(
            id: id, currency: currency, version: try row.required(Int64.self), available: available, pending: pending,
            reserve: reserve, last: try row.optionalPosition())
    }

    var balances: [(Bucket, Int64)] { [(.available, available), (.pending, pending), (.reserve, reserve)] }
}

/// Walks the entries of wallets in the order of their versions: `add` each, then `finish`.
struct WalletWalk {
    private var wallets: [WalletID: WalletPoint]
    private var findings = Findings()
    /// Where the wallet being walked stands by its entries so far, and the sums of these.
    private var point: WalletPoint?
    private var sums: [Bucket: Int128] = [:]
    /// The transaction being gathered.
    private var entries: [Entry] = []
    private var position: Position?

    init(_ wallets: [WalletID: WalletPoint]) { self.wallets = wallets }

    mutating func add(_ entry: Entry, at position: Position) {
        guard case .customer(let id, let bucket) = entry.account else { return }
        let isSameWallet = point?.id == id
        if !isSameWallet || position != self.position || entry.wallet?.version != entries.first?.wallet?.version {
            endTransaction()
        }
        if !isSameWallet {
            endWallet()
            point = .beginning(id, entry.amount.currency)
        }
        self.position = position
        entries.append(entry)
        sums[bucket, default: 0] += Int128(entry.amount.minorUnits)
    }

    mutating func finish() -> Findings {
        endTransaction()
        endWallet()
        // Wallets without entries.
        for wallet in wallets.values.sorted(by: { $0.id < $1.id }) {
            point = .beginning(wallet.id, wallet.currency)
            compare(wallet)
        }
        return findings
    }

    private mutating func endTransaction() {
        guard let point, let position, let first = entries.first, let wallet = first.wallet else { return }
        defer { entries = [] }
        guard let step = WalletStep(wallet, first.previous, entries, at: position) else {
            found(.walletRunningBalance, at: position)
            self.point = point.moved(to: wallet, at: position)
            return
        }
        if step.before.version != point.version {
            found(.walletVersion, at: position, expected: "\(point.version + 1)", found: "\(wallet.version)")
        }
        if step.before.last != point.last {
            found(.walletHistory, at: position, expected: place(point.last), found: place(step.before.last))
        }
        for ((bucket, expected), (_, found)) in zip(point.balances, step.before.balances) where expected != found {
            self.found(
                .walletRunningBalance, at: position, part: bucket.name, expected: "\(expected)", found: "\(found)")
        }
        self.point = step.after
    }

    private mutating func endWallet() {
        guard let point else { return }
        if let wallet = wallets.removeValue(forKey: point.id) {
            compare(wallet)
        } else {
            found(.walletMissing)
        }
        self.point = nil
        sums = [:]
    }

    /// Compares a wallet's row with where its entries lead.
    private mutating func compare(_ wallet: WalletPoint) {
        guard let point else { return }
        for (bucket, balance) in wallet.balances where Int128(balance) != sums[bucket, default: 0] {
            found(.walletBalance, part: bucket.name, expected: "\(sums[bucket, default: 0])", found: "\(balance)")
        }
        if wallet.currency != point.currency {
            found(.walletBalance, part: "currency", expected: point.currency.code, found: wallet.currency.code)
        }
        if wallet.version != point.version {
            found(.walletVersion, expected: "\(point.version)", found: "\(wallet.version)")
        }
        if wallet.last != point.last {
            found(.walletHistory, expected: place(point.last), found: place(wallet.last))
        }
    }

    private mutating func found(
        _ kind: Finding.Kind, at position: Position? = nil, part: String? = nil, expected: String? = nil,
        found: String? = nil
    ) {
        findings.add(
            Finding(
                kind, lane: position?.lane, sequence: position?.sequence, wallet: point?.id, part: part,
                expected: expected, found: found))
    }

    private func place(_ position: Position?) -> String { position.map { "\($0.lane):\($0.sequence)" } ?? "none" }
}

extension WalletPoint {
    fileprivate func moved(to wallet: WalletSnapshot, at position: Position) -> WalletPoint {
        WalletPoint(
            id: id, currency: currency, version: wallet.version, available: wallet.available, pending: wallet.pending,
            reserve: wallet.reserve, last: position)
    }
}

extension TokenSums {
    /// SQL that is true for the ids of some groups.
    static func condition(_ column: String, _ groups: [Int]) -> String {
        let bits = "(get_byte(uuid_send(\(column)), 0) << 4) | (get_byte(uuid_send(\(column)), 1) >> 4)"
        return "(\(bits)) = ANY ('{\(groups.map(String.init).joined(separator: ","))}'::integer[])"
    }
}
