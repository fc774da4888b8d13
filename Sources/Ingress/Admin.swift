// The admin API: a server of its own port, for operators and nobody else.

import Hummingbird
import Ledger
import Logging
import Postgres
import ServiceLifecycle
import Settings
import Wire

/// Where the admin API listens, and what it may do in the database.
struct AdminConfiguration: Sendable, Undisclosed {
    var host = "127.0.0.1"
    /// 0 takes a free one.
    var port: Int
    var databaseURL: String
}

extension AdminConfiguration {
    /// Nil without `WALLET_ADMIN_PORT`: then the process has no admin API.
    init?(_ variables: Variables) throws(SettingError) {
        guard let port = try variables.integer("WALLET_ADMIN_PORT", in: 0...65_535) else { return nil }
        self.init(port: port, databaseURL: try variables.databaseURL("WALLET_DATABASE_OPERATOR"))
        host = variables.optional("WALLET_ADMIN_HOST") ?? host
    }
}

/// What the admin API works with beside the rest. It has a database role of its own, which the public API has not.
struct Office: Sendable {
    let desk: FleetDesk
    private let pool: PostgresPool

    /// - Throws: `.connection` when the process is out of descriptors.
    init(databaseURL: String) throws(PostgresError) {
        pool = try PostgresPool(
            PostgresPoolConfiguration(
                PostgresConfiguration(
                    url: databaseURL, applicationName: "wallet-admin", connectTimeoutSeconds: 2,
                    settings: FleetDesk.sessionSettings),
                connectionsMax: 2, queryTimeoutMilliseconds: 2_000))
        desk = FleetDesk(pool)
    }

    var service: Resource { Resource("postgres operator", start: pool.start, stop: pool.stop) }
}

/// The application of the admin API. Everything under `/admin/v1` needs a token with an operator's role.
func buildAdminApplication(
    _ backend: Backend, _ office: Office, _ configuration: AdminConfiguration, logger: Logger
) -> some ApplicationProtocol {
    var routes = RouteTable()
    routes.get("/healthz") { _, _ in .success { $0.member("status", "alive") } }
    routes.prefix = "/admin/v1"
    routes.needsToken = true
    Workers(office.desk).addRoutes(to: &routes)
    OperatorBooks(backend).addRoutes(to: &routes)
    Commands(backend, roles: [.operator, .approver, .compliance]).addRoutes(to: &routes)
    return Application(
        router: makeRouter(routes, backend),
        server: .http1(configuration: .init(idleTimeout: .seconds(75))),
        configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
        services: [office.service], logger: logger)
}
