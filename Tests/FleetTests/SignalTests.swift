// The fleet and the ingress are killed, and asked to end, while there is work.

import Domain
import Glibc
import TestSupport
import Testing
import Wire

extension FleetLaws {
    @Suite struct Signals {
        @Test("a fleet killed ten times under load loses nothing, does nothing twice, and announces everything")
        func killedTenTimes() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                var random = SeededRandom()
                let seed = random.seed
                let load = try await Load.prepare(stack, seed: seed)
                for round in 1...10 {
                    let before = try await stack.outcomeCount()
                    async let sending: Void = load.send(300, topUps: 5, on: stack)
                    let untilDecided = before + Int.random(in: 1...250, using: &random)
                    try await eventually("round \(round) is under way", within: 60) {
                        try await stack.outcomeCount() >= untilDecided
                    }
                    let ending = try await stack.process("wallet-fleet").kill()
                    #expect(ending == .killed(signal: SIGKILL), "it did not end before it was killed")
                    try await stack.startFleet(awaitsReadiness: false)
                    try await sending
                }
                let counts = try await assertNothingLost(stack, load)
                report("9", seed: seed, "10 kills, \(counts)")
            }
        }

        @Test("a fleet asked to end under load ends within ten seconds and loses nothing")
        func fleetAskedToEnd() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                var random = SeededRandom()
                let seed = random.seed
                let load = try await Load.prepare(stack, seed: seed)
                var longest = Duration.zero
                for round in 1...3 {
                    let before = try await stack.outcomeCount()
                    async let sending: Void = load.send(500, topUps: 5, on: stack)
                    let untilDecided = before + Int.random(in: 1...400, using: &random)
                    try await eventually("round \(round) is under way", within: 60) {
                        try await stack.outcomeCount() >= untilDecided
                    }
                    let fleet = try stack.process("wallet-fleet")
                    let asked = ContinuousClock.now
                    fleet.signal(SIGTERM)
                    let ending = try await fleet.awaitEnd(within: 30)
                    longest = max(longest, .now - asked)
                    #expect(ending == .exited(0))
                    // Everything that it decided is announced and acknowledged: the next one has nothing to catch up.
                    #expect(
                        try await stack.number("SELECT count(*) FROM ledger.lanes WHERE published <> head") == 0)
                    try await stack.startFleet(awaitsReadiness: false)
                    try await sending
                }
                #expect(longest < .seconds(10), "seed \(seed)")
                let counts = try await assertNothingLost(stack, load)
                report("11", seed: seed, "3 fleets ended, the longest after \(longest), \(counts)")
            }
        }

        @Test("an ingress asked to end under load ends within ten seconds, and what it had accepted is decided")
        func ingressAskedToEnd() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(10_000_00)
                let payee = try await stack.openWallet()
                let answered = Counter()
                let total = 240
                @Sendable func send(_ number: Int) async throws -> Reply {
                    try await stack.post(
                        "/transfers", as: payer.person, key: "ending-\(number)",
                        transferJSON(payer.id, payee.id, 1_00))
                }
                // A broken or refused connection is one more way in which nobody knows: nil.
                async let firstReplies = withTaskGroup(of: (Int, Reply?).self) { group in
                    for sender in 0..<12 {
                        group.addTask { (sender, nil) }
                    }
                    var next = 0
                    var replies: [Int: Reply] = [:]
                    while let (number, reply) = await group.next() {
                        if let reply { replies[number] = reply }
                        guard next < total else { continue }
                        let number = next
                        next += 1
                        group.addTask {
                            let reply = try? await send(number)
                            answered.increment()
                            return (number, reply)
                        }
                    }
                    return replies
                }
                try await eventually("answers flow") { answered.value > 40 }
                let ingress = try stack.process("wallet-ingress")
                let asked = ContinuousClock.now
                ingress.signal(SIGTERM)
                let ending = try await ingress.awaitEnd(within: 30)
                let took = ContinuousClock.now - asked
                #expect(ending == .exited(0))
                #expect(took < .seconds(10))
                let accepted = await firstReplies.filter { $0.value.status == 202 }
                #expect(accepted.count < total, "it ended under load")

                try await stack.startIngress()
                for reply in accepted.values {
                    let decision = try await stack.awaitDecision(of: reply, as: payer.person)
                    #expect(decision["status"]?.text == "completed")
                }
                // Who does not know sends again, under the same key.
                for number in 0..<total where accepted[number] == nil {
                    let reply = try await send(number)
                    let decision = try await stack.awaitDecision(of: reply, as: payer.person)
                    #expect(decision["status"]?.text == "completed")
                }
                #expect(try await stack.balance(payee).available == Int64(total) * 1_00)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
                report("11", seed: 0, "\(accepted.count) of \(total) accepted before the end after \(took)")
            }
        }
    }
}
