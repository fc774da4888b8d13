// One worker's lease machine, line by line: what it is told, what it answers.

import Domain
import Leases
import Ledger
import Testing

@Suite("A lease holder")
struct LeaseHolderTests {
    private static let second: UInt64 = 1_000_000_000
    private var holder = LeaseHolder(id: .of(1), laneCount: 2)

    /// A holder that runs both its lanes.
    private static func running() -> LeaseHolder {
        var holder = LeaseHolder(id: .of(1), laneCount: 2)
        _ = holder.observed([.of(1, lanes: [0, 1])], at: 0)
        for lane in [Int16(0), 1] { holder.started(lane) }
        return holder
    }

    @Test("free lanes are taken, those that were given are started, and then there is nothing to do")
    mutating func taking() {
        let wishes = [LeaseWish(lane: 0, holder: nil), LeaseWish(lane: 1, holder: nil)]
        #expect(holder.observed([.of(1)], at: 0) == [.take(wishes)])
        #expect(!holder.isSettled)
        #expect(holder.took([1]) == [.start(1)])
        holder.started(1)
        // Lane 0 was somebody else's by then, and is free again.
        #expect(holder.observed([.of(1, lanes: [1])], at: 1) == [.take([LeaseWish(lane: 0, holder: nil)])])
        #expect(holder.took([0]) == [.start(0)])
        holder.started(0)
        #expect(holder.observed([.of(1, lanes: [0, 1])], at: 2) == [])
        #expect(holder.isSettled && holder.runs == [0, 1])
    }

    @Test("a lane that could not be started, or whose taking was not answered, is started at the next look")
    mutating func startedLater() {
        #expect(holder.observed([.of(1, lanes: [0, 1])], at: 0) == [.start(0), .start(1)])
        holder.started(0)
        #expect(holder.observed([.of(1, lanes: [0, 1])], at: 1) == [.start(1)])
    }

    @Test("a lane is given away in order: stopped, and released only when it has stopped")
    func givingAway() {
        var holder = Self.running()
        let fleet = [FleetMember.of(1, lanes: [0, 1]), .of(2)]
        #expect(holder.observed(fleet, at: 0) == [.stop(1)])
        #expect(holder.observed(fleet, at: 1) == [])
        #expect(holder.runs == [0, 1])
        holder.stopped(1)
        #expect(holder.observed(fleet, at: 2) == [.release([1])])
        #expect(holder.observed([.of(1, lanes: [0]), .of(2, lanes: [1])], at: 3) == [])
        #expect(holder.isSettled)
    }

    @Test("a lane of the living is awaited, and taken if it is not let go in time; a dead one's is taken at once")
    mutating func takingOver() {
        let alive = [FleetMember.of(1), .of(2, .leaving, lanes: [0, 1])]
        #expect(holder.observed(alive, at: 0) == [])
        #expect(holder.isAwaiting)
        #expect(holder.observed(alive, at: (LeaseHolder.handOverSecondsMax - 1) * Self.second) == [])
        let wishes = [LeaseWish(lane: 0, holder: .of(2)), LeaseWish(lane: 1, holder: .of(2))]
        #expect(holder.observed(alive, at: LeaseHolder.handOverSecondsMax * Self.second) == [.take(wishes)])
        var other = LeaseHolder(id: .of(1), laneCount: 2)
        #expect(other.observed([.of(1), .of(2, isAlive: false, lanes: [0, 1])], at: 0) == [.take(wishes)])
    }

    @Test("a lane that is another's is let go at once, while it is stopping too, and once")
    func losing() {
        var holder = Self.running()
        #expect(holder.observed([.of(1, lanes: [0]), .of(2, lanes: [1])], at: 0) == [.abandon(1)])
        #expect(holder.observed([.of(1, lanes: [0]), .of(2, lanes: [1])], at: 1) == [])
        holder.stopped(1)
        #expect(holder.observed([.of(1, lanes: [0]), .of(2)], at: 2) == [])
        var stopping = Self.running()
        #expect(stopping.observed([.of(1, lanes: [0, 1]), .of(2)], at: 0) == [.stop(1)])
        #expect(stopping.observed([.of(1, lanes: [0]), .of(2, lanes: [1])], at: 1) == [.abandon(1)])
    }

    @Test("a paused worker stops its lanes and keeps their leases; resumed, it starts them again")
    func pausing() {
        var holder = Self.running()
        let paused = [FleetMember.of(1, .paused, lanes: [0, 1]), .of(2)]
        #expect(holder.observed(paused, at: 0) == [.stop(0), .stop(1)])
        for lane in [Int16(0), 1] { holder.stopped(lane) }
        #expect(holder.observed(paused, at: 1) == [])
        #expect(holder.isPaused && holder.runs.isEmpty && holder.isSettled)
        #expect(holder.observed([.of(1, lanes: [0, 1])], at: 2) == [.start(0), .start(1)])
    }

    @Test("an ending worker stops everything, takes nothing, and releases what has stopped")
    func ending() {
        var holder = Self.running()
        #expect(holder.end() == [.stop(0), .stop(1)])
        #expect(holder.observed([.of(1, lanes: [0, 1])], at: 0) == [])
        holder.stopped(0)
        #expect(holder.observed([.of(1, lanes: [0, 1])], at: 1) == [.release([0])])
        #expect(holder.observed([.of(1, lanes: [1])], at: 2) == [])
        holder.stopped(1)
        #expect(holder.runs.isEmpty && holder.took([0]) == [])
    }
}
