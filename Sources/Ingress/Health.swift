// Whether the process lives, whether it can take commands, and its figures.

import AMQP
import BrokerAdmin
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

    /// Accepting needs the broker, and that it is as it has to be; the rest is shown because answers are poorer without it.
    @Sendable private func ready(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let findings = backend.topology.health.kinds
        let parts: [(name: String, isThere: Bool)] = [
            ("broker", backend.publisher.isConnected && !backend.publisher.isBlocked), ("topology", findings.isEmpty),
            ("events", backend.feed.isConsuming), ("database", backend.reader.isAvailable),
            ("redis", backend.redis.isConnected),
        ]
        let missing = parts.filter { !$0.isThere }.map { JSON.string($0.name) }
        guard parts[0].isThere, parts[1].isThere else {
            var details: [JSON.Member] = [.init("missing", .array(missing))]
            if !findings.isEmpty { details.append(.init("findings", .array(findings.map { .string($0) }))) }
            throw APIError(.unavailable, details: details)
        }
        return .success { json in
            json.member("status", "ready")
            json.array("missing") { json in
                for name in missing { json.value(name) }
            }
        }
    }
}
