// Whether the process lives, whether it can take commands, and its figures.

import AMQP
import Hummingbird
import Ledger
import NIOCore
import Redis
import Telemetry
import Wire

/// `/healthz`, `/readyz`, `/metrics`
struct Health: Sendable {
    private let backend: Backend

    init(_ backend: Backend) { self.backend = backend }

    func addRoutes(to routes: inout RouteTable) {
        routes.get("/healthz") { _, _ in .success { $0.member("status", "alive") } }
        routes.get("/readyz", ready)
        routes.get("/metrics", metrics)
    }

    @Sendable private func metrics(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: PrometheusRegistry.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: backend.meters.instruments.render())))
    }

    /// Accepting needs the broker only; the rest is shown because answers are poorer without it.
    @Sendable private func ready(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let parts: [(name: String, isThere: Bool)] = [
            ("broker", backend.publisher.isConnected && !backend.publisher.isBlocked),
            ("events", backend.feed.isConsuming), ("database", backend.reader.isAvailable),
            ("redis", backend.redis.isConnected),
        ]
        let missing = parts.filter { !$0.isThere }.map { JSON.string($0.name) }
        guard parts[0].isThere else {
            throw APIError(.unavailable, details: [.init("missing", .array(missing))])
        }
        return .success { json in
            json.member("status", "ready")
            json.array("missing") { json in
                for name in missing { json.value(name) }
            }
        }
    }
}
