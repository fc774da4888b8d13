// Drives each held withdrawal to its end: has the ledger send it, hands it to the bank, and tells what came of it.

public import Logging
public import Outside
public import Polling
public import ServiceLifecycle
public import Telemetry
import Topology
public import Wire

/// Reads `wallet.payouts`, pays out through the bank, and submits `withdrawal.settle.v1`.
public struct PayoutsWorker: Service {
    /// Its broker user, and the name in which it signs.
    public static let publisher = "payouts"

    private let worker: OutsideWorker

    /// - Parameters:
    ///   - amqpURL: of the broker user `payouts`.
    ///   - bankURL: the bank's address, to which `/payouts` is added.
    ///   - limits: of the requests, and of how often they may stay unanswered.
    ///   - instruments: what is recorded goes here, or into a registry of its own.
    /// - Throws: `OutsideConfigurationError`, or `SystemError` when the process is out of descriptors.
    public init(
        amqpURL: String, bankURL: String, keyring: Keyring, limits: OutsideLimits = OutsideLimits(),
        instruments: Instruments = Instruments(program: "outside"),
        logger: Logger
    ) throws {
        var configuration = try OutsideConfiguration(
            amqpURL: amqpURL, publisher: Self.publisher, keyring: keyring, serviceURL: bankURL, logger: logger)
        configuration.limits = limits
        configuration.instruments = instruments
        try self.init(configuration)
    }

    public init(_ configuration: OutsideConfiguration) throws(SystemError) {
        worker = try OutsideWorker(
            configuration, queue: Names.payouts, plan: { event throws(FieldError) in try PayoutPlan.plan(event) },
            planCallback: { callback throws(FieldError) in try PayoutPlan.plan(callback) })
    }

    /// Whether events can come in and commands go out.
    public var isConnected: Bool { worker.isConnected }

    /// Works until graceful shutdown.
    public func run() async throws { try await worker.run() }
}
