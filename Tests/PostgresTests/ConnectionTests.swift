// A session: how it begins, breaks, is cancelled and ends, and the verbs that block.

import Foundation
import Polling
import Postgres
import PrivateServers
import Testing

@Suite("connection", .enabled(if: databaseURL != nil))
struct ConnectionTests {
    let connection: PostgresConnection

    init() throws { connection = try connect() }

    private func terminate(_ victim: PostgresConnection) throws {
        // Returns once the process is gone.
        let rows = try connection.execute(
            "select pg_terminate_backend($1, 5000)", parameters { $0.append(int4: victim.backendProcessID) })
        #expect(try rows.bool(0, 0))
    }

    @Test("settings hold from the first moment, spaces and all")
    func settings() throws {
        let connection = try connect(settings: [("lock_timeout", "3s"), ("wallet.note", "a b, c\\d")])
        let rows = try connection.execute(
            "select current_setting(x) from unnest('{lock_timeout,wallet.note,application_name}'::text[]) t(x)"
        )
        #expect(try (0..<3).map { try rows.text($0, 0) } == ["3s", "a b, c\\d", "postgres-tests"])
        #expect(connection.parameterStatus("client_encoding") == "UTF8")
    }

    @Test("a server that is not there is a connection error, a bad URL too, and neither shows the password")
    func refused() throws {
        let nowhere = PostgresConfiguration(url: "postgresql://u:s3cret@127.0.0.1:1/x", applicationName: "t")
        let bad = PostgresConfiguration(url: "postgresql://u:s3%zzcret@127.0.0.1/x", applicationName: "t")
        for configuration in [nowhere, bad] {
            let error = failure { try PostgresConnection(configuration) }
            #expect(error.isConnection)
            #expect(error.map { "\($0)" }?.contains("cret") == false)
            #expect(!"\(configuration)".contains("cret"))
            #expect(!String(reflecting: configuration).contains("cret"))
            var dumped = ""
            dump(configuration, to: &dumped)
            #expect(!dumped.contains("cret"))
        }
    }

    @Test("what the server says to a refused connection comes without its detail")
    func refusedSetting() throws {
        let error = failure { try connect(settings: [("search_path", "a b, c")]) }
        #expect(error.isConnection)
        #expect(error.map { "\($0)" }?.contains("DETAIL") == false)
    }

    @Test("a host that is down or silent is passed over for the next one")
    func severalHosts() throws {
        let silent = try SilentServer()
        let rows = try connection.execute("select current_setting('port'), current_database()")
        let (port, database) = (try rows.text(0, 0), try rows.text(0, 1))
        let userAndPassword = try #require(databaseURL?.split(separator: "@").first)
        let url =
            "\(userAndPassword)@127.0.0.1:1,127.0.0.1:\(silent.port),127.0.0.1:\(port)/\(database)"
            + "?target_session_attrs=read-write"
        let other = try PostgresConnection(
            PostgresConfiguration(url: url, applicationName: "t", connectTimeoutSeconds: 1))
        #expect(try other.execute("select 1").integer(0, 0) == 1)
    }

    @Test("an attempt can be driven by a poll loop")
    func attempt() throws {
        let attempt = try PostgresConnectionAttempt(configuration())
        var connected: PostgresConnection?
        var steps = 0
        while connected == nil, steps < 1000 {
            var targets = [attempt.target]
            try Polling.poll(&targets, timeoutMilliseconds: 1000)
            connected = try attempt.advance()
            steps += 1
        }
        #expect(try connected?.execute("select 1").integer(0, 0) == 1)
    }

    @Test("a session terminated while nobody looked fails its next statement, with the server's reason")
    func killedIdle() throws {
        let victim = try connect()
        try terminate(victim)
        let error = failure { try victim.execute("select 1") }
        // The statement was on its way when the server's farewell was read: whether it was carried out is not known.
        guard case .outcomeUnknown(let reason)? = error else { throw error ?? .protocolViolation("no error") }
        #expect(reason.contains("terminating connection"))
        #expect(!victim.isOpen)
    }

    @Test("a session terminated while it waits hears of it when it receives")
    func killedWhilePolled() throws {
        let victim = try connect()
        try terminate(victim)
        var error: PostgresError?
        while error == nil {
            var targets = [PollTarget(victim.socket)]
            try Polling.poll(&targets, timeoutMilliseconds: 10_000)
            error = failure { try victim.receive() }
        }
        guard case .connection(let reason)? = error else { throw PostgresError.protocolViolation("not lost") }
        #expect(reason.contains("terminating connection"))
    }

    @Test("a session terminated inside a transaction, before the commit is sent, has not committed")
    func killedBeforeCommit() throws {
        let victim = try connect()
        try victim.enqueue(PostgresStatement(name: "begin", sql: "begin"))
        try victim.enqueue(PostgresStatement(name: "sleep", sql: "select pg_sleep(60)"))
        try victim.enqueueSync()
        try victim.flush()
        try terminate(victim)
        #expect(failure { try eventsUntilSync(victim) }.isConnection)
        #expect(failure { try victim.enqueueSync() }.isConnection)
    }

    @Test("a session terminated after the commit was sent leaves the outcome unknown")
    func killedAfterCommit() throws {
        for statements in [
            ["begin", "select pg_sleep(60)", "-- done\ncommit"], ["select pg_sleep(60)"],
        ] {
            let victim = try connect()
            for sql in statements { try victim.enqueue(PostgresStatement(name: sql, sql: sql)) }
            try victim.enqueueSync()
            try victim.flush()
            try terminate(victim)
            let error = failure { try eventsUntilSync(victim) }
            guard case .outcomeUnknown? = error else { throw error ?? .protocolViolation("no error") }
            #expect(error?.isUnavailable == true)
        }
    }

    @Test("a script whose session is lost may have committed; a COPY before its end has not")
    func killedOutsidePipeline() async throws {
        let victim = try connect()
        let pid = victim.backendProcessID
        let thread = PollingThread(name: "terminator") {
            do {
                let other = try connect()
                let isAsleep = "select wait_event = 'PgSleep' from pg_stat_activity where pid = \(pid)"
                while try other.execute(isAsleep).optionalBool(0, 0) != true {}
                try other.execute("select pg_terminate_backend(\(pid))")
            } catch {
                Issue.record(error)
            }
        }
        let script = failure { try victim.executeScript("select 1; select pg_sleep(60)") }
        guard case .outcomeUnknown? = script else { throw script ?? .protocolViolation("no error") }
        await thread.join()

        let copying = try connect()
        try copying.executeScript("create temp table t (x text)")
        var isTerminated = false
        let copy = failure {
            try copying.copyIn("copy t from stdin") {
                if !isTerminated {
                    isTerminated = true
                    do { try terminate(copying) } catch { Issue.record(error) }
                }
                return Array("a row\n".utf8)
            }
        }
        #expect(copy.isConnection)
    }

    @Test("a chunk of COPY larger than what libpq is given at once arrives whole")
    func largeChunk() throws {
        try connection.executeScript("create temp table t (x text)")
        var chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 20_000_000)
        for row in 1...20 { chunk[row * 1_000_000 - 1] = UInt8(ascii: "\n") }
        var chunks = [chunk]
        #expect(try connection.copyIn("copy t from stdin") { chunks.popLast() } == 20)
        let rows = try connection.execute("select min(length(x)), max(length(x)) from t")
        #expect(try rows.int4(0, 0) == 999_999 && rows.int4(0, 1) == 999_999)
    }

    @Test("another thread can cancel what a session does, and the session goes on")
    func cancel() async throws {
        let victim = try connect()
        let cancellation = try victim.cancelHandle()
        try victim.enqueue(PostgresStatement(name: "sleep", sql: "select pg_sleep(60)"))
        try victim.enqueueSync()
        try victim.flush()
        try await eventually {
            try connection.execute(
                "select wait_event = 'PgSleep' from pg_stat_activity where pid = $1",
                parameters { $0.append(int4: victim.backendProcessID) }
            ).optionalBool(0, 0) == true
        }
        let thread = PollingThread(name: "canceller") {
            do { try cancellation.cancel() } catch { Issue.record(error) }
        }
        await thread.join()
        let events = try eventsUntilSync(victim)
        guard case .failed(let error)? = events.first else { throw PostgresError.protocolViolation("not cancelled") }
        #expect(error.sqlState == .queryCanceled)
        #expect(try victim.execute("select 1").integer(0, 0) == 1)
    }

    @Test("notices reach the handler")
    func notices() throws {
        var notices: [PostgresNotice] = []
        connection.noticeHandler = { notices.append($0) }
        try connection.executeScript("do $$ begin raise notice 'hello'; raise warning 'careful'; end $$")
        _ = try connection.execute("select 1")
        #expect(notices.map(\.severity) == ["NOTICE", "WARNING"])
        #expect(notices.map(\.message) == ["hello", "careful"])
    }

    @Test("a script is one transaction, stops at its first failure, and the pipeline goes on after it")
    func script() throws {
        try connection.executeScript("create temp table t (x int); insert into t values (1); insert into t values (2)")
        let error = failure { try connection.executeScript("delete from t; select 1/0; delete from nowhere") }
        #expect(error?.sqlState == SQLState("22012"))
        #expect(try connection.execute("select count(*) from t").integer(0, 0) == 2)
        #expect(try connection.execute("update t set x = 0").affectedRows == 2)
    }

    @Test("COPY goes both ways")
    func copy() throws {
        try connection.executeScript("create temp table t (x int, y text)")
        var left = 10_000
        let copied = try connection.copyIn("copy t from stdin") {
            left -= 1
            return left < 0 ? nil : Array("\(left)\tline \(left)\n".utf8)
        }
        #expect(copied == 10_000)
        var bytes = 0
        let read = try connection.copyOut("copy (select * from t order by x) to stdout") { bytes += $0.count }
        #expect(read == 10_000)
        #expect(bytes == (0..<10_000).reduce(0) { $0 + "\($1)\tline \($1)\n".utf8.count })
        #expect(failure { try connection.copyOut("copy nowhere to stdout") { _ in } }?.sqlState == SQLState("42P01"))
        #expect(failure { try connection.copyOut("select 1") { _ in } }.isProtocolViolation)
        #expect(
            failure {
                try connection.copyIn("copy t from stdin") {
                    left += 1; return left > 1 ? nil : [120, 10]
                }
            }?
            .sqlState == SQLState("22P02"))
        #expect(try connection.execute("select count(*) from t").integer(0, 0) == 10_000)
    }

    @Test("a COPY the server ends half-way is an error, however much was still to come")
    func copyRefused() throws {
        try connection.executeScript("create temp table t (x int)")
        let chunk = Array(repeating: UInt8(ascii: "x"), count: 99_999) + [10]
        var left = 500
        let error = failure {
            try connection.copyIn("copy t from stdin") {
                left -= 1
                return left < 0 ? nil : chunk
            }
        }
        #expect(error?.sqlState == SQLState("22P02"))
        #expect(try connection.execute("select count(*) from t").integer(0, 0) == 0)
    }

    @Test("a COPY through the pipeline ends the connection")
    func copyInPipeline() throws {
        #expect(failure { try connection.execute("copy (select 1) to stdout") } != nil)
        #expect(!connection.isOpen)
    }

    @Test("a closed connection refuses everything and traps nowhere")
    func closed() throws {
        connection.close()
        #expect(connection.socket == -1)
        #expect(!connection.isOpen)
        #expect(failure { try connection.execute("select 1") }.isConnection)
        #expect(failure { try connection.executeScript("select 1") }.isConnection)
        #expect(failure { try connection.receive() }.isConnection)
        #expect(failure { try connection.flush() }.isConnection)
        #expect(failure { try connection.nextEvent() }.isConnection)
        #expect(failure { try connection.cancelHandle() }.isConnection)
    }
}

extension PostgresError? {
    var isConnection: Bool { if case .connection? = self { true } else { false } }
}
