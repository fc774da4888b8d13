// Whole fleets of lease machines over a database that is a few arrays: workers that die, stop, blink, are paused and
// drained, by seed, and what must hold at every moment and once it is quiet.

import Domain
import Leases
import Ledger
import Testing

/// What the database holds, and the rules of `ledger.workers_seen`, in whole seconds.
private struct SimulatedFleet {
    struct Worker {
        var holder: LeaseHolder
        var standing = FleetMember.Standing.running
        /// Nil while it does not beat.
        var beatAt: Int?
        var steadySince = 0
        var isUp = true
        /// Lanes that it was told to stop and when they will have.
        var stopping: [Int16: Int] = [:]
        /// Until when it consumes, by its own clock.
        var leasedUntil = 0
    }

    static let deadSeconds = 4
    static let steadySeconds = 5
    static let leaseSeconds = 5
    let laneCount: Int
    var workers: [Worker] = []
    var owners: [Int?]
    var now = 0
    var moves = 0
    /// The lanes that each worker runs.
    var running: [Set<Int16>] = []

    init(laneCount: Int) {
        self.laneCount = laneCount
        owners = Array(repeating: nil, count: laneCount)
    }

    mutating func join() {
        workers.append(Worker(holder: LeaseHolder(id: .of(workers.count + 1), laneCount: laneCount)))
        running.append([])
    }

    /// It is gone for good, with everything it ran.
    mutating func kill(_ index: Int) {
        workers[index].isUp = false
        running[index] = []
    }

    var members: [FleetMember] {
        workers.indices.filter { workers[$0].beatAt != nil }.map { index in
            let beatAt = workers[index].beatAt ?? 0
            return FleetMember(
                id: .of(index + 1), number: Int64(index + 1), standing: workers[index].standing,
                isAlive: now - beatAt < Self.deadSeconds,
                isSteady: beatAt - workers[index].steadySince >= Self.steadySeconds,
                lanes: (0..<laneCount).filter { owners[$0] == index }.map { Int16($0) })
        }
    }

    /// A second of a worker that is up: a heartbeat, a look, what follows.
    mutating func turn(_ index: Int, _ random: inout SeededRandom) {
        if workers[index].beatAt.map({ now - $0 >= Self.deadSeconds }) ?? true { workers[index].steadySince = now }
        workers[index].beatAt = now
        for (lane, at) in workers[index].stopping where at <= now {
            workers[index].stopping[lane] = nil
            running[index].remove(lane)
            workers[index].holder.stopped(lane)
        }
        workers[index].leasedUntil = now + Self.leaseSeconds
        let actions = workers[index].holder.observed(members, at: UInt64(now) * 1_000_000_000)
        for action in actions { perform(action, index, &random) }
    }

    private mutating func perform(_ action: LeaseHolder.Action, _ index: Int, _ random: inout SeededRandom) {
        switch action {
        case .start(let lane):
            running[index].insert(lane)
            workers[index].holder.started(lane)
        case .stop(let lane): workers[index].stopping[lane] = now + Int.random(in: 0...2, using: &random)
        case .abandon(let lane):
            running[index].remove(lane)
            workers[index].stopping[lane] = now
        case .release(let lanes):
            for lane in lanes where owners[Int(lane)] == index {
                #expect(!running[index].contains(lane), "a lane that runs is not released")
                owners[Int(lane)] = nil
            }
        case .take(let wishes):
            let granted = wishes.filter { wish in owners[Int(wish.lane)].map { WorkerID.of($0 + 1) } == wish.holder }
            for wish in granted {
                owners[Int(wish.lane)] = index
                moves += 1
            }
            for action in workers[index].holder.took(granted.map(\.lane)) { perform(action, index, &random) }
        }
    }

    /// How many workers may consume a lane at this moment.
    func consumers(of lane: Int16) -> Int {
        workers.indices.count { running[$0].contains(lane) && now < workers[$0].leasedUntil }
    }
}

@Suite("A fleet of lease holders")
struct FleetSimulationTests {
    @Test("whatever happens to them, a lane has one consumer; when it is quiet, each has one and the spread is even")
    func anything() {
        var random = SeededRandom()
        for _ in 0..<50 {
            var fleet = SimulatedFleet(laneCount: Int.random(in: 1...12, using: &random))
            fleet.join()
            var frozenUntil: [Int: Int] = [:]
            for second in 0..<120 {
                fleet.now = second
                switch Int.random(in: 0..<12, using: &random) {
                case 0 where fleet.workers.count < 6 && second < 90: fleet.join()
                case 1 where second < 90:
                    let index = Int.random(in: fleet.workers.indices, using: &random)
                    if fleet.workers.count(where: \.isUp) > 1 { fleet.kill(index) }
                case 2 where second < 85:
                    let index = Int.random(in: fleet.workers.indices, using: &random)
                    frozenUntil[index] = second + Int.random(in: 1...8, using: &random)
                case 3:
                    let index = Int.random(in: fleet.workers.indices, using: &random)
                    let standings = FleetMember.Standing.allCases
                    fleet.workers[index].standing =
                        second < 90 ? standings[Int.random(in: 0..<3, using: &random)] : .running
                default: break
                }
                if second == 95 { for index in fleet.workers.indices { fleet.workers[index].standing = .running } }
                for index in fleet.workers.indices.shuffled(using: &random)
                where fleet.workers[index].isUp && frozenUntil[index] ?? 0 <= second {
                    fleet.turn(index, &random)
                }
                for lane in 0..<Int16(fleet.laneCount) {
                    // One that was found dead and is not may for a moment be the second: it holds an epoch that is over.
                    let consumers = fleet.consumers(of: lane)
                    let isAnyoneLate = fleet.workers.contains { $0.isUp && second - ($0.beatAt ?? second) >= 3 }
                    #expect(consumers <= 1 || isAnyoneLate, "seed \(random.seed), second \(second)")
                }
            }
            let up = fleet.workers.indices.filter { fleet.workers[$0].isUp }
            let counts = up.map { fleet.running[$0].count }
            #expect(counts.reduce(0, +) == fleet.laneCount, "seed \(random.seed): \(counts)")
            let (most, least) = (counts.max() ?? 0, counts.min() ?? 0)
            #expect(most - least <= 1, "seed \(random.seed): \(counts)")
            let unsettled = up.filter { !fleet.workers[$0].holder.isSettled }
            #expect(unsettled.isEmpty, "seed \(random.seed)")
        }
    }

    @Test("a worker that blinks is given lanes only when it has stopped blinking, and the others' lanes do not move")
    func blinking() {
        var random = SeededRandom()
        var fleet = SimulatedFleet(laneCount: 8)
        for _ in 0..<2 { fleet.join() }
        func run(_ seconds: Range<Int>, isThere: (Int) -> Bool) {
            for second in seconds {
                fleet.now = second
                for index in fleet.workers.indices where index < 2 || isThere(second) { fleet.turn(index, &random) }
            }
        }
        run(0..<20) { _ in false }
        let moves = fleet.moves
        fleet.join()
        // Here for four seconds, gone for five.
        run(20..<200) { $0 % 9 < 4 }
        #expect(fleet.moves == moves)
        run(200..<230) { _ in true }
        #expect(fleet.moves == moves + 2, "seed \(random.seed)")
        #expect(fleet.running.map(\.count) == [3, 3, 2])
    }
}
