// The workers as operators see them, and what operators do about them.

import Domain
import Hummingbird
import Ledger
import Postgres
import Wire

/// `GET /workers`, `POST /workers/{id}/pause`, `/resume`, `/drain`, of the admin API
struct Workers: Resources {
    private let desk: FleetDesk

    init(_ desk: FleetDesk) { self.desk = desk }

    func addRoutes(to routes: inout RouteTable) {
        routes.get("/workers", list)
        routes.post("/workers/{id}/pause") { try await act(.pause, $0, $1) }
        routes.post("/workers/{id}/resume") { try await act(.resume, $0, $1) }
        routes.post("/workers/{id}/drain") { try await act(.drain, $0, $1) }
    }

    @Sendable private func list(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        _ = try context.identity(in: [.reader, .operator])
        let page = try Page(request)
        let fleet: FleetView
        do {
            fleet = try await desk.fleet()
        } catch {
            throw APIError(reading: error)
        }
        return .list { json in
            for worker in fleet.workers.dropFirst(Int(page.offset)).prefix(page.limit) { json.value(worker) }
        } page: { json in
            json.page(page)
            json.member("total", Int64(fleet.workers.count))
        } also: { json in
            json.object("fleet") { $0.member("paused", fleet.isPaused) }
        }
    }

    /// One act, checked in the order of every change: who, may they, the body, the key, the worker.
    private func act(
        _ verb: FleetAct.Verb, _ request: Hummingbird.Request, _ context: IngressContext
    ) async throws -> Response {
        let identity = try context.identity(in: [.operator])
        let body = try await request.jsonBody()
        let key = try Acceptance.key(request)
        let act = FleetAct(try verb.reading(body), worker: try worker(context, verb))
        let result: FleetAct.Result
        do {
            result = try await desk.carryOut(act, by: identity.subject, through: identity.client, key: key)
        } catch {
            throw APIError(reading: error)
        }
        switch result {
        case .done, .repeated:
            return .success { json in
                json.member("act", act.verb.rawValue)
                json.member("worker", act.worker?.description ?? "all")
                json.member("wanted", act.verb.wanted.rawValue)
                json.member("repeated", result == .repeated)
            }
        case .keyReused: throw APIError(.outcome(.keyReused), field: "worker")
        case .notFound: throw APIError(.workerNotFound)
        }
    }

    /// The worker of the path; nil for `all`, which cannot be drained: then nobody would be left.
    private func worker(_ context: IngressContext, _ verb: FleetAct.Verb) throws(APIError) -> WorkerID? {
        if verb != .drain, context.parameters.get("id") == "all" { return nil }
        return try context.pathID(WorkerKind.self, else: .ingress(.workerNotFound))
    }
}

extension FleetAct.Verb {
    /// What the body of an act adds to it: a drain may be for good.
    func reading(_ body: [UInt8]) throws(APIError) -> FleetAct.Verb {
        do throws(FieldError) {
            var fields = try FieldReader(body: body)
            var isForGood = false
            if self == .drain, let exit = fields.optional("exit") {
                guard case .bool(let value) = exit else { throw fields.malformed("exit") }
                isForGood = value
            }
            try fields.finish()
            return isForGood ? .end : self
        } catch {
            throw APIError(error)
        }
    }

    var wanted: WantedState {
        switch self {
        case .pause: .paused
        case .resume: .running
        case .drain: .drained
        case .end: .ended
        }
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ worker: WorkerView) {
        beginObject()
        member("id", worker.id)
        member("host", worker.host)
        member("pid", Int64(worker.pid))
        member("version", worker.version)
        member("state", worker.isAlive ? worker.state.rawValue : "dead")
        member("wanted", worker.wanted.rawValue)
        array("lanes") { json in
            for lane in worker.lanes { json.value(Int64(lane)) }
        }
        member("started_at", worker.startedAt)
        member("heartbeat_age_ms", worker.heartbeatAgeMilliseconds)
        member("lag", worker.unannounced)
        endObject()
    }
}
