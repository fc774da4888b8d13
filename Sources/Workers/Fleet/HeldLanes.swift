// The lanes that this process runs at the moment, for whoever in the process looks at them: readiness, metrics.

import Lane
import Synchronization

/// Lanes come and go with their leases.
final class HeldLanes: Sendable {
    private struct State {
        var workers: [Int16: LaneWorker] = [:]
        var isSettled = false
        var committedBefore = 0
    }

    private let state = Mutex(State())

    /// By their numbers, those that are stopping included.
    var workers: [Int16: LaneWorker] { state.withLock { $0.workers } }

    /// Whether every lane has the owner that it is to have, as far as this process knows, and its own have their
    /// connections.
    var isReady: Bool { state.withLock { $0.isSettled && $0.workers.values.allSatisfy(\.isReady) } }

    /// Lanes of this process that have stopped at an announcement that can never be sent.
    var halted: [Int16] { state.withLock { $0.workers.filter { $0.value.isHalted }.keys.sorted() } }

    /// Messages whose batch was committed by lanes of this process, those that moved away included.
    var committed: Int {
        state.withLock { state in
            state.workers.values.reduce(state.committedBefore) { $0 + $1.counts.committed }
        }
    }

    subscript(lane: Int16) -> LaneWorker? { state.withLock { $0.workers[lane] } }

    func insert(_ worker: LaneWorker, _ lane: Int16) { state.withLock { $0.workers[lane] = worker } }

    func remove(_ lane: Int16) {
        state.withLock { state in
            guard let worker = state.workers.removeValue(forKey: lane) else { return }
            state.committedBefore += worker.counts.committed
        }
    }

    func setSettled(_ value: Bool) { state.withLock { $0.isSettled = value } }
}
