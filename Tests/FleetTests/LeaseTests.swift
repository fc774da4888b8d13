// Several fleet processes and their leases: an even spread whatever happens to one of them, and no lane that rests long.

import Domain
import Glibc
import Synchronization
import TestSupport
import Testing

extension FleetLaws {
    @Suite struct Leases {
        /// From the moment that something happens to a worker until each of its lanes decides again.
        private static let moveSecondsMax = 10.0

        @Test(
            """
            three workers over eight lanes: one killed, one stopped and woken, one added, under load: even again each \
            time, lanes rest under ten seconds, nothing is lost, doubled or out of order
            """)
        func threeWorkers() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                let seed = SeededRandom().seed
                let load = try await Load.prepare(stack, seed: seed)
                for _ in 0..<2 { try await stack.startFleet() }
                try await stack.awaitSpread([2, 3, 3])
                let (first, second) = (stack.processes("wallet-fleet")[0], stack.processes("wallet-fleet")[1])

                let traffic = Traffic()
                async let sending: Void = traffic.run(load, on: stack)
                let killed = try await stack.secondsUntilLanesGoOn(of: first, traffic) { first.signal(SIGKILL) }
                try await stack.awaitSpread([4, 4])

                let stopped = try await stack.secondsUntilLanesGoOn(of: second, traffic) { second.signal(SIGSTOP) }
                try await stack.awaitSpread([8])
                second.signal(SIGCONT)
                try await stack.awaitSpread([4, 4])

                try await stack.awaitProgress(traffic)
                let before = try await stack.epochs()
                try await stack.startFleet()
                try await stack.awaitSpread([2, 3, 3])
                try await stack.awaitProgress(traffic)
                // Joining moved the fewest lanes, and each of them once.
                let raised = try await stack.epochs().map { $0.value - (before[$0.key] ?? 0) }
                let all = raised.reduce(0, +)
                #expect(all == 2, "seed \(seed): \(raised)")

                traffic.end()
                try await sending
                #expect(killed <= Self.moveSecondsMax && stopped <= Self.moveSecondsMax, "seed \(seed)")
                #expect(second.ending == nil)
                let counts = try await assertNothingLost(stack, load)
                try await assertOrderKept(stack, load)
                report("leases", seed: seed, "lanes of a killed \(killed) s, of a stopped \(stopped) s, \(counts)")
            }
        }

        @Test("a worker that is asked to end hands its lanes over at once, and the one that is left goes on with all")
        func askedToEnd() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                let seed = SeededRandom().seed
                let load = try await Load.prepare(stack, seed: seed)
                try await stack.startFleet()
                try await stack.awaitSpread([4, 4])
                let first = stack.processes("wallet-fleet")[0]
                let traffic = Traffic()
                async let sending: Void = traffic.run(load, on: stack)
                let seconds = try await stack.secondsUntilLanesGoOn(of: first, traffic) { first.signal(SIGTERM) }
                #expect(try await first.awaitEnd() == .exited(0))
                try await stack.awaitSpread([8])
                traffic.end()
                try await sending
                // Nobody had to be found dead.
                #expect(seconds < 4)
                let counts = try await assertNothingLost(stack, load)
                try await assertOrderKept(stack, load)
                report("leases", seed: seed, "lanes of one asked to end \(seconds) s, \(counts)")
            }
        }

        @Test("a worker that comes and goes quickly moves no lane")
        func blinking() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                try await eventually("the lanes are taken") { try await stack.epochs().count == 8 }
                let epochs = try await stack.epochs()
                for _ in 0..<3 {
                    let guest = try await stack.startFleet()
                    try await guest.kill()
                }
                #expect(try await stack.epochs() == epochs)
                try await stack.awaitSpread([8])
            }
        }

        @Test("workers that lose PostgreSQL's sessions, all at once and again and again, keep their lanes")
        func sessionsCut() async throws {
            var options = StackOptions()
            options.hasIngress = false
            try await Stack.with(options) { stack in
                let seed = SeededRandom().seed
                let load = try await Load.prepare(stack, seed: seed)
                try await stack.startFleet()
                try await stack.awaitSpread([4, 4])
                let owners = try await stack.owners()
                async let sending: Void = load.send(600, on: stack)
                for _ in 0..<5 {
                    // Just after a cut there may be no session to cut yet.
                    try await eventually("sessions are cut") {
                        try await stack.number(
                            """
                            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                            WHERE datname = current_database() AND application_name LIKE 'wallet-fleet%'
                            """) > 0
                    }
                    try await eventually("both workers are back") {
                        try await stack.number(
                            """
                            SELECT count(*) FROM ledger.workers JOIN pg_stat_activity ON session_pid = pg_stat_activity.pid
                            """) == 2
                    }
                }
                try await sending
                let counts = try await assertNothingLost(stack, load)
                #expect(try await stack.owners() == owners)
                report("leases", seed: seed, "sessions cut five times, \(counts)")
            }
        }
    }
}

/// Transfers that go on until they are told to end, with so many undecided at most: what is measured is how long lanes
/// rest, and not how long a backlog takes.
final class Traffic: Sendable {
    private static let undecidedMax = 400
    private static let roundCount = 100

    private let ended = Counter()
    private let failed = Mutex<(any Error)?>(nil)

    func end() { ended.increment() }

    func run(_ load: Load, on stack: Stack) async throws {
        do {
            let before = try await stack.heads().values.reduce(0, +) - Int64(load.sent.count)
            while ended.value == 0, !Task.isCancelled {
                try await load.send(Self.roundCount, on: stack)
                try await eventually("the fleet keeps up", within: 30) {
                    let decided = try await stack.heads().values.reduce(0, +) - before
                    return load.sent.count - Int(decided) <= Self.undecidedMax - Self.roundCount
                }
            }
        } catch {
            failed.withLock { $0 = error }
            throw error
        }
    }

    /// - Throws: why it does not go on.
    func check() throws {
        if let error = failed.withLock({ $0 }) { throw error }
    }
}

extension Stack {
    /// The process that has each lane's lease.
    func owners() async throws -> [Int64: Int64] {
        try await numbers("SELECT lane, pid::bigint FROM ledger.leases JOIN ledger.workers ON id = worker_id")
    }

    /// Waits until every lane is leased and taken, so many by each of the running processes.
    func awaitSpread(_ counts: [Int], within seconds: Double = 30) async throws {
        let running = Set(processes("wallet-fleet").map { Int64($0.pid) })
        try await eventually("the lanes are spread \(counts)", within: seconds) {
            let owners = try await owners()
            let spread = Dictionary(grouping: owners.values) { $0 }.values.map(\.count).sorted()
            return spread == counts && running.isSuperset(of: owners.values)
        }
    }

    /// Waits until every lane has decided something from now on.
    func awaitProgress(_ traffic: Traffic) async throws {
        let before = try await heads()
        var resting: [Int64] = []
        do {
            try await eventually("every lane goes on", within: 30) {
                try traffic.check()
                let now = try await heads()
                resting = before.keys.filter { now[$0] == before[$0] }.sorted()
                return resting.isEmpty
            }
        } catch {
            let waiting = try await waitingMessages()
            throw Failure("lanes \(resting) of \(try await owners()), \(waiting) messages wait: \(error)")
        }
    }

    /// Does something to a worker, and measures the longest rest of one of its lanes until each of them has gone on with
    /// another owner.
    func secondsUntilLanesGoOn(
        of worker: ChildProcess, _ traffic: Traffic, _ happening: () -> Void
    ) async throws -> Double {
        let lanes = try await owners().filter { $0.value == Int64(worker.pid) }.map(\.key)
        try await awaitProgress(traffic)
        let since = try await microseconds()
        happening()
        try await eventually("the lanes \(lanes) have another owner", within: 60) {
            let owners = try await owners()
            return lanes.allSatisfy { owners[$0] ?? Int64(worker.pid) != Int64(worker.pid) }
        }
        try await awaitProgress(traffic)
        let rest = try await number(
            """
            SELECT max(rest)::bigint FROM (
                SELECT lane, at, (extract(epoch FROM at - lag(at) OVER (PARTITION BY lane ORDER BY lane_seq)) * 1000000)
                    AS rest
                FROM ledger.outcomes
            ) AS rests
            WHERE lane IN (\(lanes.map(String.init).joined(separator: ",")))
                AND at >= to_timestamp(\(since)::numeric / 1000000)
            """)
        return Double(rest) / 1_000_000
    }
}
