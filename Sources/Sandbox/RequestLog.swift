// What the sandbox was asked, one line a request: with the trace, so that a command can be followed to the outside.

import HTTPTypes
import Hummingbird
import Logging
import Telemetry

/// Logs each answered request by its route, never by its content.
struct RequestLog<Context: RequestContext>: RouterMiddleware {
    let logger: Logger

    @concurrent func handle(
        _ request: Request, context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        let header = HTTPField.Name("traceparent").flatMap { request.headers[$0] }
        logger.info(
            "asked",
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(context.endpointPath ?? "none")",
                "status": "\(response.status.code)",
                "trace": "\(header.flatMap { TraceContext(traceparent: $0) }?.traceID ?? "none")",
            ])
        return response
    }
}
