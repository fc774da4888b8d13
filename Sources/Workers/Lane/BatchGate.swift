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
