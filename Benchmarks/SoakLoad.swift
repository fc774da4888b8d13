// soak, its load: one thread with two connections puts signed transfers on the queues and takes what is announced of
// them. First at full rate, as much as the fleet takes; then at its share of that, each command at the time it is due.

import AMQP
import Domain
import Polling
import Topology
import Wire

struct SoakLoad {
    /// What came of a stretch of load.
    struct Stretch {
        let commands: Int
        let start: UInt64
        /// When the last outcome was there.
        let end: UInt64
    }

    enum Failure: Error, CustomStringConvertible {
        case refused(String)
        case overtaken
        case notDrained(Int)

        var description: String {
            switch self {
            case .refused(let what): "the broker did not take the load: \(what)"
            case .overtaken: "the lanes do not keep up with the load"
            case .notDrained(let count): "\(count) commands have no outcome after \(SoakLoad.drainSecondsMax) s"
            }
        }
    }

    static let subscriber = "bench.subscriber"
    /// At full rate so many commands are under way: four batches for each of eight lanes.
    static let underWayAtFullRate = 16_384
    /// Of an open loop: beyond it the load cannot be sustained and the run ends.
    static let underWayMax = 200_000
    static let drainSecondsMax = 120
    private static let unconfirmedMax = 2_000
    private static let burstMax = 200

    private let publisher: AMQPConnection
    private let consumer: AMQPConnection
    private var source: TransferSource
    /// When each command without an outcome was due.
    private var underWay: [CommandID: UInt64] = [:]
    private var unconfirmed = Unconfirmed()
    private var latencies: SoakLatencies?
    private var outcomes = 0
    /// Events of commands that had one already, which at-least-once allows.
    private(set) var repeated = 0
    private(set) var published = 0

    init(_ environment: BenchEnvironment, population: Population) throws {
        source = TransferSource(population: population, key: environment.key)
        publisher = try AMQPConnection(environment.ingress)
        try publisher.enableConfirms()
        consumer = try AMQPConnection(environment.broker)
        try consumer.setPrefetch(4_000)
        try consumer.consume(queue: Self.subscriber, tag: "soak")
    }

    func close() {
        publisher.close()
        consumer.close()
    }

    // MARK: - The two kinds of load

    /// As fast as outcomes come, for so long; what comes before `warmSeconds` is not counted.
    ///
    /// - Returns: outcomes a second.
    mutating func fullRate(warmSeconds: Int, seconds: Int) throws -> Double {
        let start = monotonicNanoseconds()
        var counted: (time: UInt64, outcomes: Int)?
        var now = start
        while now < start + nanoseconds(warmSeconds + seconds) {
            if counted == nil, now >= start + nanoseconds(warmSeconds) { counted = (now, outcomes) }
            let hasRoom = underWay.count < Self.underWayAtFullRate && unconfirmed.count < Self.unconfirmedMax
            if hasRoom { try publish(repeatElement(now, count: Self.burstMax)) }
            try takeEvents(waitingMilliseconds: hasRoom ? 0 : 5)
            now = monotonicNanoseconds()
        }
        guard let counted, outcomes > counted.outcomes else { throw Failure.overtaken }
        let perSecond = Double(outcomes - counted.outcomes) / (Double(now - counted.time) / 1e9)
        try drain()
        return perSecond
    }

    /// An open loop: a command is due at its time whatever became of those before it, and late is late.
    mutating func pace(perSecond: Double, seconds: Int) throws -> (Stretch, SoakLatencies) {
        let count = max(1, Int(perSecond * Double(seconds)))
        let interval = 1e9 / perSecond
        let start = monotonicNanoseconds() + 1_000_000
        latencies = SoakLatencies(start: start, seconds: seconds)
        var sent = 0
        while sent < count {
            let now = monotonicNanoseconds()
            let due = now < start ? 0 : min(count, Int(Double(now - start) / interval) + 1)
            // The broker takes bursts with confirms; what waits for room is late, and counts as late.
            let room = max(0, Self.unconfirmedMax - unconfirmed.count)
            let next = min(due, sent + min(room, Self.burstMax))
            if next > sent {
                try publish((sent..<next).lazy.map { start + UInt64(Double($0) * interval) })
                sent = next
            }
            guard underWay.count < Self.underWayMax else { throw Failure.overtaken }
            try takeEvents(waitingMilliseconds: sent < due && room > 0 ? 0 : 1)
        }
        try drain()
        guard let latencies else { throw Failure.overtaken }
        return (Stretch(commands: count, start: start, end: monotonicNanoseconds()), latencies)
    }

    /// Waits until everything has its outcome and its confirm.
    private mutating func drain() throws {
        let end = monotonicNanoseconds() + nanoseconds(Self.drainSecondsMax)
        while !underWay.isEmpty || unconfirmed.count > 0 {
            guard monotonicNanoseconds() < end else { throw Failure.notDrained(underWay.count) }
            try takeEvents(waitingMilliseconds: 5)
        }
    }

    private func nanoseconds(_ seconds: Int) -> UInt64 { UInt64(seconds) * 1_000_000_000 }

    // MARK: - Both sides of the broker

    private mutating func publish(_ dueTimes: some Sequence<UInt64>) throws {
        let acceptedAt = Timestamp.now
        let loads = dueTimes.map { (source.next(acceptedAt: acceptedAt), $0) }
        for (load, due) in loads {
            guard let id = load.message.properties.messageID.flatMap({ CommandID($0) }) else {
                throw Failure.refused("a command without an id")
            }
            underWay[id] = due
        }
        published += loads.count
        try publisher.withBurst { () throws(AMQPError) in
            for (load, due) in loads {
                let tag = try publisher.publish(
                    load.message, exchange: load.exchange, routingKey: load.routingKey, mandatory: true)
                unconfirmed.sent(tag: tag, due: due)
            }
        }
    }

    private mutating func takeEvents(waitingMilliseconds: Int32) throws {
        if waitingMilliseconds > 0 {
            var targets = [PollTarget(publisher.socket), PollTarget(consumer.socket)]
            try poll(&targets, timeoutMilliseconds: waitingMilliseconds)
        }
        while let event = try publisher.nextEvent() {
            guard case .confirmed(let tag, let multiple) = event else { throw Failure.refused(Self.name(event)) }
            let now = monotonicNanoseconds()
            unconfirmed.confirmed(tag: tag, multiple: multiple) { latencies?.accepted(due: $0, at: now) }
        }
        var last: UInt64 = 0
        while let event = try consumer.nextEvent() {
            guard case .delivery(let delivery) = event else { throw Failure.refused(Self.name(event)) }
            last = delivery.deliveryTag
            take(delivery)
        }
        if last > 0 { try consumer.acknowledge(deliveryTag: last, multiple: true) }
    }

    private mutating func take(_ delivery: AMQPDelivery) {
        guard let id = delivery.properties.correlationID.flatMap({ CommandID($0) }),
            let due = underWay.removeValue(forKey: id)
        else {
            repeated += 1
            return
        }
        outcomes += 1
        latencies?.outcome(due: due, at: monotonicNanoseconds())
    }

    /// An event's kind alone: what is in it belongs to nobody's log.
    private static func name(_ event: AMQPEvent) -> String {
        switch event {
        case .delivery: "a delivery"
        case .confirmed: "a confirm"
        case .nacked: "a command was refused"
        case .returned: "a command came back"
        case .consumerCancelled: "the consumer was ended"
        case .blocked: "an alarm blocks publishing"
        case .unblocked: "an alarm is over"
        }
    }
}
