// How the stand-ins answer: JSON, and every error in one form.

import Domain
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// An error as the stand-ins report it: `{"error":{"code":"MALFORMED","field":"amount"}}`.
struct Refused: Error {
    let status: HTTPResponse.Status
    let code: String
    let field: String?

    init(_ status: HTTPResponse.Status, _ code: String, field: String? = nil) {
        self.status = status
        self.code = code
        self.field = field
    }

    init(_ error: FieldError) {
        self.init(.badRequest, error.code.name, field: error.field)
    }
}

extension Response {
    static func json(_ status: HTTPResponse.Status, _ members: (inout JSONWriter) -> Void) -> Response {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }

    fileprivate init(_ error: Refused) {
        self = .json(error.status) { json in
            json.object("error") { json in
                json.member("code", error.code)
                if let field = error.field { json.member("field", field) }
            }
        }
    }
}

/// Turns every error into an answer. What is nobody's fault outside goes up, and becomes a 500.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    @concurrent func handle(
        _ request: Request, context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as Refused {
            return Response(error)
        } catch let error as FieldError {
            return Response(Refused(error))
        } catch let error as any HTTPResponseError {
            return Response(Refused(error.status, Self.code(of: error.status)))
        }
    }

    private static func code(of status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "NOT_FOUND"
        case .methodNotAllowed: "METHOD_NOT_ALLOWED"
        case .contentTooLarge: "BODY_TOO_LARGE"
        default: "HTTP_\(status.code)"
        }
    }
}

extension Request {
    static let bodyBytesMax = 64 * 1024

    /// The body's fields, which must be a JSON object's.
    func fields() async throws -> FieldReader {
        let buffer = try await body.collect(upTo: Self.bodyBytesMax)
        return try FieldReader(body: Array(buffer.readableBytesView))
    }

    /// The `Idempotency-Key` header: 1 to 128 visible ASCII characters.
    func idempotencyKey() throws -> String {
        let name = "idempotency-key"
        guard let field = HTTPField.Name(name), let key = headers[field] else {
            throw Refused(.badRequest, "IDEMPOTENCY_KEY_MISSING", field: name)
        }
        guard CommandEnvelope.isValidKey(key) else {
            throw Refused(.badRequest, "IDEMPOTENCY_KEY_INVALID", field: name)
        }
        return key
    }
}
