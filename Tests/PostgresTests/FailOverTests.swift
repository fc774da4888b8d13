// A primary that dies and a standby that takes its place, with transactions on their way.

import Foundation
import Polling
import Postgres
import PrivateServers
import Synchronization
import Testing

@Suite(
    "fail-over", .enabled(if: PrivateServer.isAvailable), .serialized, .primaryAndStandby, .timeLimit(.minutes(2)))
struct FailOverTests {
    private func servers() throws -> (primary: PrivateServer, standby: PrivateServer) {
        let current = try #require(PrivateServerTrait.current)
        return (current.server, try #require(current.standby))
    }

    /// A URL of both, in that order.
    private func url(_ first: PrivateServer, _ second: PrivateServer, _ options: String) -> String {
        "postgresql://postgres@127.0.0.1:\(first.port),127.0.0.1:\(second.port)/postgres?\(options)"
    }

    private func connect(_ url: String) throws -> PostgresConnection {
        try PostgresConnection(PostgresConfiguration(url: url, applicationName: "fail-over"))
    }

    @Test("multi-host URL: a host that only reads is passed over where writing is asked for, and refused when alone")
    func readOnlyHost() throws {
        let (primary, standby) = try servers()
        let port = "select current_setting('port')::int4, pg_is_in_recovery()"
        let either = try connect(url(standby, primary, "target_session_attrs=any")).execute(port)
        #expect(try either.bool(0, 1))
        let writing = try connect(url(standby, primary, "target_session_attrs=read-write")).execute(port)
        #expect(try writing.integer(0, 0) == Int64(primary.port))
        #expect(try !writing.bool(0, 1))
        let alone = failure { try standby.connect("?target_session_attrs=read-write") }
        guard case .connection(let reason)? = alone else { throw alone ?? .protocolViolation("not refused") }
        #expect(reason.contains("session is read-only"))
    }

    @Test("fail-over: what was committed is on the standby, what was in flight is looked up, and writing goes on")
    func failOver() async throws {
        let (primary, standby) = try servers()
        let url = url(primary, standby, "target_session_attrs=read-write")
        let control = try primary.connect()
        try control.execute("create table commits (id int8 primary key, way text not null)")
        try control.execute("alter system set synchronous_standby_names = '*'")
        try control.execute("select pg_reload_conf()")
        try await eventually {
            try control.execute("select from pg_stat_replication where sync_state = 'sync'").count == 1
        }
        let writers = Writers(url: url)
        try writers.start()
        try await eventually { writers.committed(by: .pool) > 20 && writers.committed(by: .loop) > 20 }

        // Whoever commits now waits for the standby, and goes on waiting until the primary is dead.
        standby.freeze()
        let waiting = "select from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'fail-over'"
        try await eventually { try control.execute(waiting).count == Writers.sessions }
        let start = monotonicNanoseconds()
        writers.forgetCommits()
        try await primary.kill()
        standby.thaw()
        try standby.connect().execute("select pg_promote()")
        let promoted = monotonicNanoseconds()
        try await eventually { writers.committed(by: .pool) > 0 && writers.committed(by: .loop) > 0 }
        await writers.stop()

        let after = try standby.connect()
        let log = writers.log
        try expect(log, matches: after)
        for way in Way.allCases {
            #expect(log.contains { $0.way == way && $0.outcome == .unknown })
            let first = try #require(log.filter { $0.way == way && $0.outcome == .committed && $0.at > start }.first)
            print(
                "fail-over: \(way) wrote again \(milliseconds(first.at - start)) ms after the primary's death,",
                "\(milliseconds(promoted - start)) ms of which the promotion took")
        }
    }

    /// Each commit that was told is there, each that was told not to be is not, and each unknown one is looked up: it
    /// is there or can be repeated under the same key.
    private func expect(_ log: [Written], matches server: PostgresConnection) throws {
        let rows = try server.execute("select id from commits")
        let there = Set(try (0..<rows.count).map { try rows.integer($0, 0) })
        var found = 0
        for written in log {
            switch written.outcome {
            case .committed: #expect(there.contains(written.id), "\(written)")
            case .refused: #expect(!there.contains(written.id), "\(written)")
            case .unknown:
                found += there.contains(written.id) ? 1 : 0
                let again = try server.execute(
                    "insert into commits values ($1, 'again') on conflict do nothing",
                    parameters { $0.append(int8: written.id) })
                #expect(again.affectedRows == (there.contains(written.id) ? 0 : 1))
            }
        }
        let unknown = log.count { $0.outcome == .unknown }
        print("fail-over: \(log.count) transactions, \(unknown) of unknown outcome, \(found) of those were there")
    }

    private func milliseconds(_ nanoseconds: UInt64) -> UInt64 { nanoseconds / 1_000_000 }
}

private enum Way: CaseIterable, Sendable { case pool, loop }
private enum WriteOutcome: Sendable { case committed, refused, unknown }

private struct Written: Sendable {
    let id: Int64
    let way: Way
    let outcome: WriteOutcome
    let at: UInt64
}

/// Tasks that write through a pool, and a poll loop that writes through a session of its own.
private final class Writers: Sendable {
    private static let tasks = 3
    /// All that commit at the same time.
    static let sessions = tasks + 1

    private let pool: PostgresPool
    private let configuration: PostgresConfiguration
    private let state = Mutex(State())
    private let running = Mutex<(group: Task<Void, Never>?, thread: PollingThread?)>((nil, nil))

    private struct State {
        var log: [Written] = []
        var lastID: Int64 = 0
        var isStopping = false
        var forgottenCount = 0
    }

    init(url: String) {
        configuration = PostgresConfiguration(url: url, applicationName: "fail-over")
        do {
            pool = try PostgresPool(
                PostgresPoolConfiguration(configuration, connectionsMax: Self.tasks, reconnectDelayMillisecondsMax: 100)
            )
        } catch {
            preconditionFailure("no descriptors are left: \(error)")
        }
    }

    var log: [Written] { state.withLock { $0.log } }

    func committed(by way: Way) -> Int {
        state.withLock { state in
            state.log.dropFirst(state.forgottenCount).count { $0.way == way && $0.outcome == .committed }
        }
    }

    /// Only what is written from now on counts as committed for `committed(by:)`.
    func forgetCommits() { state.withLock { $0.forgottenCount = $0.log.count } }

    func start() throws {
        pool.start()
        let group = Task {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.tasks { group.addTask { await self.writeThroughPool() } }
            }
        }
        let thread = PollingThread(name: "fail-over") { [self] in
            do { try writeThroughLoop() } catch { Issue.record(error) }
        }
        running.withLock { $0 = (group, thread) }
    }

    func stop() async {
        state.withLock { $0.isStopping = true }
        let (group, thread) = running.withLock { $0 }
        await group?.value
        await thread?.join()
        await pool.stop()
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func nextID() -> Int64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    private func note(_ id: Int64, _ way: Way, _ outcome: WriteOutcome) {
        state.withLock { $0.log.append(Written(id: id, way: way, outcome: outcome, at: monotonicNanoseconds())) }
    }

    private func note(_ id: Int64, _ way: Way, _ error: PostgresError) {
        switch error {
        case .connection: note(id, way, .refused)
        case .outcomeUnknown, .timedOut: note(id, way, .unknown)
        default: Issue.record(error)
        }
    }

    private func writeThroughPool() async {
        let insert = PostgresStatement(name: "insert", sql: "insert into commits values ($1, 'pool')")
        while !isStopping {
            let id = nextID()
            do throws(PostgresError) {
                _ = try await pool.query(insert, parameters { $0.append(int8: id) })
                note(id, .pool, .committed)
            } catch {
                note(id, .pool, error)
            }
        }
    }

    // MARK: The loop

    private func writeThroughLoop() throws {
        while !isStopping {
            guard let connection = try connected() else { continue }
            var id: Int64 = 0
            do throws(PostgresError) {
                while !isStopping {
                    id = nextID()
                    try commit(id, connection)
                    note(id, .loop, .committed)
                }
            } catch {
                note(id, .loop, error)
                connection.close()
            }
        }
    }

    private func connected() throws -> PostgresConnection? {
        let attempt = try PostgresConnectionAttempt(configuration)
        while !isStopping {
            var targets = [attempt.target]
            try Polling.poll(&targets, timeoutMilliseconds: 100)
            do throws(PostgresError) {
                if let connection = try attempt.advance() { return connection }
            } catch {
                // No host takes writes yet. Poll nothing for a moment, as a delay between rounds.
                var none: [PollTarget] = []
                try Polling.poll(&none, timeoutMilliseconds: 10)
                return nil
            }
        }
        return nil
    }

    private func commit(_ id: Int64, _ connection: PostgresConnection) throws(PostgresError) {
        try connection.enqueue(PostgresStatement(name: "begin", sql: "begin"))
        try connection.enqueue(
            PostgresStatement(name: "insert", sql: "insert into commits values ($1, 'loop')"),
            parameters { $0.append(int8: id) })
        try connection.enqueue(PostgresStatement(name: "commit", sql: "commit"))
        try connection.enqueueSync()
        while true {
            switch try connection.waitForEvent() {
            case .synced: return
            case .failed(let error): throw error
            case .rows, .skipped: break
            }
        }
    }
}
