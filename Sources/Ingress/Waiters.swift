// Requests that are held until something is known of their command.

import Domain
import ServiceLifecycle
import Synchronization

/// Who waits for which command.
final class Waiters: Sendable {
    static let countMax = 20_000

    /// One request's place.
    struct Waiter: Sendable {
        fileprivate let id: UInt64
        fileprivate let command: CommandID
        fileprivate let bell = Bell()
    }

    private struct State {
        var waiting: [CommandID: [UInt64: Bell]] = [:]
        var count = 0
        var lastID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Nil when too many wait already.
    func add(_ command: CommandID) -> Waiter? {
        state.withLock { state in
            guard state.count < Self.countMax else { return nil }
            state.count += 1
            state.lastID += 1
            let waiter = Waiter(id: state.lastID, command: command)
            state.waiting[command, default: [:]][waiter.id] = waiter.bell
            return waiter
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
        let bells = state.withLock { state in state.waiting[command].map { Array($0.values) } ?? [] }
        for bell in bells { bell.ring() }
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

    /// Waits for news, for so long at most. May be called again, by one task at a time.
    func wait(_ duration: Duration) async -> Ending {
        await withTaskGroup(of: Ending.self) { group in
            group.addTask { await bell.hear() ? .news : .stopped }
            group.addTask {
                do { try await Task.sleep(for: duration) } catch { return .stopped }
                return .timeOver
            }
            group.addTask {
                // Cancelled together with the others, it says the same.
                try? await gracefulShutdown()
                return .stopped
            }
            let first = await group.next() ?? .stopped
            group.cancelAll()
            return first
        }
    }
}

/// Rung before or while somebody listens, it is heard once. (An `AsyncStream` would end with its first cancelled reader.)
private final class Bell: Sendable {
    private struct State {
        var isRung = false
        var listener: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            state.isRung = state.listener == nil
            return state.listener
        }
        listener?.resume(returning: true)
    }

    /// False when the task was cancelled first.
    func hear() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let wasRung = state.withLock { state in
                    defer { state.isRung = false }
                    if !state.isRung { state.listener = continuation }
                    return state.isRung
                }
                if wasRung { continuation.resume(returning: true) }
                // The handler may have run before there was a listener.
                if Task.isCancelled { stopListening() }
            }
        } onCancel: {
            stopListening()
        }
    }

    private func stopListening() {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        listener?.resume(returning: false)
    }
}
