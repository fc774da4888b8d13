// What can be wrong with a request, each with one code, status and sentence.

import Domain
import Hummingbird
import Wire

/// The codes that only the ingress gives; those that a lane can give too are in `OutcomeCode.table`.
enum IngressCode: String, CaseIterable, Sendable {
    case unauthenticated = "UNAUTHENTICATED"
    case notFound = "NOT_FOUND"
    case commandNotFound = "COMMAND_NOT_FOUND"
    case transactionNotFound = "TRANSACTION_NOT_FOUND"
    case workerNotFound = "WORKER_NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case bodyTooLarge = "BODY_TOO_LARGE"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case idempotencyKeyMissing = "IDEMPOTENCY_KEY_MISSING"
    case idempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID"
    case badWebhookSignature = "BAD_WEBHOOK_SIGNATURE"
    case staleTimestamp = "STALE_TIMESTAMP"
    case tooManyLookups = "TOO_MANY_LOOKUPS"
    case unknownOutcome = "UNKNOWN_OUTCOME"
    case unavailable = "UNAVAILABLE"
    case internalError = "INTERNAL"
}

extension IngressCode {
    /// One line of the table.
    struct Rule: Sendable {
        let code: IngressCode
        let status: Int
        let meaning: String
    }

    static let table: [Rule] = [
        Rule(code: .unauthenticated, status: 401, meaning: "The bearer token is missing, expired or not one of ours."),
        Rule(code: .notFound, status: 404, meaning: "There is nothing at this path."),
        Rule(code: .commandNotFound, status: 404, meaning: "The caller has no command with this id."),
        Rule(code: .transactionNotFound, status: 404, meaning: "The caller has no transaction with this id."),
        Rule(code: .workerNotFound, status: 404, meaning: "There is no worker with this id."),
        Rule(code: .methodNotAllowed, status: 405, meaning: "The path does not have this method."),
        Rule(code: .bodyTooLarge, status: 413, meaning: "A body has up to 262144 bytes."),
        Rule(code: .unsupportedMediaType, status: 415, meaning: "A body is application/json."),
        Rule(code: .idempotencyKeyMissing, status: 400, meaning: "The header Idempotency-Key is missing."),
        Rule(code: .idempotencyKeyInvalid, status: 400, meaning: "An Idempotency-Key is 1 to 128 visible ASCII."),
        Rule(
            code: .badWebhookSignature, status: 401,
            meaning: "The webhook's headers are not those of Standard Webhooks, or no signature fits."),
        Rule(
            code: .staleTimestamp, status: 401,
            meaning: "The webhook was signed more than 300 seconds from now, before or after."),
        Rule(
            code: .tooManyLookups, status: 429,
            meaning: "Too many payees were looked up by phone, e-mail or user name. Wait, or name their wallets."),
        Rule(
            code: .unknownOutcome, status: 503,
            meaning: "Whether the command was taken is unknown: send it again with the same key, or ask."),
        Rule(code: .unavailable, status: 503, meaning: "Something this answer needs is away. Try again."),
        Rule(code: .internalError, status: 500, meaning: "The service made a mistake; the request id finds it."),
    ]

    private static let rules: [IngressCode: Rule] = Dictionary(uniqueKeysWithValues: table.map { ($0.code, $0) })

    /// The code's line. A test holds that every code has one.
    var rule: Rule {
        guard let rule = Self.rules[self] else { preconditionFailure("\(self) is missing in IngressCode.table") }
        return rule
    }
}

/// A code of either table.
enum ErrorCode: Hashable, Sendable {
    case outcome(OutcomeCode)
    case ingress(IngressCode)

    var name: String {
        switch self {
        case .outcome(let code): code.name
        case .ingress(let code): code.rawValue
        }
    }

    var status: HTTPResponse.Status {
        switch self {
        case .outcome(let code): HTTPResponse.Status(code: code.rule.httpStatus)
        case .ingress(let code): HTTPResponse.Status(code: code.rule.status)
        }
    }

    var meaning: String {
        switch self {
        case .outcome(let code): code.rule.meaning
        case .ingress(let code): code.rule.meaning
        }
    }
}

/// A request that is refused, or that could not be answered.
struct APIError: Error, Sendable {
    let code: ErrorCode
    var details: [JSON.Member]
    var headers: HTTPFields = [:]
    /// What happened inside, for the log and never for the answer.
    var cause: String?
    /// The command that it is about, for the log.
    var command: CommandID?

    init(_ code: ErrorCode, details: [JSON.Member] = [], cause: String? = nil) {
        self.code = code
        self.details = details
        self.cause = cause
    }

    init(_ code: IngressCode, details: [JSON.Member] = [], cause: String? = nil) {
        self.init(.ingress(code), details: details, cause: cause)
    }

    /// - Parameter field: nil when no field can be named, which is said too.
    init(_ code: ErrorCode, field: String?) {
        self.init(code, details: [.init("field", field.map { .string($0) } ?? .null)])
    }

    init(_ error: FieldError) {
        self.init(.outcome(error.code), field: error.field)
    }

    /// Something the answer needs is away.
    static func unavailable(_ what: String, cause: String? = nil) -> APIError {
        var error = APIError(.unavailable, details: [.init("missing", .array([.string(what)]))], cause: cause)
        error.headers[.retryAfter] = "1"
        return error
    }
}
