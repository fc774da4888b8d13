// Redis is a convenience: without it everything is as right as before, only slower.

import Domain
import Synchronization
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct RedisOutage {
        /// How many transfers each payer has made, and when they are to stop.
        private final class Progress: Sendable {
            private let state = Mutex((counts: [Int: Int](), isOver: false, slowest: Duration.zero))

            var isOver: Bool { state.withLock { $0.isOver } }
            var total: Int { state.withLock { $0.counts.values.reduce(0, +) } }
            var slowest: Duration { state.withLock { $0.slowest } }

            func end() { state.withLock { $0.isOver = true } }

            func made(by payer: Int, in time: Duration) {
                state.withLock { state in
                    state.counts[payer, default: 0] += 1
                    state.slowest = max(state.slowest, time)
                }
            }

            /// What every payer has made at least.
            func fewest(of payers: Int) -> Int {
                state.withLock { state in (0..<payers).map { state.counts[$0] ?? 0 }.min() ?? 0 }
            }
        }

        @Test("while Redis is killed and started again under load, every answer stays right")
        func killedUnderLoad() async throws {
            var options = StackOptions()
            options.ownsRedis = true
            options.laneCount = 2
            try await Stack.with(options) { stack in
                var payers: [TestWallet] = []
                for _ in 0..<3 { payers.append(try await stack.openWallet(1_000_000_00)) }
                let payee = try await stack.openWallet()
                let wallets = payers
                let progress = Progress()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (number, payer) in wallets.enumerated() {
                        group.addTask {
                            while !progress.isOver {
                                let start = ContinuousClock.now
                                try await transfer(stack, payer, payee)
                                progress.made(by: number, in: ContinuousClock.now - start)
                            }
                        }
                    }
                    // Each payer comes through each of the times: with Redis, without it, and with it again.
                    func more(_ when: String) async throws {
                        let goal = progress.fewest(of: wallets.count) + 2
                        try await eventually(when) { progress.fewest(of: wallets.count) >= goal || group.isCancelled }
                    }
                    try await more("transfers with Redis")
                    try await stack.process("redis-server").kill()
                    try await more("transfers without Redis")
                    try await stack.restartRedis()
                    try await more("transfers with Redis again")
                    progress.end()
                    try await group.waitForAll()
                }
                let expected = Int64(progress.total) * 10_00
                #expect(try await stack.balance(payee).available == expected)

                try await eventually("Redis is connected again", within: 10) {
                    try await stack.ingressFigures().sum("wallet_redis_connected") == 1
                }
                let figures = try await stack.ingressFigures()
                #expect(figures.sum("wallet_redis_connections_lost_total") >= 1)
                #expect(figures.sum("wallet_redis_unavailable_total") >= 1)
                for route in ["/api/v1/transfers", "/api/v1/commands/{id}", "/api/v1/wallets/{id}"] {
                    let served = "wallet_http_requests_total"
                    #expect(figures.sum(served, ["route": route, "status": "2xx"]) >= 1, "\(route)")
                    #expect(figures.sum(served, ["route": route, "status": "5xx"]) == 0, "\(route)")
                }
                try await stack.assertLedgerClean()
                report("Redis", seed: 0, "\(progress.total) transfers, the slowest \(progress.slowest)")
            }
        }

        /// A transfer, its repeat, and the balance afterwards: each answer is the right one.
        private func transfer(_ stack: Stack, _ payer: TestWallet, _ payee: TestWallet) async throws {
            let key = newKey()
            let body = transferJSON(payer.id, payee.id, 10_00)
            let reply = try await stack.post("/transfers", as: payer.person, key: key, body)
            let again = try await stack.post("/transfers", as: payer.person, key: key, body)
            #expect(again.status == 202 && again.command == reply.command)
            let decision = try await stack.awaitDecision(of: reply, as: payer.person)
            #expect(decision.standing == "completed OK")
            let told = try #require(ShownBalance(decision["wallets"]?.elements?.first))
            #expect(try await stack.balance(payer) == told)
        }
    }
}
