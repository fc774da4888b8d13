// Reading what the wallet told: the stream of events, the journal of commands, the dead letters.

public import AMQP
public import Domain
import Postgres
import Topology
public import Wire

/// An event from the stream.
public struct StreamEvent: Sendable {
    /// The CloudEvents id.
    public let id: String
    /// `transfer.completed`
    public let name: String
    public let commandID: String
    /// Nil for an event that has no outcome.
    public let position: EventPosition?
    public let json: JSON
    public let body: [UInt8]

    init(_ delivery: AMQPDelivery) throws {
        let json = try JSON(parsing: delivery.body)
        guard let id = json["id"]?.text, let commandID = json["commandid"]?.text, let lane = json["lane"]?.integer
        else {
            throw Failure("an event lacks what every event has")
        }
        guard delivery.properties.messageID == id else { throw Failure("an event's message has another id") }
        self.id = id
        name = delivery.routingKey
        self.commandID = commandID
        position = json["laneseq"]?.integer.map { EventPosition(lane: lane, sequence: $0) }
        self.json = json
        body = delivery.body
    }

    public var wallets: [ShownBalance] { (json["data"]?["wallets"]?.elements ?? []).compactMap { ShownBalance($0) } }
}

/// Where an event's outcome stands.
public struct EventPosition: Sendable, Hashable {
    public let lane: Int64
    public let sequence: Int64

    public init(lane: Int64, sequence: Int64) {
        self.lane = lane
        self.sequence = sequence
    }
}

/// What the stream holds, beside what was decided.
public struct StreamVerdict: Sendable {
    /// Events read, repeats included.
    public let read: Int
    /// Outcomes that have an event.
    public let outcomes: Int
}

extension Stack {
    /// Every event from the beginning of the stream to what is published when this is called.
    public func streamEvents() async throws -> [StreamEvent] {
        let marker = try await publishMarker(exchange: Names.events, routingKey: "test.marker")
        return try await read(Names.eventsLog) { $0.properties.messageID == marker }
            .filter { $0.routingKey != "test.marker" }.map { try StreamEvent($0) }
    }

    /// The message ids in the journal, up to a command that was accepted.
    public func journal(upTo command: CommandID) async throws -> [String] {
        try await read(Names.commandsLog) { $0.properties.messageID == command.description }
            .map { $0.properties.messageID ?? "" }
    }

    /// Reads a stream from its beginning to the first message that is the last.
    private func read(
        _ queue: String, within seconds: Double = 60, until isLast: (AMQPDelivery) -> Bool
    ) async throws -> [AMQPDelivery] {
        let consumer = try AMQPConsumer(
            try AMQPConfiguration(url: host.administrator), queue: queue, prefetch: 2_000,
            arguments: [("x-stream-offset", "first")], name: "test-stream")
        consumer.start()
        let watchdog = Task {
            try await Task.sleep(for: .seconds(seconds))
            await consumer.stop()
        }
        defer { watchdog.cancel() }
        var read: [AMQPDelivery] = []
        let deliveries = consumer.deliveries
        while true {
            let batch = await deliveries.nextBatch(max: 500)
            guard let last = batch.last else { throw Failure("\(queue): no end after \(read.count) messages") }
            for item in batch {
                read.append(item.delivery)
                if isLast(item.delivery) {
                    await consumer.stop()
                    return read
                }
            }
            consumer.acknowledge(last, multiple: true)
        }
    }

    /// Takes messages from a queue for good until they are enough.
    public func take(
        from queue: String, within seconds: Double = 30, until isEnough: ([AMQPDelivery]) -> Bool
    ) async throws -> [AMQPDelivery] {
        let consumer = try AMQPConsumer(
            try AMQPConfiguration(url: host.administrator), queue: queue, prefetch: 100, name: "test-queue")
        consumer.start()
        let watchdog = Task {
            try await Task.sleep(for: .seconds(seconds))
            await consumer.stop()
        }
        defer { watchdog.cancel() }
        var taken: [AMQPDelivery] = []
        for await item in consumer.deliveries {
            taken.append(item.delivery)
            consumer.acknowledge(item)
            if isEnough(taken) { break }
        }
        await consumer.stop()
        guard isEnough(taken) else { throw Failure("\(queue): \(taken.count) messages were not enough") }
        return taken
    }

    /// How many messages wait in the lanes' queues and the dead letters.
    public func waitingMessages() async throws -> Int {
        let configuration = try AMQPConfiguration(url: host.administrator)
        let queues = (0..<options.laneCount).map { Names.lane($0) } + [Names.deadLetters]
        return try await WorkThread.databases.run {
            let connection = try AMQPConnection(configuration)
            defer { connection.close() }
            return try queues.reduce(0) { try $0 + Int(connection.declareQueuePassively($1).messageCount) }
        }
    }

    /// Every outcome has its event, and an event that comes again is the same to the byte.
    public func assertStreamComplete() async throws -> StreamVerdict {
        try await awaitAnnouncements()
        let events = try await streamEvents()
        var bodies: [String: [UInt8]] = [:]
        var positions: Set<EventPosition> = []
        for event in events {
            if let earlier = bodies.updateValue(event.body, forKey: event.id), earlier != event.body {
                throw Failure("the event \(event.id) came twice and not the same")
            }
            if let position = event.position { positions.insert(position) }
        }
        let rows = try await query("SELECT lane, lane_seq FROM ledger.outcomes")
        var decided: Set<EventPosition> = []
        for row in 0..<rows.count {
            decided.insert(EventPosition(lane: try rows.integer(row, 0), sequence: try rows.integer(row, 1)))
        }
        guard positions == decided else {
            throw Failure(
                """
                \(decided.subtracting(positions).count) outcomes have no event, \
                \(positions.subtracting(decided).count) events no outcome
                """)
        }
        let ids = Set(events.filter { $0.position != nil }.map(\.id))
        guard ids.count == decided.count else { throw Failure("\(ids.count) event ids for \(decided.count) outcomes") }
        return StreamVerdict(read: events.count, outcomes: decided.count)
    }
}
