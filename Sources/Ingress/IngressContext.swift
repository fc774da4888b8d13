// What travels with a request: its id, its trace, and who asks.

import Domain
import Hummingbird
import Logging
import Telemetry
import Wire

/// Who asks, from a token that was checked.
struct Identity: Sendable, Hashable {
    /// The app through which the user asks.
    let client: String
    let user: OwnerID
    let permissions: Permissions
    /// What an operator may do; a user has none.
    var roles: Set<OperatorRole> = []

    /// The user's id as it stands in the token.
    var subject: String { user.description }

    /// What a command is judged by: what the user granted the app, and the user's own roles.
    var granted: Permissions { roles.reduce(permissions) { $0.union($1.permission) } }
}

struct IngressContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Given by the client in `x-request-id` or made here; in every answer.
    var requestID = ""
    /// The step of the request in its trace: the caller's child, or the first of a new one.
    var trace = TraceContext.generate()
    private(set) var identity: Identity?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    mutating func authenticate(_ identity: Identity) { self.identity = identity }

    /// Who asks, if the token grants what a route needs, or has a role that needs no grant.
    func identity(granted permission: Permissions, or role: OperatorRole? = nil) throws(APIError) -> Identity {
        guard let identity else { throw APIError(.unauthenticated) }
        if let role, identity.roles.contains(role) { return identity }
        guard identity.permissions.contains(permission) else {
            throw APIError(.outcome(.notPermitted), details: [.init("scope", .string(permission.header))])
        }
        return identity
    }

    /// The id in the path. One that is not of its form names nothing.
    func pathID<Kind>(_ kind: Kind.Type, else code: ErrorCode) throws(APIError) -> Identifier<Kind> {
        try pathID("id", kind, else: code)
    }

    func pathID<Kind>(_ name: String, _ kind: Kind.Type, else code: ErrorCode) throws(APIError) -> Identifier<Kind> {
        guard let id = parameters.get(name).flatMap({ Identifier<Kind>($0) }) else { throw APIError(code) }
        return id
    }
}

extension Hummingbird.Request {
    /// A query parameter that is a whole number in a range.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = uri.queryParameters[Substring(name)] else { return nil }
        guard let number = Int(text), range.contains(number) else { throw APIError(.outcome(.malformed), field: name) }
        return number
    }

    func text(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].map(String.init)
    }
}

/// `?page=` and `?limit=` of a list.
struct Page: Sendable {
    static let limitMax = 100
    static let pageMax = 10_000

    let number: Int
    let limit: Int

    init(_ request: Hummingbird.Request) throws(APIError) {
        number = try request.integer("page", in: 1...Self.pageMax) ?? 1
        limit = try request.integer("limit", in: 1...Self.limitMax) ?? 50
    }

    var offset: Int64 { Int64((number - 1) * limit) }
}
