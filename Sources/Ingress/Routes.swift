// The routes as data: what the router is built from, and what tells a wrong method from a wrong path.

import Hummingbird

/// Every route of the API.
struct RouteTable: Sendable {
    typealias Handler = @Sendable (Request, IngressContext) async throws -> Response

    struct Route: Sendable {
        let method: HTTPRequest.Method
        /// `/api/v1/wallets/{id}`
        let path: String
        let needsToken: Bool
        let handler: Handler
    }

    private(set) var routes: [Route] = []
    /// Put before each path that is added.
    var prefix = ""
    var needsToken = false

    mutating func get(_ path: String, _ handler: @escaping Handler) { add(.get, path, handler) }
    mutating func delete(_ path: String, _ handler: @escaping Handler) { add(.delete, path, handler) }
    mutating func post(_ path: String, _ handler: @escaping Handler) { add(.post, path, handler) }

    private mutating func add(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        routes.append(Route(method: method, path: prefix + path, needsToken: needsToken, handler: handler))
    }

    /// The methods that a path has; empty when there is no such path.
    func methods(of path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/")
        return routes.filter { route in
            let pattern = route.path.split(separator: "/")
            return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }.map(\.method)
    }
}
