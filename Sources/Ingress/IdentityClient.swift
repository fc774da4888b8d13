// What the ingress asks `identity`: its public keys, and how well a person is verified.

import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import Telemetry
import Wire

/// A client of `identity`, which answers within two seconds or counts as away.
struct IdentityClient: Sendable {
    static let timeout = TimeAmount.seconds(2)
    static let answerBytesMax = 256 * 1024

    /// `identity` is away, or answered something that cannot be read.
    struct Unavailable: Error {
        let cause: String
    }

    let baseURL: String
    let keySetURL: String

    /// The key set as it was sent.
    func keySet() async throws(Unavailable) -> [UInt8] {
        guard let body = try await get(keySetURL) else { throw Unavailable(cause: "no key set") }
        return body
    }

    /// How well a person is verified: level 0 for whom nobody knows.
    ///
    /// - Parameter trace: the step that asks.
    func verification(of user: OwnerID, trace: TraceContext) async throws(Unavailable) -> Verification {
        guard let body = try await get("\(baseURL)/users/\(user)", trace) else {
            let never = Timestamp(microseconds: 0)
            return Verification(level: 0, expiresAt: never, levelOneExpiresAt: never)
        }
        guard let json = try? JSON(parsing: body), let level = json["kyc_level"]?.integer, 0...3 ~= level,
            let verifiedAt = json["verified_at"]?.text.flatMap(Timestamp.init(rfc3339:)),
            let levelOneVerifiedAt = json["level_1_verified_at"]?.text.flatMap(Timestamp.init(rfc3339:))
        else { throw Unavailable(cause: "an answer that cannot be read") }
        return Verification(level: Int16(level), verifiedAt: verifiedAt, levelOneVerifiedAt: levelOneVerifiedAt)
    }

    /// The body of a 200; nil for a 404.
    private func get(_ url: String, _ trace: TraceContext? = nil) async throws(Unavailable) -> [UInt8]? {
        do {
            var request = HTTPClientRequest(url: url)
            if let trace { request.headers.add(name: "traceparent", value: trace.description) }
            let response = try await HTTPClient.shared.execute(request, timeout: Self.timeout)
            if response.status == .notFound { return nil }
            guard response.status == .ok else { throw Unavailable(cause: "status \(response.status.code)") }
            return Array(try await response.body.collect(upTo: Self.answerBytesMax).readableBytesView)
        } catch let error as Unavailable {
            throw error
        } catch {
            throw Unavailable(cause: "\(type(of: error))")
        }
    }
}
