// A thread of its own for a poll loop, so that a blocking call never stands on Swift's cooperative pool.

import Foundation
import Synchronization

/// A named thread that runs one closure; whoever started it can wait for its end.
public final class PollingThread: Sendable {
    private let state = Mutex(State())

    /// librabbitmq decodes nested tables by recursion: the deepest that fits into a frame of 128 KiB takes 2.5 MiB.
    private static let stackBytes = 4 << 20

    private struct State {
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Starts the thread at once.
    ///
    /// - Parameters:
    ///   - name: shown by `ps -L`; Linux keeps 15 bytes.
    ///   - body: runs on the new thread and ends it by returning.
    public init(name: String, body: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            nameThisThread(name)
            body()
            let waiters = state.withLock { state in
                state.hasEnded = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
        thread.stackSize = Self.stackBytes
        thread.start()
    }

    /// Returns once the thread's closure has returned.
    public func join() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
