// Asking an outside service over HTTP: every answer, and every way of not answering, becomes an `Answer`.

import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Polling
import Telemetry
import Wire

/// One outside service: POST with an `Idempotency-Key` creates, GET by that key looks.
struct OutsideService: Sendable {
    let client: HTTPClient
    /// Without a slash at its end.
    let baseURL: String
    let requestSecondsMax: Int64
    let logger: Logger
    let meters: OutsideMeters

    static let answerBytesMax = 64 * 1024

    /// - Parameter trace: the step that asks; the service is told to go on from it (W3C Trace Context).
    func create(_ inquiry: Inquiry, trace: TraceContext?) async throws(CancellationError) -> Answer {
        var request = HTTPClientRequest(url: "\(baseURL)/\(inquiry.path)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "idempotency-key", value: inquiry.idempotencyKey)
        request.body = .bytes(inquiry.body)
        let answer = try await answer(request, inquiry, trace)
        // There is nobody where there should be: that is no word about what was asked.
        return answer == .refused(404) ? .silence : answer
    }

    func look(_ inquiry: Inquiry, trace: TraceContext?) async throws(CancellationError) -> Answer {
        var request = HTTPClientRequest(url: "\(baseURL)/\(inquiry.path)/\(inquiry.idempotencyKey)")
        request.method = .GET
        let answer = try await answer(request, inquiry, trace)
        return answer == .refused(404) ? .unknownKey : answer
    }

    /// - Throws: only when this task is being ended; what became of the request is then unknown.
    private func answer(
        _ request: HTTPClientRequest, _ inquiry: Inquiry, _ trace: TraceContext?
    ) async throws(CancellationError) -> Answer {
        var request = request
        if let trace { request.headers.add(name: "traceparent", value: trace.description) }
        let start = monotonicNanoseconds()
        let answer = try await execute(request, inquiry, trace)
        meters.asked(answer, since: start)
        return answer
    }

    private func execute(
        _ request: HTTPClientRequest, _ inquiry: Inquiry, _ trace: TraceContext?
    ) async throws(CancellationError) -> Answer {
        do {
            let deadline = NIODeadline.now() + .seconds(requestSecondsMax)
            let response = try await client.execute(request, deadline: deadline)
            let body = try await response.body.collect(upTo: Self.answerBytesMax)
            return Self.answer(status: Int(response.status.code), body: Array(body.readableBytesView))
        } catch {
            if Task.isCancelled { throw CancellationError() }
            logger.info(
                "an outside service did not answer",
                metadata: [
                    "reason": "\(Self.kind(of: error))", "command": "\(inquiry.idempotencyKey)",
                    "trace": "\(trace?.traceID ?? "none")",
                ])
            return .silence
        }
    }

    static func answer(status: Int, body: [UInt8]) -> Answer {
        switch status {
        case 200..<300:
            guard let word = (try? JSON(parsing: body))?["status"]?.text else { return .silence }
            return .status(word)
        // Not let in, too slow, being worked on, too early, too many: each of them passes.
        case 401, 403, 407, 408, 409, 425, 429: return .silence
        case 400..<500: return .refused(status)
        default: return .silence
        }
    }

    /// What failed, without addresses.
    private static func kind(of error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? "\(type(of: error))"
    }
}
