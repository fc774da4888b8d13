// A server that is restarted, or stands still, under a pool that is busy.

import Polling
import Postgres
import PrivateServers
import Synchronization
import Testing

@Suite("restart", .enabled(if: PrivateServer.isAvailable), .serialized, .privateServer, .timeLimit(.minutes(1)))
struct RestartTests {
    let server: PrivateServer
    static let pid = PostgresStatement(name: "pid", sql: "select pg_backend_pid()")

    init() throws { server = try #require(PrivateServerTrait.current).server }

    private func withPool(
        timeout: Int = 10_000, _ body: @Sendable (PostgresPool) async throws -> Void
    ) async throws {
        let configuration = PostgresConfiguration(url: server.url(), applicationName: "restart")
        let pool = try PostgresPool(
            PostgresPoolConfiguration(
                configuration, connectionsMax: 4, queryTimeoutMilliseconds: timeout, reconnectDelayMillisecondsMax: 200)
        )
        pool.start()
        do {
            try await body(pool)
        } catch {
            await pool.stop()
            throw error
        }
        await pool.stop()
    }

    @Test("server restart: a busy pool's queries end as lost or of unknown outcome, and it recovers by itself")
    func restart() async throws {
        try server.connect().execute("create table written (id int8 primary key)")
        let count = Counts()
        try await withPool { pool in
            let writers = Task {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { await Self.write(through: pool, count) } }
                }
            }
            // Whatever the others are at when the server stops, this one is under way.
            let asleep = Task { try await pool.query(PostgresStatement(name: "sleep", sql: "select pg_sleep(60)")) }
            let control = try server.connect()
            try await eventually {
                let sleeping = try control.execute("select from pg_stat_activity where wait_event = 'PgSleep'").count
                return sleeping == 1 && count.value.committed > 100
            }
            try await server.stopImmediately()
            await #expect { try await asleep.value } throws: { error in
                if case .outcomeUnknown? = error as? PostgresError { true } else { false }
            }
            let before = count.value
            let start = monotonicNanoseconds()
            try await server.start()
            let back = monotonicNanoseconds()
            try await eventually { count.value.committed > before.committed + 100 }
            count.stop()
            await writers.value
            let first = try #require(count.firstCommit(after: start))
            print(
                "restart: the server came back in \((back - start) / 1_000_000) ms, the pool wrote again after",
                "\((first - start) / 1_000_000) ms; \(count.value)")
        }
        let counts = count.value
        // Who came while it was away waited for a new session.
        #expect(counts.others == [])
        let rows = try server.connect().execute("select count(*) from written").integer(0, 0)
        #expect((counts.committed...(counts.committed + counts.unknown)).contains(Int(rows)))
    }

    private static func write(through pool: PostgresPool, _ count: Counts) async {
        let insert = PostgresStatement(name: "insert", sql: "insert into written values ($1)")
        while let id = count.nextID() {
            do throws(PostgresError) {
                _ = try await pool.query(insert, parameters { $0.append(int8: id) })
                count.note { $0.committed += 1 }
            } catch {
                switch error {
                case .outcomeUnknown: count.note { $0.unknown += 1 }
                case .connection: count.note { $0.lost += 1 }
                default: count.note { $0.others.append("\(error)") }
                }
            }
        }
    }

    @Test(
        "a server that stands still: queries time out, their sessions are dropped, and new ones serve later")
    func frozen() async throws {
        try await withPool(timeout: 400) { pool in
            let before = try await pool.query(Self.pid).integer(0, 0)
            server.freeze()
            let start = monotonicNanoseconds()
            for _ in 0..<2 {
                await #expect { try await pool.query(Self.pid) } throws: { error in
                    if case .timedOut? = error as? PostgresError { true } else { false }
                }
            }
            #expect(monotonicNanoseconds() - start < 10_000_000_000)
            server.thaw()
            try await eventually {
                guard let after = try? await pool.query(Self.pid).integer(0, 0) else { return false }
                return after != before
            }
        }
    }
}

/// What came of many writes.
private final class Counts: Sendable {
    struct Value: Sendable, CustomStringConvertible {
        var committed = 0
        var unknown = 0
        var lost = 0
        var others: [String] = []

        var description: String { "\(committed) committed, \(unknown) of unknown outcome, \(lost) lost" }
    }

    private let state = Mutex((value: Value(), lastID: Int64(0), isStopping: false, commits: [UInt64]()))

    var value: Value { state.withLock { $0.value } }

    func nextID() -> Int64? {
        state.withLock { state in
            if state.isStopping { return nil }
            state.lastID += 1
            return state.lastID
        }
    }

    func note(_ change: (inout Value) -> Void) {
        state.withLock { state in
            let before = state.value.committed
            change(&state.value)
            if state.value.committed > before { state.commits.append(monotonicNanoseconds()) }
        }
    }

    func firstCommit(after time: UInt64) -> UInt64? { state.withLock { $0.commits.first { $0 > time } } }
    func stop() { state.withLock { $0.isStopping = true } }
}
