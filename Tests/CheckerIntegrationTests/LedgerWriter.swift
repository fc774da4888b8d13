// Writes a ledger as a lane does, without a lane: commands are parsed, decided and written by the batch's own statements.

import Domain
import Ledger
import Postgres
import Wire

/// A command as its publisher would have signed it.
struct Submission {
    let content: CommandContent
    let user: OwnerID?
    let client: String
    let key: String
    let permissions: Permissions
    let resolved: Resolved
    let isLate: Bool

    init(
        _ type: String, target: String = "", _ body: String, by user: OwnerID?, client: String = "demo-app",
        key: String, permissions: Permissions = [.read, .transfer, .topUp, .withdraw, .manage],
        resolved: Resolved = Resolved(), isLate: Bool = false
    ) {
        content = CommandContent(type: type, target: target, body: Array(body.utf8))
        self.user = user
        self.client = client
        self.key = key
        self.permissions = permissions
        self.resolved = resolved
        self.isLate = isLate
    }

    /// What a service reports.
    init(fact type: String, target: String, _ body: String, by service: String, key: String) {
        self.init(type, target: target, body, by: nil, client: service, key: key, permissions: .service)
    }

    var subject: String { user?.description ?? client }
    var id: CommandID { CommandID(client: client, subject: subject, key: key) }

    var command: Command {
        var request: Request
        do throws(FieldError) {
            request = try content.request(id: id, user: user, resolved: resolved)
        } catch {
            request = .unacceptable(error.code, field: error.field)
        }
        return Command(
            id: id, type: CommandType(name: content.type),
            caller: Caller(client: client, user: user, permissions: permissions),
            acceptedAt: Timestamp(microseconds: 0), notAfter: Timestamp(microseconds: isLate ? 0 : .max),
            request: request)
    }
}

/// Writes batches of submissions, each lane under an epoch of its own.
struct LedgerWriter {
    let connection: PostgresConnection
    private var epochs: [Int16: Int64] = [:]

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Decides and commits one batch in one lane; what came before is answered and writes nothing.
    @discardableResult
    mutating func write(_ submissions: [Submission], lane: Int16) throws -> [Outcome] {
        let epoch = try take(lane)
        let commands = submissions.map(\.command)
        var plan = BatchPlan(lane: lane)
        for command in commands { plan.add(command) }
        try plan.enqueue(on: connection)
        let read = try BatchRead(plan, try results())
        var state = read.state
        let items = zip(commands, submissions).map { command, submission in
            guard let earlier = read.earlier[command.id] else { return BatchItem(command: command, seen: .never) }
            let field = earlier.content.differingField(from: submission.content)
            return BatchItem(
                command: command, seen: .before(EarlierDecision(last: earlier.position, differingField: field)))
        }
        let decisions = decide(
            items, state: &state,
            context: DecisionContext(
                time: read.lane.time, lane: lane, nextSequence: read.lane.head + 1, fees: .standard,
                limits: .standard, withdrawals: WithdrawalRules(expressBeneficiaryHours: 0)))
        let records = decisions.outcomes.map { outcome in
            let whole = record(submissions[outcome.commandIndex], read.lane.time)
            return outcome.leg.map { whole.part(outcome, $0, legs: whole.legs) } ?? whole
        }
        let details = decisions.outcomes.map { OutcomeDetail.of($0, commands[$0.commandIndex], state) }
        let write = BatchWrite(
            lane: lane, epoch: epoch, head: read.lane, decisions: decisions, state: state, records: records,
            details: details, securityRecords: [], published: read.lane.head, repeatedPositions: [], repeats: 0)
        let expected = try write.enqueue(on: connection)
        _ = try write.check(try results(), expected)
        return decisions.outcomes
    }

    private mutating func take(_ lane: Int16) throws -> Int64 {
        if let epoch = epochs[lane] { return epoch }
        var parameters = PostgresParameters()
        parameters.append(int2: lane)
        let epoch = try connection.execute(Statements.takeLane, parameters).int8(0, 0)
        epochs[lane] = epoch
        return epoch
    }

    private func results() throws -> [PostgresRows] {
        var results: [PostgresRows] = []
        while true {
            switch try connection.waitForEvent() {
            case .rows(let rows): results.append(rows)
            case .failed(let error): throw error
            case .skipped: break
            case .synced: return results
            }
        }
    }

    private func record(_ submission: Submission, _ time: Timestamp) -> CommandRecord {
        CommandRecord(
            id: submission.id, type: CommandType(name: submission.content.type), content: submission.content,
            contentDigest: Array(submission.content.digest), client: submission.client, caller: submission.subject,
            acceptedAt: time, traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    }
}
