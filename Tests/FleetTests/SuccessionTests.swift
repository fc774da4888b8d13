// Two fleet processes: one stands by, takes over from one that stopped, and they share lanes.

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
                // Each of the two is the owner once.
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
                    // The woken one knows that it is not the owner any more: it takes no lane back.
                    #expect(try await stack.epochs() == epochs)
                    // For the next round it is the one that stands by: the oldest running process is the owner.
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
                let fleets = stack.processes("wallet-fleet")
                async let sending: Void = load.send(1_500, topUps: 10, on: stack)
                // The broker gives a lane whose owner's connection breaks to the one that stands by.
                for lane in 0..<4 {
                    try await eventually("lane \(lane) changes hands", within: 40) {
                        try await stack.host.cutActiveConsumer(of: Names.lane(lane))
                    }
                }
                try await sending
                try await load.send(500, on: stack)
                let counts = try await assertNothingLost(stack, load)
                let taken = fleets.map { $0.log.split(separator: "\n").count { $0.contains("lane taken") } }
                #expect(taken[0] >= 8 && taken[1] >= 1, "both owned lanes: \(taken)")

                let events = try await stack.streamEvents()
                var seen: Set<String> = []
                var sequences: [Int64: Int64] = [:]
                var versions: [String: Set<Int64>] = [:]
                for event in events where seen.insert(event.id).inserted {
                    guard let position = event.position else { continue }
                    // Repeats aside, a lane's events are in the stream in the order in which it decided.
                    #expect(position.sequence == sequences[position.lane, default: 0] + 1, "lane \(position.lane)")
                    sequences[position.lane] = position.sequence
                    for wallet in event.wallets {
                        #expect(versions[wallet.id, default: []].insert(wallet.version).inserted)
                    }
                }
                #expect(sequences.count == 8)
                #expect(versions.count == load.accounts.count)
                for (wallet, versions) in versions {
                    #expect(versions == Set(1...Int64(versions.count)), "the versions of \(wallet) have no gaps")
                }
                report("13", seed: seed, "lanes taken by each \(taken), \(versions.count) wallets, \(counts)")
            }
        }
    }
}

extension Stack {
    /// The database's clock, in microseconds since 1970.
    fileprivate func microseconds() async throws -> Int64 {
        Int64(try await number("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
    }

    /// The last outcome's number of each lane.
    fileprivate func heads() async throws -> [Int64: Int64] { try await lanes("head") }

    fileprivate func epochs() async throws -> [Int64: Int64] { try await lanes("epoch") }

    private func lanes(_ column: String) async throws -> [Int64: Int64] {
        try await numbers("SELECT lane, \(column) FROM ledger.lanes")
    }

    /// When each lane decided for the first time after these heads, in microseconds since 1970.
    fileprivate func firstOutcomes(after heads: [Int64: Int64]) async throws -> [Int64: Int64] {
        let firsts = heads.map { "(\($0.key)::smallint, \($0.value + 1)::bigint)" }.joined(separator: ",")
        return try await numbers(
            """
            SELECT lane, (extract(epoch FROM at) * 1000000)::bigint FROM ledger.outcomes
            WHERE (lane, lane_seq) IN (VALUES \(firsts))
            """)
    }
}
