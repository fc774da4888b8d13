// Two fleet processes: each takes over from the other when it has stopped, and they share lanes.

import Domain
import Glibc
import TestSupport
import Testing
import Topology
import Wire

extension FleetLaws {
    @Suite struct Succession {
        @Test("a stopped owner of lanes is succeeded within ten seconds, and when it wakes it does no harm")
        func stoppedOwner() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                let seed = SeededRandom().seed
                let load = try await Load.prepare(stack, seed: seed)
                try await stack.startFleet()
                var slowest = 0.0
                for round in 1...2 {
                    let (owner, successor) = (stack.processes("wallet-fleet")[0], stack.processes("wallet-fleet")[1])
                    let before = try await stack.outcomeCount()
                    async let sending: Void = load.send(800, topUps: 5, on: stack)
                    try await eventually("round \(round) is under way", within: 60) {
                        try await stack.outcomeCount() > before + 50
                    }
                    let stoppedAt = try await stack.microseconds()
                    owner.signal(SIGSTOP)
                    let heads = try await stack.heads()
                    try await sending
                    // Every lane has something to do that came after.
                    try await load.send(200, on: stack)
                    try await eventually("every lane goes on", within: 60) {
                        try await stack.heads().allSatisfy { $0.value > heads[$0.key] ?? 0 }
                    }
                    let resumedAt = try await stack.firstOutcomes(after: heads).values.max() ?? .max
                    let seconds = Double(resumedAt - stoppedAt) / 1_000_000
                    slowest = max(slowest, seconds)
                    #expect(seconds <= 10, "round \(round), seed \(seed)")
                    try await load.awaitDecisions(stack)

                    let epochs = try await stack.epochs()
                    owner.signal(SIGCONT)
                    try await load.send(300, on: stack)
                    try await load.awaitDecisions(stack)
                    #expect(owner.ending == nil && successor.ending == nil, "both still run")
                    // The woken one knows that it is not the owner any more. Lanes come back to it with their leases only.
                    let raised = try await stack.epochs().map { $0.value - (epochs[$0.key] ?? 0) }
                    let (most, all) = (raised.max() ?? 0, raised.reduce(0, +))
                    #expect(most <= 1 && all <= 4, "\(raised)")
                    try await owner.kill()
                    try await stack.startFleet()
                }
                let counts = try await assertNothingLost(stack, load)
                report("10", seed: seed, "2 owners stopped, succeeded after \(slowest) s at most, \(counts)")
            }
        }

        @Test("a stopped owner that wakes is a successor like any other when the owner after it is killed")
        func wokenOwnerIsOfUse() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                let seed = SeededRandom().seed
                let load = try await Load.prepare(stack, seed: seed)
                let first = try stack.process("wallet-fleet")
                let second = try await stack.startFleet()
                let before = try await stack.outcomeCount()
                async let sending: Void = load.send(400, on: stack)
                try await eventually("work is under way") { try await stack.outcomeCount() > before + 20 }
                first.signal(SIGSTOP)
                try await sending
                try await load.awaitDecisions(stack)
                first.signal(SIGCONT)
                try await second.kill()
                try await load.send(400, on: stack)
                let counts = try await assertNothingLost(stack, load)
                #expect(first.ending == nil)
                report("10", seed: seed, "1 owner stopped, woken and needed, \(counts)")
            }
        }

        @Test("two fleets share the lanes, and each wallet's versions and each lane's numbers rise by one")
        func sharedLanes() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                let seed = SeededRandom().seed
                let load = try await Load.prepare(stack, seed: seed)
                try await stack.startFleet()
                try await stack.awaitSpread([4, 4])
                let fleets = stack.processes("wallet-fleet")
                async let sending: Void = load.send(1_500, topUps: 10, on: stack)
                // A lane whose consumer's connection breaks stays with its owner, who comes back.
                for lane in 0..<4 {
                    try await eventually("lane \(lane) loses its consumer", within: 40) {
                        try await stack.host.cutActiveConsumer(of: Names.lane(lane))
                    }
                }
                try await sending
                try await load.send(500, on: stack)
                let counts = try await assertNothingLost(stack, load)
                let taken = fleets.map { $0.log.split(separator: "\n").count { $0.contains("lane taken") } }
                #expect(taken[0] >= 8 && taken[1] >= 4, "both owned lanes: \(taken)")
                try await assertOrderKept(stack, load)
                report("13", seed: seed, "lanes taken by each \(taken), \(counts)")
            }
        }
    }
}
