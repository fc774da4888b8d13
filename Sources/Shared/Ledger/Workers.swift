// The worker processes and their leases on lanes, as the database knows them: what a worker tells and asks each second.

public import Domain
public import Postgres

public enum WorkerKind {}
/// A worker process, from its start to its end.
public typealias WorkerID = Identifier<WorkerKind>

/// What a worker is and does, by its own word.
public struct WorkerReport: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        case running
        /// Holds its lanes and takes nothing from them.
        case paused
        /// Ending: gives its lanes away.
        case draining
        /// Has given all its lanes away, as an operator wanted.
        case drained
    }

    public let id: WorkerID
    public let host: String
    public let pid: Int32
    public let version: String
    public var state: State

    public init(id: WorkerID, host: String, pid: Int32, version: String, state: State = .running) {
        self.id = id
        self.host = host
        self.pid = pid
        self.version = version
        self.state = state
    }
}

/// What an operator wants of a worker.
public enum WantedState: String, Sendable, CaseIterable {
    case running, paused, drained
    /// Drained, and then no longer there.
    case ended
}

/// The answer to a heartbeat.
public struct Heartbeat: Sendable {
    /// The server's process; another one is another session.
    public let session: Int32
    public let at: Timestamp
    public let wanted: WantedState
}

/// A worker as the others see it.
public struct FleetMember: Sendable, Hashable {
    public enum Standing: String, Sendable, CaseIterable {
        case running
        /// Keeps what it has and gets nothing.
        case paused
        /// Gives everything away.
        case leaving
    }

    public let id: WorkerID
    /// In the order of joining.
    public let number: Int64
    public let standing: Standing
    public let isAlive: Bool
    /// Whether it has been alive for so long that lanes may be moved to it.
    public let isSteady: Bool
    /// The lanes whose leases it has.
    public let lanes: [Int16]

    public init(
        id: WorkerID, number: Int64, standing: Standing, isAlive: Bool, isSteady: Bool, lanes: [Int16]
    ) {
        self.id = id
        self.number = number
        self.standing = standing
        self.isAlive = isAlive
        self.isSteady = isSteady
        self.lanes = lanes
    }
}

/// A lane and who was seen with it, nobody included.
public struct LeaseWish: Sendable, Hashable {
    public let lane: Int16
    public let holder: WorkerID?

    public init(lane: Int16, holder: WorkerID?) {
        self.lane = lane
        self.holder = holder
    }
}

/// The leases in the database. Every call is one statement, a transaction of its own: nobody who stops halfway holds a
/// lock.
public struct LeaseStore: Sendable {
    /// The statements are small, whatever the planner thinks of tables without statistics: compiling never pays.
    public static let sessionSettings: [(String, String)] = [("jit", "off")]

    private let pool: PostgresPool

    /// - Parameter pool: of one session, because a worker lives as long as its session does.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Says that the worker is alive. The first time makes it one of the fleet.
    public func beat(_ report: WorkerReport) async throws(PostgresError) -> Heartbeat {
        var parameters = PostgresParameters()
        parameters.append(uuid: report.id.uuid)
        parameters.append(text: report.host)
        parameters.append(int4: report.pid)
        parameters.append(text: report.version)
        parameters.append(text: report.state.rawValue)
        let rows = try await pool.query(Self.beatStatement, parameters)
        return Heartbeat(
            session: try rows.int4(0, 0), at: try rows.time(0, 1), wanted: try rows.word(0, 2, as: WantedState.self))
    }

    /// Makes a row for each lane that has none.
    public func makeLeases(laneCount: Int) async throws(PostgresError) {
        var parameters = PostgresParameters()
        parameters.append(int4: Int32(laneCount))
        _ = try await pool.query(Self.makeLeasesStatement, parameters)
    }

    /// The fleet with its leases, in the order of joining; the dead are among them for a while.
    ///
    /// - Parameter since: from when on the server is known to have been there for everybody; nil for as long as it
    ///   says itself.
    public func members(since: Timestamp?) async throws(PostgresError) -> [FleetMember] {
        var parameters = PostgresParameters()
        parameters.append(timestamptz: since?.microseconds)
        let rows = try await pool.query(Self.seeWorkersStatement, parameters)
        var members: [FleetMember] = []
        for row in 0..<rows.count {
            members.append(
                FleetMember(
                    id: try rows.identifier(row, 0, of: WorkerKind.self), number: try rows.int8(row, 1),
                    standing: try rows.word(row, 2, as: FleetMember.Standing.self),
                    isAlive: try rows.bool(row, 3), isSteady: try rows.bool(row, 4),
                    lanes: try rows.integerArray(row, 5).map { Int16(truncatingIfNeeded: $0) }))
        }
        return members
    }

    /// Takes the leases that are still held by whom they were seen with.
    ///
    /// - Returns: the lanes that were taken.
    public func take(_ wishes: [LeaseWish], for worker: WorkerID) async throws(PostgresError) -> [Int16] {
        var parameters = PostgresParameters()
        parameters.append(uuid: worker.uuid)
        parameters.appendInt2Array(wishes.map(\.lane))
        parameters.appendUUIDArray(wishes.map { $0.holder?.uuid ?? PostgresUUID(high: 0, low: 0) })
        let rows = try await pool.query(Self.takeLeasesStatement, parameters)
        var lanes: [Int16] = []
        for row in 0..<rows.count { lanes.append(try rows.int2(row, 0)) }
        return lanes
    }

    /// Gives leases back; those that the worker has not are left alone.
    public func release(_ lanes: [Int16], of worker: WorkerID) async throws(PostgresError) {
        var parameters = PostgresParameters()
        parameters.append(uuid: worker.uuid)
        parameters.appendInt2Array(lanes)
        _ = try await pool.query(Self.releaseLeasesStatement, parameters)
    }

    /// Leaves the fleet, with all leases.
    public func leave(_ worker: WorkerID) async throws(PostgresError) {
        var parameters = PostgresParameters()
        parameters.append(uuid: worker.uuid)
        _ = try await pool.query(Self.leaveStatement, parameters)
    }

    /// Forgets workers that have long been dead.
    ///
    /// - Parameter since: as in `members`.
    public func forgetDead(since: Timestamp?) async throws(PostgresError) {
        var parameters = PostgresParameters()
        parameters.append(timestamptz: since?.microseconds)
        _ = try await pool.query(Self.forgetStatement, parameters)
    }

    private static let beatStatement = statement("beat", PackageResources.beat_sql)
    private static let makeLeasesStatement = statement("make_leases", PackageResources.make_leases_sql)
    private static let seeWorkersStatement = statement("see_workers", PackageResources.see_workers_sql)
    private static let takeLeasesStatement = statement("take_leases", PackageResources.take_leases_sql)
    private static let releaseLeasesStatement = statement("release_leases", PackageResources.release_leases_sql)
    private static let leaveStatement = statement("leave_fleet", PackageResources.leave_fleet_sql)
    private static let forgetStatement = statement("forget_workers", PackageResources.forget_workers_sql)

    private static func statement(_ name: String, _ resource: [UInt8]) -> PostgresStatement {
        PostgresStatement(name: name, sql: text(resource))
    }
}

extension PostgresRows {
    /// A word that stands for a case.
    func word<Value: RawRepresentable<String>>(
        _ row: Int, _ column: Int, as type: Value.Type
    ) throws(PostgresError) -> Value {
        let word = try text(row, column)
        guard let value = Value(rawValue: word) else {
            throw .protocolViolation("a \(type) of the database is unknown to this version")
        }
        return value
    }
}
