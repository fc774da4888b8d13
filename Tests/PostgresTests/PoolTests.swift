// The pool under load, under fire, and at its limits.

import Postgres
import Testing

@Suite("pool", .enabled(if: databaseURL != nil))
struct PoolTests {
    static let echo = PostgresStatement(name: "echo", sql: "select $1::int8")
    static let sleep = PostgresStatement(name: "sleep", sql: "select pg_sleep($1::float8)")
    static let pid = PostgresStatement(name: "pid", sql: "select pg_backend_pid()")

    /// Runs the body with a pool whose sessions go by a name of their own, and stops it.
    private func withPool(
        named name: String, connections: Int = 4, waiters: Int = 1000, timeout: Int = 5000, url: String? = nil,
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        let connection = PostgresConfiguration(url: url ?? databaseURL ?? "", applicationName: name)
        let pool = try PostgresPool(
            PostgresPoolConfiguration(
                connection, connectionsMax: connections, waitersMax: waiters, queryTimeoutMilliseconds: timeout,
                reconnectDelayMillisecondsMax: 100))
        pool.start()
        do {
            try await body(pool)
        } catch {
            await pool.stop()
            throw error
        }
        await pool.stop()
        #expect(!pool.isAvailable)
    }

    @Test("two hundred queries at once all get their own answers")
    func concurrent() async throws {
        try await withPool(named: "pool-concurrent") { pool in
            let answers = try await withThrowingTaskGroup(of: (Int64, Int64).self) { group in
                for value in Int64(0)..<200 {
                    group.addTask {
                        let rows = try await pool.query(Self.echo, parameters { $0.append(int8: value) })
                        return (value, try rows.integer(0, 0))
                    }
                }
                return try await group.reduce(into: [(Int64, Int64)]()) { $0.append($1) }
            }
            #expect(answers.count == 200)
            #expect(answers.allSatisfy { $0.0 == $0.1 })
        }
    }

    @Test("a refused statement fails its own query and no other")
    func refused() async throws {
        try await withPool(named: "pool-refused", connections: 1) { pool in
            let bad = PostgresStatement(name: "bad", sql: "select 1 / 0")
            let unknown = PostgresStatement(name: "unknown", sql: "select * from nowhere")
            for (statement, code) in [(bad, "22012"), (unknown, "42P01"), (unknown, "42P01"), (bad, "22012")] {
                await #expect { try await pool.query(statement) } throws: { error in
                    (error as? PostgresError)?.sqlState == SQLState(code)
                }
            }
            await #expect { try await pool.query(Self.echo) } throws: { _ in true }
            let rows = try await pool.query(Self.echo, parameters { $0.append(int8: 3) })
            #expect(try rows.integer(0, 0) == 3)
        }
    }

    @Test("a query that leaves a transaction open loses its session, and the next finds a clean one")
    func openTransaction() async throws {
        try await withPool(named: "pool-open", connections: 1) { pool in
            await #expect { try await pool.query(PostgresStatement(name: "begin", sql: "begin")) } throws: { error in
                if case .protocolViolation? = error as? PostgresError { true } else { false }
            }
            let rows = try await pool.query(Self.pid)
            #expect(rows.count == 1)
        }
    }

    @Test("the pool survives the termination of all its sessions")
    func terminated() async throws {
        let name = "pool-terminated"
        let other = try connect()
        try await withPool(named: name) { pool in
            for _ in 0..<5 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            // Killed or not: what matters is that each ends, and that the pool goes on.
                            _ = try? await pool.query(Self.sleep, parameters { $0.append(double: 0.01) })
                        }
                    }
                    _ = try? other.execute(
                        "select pg_terminate_backend(pid, 1000) from pg_stat_activity where application_name = $1",
                        parameters { $0.append(text: name) })
                }
                try await eventually {
                    (try? await pool.query(Self.echo, parameters { $0.append(int8: 1) }).integer(0, 0)) == 1
                }
                #expect(pool.isAvailable)
            }
        }
    }

    @Test("a query that takes too long is given up, and ends in the server too")
    func timeout() async throws {
        let other = try connect()
        try await withPool(named: "pool-timeout", connections: 1, timeout: 200) { pool in
            await #expect { try await pool.query(Self.sleep, parameters { $0.append(double: 60) }) } throws: { error in
                switch error as? PostgresError {
                case .timedOut?: true
                case .server(let error)?: error.sqlState == .queryCanceled
                default: false
                }
            }
            try await eventually {
                try other.execute(
                    "select count(*) from pg_stat_activity where application_name = 'pool-timeout' and state = 'active'"
                ).integer(0, 0) == 0
            }
            let rows = try await pool.query(Self.pid)
            #expect(rows.count == 1)
        }
    }

    @Test("those who wait time out, and those there is no room for are refused at once")
    func waiting() async throws {
        let nowhere = "postgresql://u@127.0.0.1:1/x"
        try await withPool(named: "pool-waiting", waiters: 2, timeout: 1000, url: nowhere) { pool in
            let kinds = await withTaskGroup(of: String.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        do throws(PostgresError) {
                            _ = try await pool.query(Self.pid)
                            return "answered"
                        } catch {
                            switch error {
                            case .timedOut: return "timed out"
                            case .overloaded(waitersMax: 2): return "overloaded"
                            default: return "\(error)"
                            }
                        }
                    }
                }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(kinds.sorted() == ["overloaded", "overloaded", "overloaded", "timed out", "timed out"])
            #expect(!pool.isAvailable)
        }
    }

    @Test("cancelling a task ends its query at once, waiting or running, and the session goes on")
    func cancelled() async throws {
        try await withPool(named: "pool-cancelled", connections: 1, timeout: 60_000) { pool in
            let first = try await pool.query(Self.pid).integer(0, 0)
            let running = Task { try await pool.query(Self.sleep, parameters { $0.append(double: 15) }) }
            let waiting = Task { try await pool.query(Self.sleep, parameters { $0.append(double: 60) }) }
            let early = Task {
                // The task is the current one, so it lives for the call.
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return try await pool.query(Self.pid)
            }
            for task in [waiting, running, early] {
                task.cancel()
                await #expect { try await task.value } throws: { error in
                    if case .cancelled? = error as? PostgresError { true } else { false }
                }
            }
            let last = try await pool.query(Self.pid).integer(0, 0)
            #expect(last == first)
        }
    }

    @Test("a stopped pool refuses what comes and what waits, and stops twice as well as once")
    func stopped() async throws {
        let pool = try PostgresPool(PostgresPoolConfiguration(configuration(), connectionsMax: 1))
        let waiting = Task { try await pool.query(Self.pid) }
        await pool.stop()
        pool.start()
        await pool.stop()
        await pool.stop()
        await #expect { try await waiting.value } throws: { error in
            if case .connection? = error as? PostgresError { true } else { false }
        }
        await #expect { try await pool.query(Self.pid) } throws: { _ in true }
    }
}
