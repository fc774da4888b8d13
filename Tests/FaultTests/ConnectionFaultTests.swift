// Connections that are cut, and one whose other end stands still.

import Glibc
import TestSupport
import Testing

extension FaultLaws {
    @Suite struct Connections {
        @Test("every connection to the broker cut under load: nothing lost, nothing twice")
        func brokerConnectionsCut() async throws {
            try await Stack.with { stack in
                try await survive("broker connections cut", on: stack) { _ in
                    for user in ["wallet-workers", "wallet-ingress"] {
                        try await eventually("the broker knows connections of \(user)", within: 30) {
                            try await stack.host.cutConnections(of: user) > 0
                        }
                    }
                }
            }
        }

        @Test("every session of the lanes ended by the database under load: nothing lost, nothing twice")
        func sessionsEnded() async throws {
            try await Stack.with { stack in
                try await survive("database sessions ended", on: stack) { _ in
                    let ended = try await stack.number(
                        """
                        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name LIKE 'wallet-fleet%'
                        """)
                    #expect(ended > 8)
                }
            }
        }

        @Test("a lane whose database session stands still gives it up and goes on with another")
        func sessionStopped() async throws {
            try await Stack.with { stack in
                let traffic = try await Traffic.prepare(on: stack)
                try await eventually("lanes are at rest") {
                    try await stack.number("SELECT count(*) FROM ledger.lanes WHERE published <> head") == 0
                }
                let sessions = try await stack.lanePIDs()
                #expect(sessions.count >= 8)
                for session in sessions { try TestServer.signal(session, SIGSTOP) }
                defer { for session in sessions { try? TestServer.signal(session, SIGCONT) } }
                let clock = ContinuousClock()
                let began = clock.now
                let before = try await stack.outcomeCount()
                let (_, took) = try await traffic.run {
                    try await eventually("outcomes flow on other sessions", within: 60) {
                        try await stack.outcomeCount() > before
                    }
                    return clock.now - began
                }
                #expect(took < .seconds(recoverySecondsMax))
                for session in sessions { try TestServer.signal(session, SIGCONT) }
                try await traffic.assertMadeOnce()
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
                print("fault: database sessions stopped: other sessions decide after \(took)")
            }
        }
    }
}

extension Stack {
    /// The server's processes of the lanes' sessions.
    func lanePIDs() async throws -> [Int32] {
        try await numbers(
            """
            SELECT pid::bigint, 0::bigint FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'wallet-fleet'
            """
        ).keys.map { Int32($0) }
    }
}
