// A run of messages on its way through one transaction: planned, read, decided, written, announced.

import AMQP
import Crypto
import Domain
import Ledger
import Postgres
import Topology
import Wire

/// A message to publish, and where.
struct Announcement {
    let message: AMQPMessage
    let exchange: String
    let routingKey: String
    /// The outcome's number in its lane; nil for what tells of none.
    let sequence: Int64?

    init(_ event: EncodedEvent, sequence: Int64? = nil) {
        self.sequence = sequence
        message = AMQPMessage(event)
        exchange = Names.events
        routingKey = event.routingKey
    }

    /// - Parameter user: the broker user of who publishes it.
    init(deferred delivery: AMQPDelivery, lane: Int16, user: String) {
        sequence = nil
        message = AMQPMessage(deferred: delivery, user: user)
        exchange = Names.retry(seconds: Topology.deferredSeconds)
        routingKey = Names.lane(Int(lane))
    }

    init(setAside delivery: AMQPDelivery, code: String, reason: String, lane: Int16) {
        sequence = nil
        message = AMQPMessage(setAside: delivery, code: code, reason: reason, lane: lane)
        // The default exchange hands a message to the queue that the routing key names.
        exchange = ""
        routingKey = Names.deadLetters
    }
}

struct Batch {
    let items: [RunItem]
    /// The broker user under whose name a command that is to come again is published.
    let user: String
    let plan: BatchPlan
    /// The commands among the items, by their index in `items`.
    private let commandItems: [Int]

    /// - Parameter items: a contiguous run of deliveries, in order.
    init(items: [RunItem], lane: Int16, user: String = "") {
        self.items = items
        self.user = user
        var plan = BatchPlan(lane: lane)
        var commandItems: [Int] = []
        for (index, item) in items.enumerated() {
            if case .command(let command, _) = item.content {
                plan.add(command)
                commandItems.append(index)
            }
        }
        self.plan = plan
        self.commandItems = commandItems
    }

    init(items: [RunItem], _ configuration: LaneConfiguration) {
        self.init(items: items, lane: configuration.lane, user: configuration.broker.user)
    }

    /// The tag up to which everything can be acknowledged once this batch is announced.
    var lastDeliveryTag: UInt64 { items[items.count - 1].deliveryTag }

    /// Judges the batch against what was read.
    func decided(
        _ read: BatchRead, epoch: Int64, published: Int64, fees: FeeSchedule, limits: LimitSchedule,
        withdrawals: WithdrawalRules = .standard
    ) -> BatchWrite {
        var state = read.state
        let decisions = decide(
            batchItems(read), state: &state,
            context: DecisionContext(
                time: read.lane.time, lane: plan.lane, nextSequence: read.lane.head + 1, fees: fees,
                limits: limits, withdrawals: withdrawals))
        let records = records(of: decisions.outcomes)
        let details = decisions.outcomes.map { OutcomeDetail.of($0, command(at: $0.commandIndex), state) }
        let repeated = repeatedPositions(decisions)
        return BatchWrite(
            lane: plan.lane, epoch: epoch, head: read.lane, decisions: decisions, state: state, records: records,
            details: details, securityRecords: securityRecords, published: published,
            repeatedPositions: repeated.fromBefore, repeats: Int64(repeated.count))
    }

    /// What must be told once the batch is committed, in the order of the run.
    ///
    /// - Parameter repeated: the outcomes that stood before and are told again.
    func announcements(of write: BatchWrite, repeated: [StoredOutcome]) -> [Announcement] {
        var announcements: [Announcement] = []
        announcements.reserveCapacity(items.count)
        let stored = Dictionary(repeated.map { ($0.outcome.position, $0) }, uniquingKeysWith: { first, _ in first })
        var command = 0
        for item in items {
            switch item.content {
            case .setAside(let record):
                announcements.append(
                    Announcement(
                        setAside: item.delivery, code: record.code.name, reason: record.reason, lane: plan.lane))
            case .refusedByDatabase(let reason):
                announcements.append(
                    Announcement(
                        setAside: item.delivery, code: RunItem.refusedByDatabaseCode, reason: reason, lane: plan.lane))
            case .command(_, let record):
                append(write.decisions.answers[command], item, record, write, stored, to: &announcements)
                command += 1
            }
        }
        return announcements
    }

    private func append(
        _ answer: Decision, _ item: RunItem, _ record: CommandRecord, _ write: BatchWrite,
        _ stored: [Position: StoredOutcome], to announcements: inout [Announcement]
    ) {
        switch answer {
        case .outcome(let index):
            // A bulk's legs and a chargeback's parts stand right before it.
            var first = index
            while first > 0, write.decisions.outcomes[first - 1].leg != nil,
                write.decisions.outcomes[first - 1].commandIndex == write.decisions.outcomes[index].commandIndex
            { first -= 1 }
            for index in first...index { announcements.append(announcement(ofOutcome: index, write)) }
        case .repeated(let position):
            announcements.append(
                stored[position].map {
                    Announcement(
                        Events.encode($0.outcome, entries: $0.entries, detail: $0.detail, traceparent: $0.traceparent),
                        sequence: position.sequence)
                } ?? announcement(ofOutcome: Int(position.sequence - write.head.head - 1), write))
        case .keyReused(let field):
            announcements.append(
                Announcement(
                    Events.keyReused(
                        record.id, field: field, contentDigest: record.contentDigest, time: write.head.time,
                        lane: plan.lane, traceparent: record.traceparent)))
        case .deferred:
            announcements.append(Announcement(deferred: item.delivery, lane: plan.lane, user: user))
        }
    }

    private func announcement(ofOutcome index: Int, _ write: BatchWrite) -> Announcement {
        let outcome = write.decisions.outcomes[index]
        return Announcement(
            Events.encode(
                outcome, entries: write.decisions.entries[outcome.entries], detail: write.details[index],
                traceparent: write.records[index].traceparent),
            sequence: outcome.position.sequence)
    }

    // MARK: - Check 3: seen before

    private func batchItems(_ read: BatchRead) -> [BatchItem] {
        var firstOccurrence: [CommandID: Int] = [:]
        firstOccurrence.reserveCapacity(commandItems.count)
        return commandItems.enumerated().map { index, item in
            guard case .command(let command, let record) = items[item].content else {
                preconditionFailure("not a command")
            }
            if let earlier = read.earlier[command.id] {
                let field = earlier.content.differingField(from: record.content)
                return BatchItem(
                    command: command,
                    seen: .before(EarlierDecision(last: earlier.position, differingField: field)))
            }
            guard let first = firstOccurrence.updateValue(index, forKey: command.id) else {
                return BatchItem(command: command, seen: .never)
            }
            firstOccurrence[command.id] = first
            let field = self.record(atCommand: first).content.differingField(from: record.content)
            return BatchItem(command: command, seen: .inBatch(first, differingField: field))
        }
    }

    private func repeatedPositions(_ decisions: Decisions) -> (fromBefore: [Position], count: Int) {
        var fromBefore: Set<Position> = []
        var count = 0
        let first = decisions.outcomes.first?.position
        for case .repeated(let position) in decisions.answers {
            count += 1
            let isOfThisBatch = first.map { position.lane == $0.lane && position >= $0 } ?? false
            if !isOfThisBatch { fromBefore.insert(position) }
        }
        return (Array(fromBefore), count)
    }

    // MARK: - What is stored beside an outcome

    private func record(atCommand index: Int) -> CommandRecord {
        guard case .command(_, let record) = items[commandItems[index]].content else {
            preconditionFailure("not a command")
        }
        return record
    }

    private func records(of outcomes: [Outcome]) -> [CommandRecord] {
        var legs: (command: Int, records: [CommandRecord]) = (-1, [])
        return outcomes.map { outcome in
            let record = record(atCommand: outcome.commandIndex)
            guard let leg = outcome.leg else { return record }
            if legs.command != outcome.commandIndex { legs = (outcome.commandIndex, record.legs) }
            return record.part(outcome, leg, legs: legs.records)
        }
    }

    private func command(at index: Int) -> Command {
        guard case .command(let command, _) = items[commandItems[index]].content else {
            preconditionFailure("not a command")
        }
        return command
    }

    private var securityRecords: [SecurityRecord] {
        items.compactMap { item in
            if case .setAside(let record) = item.content { return record }
            return nil
        }
    }
}
