// The port of a fleet process for whoever watches it: its figures, whether it lives, and whether its lanes can work.

import BrokerAdmin
import Hummingbird
import Ledger
import Logging
import NIOCore
import Payouts
import ServiceLifecycle
import Telemetry
import TopUps
import Wire

/// `/metrics`, `/healthz`, `/readyz`, on an address of its own.
struct ObservationService: Service {
    /// What readiness depends on, each with the name that an answer shows when it is missing.
    struct Parts: Sendable {
        let lanes: HeldLanes
        let topology: TopologyHealth
        let partitions: PartitionsService
        let topUps: TopUpsWorker
        let payouts: PayoutsWorker
    }

    private let parts: Parts
    private let instruments: Instruments
    private let address: ObservationAddress?
    private let logger: Logger

    init(_ parts: Parts, _ configuration: FleetConfiguration, logger: Logger) {
        self.parts = parts
        instruments = configuration.instruments
        address = configuration.observation
        self.logger = logger
    }

    /// Answers until graceful shutdown. Without an address it only waits for that.
    func run() async throws {
        guard let address else { return try await gracefulShutdown() }
        let router = Router()
        router.get("metrics") { [instruments] _, _ in
            Response(
                status: .ok, headers: [.contentType: PrometheusRegistry.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: instruments.render())))
        }
        router.get("healthz") { _, _ in Self.answer(.ok, status: "alive") }
        router.get("readyz") { [parts] _, _ in
            let missing = await Self.missing(parts)
            return Self.answer(
                missing.isEmpty ? .ok : .serviceUnavailable, status: missing.isEmpty ? "ready" : "not ready"
            ) { json in
                json.array("missing") { json in for name in missing { json.value(.string(name)) } }
                let findings = parts.topology.kinds
                if !findings.isEmpty {
                    json.array("findings") { json in for kind in findings { json.value(.string(kind)) } }
                }
                let halted = parts.lanes.halted
                if !halted.isEmpty {
                    json.array("halted_lanes") { json in for lane in halted { json.value(Int64(lane)) } }
                }
            }
        }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "wallet-fleet"), logger: logger)
        // Inside a service group its signals are the group's; the application takes part as any service does.
        try await application.run()
    }

    /// Every part that is needed and not there.
    private static func missing(_ parts: Parts) async -> [String] {
        var missing: [String] = []
        if !parts.lanes.isReady { missing.append("lanes") }
        if !parts.topology.isSound { missing.append("topology") }
        switch await parts.partitions.monthsAhead() {
        case nil: missing.append("database")
        case let months? where months < Schema.monthsAheadMin: missing.append("partitions")
        default: break
        }
        if !parts.topUps.isConnected { missing.append("topups") }
        if !parts.payouts.isConnected { missing.append("payouts") }
        return missing
    }

    private static func answer(
        _ code: HTTPResponse.Status, status: String, also: (inout JSONWriter) -> Void = { _ in }
    ) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("success", code == .ok)
        json.object("data") { json in
            json.member("status", status)
            also(&json)
        }
        json.endObject()
        return Response(
            status: code, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}

/// Where the port is.
struct ObservationAddress: Sendable, Equatable {
    let host: String
    let port: Int
}
