// Requests that are held until something is known of their command.

import Domain
import ServiceLifecycle
import Synchronization

/// Who waits for which command.
final class Waiters: Sendable {
    static let countMax = 20_000

    /// One request's place. Wake-ups before it waits are one wake-up, and none is missed.
    struct Waiter: Sendable {
        fileprivate let id: UInt64
        fileprivate let command: CommandID
        fileprivate let news: AsyncStream<Void>
    }

    private struct State {
        var waiting: [CommandID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var count = 0
        var lastID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Nil when too many wait already.
    func add(_ command: CommandID) -> Waiter? {
        let (news, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        return state.withLock { state in
            guard state.count < Self.countMax else { return nil }
            state.count += 1
            state.lastID += 1
            state.waiting[command, default: [:]][state.lastID] = continuation
            return Waiter(id: state.lastID, command: command, news: news)
        }
    }

    func remove(_ waiter: Waiter) {
        state.withLock { state in
            guard state.waiting[waiter.command]?.removeValue(forKey: waiter.id) != nil else { return }
            state.count -= 1
            if state.waiting[waiter.command]?.isEmpty == true { state.waiting[waiter.command] = nil }
        }
    }

    func wake(_ command: CommandID) {
        let continuations = state.withLock { state in state.waiting[command].map { Array($0.values) } ?? [] }
        for continuation in continuations { continuation.yield() }
    }

    var count: Int { state.withLock { $0.count } }
}

extension Waiters.Waiter {
    /// How a wait ended.
    enum Ending: Sendable {
        case news
        case timeOver
        /// The server is shutting down or the client is gone.
        case stopped
    }

    /// Waits for news, for so long at most.
    func wait(_ duration: Duration) async -> Ending {
        await withTaskGroup(of: Ending.self) { group in
            group.addTask {
                for await _ in news { return .news }
                return .stopped
            }
            group.addTask {
                do { try await Task.sleep(for: duration) } catch { return .stopped }
                return .timeOver
            }
            group.addTask {
                try? await gracefulShutdown()
                return .stopped
            }
            let first = await group.next() ?? .stopped
            group.cancelAll()
            return first
        }
    }
}
