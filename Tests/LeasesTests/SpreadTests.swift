// The laws of the spread: even, few moves, nobody forgotten, and the same for everyone. The fleets are drawn by seed.

import Domain
import Leases
import Ledger
import Testing

@Suite("Spread")
struct SpreadTests {
    /// A fleet in any state, with leases as they may lie after anything.
    private struct Drawn {
        var members: [FleetMember]
        let laneCount: Int

        init(_ random: inout SeededRandom) {
            laneCount = Int.random(in: 1...16, using: &random)
            let count = Int.random(in: 1...6, using: &random)
            var lanes = [[Int16]](repeating: [], count: count)
            for lane in 0..<Int16(laneCount) {
                let holder = Int.random(in: -1..<count, using: &random)
                if holder >= 0 { lanes[holder].append(lane) }
            }
            members = (0..<count).map { index in
                FleetMember(
                    id: WorkerID(high: random.next(), low: random.next()), number: Int64(index + 1),
                    standing: Int.random(in: 0..<6, using: &random) == 0
                        ? .paused : Int.random(in: 0..<6, using: &random) == 0 ? .leaving : .running,
                    isAlive: Int.random(in: 0..<5, using: &random) > 0,
                    isSteady: Int.random(in: 0..<3, using: &random) > 0, lanes: lanes[index])
            }
        }

        /// The fleet once everybody has what it is to have.
        func moved(to owners: [WorkerID?]) -> [FleetMember] {
            members.map { member in
                member.holding(owners.indices.filter { owners[$0] == member.id }.map { Int16($0) })
            }
        }

        func holder(of lane: Int) -> FleetMember? {
            members.first { $0.isAlive && $0.standing != .leaving && $0.lanes.contains(Int16(lane)) }
        }

        /// Who takes part in the balance, said in another way than the code says it.
        var takers: [FleetMember] {
            let running = members.filter { $0.isAlive && $0.standing == .running }
            let ranked: [[FleetMember]] = [
                running.filter(\.isSteady), running.filter { !$0.lanes.isEmpty }, running,
            ]
            return ranked.first { !$0.isEmpty } ?? []
        }
    }

    private func forEach(_ body: (inout SeededRandom, Drawn) throws -> Void) rethrows {
        var random = SeededRandom()
        for _ in 0..<1_000 {
            let drawn = Drawn(&random)
            try body(&random, drawn)
        }
    }

    @Test("no lane is without an owner while somebody takes lanes, and none goes to the dead or the leaving")
    func everyLaneHasAnOwner() {
        forEach { random, drawn in
            let owners = Spread.owners(laneCount: drawn.laneCount, members: drawn.members)
            let may = Set(drawn.members.filter { $0.isAlive && $0.standing != .leaving }.map(\.id))
            #expect(owners.count == drawn.laneCount)
            let isNobodyThere = drawn.takers.isEmpty
            for owner in owners {
                if let owner { #expect(may.contains(owner)) } else { #expect(isNobodyThere, "seed \(random.seed)") }
            }
        }
    }

    @Test("those that take lanes have equally many to within one")
    func even() {
        forEach { random, drawn in
            let owners = Spread.owners(laneCount: drawn.laneCount, members: drawn.members)
            let counts = drawn.takers.map { taker in owners.count { $0 == taker.id } }
            guard let least = counts.min(), let most = counts.max() else { return }
            #expect(most - least <= 1, "seed \(random.seed): \(counts)")
        }
    }

    @Test("no fewer moves would do")
    func fewestMoves() {
        forEach { random, drawn in
            let owners = Spread.owners(laneCount: drawn.laneCount, members: drawn.members)
            let moved = owners.indices.count { lane in
                drawn.holder(of: lane).map { $0.id != owners[lane] } ?? false
            }
            // Whoever has more than its share has to give. Shares are largest where most is held.
            let held = drawn.takers.map(\.lanes.count).sorted(by: >)
            if held.isEmpty {
                #expect(moved == 0)
                return
            }
            let fixed = drawn.members.filter { member in
                member.isAlive && member.standing != .leaving && !drawn.takers.contains(member)
            }.reduce(0) { $0 + $1.lanes.count }
            let (share, larger) = (drawn.laneCount - fixed).quotientAndRemainder(dividingBy: held.count)
            let least = held.enumerated().reduce(0) { sum, worker in
                sum + max(0, worker.element - share - (worker.offset < larger ? 1 : 0))
            }
            #expect(moved == least, "seed \(random.seed)")
        }
    }

    @Test("what has been spread stays as it is, and the order in which workers are listed means nothing")
    func stableAndDeterministic() {
        forEach { random, drawn in
            let owners = Spread.owners(laneCount: drawn.laneCount, members: drawn.members)
            let shuffled = drawn.members.shuffled(using: &random)
            #expect(owners == Spread.owners(laneCount: drawn.laneCount, members: shuffled), "seed \(random.seed)")
            let settled = drawn.moved(to: owners)
            // Once they have lanes, those that have just started count as owners of something.
            if drawn.takers.count == settled.count(where: { $0.isAlive && $0.standing == .running }) {
                #expect(owners == Spread.owners(laneCount: drawn.laneCount, members: settled), "seed \(random.seed)")
            }
        }
    }

    @Test("three workers that start together share eight lanes at once: 3, 3 and 2")
    func startOfAFleet() {
        let members = (1...3).map { FleetMember.of($0, isSteady: false) }
        let owners = Spread.owners(laneCount: 8, members: members)
        #expect(owners == [1, 1, 1, 2, 2, 2, 3, 3].map { WorkerID.of($0) })
    }

    @Test("one that joins gets nothing before it is steady, then its share and no more")
    func joining() {
        let old = [FleetMember.of(1, lanes: [0, 1, 2, 3]), FleetMember.of(2, lanes: [4, 5, 6, 7])]
        let early = Spread.owners(laneCount: 8, members: old + [.of(3, isSteady: false)])
        #expect(early == [1, 1, 1, 1, 2, 2, 2, 2].map { WorkerID.of($0) })
        let later = Spread.owners(laneCount: 8, members: old + [.of(3)])
        #expect(later == [1, 1, 1, 3, 2, 2, 2, 3].map { WorkerID.of($0) })
    }

    @Test("the lanes of a paused worker stay with it, those of a leaving one go to the others")
    func pausedAndLeaving() {
        let paused = [FleetMember.of(1, .paused, lanes: [0, 1, 2, 3]), .of(2, lanes: [4, 5, 6, 7]), .of(3)]
        #expect(Spread.owners(laneCount: 8, members: paused) == [1, 1, 1, 1, 2, 2, 3, 3].map { WorkerID.of($0) })
        let leaving = [FleetMember.of(1, .leaving, lanes: [0, 1, 2, 3]), .of(2, lanes: [4, 5, 6, 7])]
        #expect(Spread.owners(laneCount: 8, members: leaving) == [2, 2, 2, 2, 2, 2, 2, 2].map { WorkerID.of($0) })
        #expect(Spread.owners(laneCount: 2, members: [.of(1, .leaving, lanes: [0, 1])]) == [nil, nil])
    }
}
