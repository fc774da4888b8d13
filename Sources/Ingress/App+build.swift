// The one function that puts routes, middleware and services together, for the program and for tests.

import Hummingbird
import Logging
import NIOCore

/// The application over its parts. Everything under `/api/v1` needs a token, but for callbacks, which are signed.
func buildApplication(_ backend: Backend, logger: Logger) -> some ApplicationProtocol {
    let acceptance = Acceptance(backend)
    let resources: [any Resources] = [
        Wallets(backend, acceptance), Transfers(backend, acceptance), TopUps(backend, acceptance),
        Beneficiaries(backend, acceptance), Withdrawals(backend, acceptance), Commands(backend),
        Transactions(backend), Quotes(backend), WalletChanges(backend, acceptance), Payments(backend, acceptance),
        Disputes(backend, acceptance), QRCodes(backend), Limits(backend),
    ]

    var routes = RouteTable()
    Health(backend).addRoutes(to: &routes)
    routes.prefix = "/api/v1"
    Callbacks(backend).addRoutes(to: &routes)
    routes.needsToken = true
    for resource in resources { resource.addRoutes(to: &routes) }

    return Application(
        router: makeRouter(routes, backend),
        // A keep-alive connection that says nothing for this long is closed.
        server: .http1(configuration: .init(idleTimeout: .seconds(75))),
        configuration: ApplicationConfiguration(
            address: .hostname(backend.configuration.host, port: backend.configuration.port), backlog: 1024),
        services: backend.services, logger: logger)
}

/// A router of these routes, with what every request goes through.
func makeRouter(_ routes: RouteTable, _ backend: Backend) -> Router<IngressContext> {
    let router = Router(context: IngressContext.self)
    router.add(middleware: Observation(meters: backend.meters))
    router.add(middleware: ErrorAnswers(routes: routes))
    let authentication = Authentication(tokens: backend.tokens)
    for route in routes.routes {
        let group = route.needsToken ? router.group().add(middleware: authentication) : router.group()
        group.on(RouterPath(route.path), method: route.method, use: route.handler)
    }
    return router
}

/// A group of routes in a file of its own.
protocol Resources: Sendable {
    func addRoutes(to routes: inout RouteTable)
}
