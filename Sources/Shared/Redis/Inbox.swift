// What callers and the polling thread share: the commands handed in, and whether any are taken.

import Polling
import Synchronization

/// Who is told how a batch ended.
enum Ticket: Sendable {
    case one(CheckedContinuation<Result<RedisValue, RedisError>, Never>)
    case many(CheckedContinuation<Result<[RedisValue], RedisError>, Never>)
    /// Nobody; a failure is counted.
    case nobody
}

/// Counts since the client was made.
public struct RedisCounters: Sendable, Equatable {
    /// Commands of `sendAndForget` that were not sent: not connected, or too many waiting.
    public internal(set) var forgottenDropped = 0
    /// Commands of `sendAndForget` that were sent and got an error or no answer.
    public internal(set) var forgottenFailed = 0
    /// Connections that became usable.
    public internal(set) var connectionsOpened = 0
    /// Usable connections lost, overdue answers included.
    public internal(set) var connectionsLost = 0
    /// Attempts to connect that failed or were refused.
    public internal(set) var attemptsFailed = 0
}

/// Bounded. Callers put batches in, the thread takes them all at once.
final class Inbox: Sendable {
    enum Access: Equatable {
        case open
        case closed(RedisError)
    }

    private struct State {
        var access = Access.closed(.unavailable)
        var isStopping = false
        var batches: [Batch<Ticket>] = []
        var isSignalled = false
        var pendingCommands = 0
        var pendingBytes = 0
        var counters = RedisCounters()
    }

    private let state = Mutex(State())
    private let commandsMax: Int
    private let bytesMax: Int
    private let commandTimeout: UInt64
    let wakeup: Wakeup

    init(_ configuration: RedisConfiguration) throws(RedisError) {
        commandsMax = configuration.pendingMax
        bytesMax = configuration.pendingBytesMax
        commandTimeout = nanoseconds(milliseconds: configuration.commandTimeoutMilliseconds)
        do { wakeup = try Wakeup() } catch { throw .system(code: error.code) }
    }

    var isOpen: Bool { state.withLock { $0.access == .open } }
    var counters: RedisCounters { state.withLock { $0.counters } }

    // MARK: - Callers

    /// Takes a batch in, or says at once why not; nobody ever waits here.
    func put(_ commands: [RedisCommand], _ ticket: Ticket) -> RedisError? {
        var byteCount = 0
        for command in commands {
            guard command.isSupported else { return .unsupportedCommand }
            byteCount += command.bytes.count
        }
        let batch = Batch(
            commands: commands, byteCount: byteCount, deadline: monotonicNanoseconds() + commandTimeout, ticket: ticket)
        let (refusal, mustSignal) = state.withLock { state -> (RedisError?, Bool) in
            if case .closed(let reason) = state.access { return (reason, false) }
            guard state.pendingCommands + commands.count <= commandsMax, state.pendingBytes + byteCount <= bytesMax
            else { return (.overloaded, false) }
            state.pendingCommands += commands.count
            state.pendingBytes += byteCount
            state.batches.append(batch)
            defer { state.isSignalled = true }
            return (nil, !state.isSignalled)
        }
        if mustSignal { wakeup.signal() }
        return refusal
    }

    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.access = .closed(.unavailable)
        }
        wakeup.signal()
    }

    func count(_ change: @Sendable (inout RedisCounters) -> Void) {
        state.withLock { change(&$0.counters) }
    }

    // MARK: - The thread

    /// All that was put in since the last time, and whether the client is to stop.
    func take(into emptied: inout [Batch<Ticket>]) -> Bool {
        state.withLock { state in
            swap(&state.batches, &emptied)
            state.isSignalled = false
            return state.isStopping
        }
    }

    /// Lets callers in or keeps them out. A stopped client stays closed.
    func setAccess(_ access: Access) {
        state.withLock { state in
            if !state.isStopping { state.access = access }
        }
    }

    /// Makes room again for what has ended.
    func release(commands: Int, bytes: Int) {
        state.withLock { state in
            state.pendingCommands -= commands
            state.pendingBytes -= bytes
        }
    }
}
