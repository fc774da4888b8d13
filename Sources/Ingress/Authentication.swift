// The middleware that lets nobody past without a token.

import HTTPTypes
import Hummingbird

/// Finds out who asks; whether they may is for the route.
struct Authentication: RouterMiddleware {
    let tokens: TokenChecker

    func handle(
        _ request: Request, context: IngressContext,
        next: @concurrent (Request, IngressContext) async throws -> Response
    ) async throws -> Response {
        guard let header = request.headers[.authorization], let space = header.firstIndex(of: " "),
            header[..<space].lowercased() == "bearer"
        else { throw APIError(.unauthenticated) }
        var context = context
        context.authenticate(try await tokens.identity(ofToken: String(header[header.index(after: space)...])))
        return try await next(request, context)
    }
}
