// The program: configuration from the environment, the application, and signals that end it in order.

import BrokerAdmin
import Hummingbird
import Logging
import ServiceLifecycle
import Settings
import Telemetry
import UnixSignals

@main
struct App {
    /// After this a request or connection that has not ended is cut off.
    static let shutdownSecondsMax = 9

    static func main() async throws {
        let configuration: IngressConfiguration
        do throws(SettingError) {
            configuration = try IngressConfiguration(.ofProcess)
        } catch {
            endForConfiguration("wallet-ingress", error)
        }
        Telemetry.bootstrapLogging(
            service: "wallet-ingress", level: configuration.logLevel, format: configuration.logFormat)
        let logger = Logger(label: "ingress")

        let backend = try Backend(configuration, logger: logger)
        var services: [any Service] = [buildApplication(backend, logger: logger)]
        if let admin = configuration.admin {
            let office = try Office(databaseURL: admin.databaseURL)
            services.append(buildAdminApplication(backend, office, admin, logger: logger))
        }
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(shutdownSecondsMax)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let mismatch as TopologyMismatch {
            endForTopology("wallet-ingress", mismatch)
        }
    }
}
