// The thin driver around `Errand`: takes events, does what the errand says, and acknowledges when that is safe.

public import AMQP
import AsyncHTTPClient
public import Domain
import Logging
import NIOCore
public import Polling
public import ServiceLifecycle
import Telemetry
import Topology
public import Wire

/// Reads one queue of events and runs an errand for each, many at a time.
///
/// An event is acknowledged only after what it led to has been confirmed by the broker. A crash in between brings the
/// event again, and then the same idempotency key and the same command id come out of it.
public struct OutsideWorker: Service {
    private let configuration: OutsideConfiguration
    private let queue: String
    private let planEvent: @Sendable (WalletEvent) throws(FieldError) -> Plan
    private let planCallback: @Sendable (Callback) throws(FieldError) -> Plan
    private let schedule: @Sendable (CommandID, Timestamp) async -> Void
    private let witness: @Sendable (Claim) async -> Testimony
    private let consumer: AMQPConsumer
    private let publisher: AMQPPublisher
    private let meters: OutsideMeters

    /// How long to wait before publishing again what was not confirmed.
    static let republishSeconds = 1

    /// - Parameters:
    ///   - declare: declares the queue, on every new connection, where that is not the topology's to do.
    ///   - schedule: notes when something is to happen. What it forgets has to be found again by whoever asks for it.
    ///   - witness: whether the ledger has decided what an event says; asked before the outside hears of it.
    ///     A worker that has none asks nobody outside.
    ///   - plan: what an event asks for. If it throws the event is set aside.
    ///   - planCallback: what a callback asks for, from a worker whose service sends some.
    /// - Throws: `SystemError` when the process is out of descriptors.
    public init(
        _ configuration: OutsideConfiguration, queue: String,
        declare: @escaping @Sendable (AMQPConnection) throws(AMQPError) -> Void = { _ in },
        schedule: @escaping @Sendable (CommandID, Timestamp) async -> Void = { _, _ in },
        witness: @escaping @Sendable (Claim) async -> Testimony = { _ in .unknown },
        plan: @escaping @Sendable (WalletEvent) throws(FieldError) -> Plan,
        planCallback: @escaping @Sendable (Callback) throws(FieldError) -> Plan = { _ throws(FieldError) in
            throw FieldError(.unknownType, field: "type")
        }
    ) throws(SystemError) {
        self.configuration = configuration
        self.queue = queue
        planEvent = plan
        self.planCallback = planCallback
        self.schedule = schedule
        self.witness = witness
        let name = configuration.signingKey.publisher
        consumer = try AMQPConsumer(
            configuration.amqp, queue: queue, prefetch: UInt16(clamping: configuration.inFlightMax),
            name: "\(name)-in", onConnect: declare)
        publisher = try AMQPPublisher(configuration.amqp, name: "\(name)-out")
        meters = OutsideMeters(configuration.instruments, worker: name)
    }

    /// Whether events can come in and commands go out.
    public var isConnected: Bool { consumer.state == .consuming && publisher.isConnected }

    /// Works until graceful shutdown. An errand that is cut short is not acknowledged and comes again.
    public func run() async throws {
        var settings = HTTPClient.Configuration()
        settings.timeout.connect = .seconds(2)
        settings.redirectConfiguration = .disallow
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.inFlightMax
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        let service = OutsideService(
            client: client, baseURL: configuration.serviceURL ?? "",
            requestSecondsMax: configuration.limits.requestSecondsMax, logger: configuration.logger, meters: meters)
        let guarded = GuardedService(
            service, configuration.limits.breaker, worker: configuration.signingKey.publisher, meters: meters,
            logger: configuration.logger)
        publisher.start()
        consumer.start()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for _ in 0..<configuration.inFlightMax {
                    group.addTask { await handleDeliveries(guarded) }
                }
            }
        }
        await consumer.stop()
        await publisher.stop()
        try await client.shutdown()
    }

    /// Submits a command that no event asked for, and returns once the broker has confirmed it.
    ///
    /// Only while the worker runs. It does not give up: the same order is the same command.
    public func submit(_ order: Order) async throws(CancellationError) {
        try await publish(
            command(order, trace: nil), exchange: Names.commands, routingKey: Slots.routingKey(order.slot),
            of: nil)
        meters.didSubmit()
    }

    private func handleDeliveries(_ service: GuardedService) async {
        for await received in consumer.deliveries {
            do throws(CancellationError) {
                try await handle(received.delivery, service)
            } catch {
                // Shutting down: the broker has the event still, and gives it to whoever comes next.
                return
            }
            consumer.acknowledge(received)
        }
    }

    /// Returns when the event may be acknowledged.
    private func handle(_ delivery: AMQPDelivery, _ service: GuardedService) async throws(CancellationError) {
        let attempt = EventHeader.attempt(of: delivery)
        let trace = EventHeader.trace(of: delivery)
        var (errand, action) = begin(delivery, attempt: attempt)
        while true {
            switch action {
            case .create(let inquiry):
                switch await witness(inquiry.claim) {
                case .isSo: action = errand.handle(try await service.create(inquiry, trace: trace?.child()))
                case .isNotSo: action = errand.handle(.disowned)
                case .unknown: action = errand.handle(.notAsked(waitSeconds: 1))
                }
            case .look(let inquiry):
                action = errand.handle(try await service.look(inquiry, trace: trace?.child()))
            case .submit(let order):
                try await publish(
                    command(order, trace: trace?.child()), exchange: Names.commands,
                    routingKey: Slots.routingKey(order.slot), of: delivery)
                return meters.didSubmit()
            case .again(let seconds):
                if attempt == RetrySchedule.overdueAttempt {
                    configuration.logger.warning(
                        "an outside service has not come to an end within 24 hours", metadata: about(delivery))
                }
                meters.retried(afterSeconds: seconds)
                let event = AMQPMessage(retrying: delivery, attempt: attempt + 1)
                return try await publish(
                    event, exchange: Names.retry(seconds: seconds), routingKey: queue, of: delivery)
            case .setAside(let reason):
                configuration.logger.warning(
                    "an event was set aside", metadata: about(delivery).merging(["reason": "\(reason)"]) { $1 })
                meters.didSetAside()
                let event = AMQPMessage(settingAside: delivery, reason: reason, queue: queue, attempt: attempt)
                return try await publish(event, exchange: "", routingKey: Names.deadLetters, of: delivery)
            case .schedule(let command, let time): return await schedule(command, time)
            case .finish, .ignore: return
            }
        }
    }

    /// What tells a line in the log from the others. Nothing in it is content.
    private func about(_ delivery: AMQPDelivery?) -> Logger.Metadata {
        [
            "worker": "\(configuration.signingKey.publisher)", "queue": "\(queue)",
            "command": "\(delivery?.properties.correlationID?.prefix(64) ?? "unknown")",
            "trace": "\(delivery.flatMap { EventHeader.trace(of: $0) }?.traceID ?? "none")",
        ]
    }

    private func begin(_ delivery: AMQPDelivery, attempt: Int) -> (Errand, Errand.Action) {
        let reason: String
        do throws(Unreadable) {
            var errand = Errand(try read(delivery), attempt: attempt)
            let action = errand.handle(.begun)
            return (errand, action)
        } catch {
            reason = error.reason
        }
        return (Errand(.nothing, attempt: attempt), .setAside(reason: reason))
    }

    /// What a delivery asks for: an event by its own words, a callback once it is known to be the ingress's.
    private func read(_ delivery: AMQPDelivery) throws(Unreadable) -> Plan {
        if let type = delivery.properties.type, Callback.isCallback(type: type) {
            let content: CommandContent
            do throws(Untrusted) {
                let envelope = try CommandEnvelope(delivery)
                try envelope.verify(
                    handedOverBy: delivery.properties.userID ?? "", keyring: configuration.keyring)
                content = envelope.content
            } catch {
                throw Unreadable(reason: "the callback is not authentic: \(error.code.rule.name), \(error.reason)")
            }
            do throws(FieldError) { return try planCallback(Callback(content)) } catch {
                throw Unreadable("callback", error)
            }
        }
        do throws(FieldError) { return try planEvent(WalletEvent(body: delivery.body)) } catch {
            throw Unreadable("event", error)
        }
    }

    /// Why a delivery cannot be handled, now or later.
    private struct Unreadable: Error {
        let reason: String

        init(reason: String) { self.reason = reason }

        init(_ what: String, _ error: FieldError) {
            let field = error.field.isEmpty ? "the text as a whole" : error.field
            reason = "the \(what) cannot be read: \(error.code.rule.name), \(field)"
        }
    }

    private func command(_ order: Order, trace: TraceContext?) -> AMQPMessage {
        let now = configuration.now()
        let name = configuration.signingKey.publisher
        var envelope = CommandEnvelope(
            content: order.content, publisher: name, client: name, subject: name, permissions: .service,
            key: order.key, acceptedAt: now, notAfter: now.adding(seconds: configuration.commandSecondsMax),
            traceparent: trace?.description)
        envelope.sign(with: configuration.signingKey)
        return AMQPMessage(envelope, seconds: UInt64(clamping: now.microseconds / 1_000_000))
    }

    /// Publishes until the broker has confirmed it: under the same id, so once more does no harm.
    private func publish(
        _ message: AMQPMessage, exchange: String, routingKey: String, of delivery: AMQPDelivery?
    ) async throws(CancellationError) {
        while true {
            let outcome = await publisher.publish(message, exchange: exchange, routingKey: routingKey)
            if outcome == .confirmed { return }
            configuration.logger.warning(
                "a publish was not confirmed and is repeated",
                metadata: about(delivery).merging(["outcome": "\(Self.kind(of: outcome))"]) { $1 })
            meters.willRepublish()
            do { try await Task.sleep(for: .seconds(Self.republishSeconds)) } catch { throw CancellationError() }
        }
    }

    private static func kind(of outcome: PublishOutcome) -> String {
        switch outcome {
        case .confirmed: "confirmed"
        case .returned(let code, _): "returned with \(code)"
        case .refused: "refused by the broker"
        case .unknown(let reason): "unknown, \(reason)"
        }
    }
}
