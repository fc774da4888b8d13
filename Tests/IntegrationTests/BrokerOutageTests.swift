// Accepting needs the broker: without it the answer is that nobody knows, and the same key may be sent again.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct BrokerOutage {
        @Test("while the broker does not let the ingress in, a command is answered 503, and repeated it is made once")
        func unknownThenRepeated() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                let body = transferJSON(payer.id, payee.id, 100_00)

                try await stack.host.revoke("wallet-ingress")
                var unready = false
                try await eventually("the ingress has lost its broker", within: 40) {
                    _ = try await stack.host.cutConnections(of: "wallet-ingress")
                    unready = try await stack.readiness() == 503
                    return unready
                }
                let replies = try await atOnce(5) { _ in
                    try await stack.post("/transfers", as: payer.person, key: "outage", body)
                }
                for reply in replies {
                    #expect(reply.status == 503 && reply.code == "UNKNOWN_OUTCOME", "\(reply)")
                    #expect(reply.json?["error"]?["details"]?["command_id"]?.text != nil)
                    #expect(reply.json?["error"]?["details"]?["status_url"]?.text != nil)
                }
                // What can be read is read all the same.
                #expect(try await stack.balance(payer).available == 1_000_00)

                try await stack.host.grant("wallet-ingress")
                try await eventually("the ingress has its broker back", within: 40) {
                    try await stack.readiness() == 200
                }
                let again = try await stack.post("/transfers", as: payer.person, key: "outage", body)
                #expect(again.status == 202)
                #expect(
                    again.command?.description == replies[0].json?["error"]?["details"]?["command_id"]?.text)
                let decision = try await stack.awaitDecision(of: again, as: payer.person)
                #expect(decision.standing == "completed OK")
                #expect(try await stack.balance(payee).available == 100_00)
                try await stack.assertLedgerClean()
                report("12", seed: 0, "\(replies.count) answers of 503, 1 of 202")
            }
        }
    }
}
