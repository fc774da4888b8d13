// Which lanes there are, what their rows say, and into which stretches the work is divided.

import Domain
import Postgres

enum CheckStatements {
    static let lanes = statement("check_lanes", PackageResources.lanes_sql)
    static let chainRowAt = statement("check_chain_row_at", PackageResources.chain_row_at_sql)
    static let chainRows = statement("check_chain_rows", PackageResources.chain_rows_sql)
    static let stripes = statement("check_stripes", PackageResources.stripes_sql)
    static let held = statement("check_held", PackageResources.held_sql)
    static let counters = statement("check_counters", PackageResources.counters_sql)
    static let movements = statement("check_movements", PackageResources.movements_sql)
    static let accounts = statement("check_accounts", PackageResources.accounts_sql)

    private static func statement(_ name: String, _ resource: [UInt8]) -> PostgresStatement {
        PostgresStatement(name: name, sql: text(resource))
    }
}

struct CheckPlan {
    private(set) var jobs: [CheckJob] = []
    private(set) var findings = Findings()
    private let stretchOutcomes: Int64
    var report = CheckReport()

    /// - Parameter lane: nil for everything.
    init(_ connection: PostgresConnection, lane only: Int16?, stretchOutcomes: Int64) throws(PostgresError) {
        self.stretchOutcomes = stretchOutcomes
        if only == nil { jobs += [.movements, .wallets] }
        jobs.append(.commandIndex(lane: only))
        let rows = try connection.execute(CheckStatements.lanes)
        for row in 0..<rows.count {
            let lane = try rows.int2(row, 0)
            if let only, lane != only { continue }
            try add(lane, rows, row, connection)
        }
    }

    private mutating func add(
        _ lane: Int16, _ rows: PostgresRows, _ row: Int, _ connection: PostgresConnection
    ) throws(PostgresError) {
        let lastRow = try Self.chainRow(connection, lane, at: .max)
        let head = try rows.optionalInt8(row, 1)
        if let head {
            let hash = try rows.bytes(row, 3)
            report.lanes.append(CheckReport.Lane(lane: lane, head: head, chainHash: hash))
            let published = try rows.int8(row, 2)
            if published > head {
                findings.add(
                    Finding(.publishedBeyondHead, lane: lane, expected: "\(head)", found: "\(published)"))
            }
            if hash != lastRow?.hash ?? [UInt8](repeating: 0, count: 32) {
                findings.add(Finding(.chainHead, lane: lane, sequence: head))
            }
            let time = try rows.time(row, 4)
            if let lastRow, time < lastRow.time {
                findings.add(
                    Finding(
                        .timeWentBack, lane: lane, sequence: head, expected: "\(lastRow.time.microseconds)",
                        found: "\(time.microseconds)"))
            }
        } else {
            findings.add(Finding(.laneMissing, lane: lane))
        }
        try addStretches(lane, head: head, end: max(head ?? 0, lastRow?.last ?? 0), connection)
    }

    /// Stretches end where a chain row ends, so that no batch is cut in two.
    private mutating func addStretches(
        _ lane: Int16, head: Int64?, end: Int64, _ connection: PostgresConnection
    ) throws(PostgresError) {
        var after: Int64 = 0
        var previousHash: [UInt8]? = [UInt8](repeating: 0, count: 32)
        var previousTime: Timestamp?
        while after + stretchOutcomes < end {
            let row = try Self.chainRow(connection, lane, at: after + stretchOutcomes)
            var through = after + stretchOutcomes
            var hash: [UInt8]?
            var time: Timestamp?
            if let row, row.last > after {
                if row.last >= end { break }
                (through, hash, time) = (row.last, row.hash, row.time)
            }
            jobs.append(
                .stretch(
                    Stretch(
                        lane: lane, after: after, through: through, previousHash: previousHash,
                        previousTime: previousTime, head: head)))
            (after, previousHash, previousTime) = (through, hash, time)
        }
        jobs.append(
            .stretch(
                Stretch(
                    lane: lane, after: after, through: .max, previousHash: previousHash, previousTime: previousTime,
                    head: head)))
    }

    private static func chainRow(
        _ connection: PostgresConnection, _ lane: Int16, at sequence: Int64
    ) throws(PostgresError) -> CheckedChainRow? {
        var parameters = PostgresParameters()
        parameters.append(int2: lane)
        parameters.append(int8: sequence)
        let rows = try connection.execute(CheckStatements.chainRowAt, parameters)
        return rows.count == 0 ? nil : try CheckedChainRow(rows, 0)
    }
}
