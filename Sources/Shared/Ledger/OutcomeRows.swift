// Outcomes read back from their rows, so that their events can be made again.

public import Domain
public import Postgres

/// An outcome with what its event needs.
public struct StoredOutcome: Sendable {
    public let outcome: Outcome
    public let entries: [Entry]
    public let detail: [UInt8]?
    public let traceparent: String?
}

public enum OutcomeRows {
    /// Where the outcomes stand that have entries: what must be read beside them.
    public static func positionsWithEntries(_ rows: PostgresRows) throws(PostgresError) -> [Position] {
        var positions: [Position] = []
        for row in 0..<rows.count where try rows.bool(row, 15) {
            positions.append(try rows.position(row, period: 0, lane: 1, sequence: 2))
        }
        return positions
    }

    public static func enqueueEntries(at positions: [Position], on connection: PostgresConnection) throws(PostgresError)
    {
        var parameters = PostgresParameters()
        parameters.appendInt4Array(positions.map(\.period))
        parameters.appendInt2Array(positions.map(\.lane))
        parameters.appendInt8Array(positions.map(\.sequence))
        try connection.enqueue(Statements.readEntriesAt, parameters)
    }

    /// Puts outcomes and their entries together.
    ///
    /// - Parameters: the rows of `read_outcomes_at.sql` or `read_outcomes_after.sql`, and of `read_entries_at.sql`.
    public static func decode(
        _ outcomes: PostgresRows, entries: PostgresRows?
    ) throws(PostgresError) -> [StoredOutcome] {
        var entriesByPosition: [Position: [Entry]] = [:]
        if let entries {
            for row in 0..<entries.count {
                let position = try entries.position(row, period: 0, lane: 1, sequence: 2)
                entriesByPosition[position, default: []].append(try entry(entries, row))
            }
        }
        var stored: [StoredOutcome] = []
        for row in 0..<outcomes.count {
            let position = try outcomes.position(row, period: 0, lane: 1, sequence: 2)
            let entries = entriesByPosition[position] ?? []
            stored.append(
                StoredOutcome(
                    outcome: try outcome(outcomes, row, at: position, entryCount: entries.count), entries: entries,
                    detail: try outcomes.optionalBytes(row, 16), traceparent: try outcomes.optionalText(row, 17)))
        }
        return stored
    }

    private static func outcome(
        _ rows: PostgresRows, _ row: Int, at position: Position, entryCount: Int
    ) throws(PostgresError) -> Outcome {
        let currency = try rows.optionalInt2(row, 11).flatMap(Currency.init(rawValue:))
        func money(_ column: Int) throws(PostgresError) -> Money? {
            guard let currency, let amount = try rows.optionalInt8(row, column) else { return nil }
            return Money(amount, currency)
        }
        return Outcome(
            commandIndex: row, position: position, commandID: try rows.identifier(row, 3, of: CommandKind.self),
            subject: try rows.identifier(row, 4, of: CommandKind.self),
            transition: try rows.number(row, 5, as: Transition.self),
            status: try rows.number(row, 6, as: CommandStatus.self),
            code: try rows.number(row, 7, as: OutcomeCode.self), field: try rows.optionalText(row, 8),
            wallet: try rows.optionalUUID(row, 9).map { WalletID($0) }, amount: try money(10), fee: try money(12),
            feeVersion: try rows.optionalInt2(row, 13), limit: try rows.limit(row, at: 18),
            time: try rows.time(row, 14), entries: 0..<entryCount)
    }

    static func entry(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> Entry {
        let account = try rows.int2(row, 3)
        let currency = try rows.number(row, 4, as: Currency.self)
        let amount = Money(try rows.int8(row, 5), currency)
        guard let wallet = try rows.optionalUUID(row, 6) else {
            guard let account = SystemAccount(rawValue: account) else { throw unknownNumber("account", account) }
            return Entry(account: .system(account), amount: amount)
        }
        guard let bucket = Bucket(rawValue: account) else { throw unknownNumber("account", account) }
        return Entry(
            account: .customer(WalletID(wallet), bucket), amount: amount,
            wallet: WalletSnapshot(
                id: WalletID(wallet), currency: currency, version: try rows.int8(row, 7),
                available: try rows.int8(row, 8), pending: try rows.int8(row, 9), reserve: try rows.int8(row, 10)),
            previous: try rows.optionalPosition(row, period: 11, lane: 12, sequence: 13))
    }
}
