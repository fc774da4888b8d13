// The poll loop of a lane: take, read, decide, write, publish, acknowledge, on one thread and without ever blocking.
//
// Three things go on at once: deliveries come in, one batch is in its transaction, and committed batches are announced.

import AMQP
import Domain
import Ledger
import Logging
import Polling
import Postgres
import Topology
import Wire

/// The state of one lane. It lives on the lane's thread.
final class LaneLoop {
    private let configuration: LaneConfiguration
    private let shared: LaneShared
    private let logger: Logger
    private let database: LaneDatabase
    private let consumer: BrokerSide
    private let publisher: LanePublisher
    private let meters: LaneMeters
    private let log: LaneLog

    private var phase = LanePhase.standby {
        didSet {
            if !phase.hasTransaction { place.leave() }
            meters.moved(to: phase)
        }
    }
    private let place: GatePlace
    private var inbox: [RunItem] = []
    private var policy: RunPolicy
    private var epoch: Int64 = 0
    /// The lane's last outcome that is known to be announced, and the last of those that the lane's row knows of.
    private var published: Int64 = 0
    private var publishedNoted: Int64 = 0
    private var restingSince = monotonicNanoseconds()
    private var drainDeadline: UInt64?
    /// An announcement that can never be sent, and when that is said again.
    private var (halted, sayHaltedAt): (Unsendable?, UInt64) = (nil, 0)

    init(_ configuration: LaneConfiguration, shared: LaneShared, logger: Logger) {
        self.configuration = configuration
        self.shared = shared
        self.logger = logger
        database = LaneDatabase(configuration.database, answerSecondsMax: configuration.answerSecondsMax)
        consumer = BrokerSide(configuration.broker)
        place = GatePlace(configuration.gate, of: shared, millisecondsMax: configuration.gateMillisecondsMax)
        meters = LaneMeters(configuration.instruments, lane: configuration.lane)
        publisher = LanePublisher(configuration, meters: meters, logger: logger)
        log = LaneLog(logger: logger)
        policy = RunPolicy(weightMax: configuration.batchWeightMax)
    }

    /// Runs until the lane is told to stop and has drained, or its time for that is over.
    func run() {
        while !isDrained {
            let now = monotonicNanoseconds()
            if let halted {
                say(halted, now)
                wait()
                continue
            }
            connect(now)
            takeDeliveries()
            while let event = database.turn(now: now) { handle(event) }
            startNext(now)
            database.awaitAnswer(from: now)
            leaveLineIfIdle()
            place.leaveIfOverdue(now: now)
            if let unsendable = publisher.publish() { halt(at: unsendable) }
            publisher.takeConfirms()
            acknowledgeDone()
            meters.waits(inbox)
            wait()
        }
        meters.ended()
        consumer.close()
        publisher.close()
        database.connection?.close()
    }

    private var isDrained: Bool {
        guard shared.isStopping else { return false }
        if shared.isAbandoned || halted != nil { return true }
        let now = monotonicNanoseconds()
        let deadline = drainDeadline ?? now + configuration.drainSecondsMax * 1_000_000_000
        drainDeadline = deadline
        if now >= deadline { return true }
        switch phase {
        case .standby: return publisher.isDone
        case .idle: return publisher.isDone && published == publishedNoted
        default: return false
        }
    }

    // MARK: - Broker

    private func connect(_ now: UInt64) {
        let isLeased = shared.isLeased(at: now)
        if !isLeased { suspend() }
        // Connecting to a broker may take seconds, and locks must not wait for that.
        if phase.hasTransaction { return }
        let lane = configuration.lane
        publisher.connect(now: now)
        if shared.isStopping || !isLeased { return }
        if let error = consumer.connect(
            now: now,
            prepare: { connection, generation throws(AMQPError) in
                try connection.setPrefetch(configuration.prefetchMessages)
                try connection.consume(queue: Names.lane(Int(lane)), tag: "lane-\(lane)-\(generation)")
            })
        {
            logger.warning("the consumer has no broker", metadata: ["error": "\(error)"])
        }
        shared.setConnected(consumer.connection != nil && publisher.connection != nil)
    }

    /// The lease has run out: whoever has it now is not to wait behind this consumer. What is under way goes on, as far as
    /// the lane's epoch lets it; the connection comes back with the lease.
    private func suspend() {
        guard consumer.connection != nil else { return }
        logger.warning("the lane's lease has run out, nothing is consumed")
        consumer.close()
        consumer.drop()
        inbox = []
        shared.setConnected(false)
    }

    private func takeDeliveries() {
        guard let connection = consumer.connection else { return }
        do throws(AMQPError) {
            while let event = try connection.nextEvent() {
                switch event {
                case .delivery(let delivery):
                    if shared.isStopping { break }
                    inbox.append(RunItem(delivery, configuration))
                    meters.delivered()
                case .consumerCancelled: throw .channelClosed(code: 404, text: "the consumer was cancelled")
                case .confirmed, .nacked, .returned, .blocked, .unblocked: break
                }
            }
        } catch {
            dropConsumer(error)
        }
    }

    /// Everything not yet acknowledged will be delivered again, to whoever is next.
    private func dropConsumer(_ error: AMQPError) {
        logger.warning("the consumer's connection is gone", metadata: ["error": "\(error)"])
        meters.connectionLost(.consumer)
        consumer.drop()
        inbox = []
    }

    private func acknowledgeDone() {
        var acknowledgement: Announcements.Acknowledgement?
        for done in publisher.takeDone() {
            published = max(published, done.head)
            acknowledgement = done.acknowledgement ?? acknowledgement
            shared.countAnnounced(done.count)
            meters.announced(head: done.head, done.times)
        }
        guard let acknowledgement, acknowledgement.connection == consumer.generation,
            let connection = consumer.connection
        else { return }
        do throws(AMQPError) {
            try connection.acknowledge(deliveryTag: acknowledgement.deliveryTag, multiple: true)
        } catch {
            dropConsumer(error)
        }
    }

    // MARK: - Database

    /// Starts the next pipeline if the session is free and there is something to do.
    private func startNext(_ now: UInt64) {
        guard let connection = database.connection else { return }
        do throws(PostgresError) {
            switch phase {
            case .standby where shared.isLeased(at: now) && !shared.isStopping:
                var parameters = PostgresParameters()
                parameters.append(int2: configuration.lane)
                try connection.enqueue(Statements.takeLane, parameters)
                try connection.enqueueSync()
                phase = .taking
            case .idle where hasWork:
                if !place.enter(now: now) { return }
                try startBatch(on: connection)
            case .idle where published > publishedNoted && isTimeToNote(now):
                try notePublished(on: connection)
            default: return
            }
            try connection.flush()
        } catch {
            lose(error)
        }
    }

    private var hasWork: Bool { !inbox.isEmpty && !shared.isStopping }

    /// What it stood in line for is gone, or the session is.
    private func leaveLineIfIdle() {
        if case .idle = phase, hasWork { return }
        place.leaveLine()
    }

    private func isTimeToNote(_ now: UInt64) -> Bool {
        shared.isStopping || now >= restingSince + configuration.restMilliseconds * 1_000_000
    }

    private func startBatch(on connection: PostgresConnection) throws(PostgresError) {
        var weight = 0
        var count = 0
        while count < inbox.count, count == 0 || weight + inbox[count].weight <= policy.weight {
            weight += inbox[count].weight
            count += 1
        }
        let batch = Batch(items: Array(inbox.prefix(count)), configuration)
        try batch.plan.enqueue(on: connection)
        phase = .reading(batch)
    }

    private func notePublished(on connection: PostgresConnection) throws(PostgresError) {
        var parameters = PostgresParameters()
        parameters.append(int2: configuration.lane)
        parameters.append(int8: epoch)
        parameters.append(int8: published)
        try connection.enqueue(Statements.notePublished, parameters)
        try connection.enqueueSync()
        publishedNoted = published
        phase = .notingPublished
    }

    private func handle(_ event: LaneDatabase.Event) {
        switch event {
        case .connected:
            meters.sessionBegan()
            phase = .standby
        case .lost(let error):
            logger.warning("the database is away", metadata: ["error": "\(error)"])
            meters.sessionLost()
            phase = .standby
        case .finished(.success(let rows)):
            do throws(PostgresError) { try advance(rows) } catch { fail(error) }
        case .finished(.failure(let error)):
            fail(error)
        }
        shared.setDatabase(database.connection != nil)
    }

    /// A pipeline is through: on to what follows it.
    private func advance(_ rows: [PostgresRows]) throws(PostgresError) {
        guard let connection = database.connection else { return }
        switch phase {
        case .taking: try took(rows, connection)
        case .catchingUp(let stored): try caughtUp(stored, rows, connection)
        case .reading(let batch): try decide(batch, rows, connection)
        case .writing(let batch, let write, let expected): try committed(batch, write, expected, rows)
        case .rollingBack, .notingPublished: phase = .idle
        case .standby, .idle: throw .protocolViolation("an answer that nothing was asked for")
        }
    }

    private func took(_ rows: [PostgresRows], _ connection: PostgresConnection) throws(PostgresError) {
        guard let row = rows.first, row.count == 1 else { throw .protocolViolation("the lane was not taken") }
        epoch = try row.int8(0, 0)
        let head = try row.int8(0, 1)
        published = try row.int8(0, 2)
        publishedNoted = published
        meters.took(epoch: epoch, head: head, published: published)
        logger.info("lane taken", metadata: ["epoch": "\(epoch)", "head": "\(head)", "published": "\(published)"])
        if published < head {
            try readOutcomes(after: published, connection)
        } else {
            phase = .idle
        }
    }

    private func readOutcomes(after sequence: Int64, _ connection: PostgresConnection) throws(PostgresError) {
        var parameters = PostgresParameters()
        parameters.append(int2: configuration.lane)
        parameters.append(int8: sequence)
        parameters.append(int8: Int64(configuration.takeOverOutcomesMax))
        try connection.enqueue(Statements.readOutcomesAfter, parameters)
        try connection.enqueueSync()
        try connection.flush()
        phase = .catchingUp(LanePhase.StoredRows(after: sequence))
    }

    /// One chunk of a take-over: first the outcomes come, then their entries, then the next chunk is asked for.
    private func caughtUp(
        _ stored: LanePhase.StoredRows, _ rows: [PostgresRows], _ connection: PostgresConnection
    ) throws(PostgresError) {
        guard let answer = rows.first else { throw .protocolViolation("a take-over's answer is missing") }
        guard let outcomes = stored.outcomes else {
            if answer.count == 0 {
                phase = .idle
                return
            }
            try OutcomeRows.enqueueEntries(at: try OutcomeRows.positionsWithEntries(answer), on: connection)
            try connection.enqueueSync()
            try connection.flush()
            phase = .catchingUp(LanePhase.StoredRows(after: stored.after, outcomes: answer))
            return
        }
        let found = try OutcomeRows.decode(outcomes, entries: answer)
        let last = found.last?.outcome.position.sequence ?? stored.after
        publisher.append(
            Announcements.Group(
                announcements: found.map {
                    Announcement(
                        Events.encode(
                            $0.outcome, entries: $0.entries, detail: $0.detail, traceparent: $0.traceparent),
                        sequence: $0.outcome.position.sequence)
                }, head: last, acknowledgement: nil))
        try readOutcomes(after: last, connection)
    }

    private func decide(
        _ batch: Batch, _ rows: [PostgresRows], _ connection: PostgresConnection
    ) throws(PostgresError) {
        meters.decides()
        let read = try BatchRead(batch.plan, rows)
        guard read.lane.epoch == epoch else {
            logger.warning("another session owns the lane", metadata: ["epoch": "\(read.lane.epoch)"])
            return giveUpLane()
        }
        let write = batch.decided(
            read, epoch: epoch, published: published, fees: configuration.fees, limits: configuration.limits,
            withdrawals: configuration.withdrawals)
        let expected = try write.enqueue(on: connection)
        try connection.flush()
        phase = .writing(batch, write, expected)
    }

    private func committed(
        _ batch: Batch, _ write: BatchWrite, _ expected: ExpectedRows, _ rows: [PostgresRows]
    ) throws(PostgresError) {
        let repeated = try write.check(rows, expected).map { rows throws(PostgresError) in
            try OutcomeRows.decode(rows.outcomes, entries: rows.entries)
        }
        policy.succeeded()
        publishedNoted = max(publishedNoted, write.published)
        // An inbox emptied by a lost connection, or refilled by a new one, is not this batch's.
        let isOfThisConnection = inbox.first?.deliveryTag == batch.items[0].deliveryTag && consumer.connection != nil
        if isOfThisConnection { inbox.removeFirst(batch.items.count) }
        publisher.append(
            Announcements.Group(
                announcements: batch.announcements(of: write, repeated: repeated ?? []), head: write.headAfter,
                acknowledgement: isOfThisConnection
                    ? Announcements.Acknowledgement(
                        connection: consumer.generation, deliveryTag: batch.lastDeliveryTag) : nil,
                times: meters.committed(batch, write)))
        log.committed(batch, write)
        shared.countCommitted(batch.items.count)
        restingSince = monotonicNanoseconds()
        phase = .idle
    }

    /// A pipeline failed: the server says why, and the policy what becomes of the batch.
    private func fail(_ error: PostgresError) {
        let commands = phase.batchCount
        log.failed(phase.batch, error)
        guard commands > 0 else { return lose(error) }
        meters.batchFailed()
        switch policy.failed(error, commands: commands) {
        case .again: rollBack()
        case .setFirstAside(let reason):
            if !inbox.isEmpty { inbox[0].content = .refusedByDatabase(reason: reason) }
            rollBack()
        case .reconnect: lose(error)
        }
    }

    private func rollBack() {
        guard let connection = database.connection else { return }
        do throws(PostgresError) {
            try connection.enqueue(Statements.rollback, .none)
            try connection.enqueueSync()
            try connection.flush()
            phase = .rollingBack
        } catch {
            lose(error)
        }
    }

    /// The session is of no use any more. Whether its last commit happened is found out when the run comes again.
    private func lose(_ error: PostgresError) {
        logger.warning("the database session is given up", metadata: ["error": "\(error)"])
        meters.sessionLost()
        database.drop()
        phase = .standby
        shared.setDatabase(false)
    }

    /// Somebody else is the owner: what was delivered here goes back to the queue, and this lane stands by until its lease
    /// is confirmed anew.
    private func giveUpLane() {
        shared.giveUpLease()
        database.drop()
        phase = .standby
        consumer.close()
        consumer.drop()
        inbox = []
    }

    /// An announcement can never be sent. To leave it out would lose an outcome for whoever listens, to try again would
    /// be for ever: the lane stops where it is. What is committed stays as it is, what was delivered goes back to the
    /// queue, and whoever takes the lane over comes to the same announcement.
    private func halt(at unsendable: Unsendable) {
        halted = unsendable
        shared.halt()
        meters.halted()
        inbox = []
        phase = .standby
        leaveLineIfIdle()
        meters.waits(inbox)
        consumer.close()
        publisher.close()
        database.drop()
        say(unsendable, monotonicNanoseconds())
    }

    private func say(_ unsendable: Unsendable, _ now: UInt64) {
        if now < sayHaltedAt { return }
        sayHaltedAt = now + configuration.haltReminderSeconds * 1_000_000_000
        log.halted(unsendable)
    }

    // MARK: - Waiting

    private func wait() {
        var targets = [PollTarget(shared.wakeup.descriptor)]
        for connection in [consumer.connection, publisher.connection] {
            if let connection { targets.append(PollTarget(connection.socket)) }
        }
        if let target = database.target { targets.append(target) }
        do {
            try poll(&targets, timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            preconditionFailure("poll refuses its arguments: \(error)")
        }
        shared.wakeup.drain()
    }

    private var timeoutMilliseconds: Int32 {
        if halted != nil { return configuration.turnMillisecondsMax }
        if publisher.canPublish { return 0 }
        let now = monotonicNanoseconds()
        var due = now + UInt64(configuration.turnMillisecondsMax) * 1_000_000
        for moment in [consumer.dueAt, publisher.dueAt, database.dueAt, place.until] {
            if let moment { due = min(due, max(moment, now)) }
        }
        // While stopping there is little left to wait for, and an end to reach in time.
        if shared.isStopping { due = min(due, now + 20_000_000) }
        return Int32((due - now + 999_999) / 1_000_000)
    }
}
