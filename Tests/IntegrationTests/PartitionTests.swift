// A month without its partition: the ledger cannot take what is decided, and no command is to blame.

import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Partitions {
        @Test("while the month has no partition commands wait and none is set aside, and with it they are decided")
        func missing() async throws {
            var options = StackOptions()
            options.laneCount = 2
            let port = try options.observeFleet()
            try await Stack.with(options) { stack in
                let month = try await stack.texts("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')").first ?? ""
                _ = try await stack.texts("DROP TABLE ledger.outcomes_\(month)")
                let person = try stack.person()
                let reply = try await stack.post(
                    "/wallets", as: person, key: "early", #"{"type":"personal","currency":"DZD","name":"A Test"}"#)
                #expect(reply.status == 202)
                let fleet = try stack.process("wallet-fleet")
                try await eventually("the lane says what the database says", within: 15) { fleet.log.contains("23514") }
                #expect(try await stack.figures(port: port).sum("wallet_lane_set_aside_total") == 0)
                _ = try await stack.texts("SELECT ledger.ensure_partitions(3)::text")
                #expect(try await stack.awaitDecision(of: reply, as: person).standing == "completed OK")
                #expect(try await stack.figures(port: port).sum("wallet_lane_set_aside_total") == 0)
                try await stack.assertLedgerClean()
            }
        }
    }
}
