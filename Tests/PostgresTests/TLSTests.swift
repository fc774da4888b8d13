// Connections over TLS, and the servers that are not to be trusted.

import Foundation
import Polling
import Postgres
import PrivateServers
import Testing

@Suite("TLS", .enabled(if: PrivateServer.isAvailable), .serialized, .privateServer, .timeLimit(.minutes(1)))
struct TLSTests {
    let server: PrivateServer

    init() throws { server = try #require(PrivateServerTrait.current).server }

    private func authority(_ folder: String = "certificates") async throws -> String {
        let folder =
            folder == "certificates"
            ? try await PrivateServer.certificates.value : try await PrivateServer.makeCertificates(folder)
        return "&sslrootcert=\(folder)/ca.pem"
    }

    /// Why a connection with these options does not come about.
    private func refusal(_ options: String, host: String = "127.0.0.1") -> String? {
        // The certificate is compared with the name, and the address is what is connected to.
        let url = "postgresql://postgres@\(host):\(server.port)/postgres?hostaddr=127.0.0.1&\(options)"
        let error = failure { try PostgresConnection(PostgresConfiguration(url: url, applicationName: "tls")) }
        if case .connection(let reason)? = error { return reason }
        return nil
    }

    /// Changes a setting for the connections to come.
    private func set(_ name: String, _ value: String) async throws {
        let before = try server.connect("?sslmode=disable")
        try before.execute("alter system set \(name) = '\(value)'")
        try before.execute("select pg_reload_conf()")
        try await eventually {
            try server.connect("?sslmode=disable").execute("show \(name)").text(0, 0) == value
        }
    }

    @Test("TLS modes: disable is plain, all others are encrypted, and the last two know the server")
    func modes() async throws {
        let authority = try await authority()
        for (mode, isEncrypted) in [
            ("disable", false), ("prefer", true), ("require", true), ("verify-ca", true), ("verify-full", true),
        ] {
            let connection = try server.connect("?sslmode=\(mode)" + (mode.hasPrefix("verify") ? authority : ""))
            let rows = try connection.execute(
                "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()")
            #expect(try rows.bool(0, 0) == isEncrypted, "\(mode)")
            #expect(try rows.optionalText(0, 1) == (isEncrypted ? "TLSv1.3" : nil), "\(mode)")
        }
    }

    @Test(
        "TLS: another host's certificate, another authority's and one whose time is over are refused, with the reason")
    func untrusted() async throws {
        let (ours, other) = (try await authority(), try await authority("other"))
        let full = "sslmode=verify-full"
        #expect(refusal(full + ours) == nil)
        #expect(refusal(full + ours, host: "ledger.test")?.contains("does not match host name \"ledger.test\"") == true)
        // Without the name's check it would do.
        #expect(refusal("sslmode=verify-ca" + ours, host: "ledger.test") == nil)
        for mode in ["verify-ca", "verify-full"] {
            #expect(refusal("sslmode=\(mode)" + other)?.contains("certificate verify failed") == true)
        }
        #expect(refusal(full + "&sslrootcert=/nowhere/ca.pem")?.contains("root certificate file") == true)
        let certificates = try await PrivateServer.certificates.value
        try await set("ssl_key_file", "\(certificates)/expired.key")
        try await set("ssl_cert_file", "\(certificates)/expired.pem")
        // libpq 15 has one sentence for all that OpenSSL finds wrong with a certificate.
        #expect(refusal(full + ours)?.contains("certificate verify failed") == true)
        #expect(refusal("sslmode=require") == nil)
        try await set("ssl_cert_file", "\(certificates)/server.pem")
        try await set("ssl_key_file", "\(certificates)/server.key")
        #expect(refusal(full + ours) == nil)
    }

    @Test("TLS: a server without it is refused by every mode that asks for it")
    func plainServer() async throws {
        let authority = try await authority()
        try await set("ssl", "off")
        for mode in ["require", "verify-ca", "verify-full"] {
            #expect(refusal("sslmode=\(mode)" + authority)?.contains("server does not support SSL") == true)
        }
        #expect(refusal("sslmode=prefer") == nil)
        try await set("ssl", "on")
    }

    @Test("TLS: a poll loop gets all of a large pipelined result, also what OpenSSL has already read")
    func pollLoop() async throws {
        let connection = try server.connect("?sslmode=verify-full" + (try await authority()))
        let text = PostgresStatement(name: "text", sql: "select repeat('x', $1::int4)")
        // From below one TLS record to hundreds of them, so that results end at every place in a record.
        let sizes = (0..<250).map { Int32(1 + $0 * $0 * 3) }
        for size in sizes {
            try connection.enqueue(text, parameters { $0.append(int4: size) })
            if size % 5 == 0 { try connection.enqueueSync() }
        }
        try connection.enqueueSync()
        var lengths: [Int] = []
        while !connection.isIdle {
            try connection.flush()
            while let event = try connection.nextEvent() {
                if case .rows(let rows) = event { lengths.append(try rows.text(0, 0).utf8.count) }
            }
            if connection.isIdle { break }
            var targets = [PollTarget(connection.socket, write: connection.wantsWrite)]
            // The server has everything it needs, so a socket with nothing to read would stay that way.
            try #require(try Polling.poll(&targets, timeoutMilliseconds: 10_000) == 1)
            if targets[0].isReadable || targets[0].hasFailed { try connection.receive() }
        }
        #expect(lengths == sizes.map(Int.init))
    }

    @Test("TLS: a session can be cancelled")
    func cancel() async throws {
        let victim = try server.connect("?sslmode=require")
        let other = try server.connect()
        let cancellation = try victim.cancelHandle()
        try victim.enqueue(PostgresStatement(name: "sleep", sql: "select pg_sleep(60)"))
        try victim.enqueueSync()
        try victim.flush()
        try await eventually {
            try other.execute("select from pg_stat_activity where wait_event = 'PgSleep'").count == 1
        }
        let thread = PollingThread(name: "canceller") {
            do { try cancellation.cancel() } catch { Issue.record(error) }
        }
        await thread.join()
        guard case .failed(let error)? = try eventsUntilSync(victim).first else {
            throw PostgresError.protocolViolation("not cancelled")
        }
        #expect(error.sqlState == .queryCanceled)
    }
}

/// The authority of the server under test, when it offers TLS.
private let testAuthority = ProcessInfo.processInfo.environment["WALLET_TEST_CA"]

@Suite("TLS of the server under test", .enabled(if: databaseURL != nil && testAuthority != nil))
struct TestServerTLSTests {
    @Test("TLS: the server under test is known by its authority's certificate, and takes plain connections too")
    func verified() throws {
        let url = try #require(databaseURL)
        let authority = try #require(testAuthority)
        for (options, isEncrypted) in [
            ("sslmode=verify-full&sslrootcert=\(authority)", true), ("sslmode=disable", false),
        ] {
            let connection = try PostgresConnection(
                PostgresConfiguration(url: "\(url)?\(options)", applicationName: "tls"))
            let rows = try connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
            #expect(try rows.bool(0, 0) == isEncrypted)
        }
    }
}
