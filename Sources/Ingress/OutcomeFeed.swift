// The stream of outcomes: it wakes who waits for a command, and keeps cached balances fresh.

import AMQP
import Domain
import Logging
import Polling
import ServiceLifecycle
import Synchronization
import Topology
import Wire

/// Reads `wallet.events.log` from now on. What happens while it is away is not made up for: see `isSteady`.
final class OutcomeFeed: Service {
    static let prefetch: UInt16 = 2_000
    static let batchMax = 500

    let waiters = Waiters()
    private let consumer: AMQPConsumer
    private let balances: Balances
    private let logger: Logger
    /// When the last connection came about, on the monotonic clock.
    private let connectedAt: ConnectionTime

    init(_ configuration: AMQPConfiguration, balances: Balances, logger: Logger) throws(SystemError) {
        let connectedAt = ConnectionTime()
        self.connectedAt = connectedAt
        self.balances = balances
        self.logger = logger
        consumer = try AMQPConsumer(
            configuration, queue: Names.eventsLog, prefetch: Self.prefetch, arguments: [("x-stream-offset", "next")],
            name: "ingress-events", onConnect: { _ in connectedAt.set() })
    }

    /// Whether a waiter can rely on being woken.
    var isConsuming: Bool { consumer.state == .consuming }

    /// Whether every cached balance has been kept fresh for as long as one can live.
    var isSteady: Bool {
        isConsuming && connectedAt.ageNanoseconds > UInt64(Balances.lifetimeSeconds) * 1_000_000_000
    }

    func run() async throws {
        consumer.start()
        await cancelWhenGracefulShutdown {
            let deliveries = self.consumer.deliveries
            while true {
                let batch = await deliveries.nextBatch(max: Self.batchMax)
                guard let last = batch.last else { break }
                for item in batch { self.take(item.delivery) }
                self.consumer.acknowledge(last, multiple: true)
            }
        }
        await consumer.stop()
    }

    private func take(_ delivery: AMQPDelivery) {
        if balances.hasRecent { refresh(from: delivery) }
        let properties = delivery.properties
        // Who withdraws waits for the withdrawal; who takes it back, for the step.
        for id in [properties.correlationID, properties.headerString(AMQPMessage.stepCommandHeader)] {
            if let id = id.flatMap({ CommandID($0) }) { waiters.wake(id) }
        }
    }

    /// An event that cannot be read refreshes nothing, and its wallets' cached balances run out by themselves.
    private func refresh(from delivery: AMQPDelivery) {
        guard let event = try? JSON(parsing: delivery.body), let data = event["data"],
            let time = event["time"]?.text.flatMap(Timestamp.init(rfc3339:)),
            let wallets = data["wallets"]?.elements
        else {
            logger.warning(
                "an event on the stream cannot be read",
                metadata: ["command": "\(delivery.properties.correlationID?.prefix(64) ?? "unknown")"])
            return
        }
        if let detail = data["detail"], let version = detail["status_version"]?.integer,
            let id = detail["id"]?.text.flatMap({ WalletID($0) }),
            let status = WalletStatus.allCases.first(where: { $0.name == detail["status"]?.text })
        {
            balances.note(id, status, version: version, at: time)
        }
        for json in wallets {
            guard let snapshot = WalletSnapshot(json), balances.isRecent(snapshot.id) else { continue }
            balances.note(snapshot, at: time)
        }
    }
}

extension WalletSnapshot {
    /// A wallet as an event shows it.
    init?(_ json: JSON) {
        guard let id = json["id"]?.text.flatMap({ WalletID($0) }),
            let currency = json["currency"]?.text.flatMap(Currency.init(code:)), let version = json["version"]?.integer,
            let available = json["available"]?.integer, let pending = json["pending"]?.integer
        else { return nil }
        self.init(
            id: id, currency: currency, version: version, available: available, pending: pending,
            reserve: json["reserve"]?.integer ?? 0)
    }
}

/// When a connection came about.
private final class ConnectionTime: Sendable {
    private let time = Mutex<UInt64?>(nil)

    func set() { time.withLock { $0 = monotonicNanoseconds() } }

    var ageNanoseconds: UInt64 { time.withLock { $0.map { monotonicNanoseconds() - $0 } ?? 0 } }
}
