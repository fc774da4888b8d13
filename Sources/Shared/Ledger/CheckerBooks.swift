// What is compared once everything is added up: system accounts, the identity, the index of commands, movements.

import Domain
import Postgres

/// The last part of the checker's work, on the sums of all the others.
struct BookChecks {
    private let connection: PostgresConnection
    private let tally: Tally
    private let lane: Int16?
    private(set) var findings: Findings

    init(connection: PostgresConnection, tally: Tally, lane: Int16?) {
        self.connection = connection
        self.tally = tally
        self.lane = lane
        findings = tally.findings
    }

    mutating func run() throws(PostgresError) {
        try checkSystemAccounts()
        // A row that cannot be read is missing in the sums and has been reported: it needs no second explanation.
        let hasUnreadable = findings.counts[.unreadable] != nil
        let commands = tally.commands.unequal
        if !commands.isEmpty {
            let before = findings.total
            try CommandIndexChecks.explain(commands, lane: lane, connection, &findings)
            if findings.total == before, !hasUnreadable { findings.add(Finding(.indexWrong)) }
        }
        if lane != nil { return }
        let wallets = tally.walletPoints.unequal
        if !wallets.isEmpty {
            let before = findings.total
            try WalletChecks.explain(wallets, connection, &findings)
            if findings.total == before, !hasUnreadable { findings.add(Finding(.walletHistory)) }
        }
    }

    private mutating func checkSystemAccounts() throws(PostgresError) {
        var derived = tally.stripes
        // Credits are positive, so that all accounts of a currency together come to zero.
        var books = tally.customers
        let rows = try connection.execute(CheckStatements.stripes)
        for row in 0..<rows.count {
            let (account, currency) = (try rows.int2(row, 0), try rows.int2(row, 1))
            let (lane, balance) = (try rows.int2(row, 2), Int128(try rows.int8(row, 3)))
            if let only = self.lane, lane != only { continue }
            guard let account = SystemAccount(rawValue: account), let currency = Currency(rawValue: currency) else {
                findings.add(Finding(.unreadable, lane: lane, part: "system account \(account)"))
                continue
            }
            books[currency, default: 0] += balance
            let stripe = Stripe(account: account, currency: currency, lane: lane)
            compare(stripe, expected: derived.removeValue(forKey: stripe) ?? 0, found: balance)
        }
        for (stripe, balance) in derived { compare(stripe, expected: balance, found: 0) }
        if lane != nil { return }
        for (currency, sum) in books where sum != 0 {
            findings.add(Finding(.booksUnequal, part: currency.code, expected: "0", found: "\(sum)"))
        }
    }

    private mutating func compare(_ stripe: Stripe, expected: Int128, found: Int128) {
        if expected == found { return }
        findings.add(
            Finding(
                .systemBalance, lane: stripe.lane, part: "\(stripe.account.name) \(stripe.currency.code)",
                expected: "\(expected)", found: "\(found)"))
    }
}

/// The index of commands: one row for each outcome's command, pointing at it.
enum CommandIndexChecks {
    static func addIndex(
        _ connection: PostgresConnection, lane: Int16?, _ tally: inout Tally
    ) throws(PostgresError) {
        var commands = TokenSums()
        let condition = lane.map { "WHERE lane = \($0)" } ?? ""
        try connection.readRows("SELECT command_id, period, lane, lane_seq FROM ledger.command_index \(condition)") {
            row throws(CopyRow.Unreadable) in
            let command = try row.identifier(CommandKind.self)
            guard let position = try row.optionalPosition() else { throw CopyRow.Unreadable() }
            commands.take(Tally.commandToken(command, position), TokenSums.group(command))
        }
        tally.commands.add(commands)
    }

    /// Joins the outcomes and the index of some groups and reports what has no partner, or another one.
    static func explain(
        _ groups: [Int], lane: Int16?, _ connection: PostgresConnection, _ findings: inout Findings
    ) throws(PostgresError) {
        let suspects = TokenSums.condition("command_id", groups) + (lane.map { " AND lane = \($0)" } ?? "")
        var found = Findings()
        try connection.readRows(
            """
            SELECT coalesce(decided.command_id, indexed.command_id), decided.period, decided.lane, decided.lane_seq,
                indexed.period, indexed.lane, indexed.lane_seq
            FROM (SELECT * FROM ledger.outcomes WHERE \(suspects)) AS decided
            FULL JOIN (SELECT * FROM ledger.command_index WHERE \(suspects)) AS indexed
                ON indexed.command_id = decided.command_id
            WHERE (decided.period, decided.lane, decided.lane_seq)
                IS DISTINCT FROM (indexed.period, indexed.lane, indexed.lane_seq)
            ORDER BY decided.lane, decided.lane_seq
            """
        ) { row throws(CopyRow.Unreadable) in
            found.add(
                finding(
                    try row.identifier(CommandKind.self), decided: try row.optionalPosition(),
                    indexed: try row.optionalPosition()))
        }
        findings.add(found)
    }

    private static func finding(_ command: CommandID, decided: Position?, indexed: Position?) -> Finding {
        func place(_ position: Position?) -> String { position.map { "\($0.lane):\($0.sequence)" } ?? "none" }
        return Finding(
            indexed == nil ? .indexMissing : .indexWrong, lane: (decided ?? indexed)?.lane,
            sequence: (decided ?? indexed)?.sequence, command: command, expected: place(decided), found: place(indexed))
    }
}

enum MovementChecks {
    static func run(_ connection: PostgresConnection, _ findings: inout Findings) throws(PostgresError) {
        let rows = try connection.execute(CheckStatements.movements)
        for row in 0..<rows.count {
            let command = try rows.identifier(row, 0, of: CommandKind.self)
            let place = "\(try rows.optionalInt2(row, 9) ?? -1):\(try rows.optionalInt8(row, 10) ?? -1)"
            guard try rows.bool(row, 1) else {
                findings.add(Finding(.movementMissing, command: command, expected: place))
                continue
            }
            guard try rows.bool(row, 2) else {
                findings.add(Finding(.movementUnknown, command: command))
                continue
            }
            func differ(_ column: Int, _ part: String) throws(PostgresError) {
                let (found, expected) = (try rows.int2(row, column), try rows.int2(row, column + 1))
                if found == expected { return }
                findings.add(
                    Finding(
                        .movementStatus, command: command, part: part, expected: "\(expected)", found: "\(found)"))
            }
            try differ(3, "status")
            try differ(5, "code")
            if try rows.bool(row, 11) {
                findings.add(
                    Finding(
                        .movementLast, command: command, expected: place,
                        found: "\(try rows.int2(row, 7)):\(try rows.int8(row, 8))"))
            }
            if try rows.bool(row, 12) { findings.add(Finding(.movementContent, command: command)) }
        }
        try checkHeld(connection, &findings)
        try checkCounters(connection, &findings)
    }

    private static func checkCounters(
        _ connection: PostgresConnection, _ findings: inout Findings
    ) throws(PostgresError) {
        let rows = try connection.execute(CheckStatements.counters)
        for row in 0..<rows.count {
            let id = CommandID(try rows.uuid(row, 1))
            findings.add(
                Finding(
                    .counter, command: id, part: try rows.text(row, 0), expected: "\(try rows.int8(row, 2))",
                    found: "\(try rows.int8(row, 3))"))
        }
    }

    private static func checkHeld(
        _ connection: PostgresConnection, _ findings: inout Findings
    ) throws(PostgresError) {
        let rows = try connection.execute(CheckStatements.held)
        for row in 0..<rows.count {
            findings.add(
                Finding(
                    .pendingNotHeld, wallet: try rows.identifier(row, 0, of: WalletKind.self),
                    expected: try rows.numericText(row, 1), found: try rows.numericText(row, 2)))
        }
    }
}
