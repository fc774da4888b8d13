// The one place where a request gets its id and where errors become answers.

import Domain
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Telemetry
import Wire

/// Gives every request an id and every error the same form.
struct ErrorAnswers: RouterMiddleware {
    static let requestIDBytesMax = 128

    let routes: RouteTable

    func handle(
        _ request: Hummingbird.Request, context: IngressContext,
        next: @concurrent (Hummingbird.Request, IngressContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.requestID(request)
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(apiError(error, request, context), context)
        }
        response.headers[.requestID] = context.requestID
        return response
    }

    /// The client's id if it can be printed safely, otherwise a new one.
    static func requestID(_ request: Hummingbird.Request) -> String {
        if let given = request.headers[.requestID], 1...requestIDBytesMax ~= given.utf8.count,
            given.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        {
            return given
        }
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Hummingbird's errors carry statuses only; anything else unknown is a mistake of ours.
    private func apiError(_ error: any Error, _ request: Hummingbird.Request, _ context: IngressContext) -> APIError {
        if let error = error as? APIError { return error }
        guard let status = (error as? any HTTPResponseError)?.status else {
            return APIError(.internalError, cause: "\(type(of: error))")
        }
        switch status {
        case .notFound:
            let methods = routes.methods(of: request.uri.path)
            if methods.isEmpty { return APIError(.notFound) }
            var error = APIError(.methodNotAllowed)
            error.headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
            return error
        case .contentTooLarge: return APIError(.bodyTooLarge)
        case .unsupportedMediaType: return APIError(.unsupportedMediaType)
        case .unauthorized: return APIError(.unauthenticated)
        case .serviceUnavailable: return APIError(.unavailable)
        default:
            if status.code < 500 { return APIError(.outcome(.malformed)) }
            return APIError(.internalError, cause: "status \(status.code)")
        }
    }

    private func answer(_ error: APIError, _ context: IngressContext) -> Response {
        if let cause = error.cause {
            var metadata: Logger.Metadata = [
                "request_id": "\(context.requestID)", "trace": "\(context.trace.traceID)",
                "route": "\(context.endpointPath ?? "none")", "code": "\(error.code.name)", "cause": "\(cause)",
            ]
            if let command = error.command { metadata["command"] = "\(command)" }
            context.logger.error("a request was not answered as asked", metadata: metadata)
        }
        var details = JSONWriter()
        details.value(.object(error.details))
        var json = JSONWriter()
        json.beginObject()
        json.member("success", false)
        json.object("error") { json in
            json.member("code", error.code.name)
            json.member("message", error.code.meaning)
            json.member("details", json: details.bytes)
        }
        json.member("request_id", context.requestID)
        json.endObject()
        var headers = error.headers
        headers[.contentType] = "application/json"
        if error.code == .ingress(.unauthenticated) { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: error.code.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}

extension HTTPField.Name {
    // Each is a valid token (RFC 9110 §5.6.2), so the names exist.
    static let requestID = HTTPField.Name("x-request-id")!
    static let idempotencyKey = HTTPField.Name("idempotency-key")!
    static let traceparent = HTTPField.Name("traceparent")!
}
