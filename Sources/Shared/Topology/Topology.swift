// Exchanges, queues and slots as data, and the one function that declares them.

public import AMQP
public import Domain

/// The names that other services build against.
public enum Names {
    public static let commands = "wallet.commands"
    public static let commandsLog = "wallet.commands.log"
    public static let events = "wallet.events"
    public static let eventsLog = "wallet.events.log"
    public static let deadLetters = "wallet.dead-letters"
    /// Carries messages back from a retry queue to the worker's queue that the routing key names.
    public static let work = "wallet.work"
    public static let payments = "wallet.payments"
    public static let payouts = "wallet.payouts"

    public static func lane(_ lane: Int) -> String { "wallet.commands.\(twoDigits(lane))" }

    /// The lane whose queue has this name, whatever number of lanes it is from; nil for another queue.
    public static func laneNumber(_ queue: String) -> Int? {
        guard queue.hasPrefix("\(commands)."), let number = Int(queue.dropFirst(commands.count + 1)) else { return nil }
        return (0..<Slots.count).contains(number) && lane(number) == queue ? number : nil
    }

    /// A queue that holds messages for a fixed time and then hands them to `wallet.work`.
    public static func retry(seconds: Int) -> String { "wallet.retry.\(seconds)s" }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Where commands travel: 256 slots, spread over the lanes in even, contiguous ranges.
public struct Slots: Sendable {
    public static let count = 256
    public let laneCount: Int

    /// - Parameter laneCount: 1 to 256.
    public init(laneCount: Int) {
        precondition(1...Self.count ~= laneCount, "lanes: 1 to 256")
        self.laneCount = laneCount
    }

    public func lane(of slot: UInt8) -> Int { Int(slot) * laneCount / Self.count }

    /// The routing key of a slot: two lower-case hex digits.
    public static func routingKey(_ slot: UInt8) -> String {
        (slot < 16 ? "0" : "") + String(slot, radix: 16)
    }

    /// The slot of a routing key; nil for a key that is none.
    static func slot(routingKey: String) -> UInt8? {
        UInt8(routingKey, radix: 16).flatMap { self.routingKey($0) == routingKey ? $0 : nil }
    }

    /// The slot in which a request travels: the last byte of the wallet debited, otherwise of the wallet named; opening
    /// travels by the owner, whose last byte the wallet takes over, and what is about the operator's own books by the
    /// number of the account it is addressed to.
    public static func slot(of request: Request) -> UInt8? {
        if case .openWallet(let request) = request { return request.ownerID.lastByte }
        if let account = request.systemAccount { return UInt8(account.rawValue) }
        return request.wallets.first?.lastByte
    }
}

/// Everything that must exist on the broker.
public struct Topology: Sendable {
    public struct Queue: Sendable {
        public let declaration: AMQPQueueDeclaration
        public internal(set) var bindings: [(exchange: String, routingKey: String)]
    }

    /// Delays of the retry queues.
    public static let retrySeconds = [1, 5, 30]
    /// After which a command comes again that is about another not decided yet.
    public static let deferredSeconds = 1
    /// The broker's own limit on deliveries: far above any number of restarts, because it counts for innocent messages too.
    static let deliveryLimit: Int64 = 1_000

    public let slots: Slots
    public let exchanges: [AMQPExchangeDeclaration]
    public let queues: [Queue]

    /// - Parameters:
    ///   - laneCount: how many queues share the 256 slots.
    ///   - hasJournal: whether accepted commands are kept in a stream beside the lanes.
    public init(laneCount: Int = 8, hasJournal: Bool = true) {
        slots = Slots(laneCount: laneCount)
        exchanges =
            [
                AMQPExchangeDeclaration(Names.commands, type: "direct"),
                AMQPExchangeDeclaration(Names.events, type: "topic"),
                AMQPExchangeDeclaration(Names.work, type: "direct"),
            ] + Self.retrySeconds.map { AMQPExchangeDeclaration(Names.retry(seconds: $0), type: "fanout") }
        queues =
            Self.laneQueues(slots) + (hasJournal ? [Self.journal] : []) + [Self.eventsLog, Self.deadLetters]
            + Self.workerQueues + Self.retryQueues
    }

    private static func laneQueues(_ slots: Slots) -> [Queue] {
        (0..<slots.laneCount).map { lane in
            let bindings = (0...UInt8.max).filter { slots.lane(of: $0) == lane }.map {
                (exchange: Names.commands, routingKey: Slots.routingKey($0))
            }
            // By its own name come commands back that were to come again.
            let deferred = [(exchange: Names.work, routingKey: Names.lane(lane))]
            return Queue(
                declaration: AMQPQueueDeclaration(
                    Names.lane(lane),
                    arguments: [
                        ("x-queue-type", "quorum"), ("x-single-active-consumer", true),
                        ("x-delivery-limit", .int64(deliveryLimit)), ("x-dead-letter-exchange", ""),
                        ("x-dead-letter-routing-key", .string(Names.deadLetters)),
                        ("x-dead-letter-strategy", "at-least-once"), ("x-overflow", "reject-publish"),
                    ]),
                bindings: bindings + deferred)
        }
    }

    /// What was accepted, for seven days at least.
    private static let journal = Queue(
        declaration: AMQPQueueDeclaration(
            Names.commandsLog, arguments: [("x-queue-type", "stream"), ("x-max-age", "8D")]),
        bindings: (0...UInt8.max).map { (Names.commands, Slots.routingKey($0)) })

    private static let eventsLog = Queue(
        declaration: AMQPQueueDeclaration(
            Names.eventsLog,
            arguments: [("x-queue-type", "stream"), ("x-max-age", "30D"), ("x-max-length-bytes", 20_000_000_000)]),
        bindings: [(Names.events, "#")])

    private static let deadLetters = Queue(
        declaration: AMQPQueueDeclaration(Names.deadLetters, arguments: [("x-queue-type", "quorum")]), bindings: [])

    /// What the workers read of the events; a dropped one would be a forgotten top-up, so these have no length limit.
    private static let workerQueues = [
        Queue(
            declaration: AMQPQueueDeclaration(Names.payments, arguments: [("x-queue-type", "quorum")]),
            bindings: [(Names.events, "topup.pending"), (Names.work, Names.payments)]),
        Queue(
            declaration: AMQPQueueDeclaration(Names.payouts, arguments: [("x-queue-type", "quorum")]),
            bindings: [
                (Names.events, "withdrawal.held"), (Names.events, "withdrawal.sent"), (Names.work, Names.payouts),
            ]),
    ]

    private static let retryQueues = retrySeconds.map { seconds in
        Queue(
            declaration: AMQPQueueDeclaration(
                Names.retry(seconds: seconds),
                arguments: [
                    ("x-queue-type", "quorum"), ("x-message-ttl", .int64(Int64(seconds) * 1000)),
                    ("x-dead-letter-exchange", .string(Names.work)), ("x-dead-letter-strategy", "at-least-once"),
                    ("x-overflow", "reject-publish"),
                ]),
            bindings: [(Names.retry(seconds: seconds), "")])
    }

    /// Declares everything; what is there already, with the same arguments, stays as it is.
    ///
    /// - Throws: `channelClosed` with 406 when something of a name exists with other arguments.
    public func declare(on connection: AMQPConnection) throws(AMQPError) {
        for exchange in exchanges { try connection.declareExchange(exchange) }
        try Self.declare(queues, on: connection)
    }

    /// Declares queues and then binds them; their exchanges have to be there.
    public static func declare(_ queues: [Queue], on connection: AMQPConnection) throws(AMQPError) {
        for queue in queues {
            try connection.declareQueue(queue.declaration)
            for binding in queue.bindings {
                try connection.bindQueue(
                    queue: queue.declaration.name, exchange: binding.exchange, routingKey: binding.routingKey)
            }
        }
    }
}
