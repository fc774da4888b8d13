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

    init(_ event: EncodedEvent) {
        message = AMQPMessage(event)
        exchange = Names.events
        routingKey = event.routingKey
    }

    init(setAside delivery: AMQPDelivery, code: String, reason: String, lane: Int16) {
        message = AMQPMessage(setAside: delivery, code: code, reason: reason, lane: lane)
        // The default exchange hands a message to the queue that the routing key names.
        exchange = ""
        routingKey = Names.deadLetters
    }
}

struct Batch {
    let items: [RunItem]
    let plan: BatchPlan
    /// The commands among the items, by their index in `items`.
    private let commandItems: [Int]

    /// - Parameter items: a contiguous run of deliveries, in order.
    init(items: [RunItem], lane: Int16) {
        self.items = items
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

    /// The tag up to which everything can be acknowledged once this batch is announced.
    var lastDeliveryTag: UInt64 { items[items.count - 1].deliveryTag }

    /// Judges the batch against what was read.
    func decided(
        _ read: BatchRead, epoch: Int64, published: Int64, fees: FeeSchedule
    ) -> BatchWrite {
        var state = read.state
        let decisions = decide(
            batchItems(read), state: &state,
            context: DecisionContext(
                time: read.lane.time, lane: plan.lane, nextSequence: read.lane.head + 1, fees: fees))
        let records = decisions.outcomes.map { record(atCommand: $0.commandIndex) }
        let details = decisions.outcomes.map { detail(of: $0, request(atCommand: $0.commandIndex), state) }
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
                announcements.append(
                    Announcement(event(write.decisions.answers[command], record, write, stored)))
                command += 1
            }
        }
        return announcements
    }

    private func event(
        _ answer: Decision, _ record: CommandRecord, _ write: BatchWrite, _ stored: [Position: StoredOutcome]
    ) -> EncodedEvent {
        switch answer {
        case .outcome(let index):
            return event(ofOutcome: index, write)
        case .repeated(let position):
            if let repeated = stored[position] {
                return Events.encode(
                    repeated.outcome, entries: repeated.entries, detail: repeated.detail,
                    traceparent: repeated.traceparent)
            }
            return event(ofOutcome: Int(position.sequence - write.head.head - 1), write)
        case .keyReused(let field):
            return Events.keyReused(
                record.id, field: field, contentDigest: record.contentDigest, time: write.head.time, lane: plan.lane,
                traceparent: record.traceparent)
        }
    }

    private func event(ofOutcome index: Int, _ write: BatchWrite) -> EncodedEvent {
        let outcome = write.decisions.outcomes[index]
        return Events.encode(
            outcome, entries: write.decisions.entries[outcome.entries], detail: write.details[index],
            traceparent: write.records[index].traceparent)
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

    private func request(atCommand index: Int) -> Request {
        guard case .command(let command, _) = items[commandItems[index]].content else {
            preconditionFailure("not a command")
        }
        return command.request
    }

    private var securityRecords: [SecurityRecord] {
        items.compactMap { item in
            if case .setAside(let record) = item.content { return record }
            return nil
        }
    }

    /// The further facts that an event tells; a refusal has none.
    private func detail(of outcome: Outcome, _ request: Request, _ state: LedgerState) -> [UInt8]? {
        switch outcome.transition {
        case .walletOpened:
            return outcome.wallet.flatMap { state.wallet($0) }.map { OutcomeDetail.wallet($0) }
        case .topUpPending:
            guard case .submitTopUp(let topUp) = request else { return nil }
            return OutcomeDetail.topUp(topUp.method, paymentMethod: topUp.paymentMethod)
        case .beneficiaryAdded, .beneficiaryVerified:
            return request.beneficiary.flatMap { state.beneficiaries[$0] }.map { OutcomeDetail.beneficiary($0) }
        case .withdrawalHeld, .withdrawalSent, .withdrawalCompleted, .withdrawalReturned:
            guard let movement = state.movements[outcome.subject],
                case .withdrawal(let speed, let id) = movement.kind, let beneficiary = state.beneficiaries[id]
            else { return nil }
            return OutcomeDetail.withdrawal(speed, to: beneficiary)
        default:
            return nil
        }
    }
}
