// The checker: recomputes the chain and every balance from the rows themselves, in one snapshot, and says what differs.

import Dispatch
import Domain
public import Postgres
import Synchronization

/// Proves a ledger untouched and complete, as far as the database alone can: what it cannot see is a tail cut off from
/// every table at once, for which the report names each lane's head and hash.
///
/// One pass over outcomes and entries in their order recomputes the chain; on the way sums are taken that must cancel
/// out against wallets, system accounts and the index of commands. Only where they do not is anything sorted and looked
/// at again. Memory does not grow with the ledger.
public enum Checker {
    /// Consecutive outcomes that are checked together, and whose entries are in memory meanwhile.
    public static let stretchOutcomesStandard: Int64 = 32_768

    /// Checks on several connections that share a snapshot. Blocks.
    ///
    /// - Parameters:
    ///   - configuration: of a role that may read the whole schema.
    ///   - lane: checks this lane's outcomes, entries, chain and stripes alone; what concerns all lanes is left out.
    ///   - connections: how many at once; half of them are busy in the server while the other half are here.
    ///   - stretchOutcomes: consecutive outcomes of a lane that are checked together, and in memory; at least 1.
    public static func verify(
        _ configuration: PostgresConfiguration, lane: Int16? = nil, connections: Int = 2,
        stretchOutcomes: Int64 = stretchOutcomesStandard
    ) throws(PostgresError) -> CheckReport {
        let main = try PostgresConnection(configuration)
        defer { main.close() }
        return try verify(main, lane: lane, stretchOutcomes) { jobs, snapshot throws(PostgresError) in
            try runTogether(jobs, max(1, connections), configuration, snapshot: snapshot)
        }
    }

    /// Checks on one connection, outside any transaction. Blocks.
    public static func verify(
        _ connection: PostgresConnection, lane: Int16? = nil, stretchOutcomes: Int64 = stretchOutcomesStandard
    ) throws(PostgresError) -> CheckReport {
        try verify(connection, lane: lane, stretchOutcomes) { jobs, _ throws(PostgresError) in
            var tally = Tally()
            for job in jobs { try job.run(connection, &tally) }
            return tally
        }
    }

    private static func verify(
        _ connection: PostgresConnection, lane: Int16?, _ stretchOutcomes: Int64,
        run: (_ jobs: [CheckJob], _ snapshot: String) throws(PostgresError) -> Tally
    ) throws(PostgresError) -> CheckReport {
        let clock = ContinuousClock()
        let start = clock.now
        try beginSnapshot(connection)
        let outcome = Result { () throws(PostgresError) in
            let snapshot = try connection.execute("SELECT pg_export_snapshot()").text(0, 0)
            var plan = try CheckPlan(connection, lane: lane, stretchOutcomes: max(1, stretchOutcomes))
            var tally = try run(plan.jobs, snapshot)
            tally.findings.add(plan.findings)
            var books = BookChecks(connection: connection, tally: tally, lane: lane)
            try books.run()
            plan.report.outcomes = tally.outcomes
            plan.report.entries = tally.entries
            plan.report.wallets = tally.wallets
            plan.report.chainRows = tally.chainRows
            plan.report.findings = books.findings
            plan.report.findings.sort()
            return plan.report
        }
        if connection.isOpen { try connection.execute("ROLLBACK") }
        var report = try outcome.get()
        report.seconds = (clock.now - start) / .seconds(1)
        return report
    }

    static func beginSnapshot(_ connection: PostgresConnection) throws(PostgresError) {
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        // However long it takes, and however long this session waits for the others.
        try connection.execute("SET LOCAL statement_timeout = 0")
        try connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        try connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        try connection.execute("SET LOCAL jit = off")
    }

    /// Hands the jobs to as many threads, each with a connection of its own.
    private static func runTogether(
        _ jobs: [CheckJob], _ connections: Int, _ configuration: PostgresConfiguration, snapshot: String
    ) throws(PostgresError) -> Tally {
        let shared = Mutex((waiting: jobs[...], tally: Tally(), failure: PostgresError?.none))
        DispatchQueue.concurrentPerform(iterations: min(connections, jobs.count)) { _ in
            do throws(PostgresError) {
                let connection = try PostgresConnection(configuration)
                defer { connection.close() }
                try beginSnapshot(connection)
                // The name is the server's own and has no quotes in it.
                try connection.execute("SET TRANSACTION SNAPSHOT '\(snapshot)'")
                var tally = Tally()
                while let job = shared.withLock({ $0.waiting.popFirst() }) { try job.run(connection, &tally) }
                shared.withLock { $0.tally.add(tally) }
            } catch {
                shared.withLock { shared in
                    shared.waiting = []
                    shared.failure = shared.failure ?? error
                }
            }
        }
        return try shared.withLock { shared throws(PostgresError) in
            if let failure = shared.failure { throw failure }
            return shared.tally
        }
    }
}

/// A part of the work that needs nothing of the other parts.
enum CheckJob: Sendable {
    case stretch(Stretch)
    case wallets
    case commandIndex(lane: Int16?)
    case movements

    func run(_ connection: PostgresConnection, _ tally: inout Tally) throws(PostgresError) {
        switch self {
        case .stretch(let stretch):
            try Self.setScans(connection, "off")
            try Self.walk(stretch, connection, &tally)
        case .wallets:
            try Self.setScans(connection, "on")
            try WalletChecks.addWallets(connection, &tally)
        case .commandIndex(let lane):
            try Self.setScans(connection, "on")
            try CommandIndexChecks.addIndex(connection, lane: lane, &tally)
        case .movements:
            try Self.setScans(connection, "on")
            try MovementChecks.run(connection, &tally.findings)
        }
    }

    /// A stretch is read along its index, in order; a plan that scans and sorts is a mistake of statistics.
    private static func setScans(_ connection: PostgresConnection, _ setting: String) throws(PostgresError) {
        try connection.execute("SET LOCAL enable_seqscan = \(setting)")
        try connection.execute("SET LOCAL enable_bitmapscan = \(setting)")
    }

    private static func walk(
        _ stretch: Stretch, _ connection: PostgresConnection, _ tally: inout Tally
    ) throws(PostgresError) {
        var parameters = PostgresParameters()
        parameters.append(int2: stretch.lane)
        parameters.append(int8: stretch.after)
        parameters.append(int8: stretch.through)
        let rows = try connection.execute(CheckStatements.chainRows, parameters)
        var chain: [CheckedChainRow] = []
        for row in 0..<rows.count { chain.append(try CheckedChainRow(rows, row)) }

        var entries: [CheckedEntry] = []
        let (lane, after, through) = (stretch.lane, stretch.after, stretch.through)
        try connection.readRows(CheckedEntry.query(lane: lane, after: after, through: through)) {
            row throws(CopyRow.Unreadable) in
            entries.append(try CheckedEntry(&row))
        }

        // The tally goes into the walk and comes back, so that its sums are changed in place.
        var walk = StretchWalk(stretch, chain: chain, entries: entries, tally: tally)
        tally = Tally()
        try connection.readRows(CheckedOutcome.query(lane: lane, after: after, through: through)) { row in
            walk.add(&row)
        }
        tally = walk.finish()
    }
}
