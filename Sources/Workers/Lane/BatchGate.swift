// How many lanes of a process are in a transaction at once.
//
// Payees are everybody's: two large batches nearly always share one, and the second waits for the first with its own locks
// held. Lanes that wait here instead hold nothing, and what they take when it is their turn is a larger batch.

import Polling
import Synchronization

/// Lets a few lanes in at a time, first come, first served.
public final class BatchGate: Sendable {
    private struct State {
        var free: Int
        var waiting: [LaneShared] = []
    }

    private let state: Mutex<State>

    /// - Parameter batchesMax: transactions at once, 1 or more. Two keep the database busy while one waits for its commit.
    public init(batchesMax: Int = 2) {
        state = Mutex(State(free: max(1, batchesMax)))
    }

    /// Goes in, or gets in line; who is first in line is woken when there is room.
    func enter(_ lane: LaneShared) -> Bool {
        let (entered, next) = state.withLock { state -> (Bool, LaneShared?) in
            let isFirst = state.waiting.first.map { $0 === lane } ?? true
            guard state.free > 0, isFirst else {
                if !state.waiting.contains(where: { $0 === lane }) { state.waiting.append(lane) }
                return (false, nil)
            }
            state.free -= 1
            if !state.waiting.isEmpty { state.waiting.removeFirst() }
            return (true, state.free > 0 ? state.waiting.first : nil)
        }
        next?.wakeup.signal()
        return entered
    }

    func leave() {
        let next = state.withLock { state -> LaneShared? in
            state.free += 1
            return state.waiting.first
        }
        next?.wakeup.signal()
    }

    /// Steps out of the line: there is nothing to do any more.
    func giveUp(_ lane: LaneShared) {
        let next = state.withLock { state -> LaneShared? in
            guard let index = state.waiting.firstIndex(where: { $0 === lane }) else { return nil }
            state.waiting.remove(at: index)
            return index == 0 && state.free > 0 ? state.waiting.first : nil
        }
        next?.wakeup.signal()
    }
}

/// A lane's own dealings with the gate. It lives as long as the lane's loop: with it go its place among those at work and
/// its turn in the line, however the lane ends. A place that outlived its lane would keep every other lane waiting.
final class GatePlace {
    private let gate: BatchGate
    private let lane: LaneShared
    private let nanosecondsMax: UInt64
    private var isInLine = false
    /// Until when the lane may stay in, on the monotonic clock; nil while it is not in.
    private(set) var until: UInt64?

    init(_ gate: BatchGate, of lane: LaneShared, millisecondsMax: UInt64) {
        self.gate = gate
        self.lane = lane
        nanosecondsMax = millisecondsMax * 1_000_000
    }

    deinit {
        leave()
        gate.giveUp(lane)
    }

    /// Goes in, or gets in line.
    func enter(now: UInt64) -> Bool {
        let isIn = gate.enter(lane)
        until = isIn ? now + nanosecondsMax : nil
        isInLine = !isIn
        return isIn
    }

    func leave() {
        if until == nil { return }
        until = nil
        gate.leave()
    }

    /// A session that stands still must not keep the other lanes out.
    func leaveIfOverdue(now: UInt64) {
        if let until, now >= until { leave() }
    }

    /// There is nothing to do any more.
    func leaveLine() {
        if !isInLine { return }
        isInLine = false
        gate.giveUp(lane)
    }
}
