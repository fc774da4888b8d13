// A pipeline as a conversation: what is put in, and what comes out.

import Postgres
import Testing

@Suite("pipeline", .enabled(if: databaseURL != nil))
struct PipelineTests {
    let connection: PostgresConnection
    let one = PostgresStatement(name: "one", sql: "select 1::int8")
    let echo = PostgresStatement(name: "echo", sql: "select $1::int8")
    let divide = PostgresStatement(name: "divide", sql: "select 1 / $1::int4")

    init() throws { connection = try connect() }

    @Test("answers come in the order of the statements, and a sync after them")
    func order() throws {
        for round in 0..<3 {
            for value in Int64(0)..<100 { try connection.enqueue(echo, parameters { $0.append(int8: value) }) }
            try connection.enqueueSync()
            let events = try eventsUntilSync(connection)
            #expect(events.count == 100, "round \(round)")
            for (value, event) in events.enumerated() {
                guard case .rows(let rows) = event else { throw PostgresError.protocolViolation(event.kind) }
                #expect(try rows.integer(0, 0) == Int64(value))
            }
            #expect(connection.isIdle)
            #expect(connection.transactionStatus == .idle)
        }
    }

    @Test("several syncs may be on their way at once")
    func syncs() throws {
        for _ in 0..<3 {
            try connection.enqueue(one)
            try connection.enqueueSync()
        }
        for _ in 0..<3 { #expect(try eventsUntilSync(connection).map(\.kind) == ["rows"]) }
        #expect(try connection.nextEvent() == nil)
    }

    @Test("after a failing statement the rest up to the sync is skipped, and the connection goes on")
    func failing() throws {
        try connection.enqueue(one)
        try connection.enqueue(divide, parameters { $0.append(int4: 0) })
        try connection.enqueue(one)
        try connection.enqueue(echo, parameters { $0.append(int8: 5) })
        try connection.enqueueSync()
        try connection.enqueue(one)
        try connection.enqueueSync()
        #expect(try eventsUntilSync(connection).map(\.kind) == ["rows", "failed", "skipped", "skipped"])
        #expect(try eventsUntilSync(connection).map(\.kind) == ["rows"])
        // Its parsing had been skipped together with it.
        try connection.enqueue(echo, parameters { $0.append(int8: 5) })
        try connection.enqueueSync()
        #expect(try eventsUntilSync(connection).map(\.kind) == ["rows"])
    }

    @Test("a statement that cannot be parsed fails in its own place, and can be tried again")
    func unparsable() throws {
        let broken = PostgresStatement(name: "broken", sql: "select * from no_such_table where id = $1")
        for _ in 0..<2 {
            try connection.enqueue(one)
            try connection.enqueue(broken, parameters { $0.append(int8: 1) })
            try connection.enqueue(one)
            try connection.enqueueSync()
            let events = try eventsUntilSync(connection)
            #expect(events.map(\.kind) == ["rows", "failed", "skipped"])
            guard case .failed(let error) = events[1] else { return }
            #expect(error.sqlState == SQLState("42P01"))
        }
        try connection.prepare(broken)
        try connection.enqueueSync()
        #expect(try eventsUntilSync(connection).map(\.kind) == ["failed"])
    }

    @Test("preparing has no event of its own, and happens once")
    func preparing() throws {
        try connection.prepare(one)
        try connection.prepare(one)
        try connection.enqueueSync()
        #expect(try eventsUntilSync(connection).isEmpty)
        try connection.enqueue(one)
        try connection.enqueueSync()
        #expect(try eventsUntilSync(connection).map(\.kind) == ["rows"])
        let rows = try connection.execute("select count(*) from pg_prepared_statements where name = 'one'")
        #expect(try rows.integer(0, 0) == 1)
    }

    @Test("one name cannot stand for two statements")
    func twoOfOneName() throws {
        try connection.prepare(one)
        let other = PostgresStatement(name: "one", sql: "select 2")
        #expect(failure { try connection.enqueue(other) }.isProtocolViolation)
    }

    @Test("parameters of another type or number are refused before the server can misread them")
    func wrongTypes() throws {
        let time = PostgresStatement(name: "time", sql: "select $1::timestamptz")
        try connection.prepare(time)
        try connection.enqueueSync()
        _ = try eventsUntilSync(connection)
        #expect(failure { try connection.enqueue(time, parameters { $0.append(int8: 1) }) }.isProtocolViolation)
        #expect(failure { try connection.enqueue(time) }.isProtocolViolation)
        try connection.enqueue(time, parameters { $0.append(timestamptz: 1) })
        try connection.enqueueSync()
        #expect(try eventsUntilSync(connection).map(\.kind) == ["rows"])
    }

    @Test("parameters of another type are noticed on the first use too, and end the connection")
    func wrongTypesAtOnce() throws {
        try connection.enqueue(
            PostgresStatement(name: "time", sql: "select $1::timestamptz"), parameters { $0.append(int8: 1) })
        try connection.enqueueSync()
        #expect(failure { try eventsUntilSync(connection) }.isProtocolViolation)
        #expect(failure { try connection.enqueue(one) }.isProtocolViolation)
    }

    @Test("a transaction spans syncs, and its status is known after each")
    func transaction() throws {
        try connection.enqueue(PostgresStatement(name: "begin", sql: "begin"))
        try connection.enqueue(one)
        try connection.enqueueSync()
        #expect(connection.transactionStatus == .active)
        _ = try eventsUntilSync(connection)
        #expect(connection.transactionStatus == .inTransaction)
        try connection.enqueue(divide, parameters { $0.append(int4: 0) })
        try connection.enqueueSync()
        _ = try eventsUntilSync(connection)
        #expect(connection.transactionStatus == .failed)
        try connection.enqueue(PostgresStatement(name: "commit", sql: "commit"))
        try connection.enqueueSync()
        let events = try eventsUntilSync(connection)
        // The server answers this commit with ROLLBACK and calls it a success.
        guard case .failed(let error) = events.first else { throw PostgresError.protocolViolation("not failed") }
        #expect(error.sqlState == .inFailedTransaction)
        #expect(connection.transactionStatus == .idle)
    }

    @Test("a commit refused at the sync shows as a failure before the sync")
    func deferredConstraint() throws {
        try connection.executeScript(
            """
            create temp table parent (id int primary key);
            create temp table child (parent int references parent deferrable initially deferred);
            """)
        try connection.enqueue(PostgresStatement(name: "orphan", sql: "insert into child values (7)"))
        try connection.enqueueSync()
        let events = try eventsUntilSync(connection)
        #expect(events.map(\.kind) == ["rows", "failed"])
        let error = failure { try connection.execute("insert into child values (8)") }
        #expect(error?.sqlState == .foreignKeyViolation)
        #expect(try connection.execute("select count(*) from child").integer(0, 0) == 0)
    }

    @Test("more than a socket holds goes in and comes out without standing still")
    func large() throws {
        let text = PostgresStatement(name: "text", sql: "select $1::text")
        let value = parameters { $0.append(text: String(repeating: "x", count: 200_000)) }
        for _ in 0..<100 { try connection.enqueue(text, value) }
        try connection.enqueueSync()
        #expect(try eventsUntilSync(connection).map(\.kind) == Array(repeating: "rows", count: 100))
    }
}

extension PostgresError? {
    var isProtocolViolation: Bool { if case .protocolViolation? = self { true } else { false } }
}
