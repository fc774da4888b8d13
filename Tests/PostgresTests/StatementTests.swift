// Prepared statements: kept for as long as a session, and what happens when the server no longer has them or the tables
// have changed under them.

import Testing

@testable import Postgres

@Suite("prepared statements", .enabled(if: databaseURL != nil))
struct PreparedStatementTests {
    let connection: PostgresConnection
    let echo = PostgresStatement(name: "echo", sql: "select $1::int8")
    let one = PostgresStatement(name: "one", sql: "select 1::int8")
    let all = PostgresStatement(name: "all", sql: "select * from t")

    init() throws {
        connection = try connect()
        try connection.executeScript("create temp table t (x int8); create temp table written (x int8)")
    }

    private func names() throws -> [String] {
        let rows = try connection.execute("select name from pg_prepared_statements order by name")
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }

    private func value(_ statement: PostgresStatement, _ value: Int64? = nil) throws -> Int64 {
        try connection.execute(statement, value.map { value in parameters { $0.append(int8: value) } } ?? .none)
            .integer(0, 0)
    }

    /// Enqueues statements and a sync and gives the events' kinds, the errors of stale statements marked.
    private func pipeline(_ statements: [PostgresStatement]) throws -> [String] {
        for statement in statements { try connection.enqueue(statement) }
        try connection.enqueueSync()
        return try eventsUntilSync(connection).map { event in
            if case .failed(let error) = event, error.isStaleStatement { return "stale" }
            return event.kind
        }
    }

    @Test("a statement is parsed once per session and kept, and a new session parses its own")
    func kept() throws {
        for round in Int64(0)..<3 { #expect(try value(echo, round) == round) }
        let rows = try connection.execute(
            "select generic_plans + custom_plans from pg_prepared_statements where name = 'echo'")
        #expect(try rows.integer(0, 0) == 3)
        let other = try connect()
        #expect(try other.execute("select count(*) from pg_prepared_statements").integer(0, 0) == 0)
        #expect(try other.execute(one).integer(0, 0) == 1)
    }

    @Test("after DISCARD ALL a statement that stands alone is parsed anew by itself, and so are the others")
    func discarded() throws {
        #expect(try value(one) == 1)
        #expect(try value(echo, 1) == 1)
        try connection.executeScript("discard all")
        #expect(try value(echo, 2) == 2)
        #expect(try value(one) == 1)
        #expect(try names() == ["echo", "one"])
    }

    @Test("a statement deallocated behind the session's back takes no other with it")
    func deallocated() throws {
        #expect(try value(one) == 1)
        #expect(try value(echo, 1) == 1)
        try connection.executeScript("deallocate echo")
        #expect(try value(echo, 2) == 2)
        #expect(try value(one) == 1)
    }

    @Test("a table that changes under a statement's plan costs a statement that stands alone nothing")
    func changed() throws {
        try connection.executeScript("insert into t values (7)")
        #expect(try connection.execute(all).columnCount == 1)
        try connection.executeScript("alter table t add column y text default 'new'")
        let rows = try connection.execute(all)
        #expect(try rows.columnCount == 2 && rows.text(0, 1) == "new")
        #expect(try names() == ["all"])
    }

    @Test("in a pipeline a stale statement fails and says so, what follows is skipped, the next use parses it anew")
    func staleInPipeline() throws {
        #expect(try pipeline([one, all]) == ["rows", "rows"])
        try connection.executeScript("alter table t add column y text")
        #expect(try pipeline([one, all, one]) == ["rows", "stale", "skipped"])
        #expect(try pipeline([one, all, one]) == ["rows", "rows", "rows"])
        try connection.executeScript("discard plans; deallocate all")
        #expect(try pipeline([one, all]) == ["stale", "skipped"])
        #expect(try pipeline([one, all]) == ["rows", "rows"])
    }

    @Test("pipelines that were on their way when a statement went stale all recover")
    func staleInFlight() throws {
        #expect(try pipeline([all]) == ["rows"])
        try connection.executeScript("alter table t add column y text")
        for _ in 0..<3 {
            try connection.enqueue(all)
            try connection.enqueueSync()
        }
        // One was answered when the fourth is enqueued; two more fail after it.
        guard case .failed(let error) = try connection.waitForEvent() else { throw PostgresError.timedOut }
        #expect(error.isStaleStatement)
        try connection.enqueue(all)
        try connection.enqueueSync()
        let kinds = try (0..<4).map { _ in try eventsUntilSync(connection).map(\.kind) }
        #expect(kinds == [[], ["failed"], ["failed"], ["rows"]])
        #expect(try pipeline([all, all]) == ["rows", "rows"])
    }

    @Test("in a transaction that has written, a stale statement undoes it and says so; done again it goes through")
    func staleInTransaction() throws {
        let begin = PostgresStatement(name: "begin", sql: "begin")
        let write = PostgresStatement(name: "write", sql: "insert into written values (1)")
        let commit = PostgresStatement(name: "commit", sql: "commit")
        #expect(try pipeline([begin, all, commit]) == ["rows", "rows", "rows"])
        try connection.executeScript("alter table t add column y text")
        #expect(try pipeline([begin, write, all, commit]) == ["rows", "rows", "stale", "skipped"])
        #expect(connection.transactionStatus == .failed)
        // The blocking verb does not repeat it here either: only its caller knows what was undone.
        let error = failure { try connection.execute(all) }
        #expect(error?.sqlState == .inFailedTransaction)
        try connection.execute("rollback")
        #expect(try connection.execute("select from written").count == 0)
        #expect(try pipeline([begin, write, all, commit]) == ["rows", "rows", "rows", "rows"])
        #expect(try connection.execute("select from written").count == 1)

        try connection.execute("begin")
        try connection.execute(write)
        try connection.execute("deallocate all")
        #expect(failure { try connection.execute(all) }?.isStaleStatement == true)
        try connection.execute("rollback")
        #expect(try connection.execute(all).count == 0)
        #expect(try connection.execute("select from written").count == 1)
    }

    @Test("the pool sends a stale statement again, once, and nobody notices")
    func pool() async throws {
        let table = "stale_\(UInt32.random(in: 0...UInt32.max))"
        try connection.execute("create table \(table) (x int8)")
        let pool = try PostgresPool(PostgresPoolConfiguration(configuration(), connectionsMax: 1))
        pool.start()
        do {
            let all = PostgresStatement(name: "all", sql: "select * from \(table)")
            #expect(try await pool.query(all).columnCount == 1)
            try connection.execute("alter table \(table) add column y text")
            #expect(try await pool.query(all).columnCount == 2)
            _ = try await pool.query(PostgresStatement(name: "discard", sql: "discard all"))
            #expect(try await pool.query(all).columnCount == 2)
            let pid = PostgresStatement(name: "pid", sql: "select pg_backend_pid()")
            let (first, second) = (try await pool.query(pid), try await pool.query(pid))
            #expect(try first.integer(0, 0) == second.integer(0, 0))
        } catch {
            await pool.stop()
            try connection.execute("drop table \(table)")
            throw error
        }
        await pool.stop()
        try connection.execute("drop table \(table)")
    }

    @Test("a statement with a zero byte is refused, not cut off")
    func zeroByte() throws {
        let cut = "select 1; \0 drop table t"
        #expect(failure { try connection.execute(cut) }.isProtocolViolation)
        #expect(failure { try connection.executeScript(cut) }.isProtocolViolation)
        #expect(failure { try connection.enqueue(PostgresStatement(name: "cut", sql: cut)) }.isProtocolViolation)
        #expect(
            failure { try PostgresConnection(PostgresConfiguration(url: "host=a\0b", applicationName: "t")) } != nil)
        #expect(failure { try connect(settings: [("wallet.note", "a\0b")]) }.isConnection)
        #expect(try value(one) == 1)
    }
}

@Suite("transaction boundaries")
struct TransactionBoundaryTests {
    @Test(
        "what a statement does to its transaction shows in its first words, comments left out",
        arguments: [
            ("BEGIN", TransactionBoundary.begins), ("start transaction read only", .begins), ("commit", .commits),
            ("COMMIT AND CHAIN", .commits), ("end", .commits), ("prepare transaction 'x'", .commits),
            ("-- ends the batch\n-- for good\ncommit;", .commits), ("/* a /* nested */ note */ Commit", .commits),
            (" ;\n\tcommit", .commits), ("rollback", .rollsBack), ("abort", .rollsBack),
            ("rollback to savepoint a", .none), ("ROLLBACK WORK TO a", .none), ("prepare x as select 1", .none),
            ("select 'commit'", .none), ("/* commit", .none), ("-- commit", .none), ("committed", .none), ("", .none),
            ("-", .none), ("/", .none), ("*/ commit", .commits),
        ])
    func words(sql: String, boundary: TransactionBoundary) {
        #expect(PostgresStatement(name: "s", sql: sql).boundary == boundary)
    }
}
