// Drives each held withdrawal to its end: has the ledger send it when it is due, hands it to the bank, and tells what came
// of it.

public import Logging
public import Outside
public import ServiceLifecycle
public import Telemetry
import Topology
public import Wire

/// Reads `wallet.payouts`, releases what is due, pays out through the bank, and submits `withdrawal.settle.v1` and
/// `withdrawal.expire.v1`.
public struct PayoutsWorker: Service {
    /// Its broker user, and the name in which it signs.
    public static let publisher = "payouts"

    private let worker: OutsideWorker
    private let releases: ReleaseService?

    /// - Parameters:
    ///   - amqpURL: of the broker user `payouts`.
    ///   - bankURL: the bank's address, to which `/payouts` is added.
    ///   - releases: how held withdrawals are found.
    ///   - limits: of the requests, and of how often they may stay unanswered.
    ///   - instruments: what is recorded goes here, or into a registry of its own.
    /// - Throws: `OutsideConfigurationError`, or `SystemError` when the process is out of descriptors.
    public init(
        amqpURL: String, bankURL: String, keyring: Keyring, releases: ReleaseConfiguration,
        limits: OutsideLimits = OutsideLimits(), instruments: Instruments = Instruments(program: "outside"),
        logger: Logger
    ) throws {
        var configuration = try OutsideConfiguration(
            amqpURL: amqpURL, publisher: Self.publisher, keyring: keyring, serviceURL: bankURL, logger: logger)
        configuration.limits = limits
        configuration.instruments = instruments
        try self.init(configuration, releases: releases)
    }

    /// - Parameter releases: nil for a worker that releases nothing by itself, and believes every event: without a ledger
    ///   there is nobody to ask.
    public init(_ configuration: OutsideConfiguration, releases: ReleaseConfiguration?) throws {
        let service = try releases.map {
            try ReleaseService($0, configuration.instruments, logger: configuration.logger)
        }
        self.releases = service
        worker = try OutsideWorker(
            configuration, queue: Names.payouts,
            schedule: { command, dueAt in await service?.add(command, dueAt: dueAt) },
            witness: { claim in await service?.reader.testimony(toPayout: claim) ?? .isSo },
            plan: { event throws(FieldError) in try PayoutPlan.plan(event) },
            planCallback: { callback throws(FieldError) in try PayoutPlan.plan(callback) })
    }

    /// Whether events can come in and commands go out.
    public var isConnected: Bool { worker.isConnected }

    /// Works until graceful shutdown.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            if let releases {
                group.addTask {
                    await releases.run { order async throws(CancellationError) in try await worker.submit(order) }
                }
            }
            try await group.waitForAll()
        }
    }
}
