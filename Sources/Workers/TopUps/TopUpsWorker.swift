// Drives each pending top-up to its end: asks the payment service, and tells the ledger what came of it.

public import Logging
public import Outside
public import ServiceLifecycle
public import Telemetry
import Topology
public import Wire

/// Reads `wallet.payments`, charges through the payment service, and submits `topup.settle.v1`.
public struct TopUpsWorker: Service {
    /// Its broker user, and the name in which it signs.
    public static let publisher = "topups"

    private let worker: OutsideWorker
    private let unpaid: UnpaidService?

    /// - Parameters:
    ///   - amqpURL: of the broker user `topups`.
    ///   - paymentURL: the payment service's address, to which `/charges` is added.
    ///   - unpaid: how bank transfers are found that nobody makes.
    ///   - limits: of the requests, and of how often they may stay unanswered.
    ///   - instruments: what is recorded goes here, or into a registry of its own.
    /// - Throws: `OutsideConfigurationError`, or `SystemError` when the process is out of descriptors.
    public init(
        amqpURL: String, paymentURL: String, keyring: Keyring, unpaid: UnpaidConfiguration,
        limits: OutsideLimits = OutsideLimits(),
        instruments: Instruments = Instruments(program: "outside"),
        logger: Logger
    ) throws {
        var configuration = try OutsideConfiguration(
            amqpURL: amqpURL, publisher: Self.publisher, keyring: keyring, serviceURL: paymentURL, logger: logger)
        configuration.limits = limits
        configuration.instruments = instruments
        try self.init(configuration, unpaid: unpaid)
    }

    /// - Parameter unpaid: nil for a worker that waits for bank transfers for ever, and believes every event: without a
    ///   ledger there is nobody to ask.
    public init(_ configuration: OutsideConfiguration, unpaid: UnpaidConfiguration? = nil) throws {
        self.unpaid = try unpaid.map { try UnpaidService($0, logger: configuration.logger) }
        worker = try OutsideWorker(
            configuration, queue: Names.payments,
            witness: { [unpaid = self.unpaid] claim in await unpaid?.reader.testimony(toCharge: claim) ?? .isSo },
            plan: { event throws(FieldError) in try TopUpPlan.plan(event) },
            planCallback: { callback throws(FieldError) in try TopUpPlan.plan(callback) })
    }

    /// Whether events can come in and commands go out.
    public var isConnected: Bool { worker.isConnected }

    /// Works until graceful shutdown.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            if let unpaid {
                group.addTask {
                    await unpaid.run { order async throws(CancellationError) in try await worker.submit(order) }
                }
            }
            try await group.waitForAll()
        }
    }
}
