// What operators see of the workers and what they may do about them, written down with who did it.

public import Domain
public import Postgres

/// A worker as an operator sees it.
public struct WorkerView: Sendable {
    public let id: WorkerID
    public let host: String
    public let pid: Int32
    public let version: String
    public let startedAt: Timestamp
    /// Since its last heartbeat.
    public let heartbeatAgeMilliseconds: Int64
    public let state: WorkerReport.State
    /// What an operator wants of it, the whole fleet's pause included.
    public let wanted: WantedState
    public let isAlive: Bool
    public let lanes: [Int16]
    /// Outcomes that its lanes decided and that are not yet known to be announced.
    public let unannounced: Int64
}

/// The workers and whether all of them are paused, those too that have yet to start.
public struct FleetView: Sendable {
    public var isPaused: Bool
    public var workers: [WorkerView]
}

/// An act of an operator on one worker or on all.
public struct FleetAct: Sendable, Equatable {
    public enum Verb: String, Sendable, CaseIterable {
        /// Take nothing from the lanes, and keep them.
        case pause
        case resume
        /// Give all lanes away and take none.
        case drain
        /// The same, and then the process ends.
        case end
    }

    public enum Result: String, Sendable {
        case done
        /// The same act under the same key was done before; nothing was done again.
        case repeated
        /// Another act was done under the key.
        case keyReused = "key_reused"
        case notFound = "not_found"
    }

    public let verb: Verb
    /// Nil for all of them.
    public let worker: WorkerID?

    public init(_ verb: Verb, worker: WorkerID?) {
        self.verb = verb
        self.worker = worker
    }
}

/// Reads and acts in the role `wallet_operator`.
public struct FleetDesk: Sendable {
    public static let sessionSettings: [(String, String)] = [("jit", "off")]

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// The workers in the order of joining; the dead are among them for ten minutes.
    public func fleet() async throws(PostgresError) -> FleetView {
        let rows = try await pool.query(Self.list)
        var view = FleetView(isPaused: try rows.bool(0, 11), workers: [])
        // The fleet has its row even when it has no worker.
        for row in 0..<rows.count where try !rows.isNull(row, 0) {
            let wanted = try rows.word(row, 7, as: WantedState.self)
            view.workers.append(
                WorkerView(
                    id: try rows.identifier(row, 0, of: WorkerKind.self), host: try rows.text(row, 1),
                    pid: try rows.int4(row, 2), version: try rows.text(row, 3), startedAt: try rows.time(row, 4),
                    heartbeatAgeMilliseconds: try rows.int8(row, 5),
                    state: try rows.word(row, 6, as: WorkerReport.State.self),
                    wanted: wanted == .running && view.isPaused ? .paused : wanted,
                    isAlive: try rows.bool(row, 8),
                    lanes: try rows.integerArray(row, 9).map { Int16(truncatingIfNeeded: $0) },
                    unannounced: try rows.int8(row, 10)))
        }
        return view
    }

    /// Does an act and writes it down, both or neither.
    ///
    /// - Parameters:
    ///   - key: the caller's idempotency key; one that was used before does nothing again.
    ///   - subject: of the operator's token; with the app through which it acts.
    public func carryOut(
        _ act: FleetAct, by subject: String, through client: String, key: String
    ) async throws(PostgresError) -> FleetAct.Result {
        var parameters = PostgresParameters()
        parameters.append(text: subject)
        parameters.append(text: client)
        parameters.append(text: key)
        parameters.append(text: act.verb.rawValue)
        parameters.append(uuid: act.worker?.uuid)
        return try await pool.query(Self.operate, parameters).word(0, 0, as: FleetAct.Result.self)
    }

    private static let list = PostgresStatement(name: "list_workers", sql: text(PackageResources.list_workers_sql))
    private static let operate = PostgresStatement(name: "operate", sql: text(PackageResources.operate_sql))
}
