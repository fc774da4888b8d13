// The second round trip of a batch: everything it decided, and COMMIT.

public import Domain
public import Postgres
import Wire

/// How many rows each statement of a pipeline is to touch; nil where it may be any number.
public typealias ExpectedRows = [Int?]

/// What a batch writes.
public struct BatchWrite: Sendable {
    public let lane: Int16
    public let epoch: Int64
    public let head: LaneHead
    public let decisions: Decisions
    public let state: LedgerState
    /// One for each outcome, in order.
    public let records: [CommandRecord]
    /// One for each outcome, in order.
    public let details: [[UInt8]?]
    public let securityRecords: [SecurityRecord]
    /// Announced so far.
    public let published: Int64
    public let repeats: Int64
    /// Outcomes that stand already and must be announced again.
    public let repeatedPositions: [Position]

    public init(
        lane: Int16, epoch: Int64, head: LaneHead, decisions: Decisions, state: LedgerState, records: [CommandRecord],
        details: [[UInt8]?], securityRecords: [SecurityRecord], published: Int64, repeatedPositions: [Position],
        repeats: Int64
    ) {
        precondition(records.count == decisions.outcomes.count && details.count == decisions.outcomes.count)
        self.lane = lane
        self.epoch = epoch
        self.head = head
        self.decisions = decisions
        self.state = state
        self.records = records
        self.details = details
        self.securityRecords = securityRecords
        self.published = published
        self.repeatedPositions = repeatedPositions
        self.repeats = repeats
    }

    /// Number of the lane's last outcome once this is committed.
    public var headAfter: Int64 { head.head + Int64(decisions.outcomes.count) }

    /// Enqueues the writes, the reading of repeated outcomes, COMMIT and a sync.
    public func enqueue(on connection: PostgresConnection) throws(PostgresError) -> ExpectedRows {
        var writer = Writer(connection: connection)
        var chainHash = head.chainHash
        if !decisions.outcomes.isEmpty {
            try enqueueOutcomes(&writer)
            try enqueueEntries(&writer)
            chainHash = hash()
            writer.parameters.append(int2: lane)
            writer.parameters.append(int8: head.head + 1)
            writer.parameters.append(int8: headAfter)
            writer.parameters.append(timestamptz: head.time.microseconds)
            writer.parameters.append(bytea: chainHash)
            try writer.enqueue(Statements.insertChain, rows: 1)
        }
        try enqueueState(&writer)
        try enqueueSecurityRecords(&writer)
        writer.parameters.append(int2: lane)
        writer.parameters.append(int8: epoch)
        writer.parameters.append(int8: headAfter)
        writer.parameters.append(bytea: chainHash)
        writer.parameters.append(timestamptz: head.time.microseconds)
        writer.parameters.append(int8: published)
        writer.parameters.append(int8: repeats)
        try writer.enqueue(Statements.advanceLane, rows: 1)
        if !repeatedPositions.isEmpty {
            for statement in [Statements.readOutcomesAt, Statements.readEntriesAt] {
                writer.append(positions: repeatedPositions)
                try writer.enqueue(statement, rows: nil)
            }
        }
        try writer.enqueue(Statements.commit, rows: nil)
        try connection.enqueueSync()
        return writer.expected
    }

    private func hash() -> [UInt8] {
        var hasher = ChainHasher(previous: head.chainHash, capacity: decisions.outcomes.count * 512)
        for (index, outcome) in decisions.outcomes.enumerated() {
            hasher.add(outcome, records[index], detail: details[index], entries: decisions.entries[outcome.entries])
        }
        return hasher.finish()
    }

    /// Compares what the statements say they did with what they were to do. The rows were locked, so a difference is a
    /// mistake of ours.
    ///
    /// - Parameter results: the rows of each statement enqueued, in order.
    /// - Returns: the rows of repeated outcomes and of their entries, where there are repeats.
    public func check(
        _ results: [PostgresRows], _ expected: ExpectedRows
    ) throws(PostgresError) -> (outcomes: PostgresRows, entries: PostgresRows)? {
        guard results.count == expected.count else { throw .protocolViolation("a batch's answers are incomplete") }
        for (rows, count) in zip(results, expected) {
            if let count, rows.affectedRows != count {
                throw .protocolViolation("a write touched other rows than meant")
            }
        }
        return repeatedPositions.isEmpty ? nil : (results[results.count - 3], results[results.count - 2])
    }
}

extension PostgresParameters {
    /// Those of the statement that inserts a batch's outcomes.
    ///
    /// - Parameters:
    ///   - outcomes: at least one; records and details are theirs, in the same order.
    ///   - first: the number of the first outcome in its lane.
    package mutating func append(
        outcomes: [Outcome], records: [CommandRecord], details: [[UInt8]?], lane: Int16, first: Int64, time: Timestamp
    ) {
        append(int4: outcomes[0].position.period)
        append(int2: lane)
        append(timestamptz: time.microseconds)
        append(int8: first)
        appendUUIDArray(outcomes.map(\.commandID.uuid))
        appendUUIDArray(outcomes.map(\.subject.uuid))
        appendInt2Array(records.map { $0.type?.rawValue })
        appendTextArray(records.map(\.content.type))
        appendInt2Array(outcomes.map(\.transition.rawValue))
        appendInt2Array(outcomes.map(\.status.rawValue))
        appendInt2Array(outcomes.map(\.code.rawValue))
        appendTextArray(outcomes.map(\.field))
        appendUUIDArray(outcomes.map { $0.wallet?.uuid })
        appendInt8Array(outcomes.map { $0.amount?.minorUnits })
        appendInt2Array(outcomes.map { $0.amount?.currency.rawValue })
        appendInt8Array(outcomes.map { $0.fee?.minorUnits })
        appendInt2Array(outcomes.map(\.feeVersion))
        appendBoolArray(outcomes.map { !$0.entries.isEmpty })
        appendTimestampArray(records.map(\.acceptedAt.microseconds))
        appendByteaArray(records.map(\.contentDigest))
        appendTextArray(records.map(\.client))
        appendTextArray(records.map(\.caller))
        appendTextArray(records.map(\.content.target))
        appendByteaArray(records.map(\.content.body))
        appendByteaArray(details)
        appendTextArray(records.map(\.traceparent))
        appendInt2Array(outcomes.map { $0.limit?.version })
        appendInt4Array(outcomes.map { $0.limit?.day })
    }
}

/// Puts statements into a pipeline, reusing one buffer for their parameters.
struct Writer {
    let connection: PostgresConnection
    var parameters = PostgresParameters()
    var expected: ExpectedRows = []

    init(connection: PostgresConnection) { self.connection = connection }

    mutating func enqueue(_ statement: PostgresStatement, rows: Int?) throws(PostgresError) {
        try connection.enqueue(statement, parameters)
        parameters.clear()
        expected.append(rows)
    }

    mutating func append(positions: [Position?]) {
        parameters.appendInt4Array(positions.map { $0?.period })
        parameters.appendInt2Array(positions.map { $0?.lane })
        parameters.appendInt8Array(positions.map { $0?.sequence })
    }

    mutating func append(positions: [Position]) {
        parameters.appendInt4Array(positions.map(\.period))
        parameters.appendInt2Array(positions.map(\.lane))
        parameters.appendInt8Array(positions.map(\.sequence))
    }
}

extension BatchWrite {
    private func enqueueOutcomes(_ writer: inout Writer) throws(PostgresError) {
        let outcomes = decisions.outcomes
        let period = outcomes[0].position.period
        // Sorted, so that the one index over random ids is walked in one direction.
        let sorted = outcomes.sorted { $0.commandID < $1.commandID }
        writer.parameters.appendUUIDArray(sorted.map(\.commandID.uuid))
        writer.parameters.appendInt8Array(sorted.map(\.position.sequence))
        writer.parameters.append(int4: period)
        writer.parameters.append(int2: lane)
        try writer.enqueue(Statements.insertCommandIndex, rows: outcomes.count)

        writer.parameters.append(
            outcomes: outcomes, records: records, details: details, lane: lane, first: head.head + 1, time: head.time)
        try writer.enqueue(Statements.insertOutcomes, rows: outcomes.count)
    }

    private func enqueueEntries(_ writer: inout Writer) throws(PostgresError) {
        let entries = decisions.entries
        if entries.isEmpty { return }
        var sequences: [Int64] = []
        var ordinals: [Int16] = []
        for outcome in decisions.outcomes {
            for ordinal in 0..<outcome.entries.count {
                sequences.append(outcome.position.sequence)
                ordinals.append(Int16(ordinal + 1))
            }
        }
        writer.parameters.append(int4: decisions.outcomes[0].position.period)
        writer.parameters.append(int2: lane)
        writer.parameters.appendInt8Array(sequences)
        writer.parameters.appendInt2Array(ordinals)
        writer.parameters.appendInt2Array(entries.map(\.account.number))
        writer.parameters.appendInt2Array(entries.map(\.amount.currency.rawValue))
        writer.parameters.appendInt8Array(entries.map(\.amount.minorUnits))
        writer.parameters.appendUUIDArray(entries.map { $0.wallet?.id.uuid })
        writer.parameters.appendInt8Array(entries.map { $0.wallet?.version })
        writer.parameters.appendInt8Array(entries.map { $0.wallet?.available })
        writer.parameters.appendInt8Array(entries.map { $0.wallet?.pending })
        writer.parameters.appendInt8Array(entries.map { $0.wallet?.reserve })
        writer.append(positions: entries.map(\.previous))
        try writer.enqueue(Statements.insertEntries, rows: entries.count)
    }

    private func enqueueSecurityRecords(_ writer: inout Writer) throws(PostgresError) {
        // One row per digest: an upsert may not meet the same row twice in one statement.
        var times: [[UInt8]: Int64] = [:]
        let records = securityRecords.filter { record in
            times[record.digest, default: 0] += 1
            return times[record.digest] == 1
        }
        if records.isEmpty { return }
        writer.parameters.appendByteaArray(records.map(\.digest))
        writer.parameters.appendInt2Array(records.map(\.code.rawValue))
        writer.parameters.appendTextArray(records.map(\.reason))
        writer.parameters.appendTextArray(records.map(\.userID))
        writer.parameters.appendTextArray(records.map(\.messageID))
        writer.parameters.appendInt8Array(records.map { times[$0.digest] ?? 1 })
        writer.parameters.append(int2: lane)
        try writer.enqueue(Statements.insertSecurityLog, rows: records.count)
    }
}
