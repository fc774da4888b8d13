// Which actions may be under way together: each wallet's keep their order, those of other wallets do not wait.

import Domain

/// A pure machine over the numbers of actions: added in order, given out when nothing before them is in their way,
/// and finished in any order.
struct Schedule {
    private struct Queue {
        /// The last exclusive access that is not finished.
        var exclusive: Int?
        /// The shared ones added since.
        var shared: Set<Int> = []
    }

    private struct Waiting {
        let accesses: [WalletID: Access]
        var blockers: Int
        var dependents: [Int] = []
    }

    private var queues: [WalletID: Queue] = [:]
    private var unfinished: [Int: Waiting] = [:]
    private var ready: [Int] = []
    private var readyHead = 0

    /// Actions added and not finished.
    var count: Int { unfinished.count }
    /// Actions that are in nobody's way but have not been given out.
    var readyCount: Int { ready.count - readyHead }

    mutating func add(_ number: Int, _ accesses: [WalletAccess]) {
        var strongest: [WalletID: Access] = [:]
        for access in accesses where strongest[access.wallet] != .exclusive { strongest[access.wallet] = access.access }

        var predecessors: Set<Int> = []
        for (wallet, access) in strongest {
            var queue = queues[wallet] ?? Queue()
            switch access {
            case .shared:
                if let exclusive = queue.exclusive { predecessors.insert(exclusive) }
                queue.shared.insert(number)
            case .exclusive:
                if let exclusive = queue.exclusive { predecessors.insert(exclusive) }
                predecessors.formUnion(queue.shared)
                queue = Queue(exclusive: number)
            }
            queues[wallet] = queue
        }
        unfinished[number] = Waiting(accesses: strongest, blockers: predecessors.count)
        for predecessor in predecessors { unfinished[predecessor]?.dependents.append(number) }
        if predecessors.isEmpty { ready.append(number) }
    }

    /// The next action that may begin; nil when every other waits for one under way.
    mutating func next() -> Int? {
        guard readyHead < ready.count else { return nil }
        defer {
            readyHead += 1
            if readyHead == ready.count || readyHead > 4096 {
                ready.removeFirst(readyHead)
                readyHead = 0
            }
        }
        return ready[readyHead]
    }

    mutating func finish(_ number: Int) {
        guard let finished = unfinished.removeValue(forKey: number) else {
            preconditionFailure("an action is finished once")
        }
        for wallet in finished.accesses.keys {
            guard var queue = queues[wallet] else { continue }
            queue.shared.remove(number)
            if queue.exclusive == number { queue.exclusive = nil }
            queues[wallet] = queue.exclusive == nil && queue.shared.isEmpty ? nil : queue
        }
        for dependent in finished.dependents.sorted() {
            unfinished[dependent]?.blockers -= 1
            if unfinished[dependent]?.blockers == 0 { ready.append(dependent) }
        }
    }
}
