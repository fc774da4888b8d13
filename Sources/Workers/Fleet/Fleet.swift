// wallet-fleet: the workers of one process. Parse, build, run.

import BrokerAdmin
import Lane
import Logging
import Payouts
import ServiceLifecycle
import Settings
import Telemetry
import TopUps
import UnixSignals

@main
struct Fleet {
    static func main() async throws {
        let configuration: FleetConfiguration
        do throws(SettingError) {
            configuration = try FleetConfiguration(.ofProcess)
        } catch {
            endForConfiguration("wallet-fleet", error)
        }
        Telemetry.bootstrapLogging(
            service: "wallet-fleet", level: configuration.logLevel, format: configuration.logFormat)
        let logger = Logger(label: "fleet")
        do {
            try await TopologyCheck(configuration.topology).awaitSound(logger: logger)
        } catch let mismatch as TopologyMismatch {
            endForTopology("wallet-fleet", mismatch)
        }
        try await build(configuration, logger: logger).run()
    }

    /// The services in the order in which they depend on each other: what ends last stands first.
    static func build(_ configuration: FleetConfiguration, logger: Logger) throws -> ServiceGroup {
        let topology = TopologyService(configuration.topology, logger: logger)
        let lanes = try LeasesService(configuration, logger: logger)
        let topUps = try TopUpsWorker(
            amqpURL: configuration.topUpsURL, paymentURL: configuration.outsideURL + "/payment",
            keyring: configuration.keyring, unpaid: configuration.unpaid, limits: configuration.outsideLimits,
            instruments: configuration.instruments, logger: logger)
        let payouts = try PayoutsWorker(
            amqpURL: configuration.payoutsURL, bankURL: configuration.outsideURL + "/bank",
            keyring: configuration.keyring, releases: configuration.releases, limits: configuration.outsideLimits,
            instruments: configuration.instruments, logger: logger)
        let partitions = try PartitionsService(configuration.laneDatabase, configuration.instruments, logger: logger)
        let observation = ObservationService(
            ObservationService.Parts(
                lanes: lanes.lanes, topology: topology.health, partitions: partitions, topUps: topUps, payouts: payouts),
            configuration, logger: logger)
        let services: [any Service] = [observation, partitions, topology, lanes, topUps, payouts]
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(
                // One that returns by itself was asked to by an operator: then the process ends in order.
                services: services.map {
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    }
}
