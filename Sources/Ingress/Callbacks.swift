// What other services report of their own accord: believed by their signature, handed on to the worker whose matter it is.

import AMQP
import Domain
import HTTPTypes
import Hummingbird
import Ledger
import Polling
import Postgres
import Telemetry
import Topology
import Wire

/// `POST /callbacks/payments`, `POST /callbacks/payouts`, `POST /callbacks/identity`
///
/// No token is asked for: a callback is signed as Standard Webhooks says. Nothing about money is kept here, and a repeat
/// needs no memory: it leads to the same command. See docs/decisions/0017-callbacks-go-to-the-worker.md.
struct Callbacks: Resources {
    let backend: Backend

    init(_ backend: Backend) { self.backend = backend }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/callbacks/payments") { try await take($0, $1, .payment) }
        routes.post("/callbacks/payouts") { try await take($0, $1, .bank) }
        routes.post("/callbacks/identity") { request, _ in try await hear(request) }
    }

    /// Signature first, then the form, then what the ledger knows; 202 once the broker has the worker's message.
    private func take(
        _ request: Hummingbird.Request, _ context: IngressContext, _ sender: CallbackSender
    ) async throws -> Response {
        let message = try await signedMessage(request, backend.configuration.webhookSecrets(of: sender))
        if let (callback, queue) = try await meaning(message, sender) {
            try await handOn(callback, message, sender, to: queue, context)
        }
        return .success(.accepted) { json in
            json.member("webhook_id", message.id)
            json.member("status", "accepted")
        }
    }

    /// What the ledger lets a report mean, and whose matter it is.
    private func meaning(
        _ message: WebhookMessage, _ sender: CallbackSender
    ) async throws(APIError) -> (Callback, queue: String)? {
        if sender == .bank {
            let line: LineReport?
            do throws(FieldError) { line = try LineReport(message.body) } catch { throw APIError(error) }
            if let line {
                let topUp = try await ask { reader throws(PostgresError) in
                    guard let reference = line.reference else { return nil }
                    return try await reader.movement(reference)
                }
                return (line.callback(of: topUp), Names.payments)
            }
        }
        let report: ServiceReport
        do throws(FieldError) { report = try ServiceReport(message.body, from: sender) } catch { throw APIError(error) }
        let movement = try await ask { reader throws(PostgresError) in try await reader.movement(report.key) }
        return try report.callback(of: movement).map { ($0, sender.queue) }
    }

    /// The request as it was signed.
    ///
    /// - Throws: `BAD_WEBHOOK_SIGNATURE` with the header to blame, if it is one; `STALE_TIMESTAMP`.
    func signedMessage(
        _ request: Hummingbird.Request, _ secrets: WebhookSecrets
    ) async throws -> WebhookMessage {
        let body = try await request.jsonBody()
        let id = try Self.header(.webhookID, of: request)
        let timestamp = try Self.header(.webhookTimestamp, of: request)
        let signatures = try Self.header(.webhookSignature, of: request)
        let message = WebhookMessage(id: id, timestamp: timestamp, body: body)
        do throws(WebhookRefusal) {
            try secrets.check(message, signatures: signatures, at: backend.clock())
        } catch {
            switch error {
            case .malformed(let header): throw Self.unsigned(header)
            // Worth a line in the log: a secret that is out of step, or somebody who tries.
            case .badSignature: throw APIError(.badWebhookSignature, cause: "no signature fits")
            case .staleTimestamp: throw APIError(.staleTimestamp, cause: "a webhook's timestamp is out of tolerance")
            }
        }
        return message
    }

    private static func header(_ name: HTTPField.Name, of request: Hummingbird.Request) throws(APIError) -> String {
        guard let value = request.headers[name] else { throw unsigned(name.canonicalName) }
        return value
    }

    private static func unsigned(_ header: String) -> APIError {
        APIError(.badWebhookSignature, details: [.init("header", .string(header))])
    }

    /// The ledger decides what a callback can be about; without it nothing is taken, and the sender comes again.
    private func ask(
        _ question: (LedgerReader) async throws(PostgresError) -> Movement?
    ) async throws(APIError) -> Movement? {
        guard backend.reader.isAvailable else { throw .unavailable("database") }
        do {
            return try await question(backend.reader)
        } catch {
            throw .unavailable("database", cause: "\(error)")
        }
    }

    private func handOn(
        _ callback: Callback, _ message: WebhookMessage, _ sender: CallbackSender, to queue: String,
        _ context: IngressContext
    ) async throws(APIError) {
        let now = backend.clock()
        let key = backend.configuration.signingKey
        var envelope = CommandEnvelope(
            content: callback.content, publisher: key.publisher, client: key.publisher, subject: sender.rawValue,
            permissions: [], key: message.id, acceptedAt: now,
            notAfter: now.adding(seconds: backend.configuration.commandLifetimeSeconds),
            traceparent: context.trace.description)
        envelope.sign(with: key)
        let start = monotonicNanoseconds()
        let outcome = await backend.publisher.publish(
            AMQPMessage(envelope, seconds: UInt64(max(0, now.microseconds)) / 1_000_000), exchange: Names.work,
            routingKey: queue, mandatory: true)
        backend.meters.published(outcome, since: start)
        guard outcome == .confirmed else {
            var error = APIError(
                .unknownOutcome, details: [.init("webhook_id", .string(message.id))], cause: outcome.cause)
            error.headers[.retryAfter] = "1"
            throw error
        }
    }
}

extension CallbackSender {
    /// Of the worker that asks this service.
    var queue: String {
        switch self {
        case .payment: Names.payments
        case .bank: Names.payouts
        }
    }
}

extension HTTPField.Name {
    // Each is a valid token (RFC 9110 §5.6.2), so the names exist.
    static let webhookID = HTTPField.Name(WebhookSecrets.idHeader)!
    static let webhookTimestamp = HTTPField.Name(WebhookSecrets.timestampHeader)!
    static let webhookSignature = HTTPField.Name(WebhookSecrets.signatureHeader)!
}
