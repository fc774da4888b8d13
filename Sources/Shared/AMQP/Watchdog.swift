// Ends calls into the C library that do not come back: a thread shuts the sockets of those that are overdue.

import Glibc
import Polling
import Synchronization

/// A connection's socket as the watchdog sees it, and until when the call under way may last.
final class WatchedSocket: Sendable {
    /// A duplicate, which stays this connection's whatever the library closes and the kernel gives out again.
    private let descriptor: Int32
    /// On the monotonic clock in nanoseconds; 0 while no call is under way.
    private let deadline = Atomic(UInt64(0))
    /// In `deadline`: the call was overdue, and the socket is shut.
    private static let isOverdue = UInt64.max

    init(_ socket: Int32, _ watchdog: Watchdog = .shared) throws(AMQPError) {
        descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .connectFailed("the process is out of descriptors") }
        watchdog.watch(self)
    }

    deinit { _ = close(descriptor) }

    /// A call begins.
    func begin(milliseconds: Int) {
        let allowed = UInt64(max(0, milliseconds)).multipliedReportingOverflow(by: 1_000_000)
        let end = monotonicNanoseconds().addingReportingOverflow(allowed.partialValue)
        let isEndless = allowed.overflow || end.overflow
        deadline.store(isEndless ? Self.isOverdue - 1 : end.partialValue, ordering: .relaxed)
    }

    /// The call has come back.
    ///
    /// - Returns: true if it was overdue, so that the socket is shut.
    func end() -> Bool { deadline.exchange(0, ordering: .relaxed) == Self.isOverdue }

    /// Shuts the socket for both directions: whoever waits for it returns, and the peer sees an end. Harmless twice.
    func shut() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Looks at the call under way. From the watchdog's thread.
    func look(now: UInt64) {
        let deadline = deadline.load(ordering: .relaxed)
        guard deadline != 0, deadline <= now else { return }
        // Not if the call has come back in the meantime.
        let (isExchanged, _) = self.deadline.compareExchange(
            expected: deadline, desired: Self.isOverdue, ordering: .relaxed)
        if isExchanged { shut() }
    }
}

/// Looks after the sockets that exist, from a thread that exists as long as one of them does.
final class Watchdog: Sendable {
    /// One thread for a whole process: it only looks at numbers.
    static let shared = Watchdog()
    /// How much later than its time a call may be ended.
    static let intervalMilliseconds = 250

    private struct Entry {
        weak var socket: WatchedSocket?
    }

    private struct State {
        var entries: [Entry] = []
        var isRunning = false
    }

    private let state = Mutex(State())

    func watch(_ socket: WatchedSocket) {
        let mustStart = state.withLock { state in
            state.entries.append(Entry(socket: socket))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { _ = PollingThread(name: "amqp-watchdog") { [self] in run() } }
    }

    private func run() {
        while true {
            _ = usleep(useconds_t(Self.intervalMilliseconds * 1_000))
            let sockets = state.withLock { state in
                state.entries.removeAll { $0.socket == nil }
                state.isRunning = !state.entries.isEmpty
                return state.isRunning ? state.entries.compactMap { $0.socket } : nil
            }
            guard let sockets else { return }
            let now = monotonicNanoseconds()
            for socket in sockets { socket.look(now: now) }
        }
    }
}
