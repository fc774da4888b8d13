// How every command is taken: read, checked, remembered, signed, published, and confirmed before it is answered.

import AMQP
import Crypto
import Domain
import Hummingbird
import Ledger
import NIOCore
import Polling
import Telemetry
import Topology
import Wire

/// A request for a command that is well-formed.
struct Draft: Sendable {
    let identity: Identity
    let key: String
    let id: CommandID
    let content: CommandContent
    let request: Domain.Request
    let trace: TraceContext
}

/// Takes commands for the lanes. Needs the broker; does without Redis and PostgreSQL.
struct Acceptance: Sendable {
    private let backend: Backend
    private let statusPath: String

    /// - Parameter statusPath: below which the state of what is accepted can be asked for.
    init(_ backend: Backend, statusPath: String = "/api/v1/commands") {
        self.backend = backend
        self.statusPath = statusPath
    }

    var now: Timestamp { backend.clock() }

    // MARK: - Reading

    /// Reads a request in the order of the checks: who, may they, what kind of body, how large, the key, the fields.
    ///
    /// - Parameters:
    ///   - role: whose people need no grant of a user's.
    ///   - target: what the path holds, as `CommandContent.target`.
    ///   - standIn: stands in for what is looked up later; content is read by the same parser as in a lane.
    func read(
        _ request: Hummingbird.Request, _ context: IngressContext, _ type: CommandType,
        needing permission: Permissions, or role: OperatorRole? = nil, target: String = "",
        standIn: (CommandContent) throws(FieldError) -> Resolved = { _ in Resolved() }
    ) async throws -> Draft {
        let identity = try context.identity(granted: permission, or: role)
        // What removes something says all of it in its path.
        let body = request.method == .delete ? Array("{}".utf8) : try await request.jsonBody()
        let key = try Self.key(request)
        let content = CommandContent(type: type.name, target: target, body: body)
        let id = CommandID(client: identity.client, subject: identity.subject, key: key)
        let parsed: Domain.Request
        do {
            parsed = try content.request(id: id, user: identity.user, resolved: standIn(content))
        } catch {
            throw APIError(error)
        }
        return Draft(
            identity: identity, key: key, id: id, content: content, request: parsed, trace: context.trace)
    }

    /// The caller's idempotency key.
    static func key(_ request: Hummingbird.Request) throws(APIError) -> String {
        guard let key = request.headers[.idempotencyKey] else { throw APIError(.idempotencyKeyMissing) }
        guard CommandEnvelope.isValidKey(key) else { throw APIError(.idempotencyKeyInvalid) }
        return key
    }

    // MARK: - Submitting

    /// Publishes a draft and answers 202 once the broker has confirmed it.
    ///
    /// - Parameter also: writes what else the answer tells of the command.
    /// - Throws: `KEY_REUSED` with the field; `UNKNOWN_OUTCOME` without a confirm, with the id to ask for.
    func submit(
        _ draft: Draft, resolved: Resolved = Resolved(), also: (inout JSONWriter) -> Void = { _ in }
    ) async throws(APIError) -> Response {
        let digest = Array(draft.content.digest)
        let acceptedAt = try await acceptedAt(draft, digest)
        var envelope = CommandEnvelope(
            content: draft.content, publisher: backend.configuration.signingKey.publisher,
            client: draft.identity.client, subject: draft.identity.subject, permissions: draft.identity.granted,
            resolved: resolved, key: draft.key, acceptedAt: acceptedAt,
            notAfter: acceptedAt.adding(seconds: backend.configuration.commandLifetimeSeconds),
            traceparent: draft.trace.description)
        envelope.sign(with: backend.configuration.signingKey)
        guard let slot = Slots.slot(of: draft.request) else {
            throw APIError(.internalError, cause: "a command without a slot")
        }
        let start = monotonicNanoseconds()
        let outcome = await backend.publisher.publish(
            AMQPMessage(envelope, seconds: UInt64(max(0, acceptedAt.microseconds)) / 1_000_000),
            exchange: Names.commands, routingKey: Slots.routingKey(slot), mandatory: true)
        backend.meters.published(outcome, since: start)

        let receipt = Receipt(command: draft.id, acceptedAt: acceptedAt, contentDigest: digest)
            .text(caller: draft.identity.subject, key: backend.configuration.receiptKey)
        let statusURL = "\(statusPath)/\(draft.id)?receipt=\(receipt)"
        guard outcome == .confirmed else { throw Self.unknown(draft, statusURL, outcome) }
        return .success(.accepted) { json in
            json.member("command_id", draft.id)
            json.member("status", "accepted")
            json.member("status_url", statusURL)
            also(&json)
        }
    }

    private static func unknown(_ draft: Draft, _ statusURL: String, _ outcome: PublishOutcome) -> APIError {
        var error = APIError(
            .unknownOutcome,
            details: [
                .init("command_id", .string(draft.id.description)), .init("status_url", .string(statusURL)),
            ], cause: outcome.cause)
        error.headers[.retryAfter] = "1"
        error.command = draft.id
        return error
    }

    /// The time at which a repeat was accepted first, otherwise now: so that repeats get the same answer.
    ///
    /// A repeat is published again all the same, because the first may never have been confirmed.
    /// - Throws: `KEY_REUSED` when the key stands for other content.
    private func acceptedAt(_ draft: Draft, _ digest: [UInt8]) async throws(APIError) -> Timestamp {
        let now = now
        let hint = Hint(acceptedAt: now, subject: draft.identity.subject, content: draft.content, digest: digest)
        guard let earlier = await backend.hints.leave(hint, for: draft.id) else { return now }
        if earlier.digest == digest { return earlier.acceptedAt }
        // The hint may be of a request that never reached a lane: what was decided counts more.
        if backend.reader.isAvailable, let decided = try? await backend.reader.command(draft.id, seenBy: nil) {
            guard let field = draft.content.differingField(from: decided.content) else { return decided.acceptedAt }
            throw APIError(.outcome(.keyReused), field: field)
        }
        throw APIError(
            .outcome(.keyReused), field: earlier.content.flatMap { draft.content.differingField(from: $0) })
    }

    /// Whether the same content was accepted before under the draft's key: then it is not judged by what changed since.
    func isRepeat(_ draft: Draft) async -> Bool {
        let digest = Array(draft.content.digest)
        if let hint = await backend.hints.hint(for: draft.id) { return hint.digest == digest }
        guard backend.reader.isAvailable else { return false }
        return (try? await backend.reader.command(draft.id, seenBy: nil))??.contentDigest == digest
    }
}

extension PublishOutcome {
    /// What became of it, for the log.
    var cause: String {
        switch self {
        case .confirmed: "confirmed"
        case .returned(let code, _): "no queue took it, \(code)"
        case .refused: "the broker refused it"
        case .unknown(let reason): "\(reason)"
        }
    }
}

extension APIError {
    /// The parser gave a request of another type than it was asked for: a mistake of ours.
    static let anotherRequest = APIError(.internalError, cause: "a body was read as another type")
}

extension Hummingbird.Request {
    /// The body of a request whose kind and size are right.
    ///
    /// - Throws: `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_LARGE` before more than that was taken into memory.
    func jsonBody() async throws -> [UInt8] {
        let type = headers[.contentType]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == "application/json" else { throw APIError(.unsupportedMediaType) }
        if let length = headers[.contentLength].flatMap(Int.init), length > BodyLimits.bodyBytesMax {
            throw APIError(.bodyTooLarge)
        }
        do {
            return Array(try await body.collect(upTo: BodyLimits.bodyBytesMax).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIError(.bodyTooLarge)
        }
    }
}
