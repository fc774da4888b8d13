// The outermost middleware: which trace a request belongs to, and how it went.

import Hummingbird
import Polling
import Telemetry

/// Gives every request its step in a trace, and records what became of it.
struct Observation: RouterMiddleware {
    let meters: IngressMeters

    func handle(
        _ request: Hummingbird.Request, context: IngressContext,
        next: @concurrent (Hummingbird.Request, IngressContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        // What cannot be read is as good as none (W3C Trace Context, section 4.3).
        if let caller = request.headers[.traceparent].flatMap(TraceContext.init(traceparent:)) {
            context.trace = caller.child()
        }
        let start = monotonicNanoseconds()
        meters.began()
        var status: HTTPResponse.Status?
        defer {
            meters.ended(route: context.endpointPath, method: request.method, status: status, since: start)
        }
        let response = try await next(request, context)
        status = response.status
        return response
    }
}
