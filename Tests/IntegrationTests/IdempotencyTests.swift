// One key is one command, however often and in whatever way it comes.

import Domain
import TestSupport
import Testing
import Topology
import Wire

extension Integration {
    @Suite struct Idempotency {
        @Test("the same request sent fifty times at once moves money once and gets one answer")
        func fiftyTimes() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                let key = newKey()
                let body = transferJSON(payer.id, payee.id, 100_00)

                let replies = try await atOnce(50) { _ in
                    try await stack.post("/transfers", as: payer.person, key: key, body)
                }
                #expect(replies.allSatisfy { $0.status == 202 }, "\(replies.map(\.status))")
                #expect(Set(replies.map { String(decoding: $0.body, as: UTF8.self) }).count == 1)
                let decision = try await stack.awaitDecision(of: replies[0], as: payer.person)
                #expect(decision.standing == "completed OK")

                // What Redis remembered is not what makes it one command.
                try await stack.flushRedis()
                let late = try await stack.post("/transfers", as: payer.person, key: key, body)
                #expect(late.command == replies[0].command)
                let again = try await stack.awaitDecision(of: late, as: payer.person)
                #expect(again["transaction_id"] == decision["transaction_id"])

                #expect(try await stack.balance(payer).available == 1_000_00 - 100_00)
                #expect(try await stack.balance(payee).available == 100_00)
                let id = try #require(replies[0].command)
                let rows = try await stack.number(
                    "SELECT count(*) FROM ledger.outcomes WHERE subject_id = '\(id)'")
                #expect(rows == 1)
                _ = try await stack.assertStreamComplete()
                let events = try await stack.streamEvents().filter { $0.commandID == id.description }
                #expect(Set(events.map(\.id)).count == 1)
                try await stack.assertLedgerClean()
                report("1", seed: 0, "\(replies.count + 1) requests, \(rows) outcome, \(events.count) events")
            }
        }

        @Test("the same key with another amount is refused and the answer names the amount, over HTTP")
        func keyReusedOverHTTP() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                let key = newKey()
                let first = try await stack.post(
                    "/transfers", as: payer.person, key: key, transferJSON(payer.id, payee.id, 100_00))
                // Before it is decided and after: the answer is the same.
                let early = try await stack.post(
                    "/transfers", as: payer.person, key: key, transferJSON(payer.id, payee.id, 200_00))
                try await stack.awaitDecision(of: first, as: payer.person)
                let late = try await stack.post(
                    "/transfers", as: payer.person, key: key, transferJSON(payer.id, payee.id, 200_00))
                for reply in [early, late] {
                    #expect(reply.status == 409)
                    #expect(reply.code == "KEY_REUSED")
                    #expect(reply.field == "amount.amount")
                }

                // Without the hint the lane finds out, and the receipt of the second request shows it.
                try await stack.flushRedis()
                let unhinted = try await stack.post(
                    "/transfers", as: payer.person, key: key, transferJSON(payer.id, payee.id, 300_00))
                if unhinted.status == 202 {
                    let url = try #require(unhinted.statusURL)
                    let answer = try await stack.get(url, as: payer.person)
                    #expect(answer.status == 409)
                    #expect(answer.field == "amount.amount")
                } else {
                    #expect(unhinted.status == 409)
                }
                // White space and the order of fields are not content.
                let same = try await stack.post(
                    "/transfers", as: payer.person, key: key,
                    """
                    { "amount": {"currency":"DZD", "amount":10000}, "to":{"wallet":"\(payee.id)"},
                      "from":"\(payer.id)" }
                    """)
                #expect(same.status == 202 && same.command == first.command, "\(same)")
                #expect(try await stack.balance(payee).available == 100_00)
                try await stack.assertLedgerClean()
            }
        }

        @Test("the same key with another amount is announced as reused and leaves no row, over AMQP")
        func keyReusedOverAMQP() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                let slot = payer.id.lastByte
                let id = try await stack.withCommander { commander in
                    func send(_ amount: Int64) async throws -> CommandID {
                        try await commander.send(
                            try commander.envelope(
                                "transfer.submit.v1", transferJSON(payer.id, payee.id, amount), as: payer.person.id,
                                key: "reused"), slot: slot)
                    }
                    let id = try await send(100_00)
                    #expect(try await send(200_00) == id)
                    // In a batch of its own too, when the first is long decided.
                    try await eventually("the first is decided") {
                        try await stack.standing(of: id.description) != nil
                    }
                    #expect(try await send(300_00) == id)
                    return id
                }
                var reused: [StreamEvent] = []
                try await eventually("both are announced as reused") {
                    reused = try await stack.streamEvents().filter { $0.name == "command.key_reused" }
                    return reused.count == 2
                }
                for event in reused {
                    #expect(event.commandID == id.description)
                    #expect(event.json["data"]?["code"]?.text == "KEY_REUSED")
                    #expect(event.json["data"]?["field"]?.text == "amount.amount")
                }
                let rows = try await stack.number("SELECT count(*) FROM ledger.outcomes WHERE command_id = '\(id)'")
                #expect(rows == 1)
                #expect(try await stack.balance(payee).available == 100_00)
                try await stack.assertLedgerClean()
            }
        }

        @Test("a refused command stays refused when the balance would allow it later")
        func staysRefused() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(50_00)
                let payee = try await stack.openWallet()
                let key = newKey()
                let body = transferJSON(payer.id, payee.id, 100_00)
                let refused = try await stack.decide("/transfers", as: payer.person, key: key, body)
                #expect(refused.standing == "rejected INSUFFICIENT_FUNDS")
                try await stack.topUp(payer, 1_000_00)
                for _ in 0..<3 {
                    let again = try await stack.decide("/transfers", as: payer.person, key: key, body)
                    #expect(again.standing == "rejected INSUFFICIENT_FUNDS")
                    #expect(again["decided_at"] == refused["decided_at"])
                    try await stack.flushRedis()
                }
                #expect(try await stack.balance(payer).available == 1_050_00)
                #expect(try await stack.balance(payee).available == 0)
                // Another key is another command.
                let other = try await stack.decide("/transfers", as: payer.person, body)
                #expect(other.standing == "completed OK")
                try await stack.assertLedgerClean()
            }
        }
    }
}
