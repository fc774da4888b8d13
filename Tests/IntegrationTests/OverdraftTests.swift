// Money that is there goes out once.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Overdraft {
        @Test("of 64 transfers at once that together overdraw a wallet, exactly those that fit go through")
        func exactlyThoseThatFit() async throws {
            try await Stack.with { stack in
                var random = SeededRandom()
                let seed = random.seed
                let amount = Int64.random(in: 1_00...500_00, using: &random)
                let fits = Int.random(in: 1...63, using: &random)
                let next = amount + transferFees(fits + 1) - transferFees(fits)
                let rest = Int64.random(in: 0..<next, using: &random)
                let funds = Int64(fits) * amount + transferFees(fits) + rest
                let payer = try await stack.openWallet(funds)
                let payees = [
                    try await stack.openWallet(), try await stack.openWallet(), try await stack.openWallet(),
                ]
                let replies = try await atOnce(64) { number in
                    try await stack.post(
                        "/transfers", as: payer.person, key: "overdraw-\(number)",
                        transferJSON(payer.id, payees[number % payees.count].id, amount))
                }
                var standings: [String: Int] = [:]
                for reply in replies {
                    let decision = try await stack.awaitDecision(of: reply, as: payer.person)
                    standings[decision.standing, default: 0] += 1
                }
                #expect(
                    standings == ["completed OK": fits, "rejected INSUFFICIENT_FUNDS": 64 - fits],
                    "seed \(seed)")
                #expect(try await stack.balance(payer).available == rest, "seed \(seed)")
                var received: Int64 = 0
                for payee in payees { received += try await stack.balance(payee).available }
                #expect(received == Int64(fits) * amount)
                #expect(try await stack.systemBalance("fee_revenue") == Int(transferFees(fits)))
                try await stack.assertLedgerClean()
                report("4", seed: seed, "64 transfers, \(fits) fit")
            }
        }
    }
}
