// The client that the rest of the program sees: one thread, one connection, many callers.

import Polling
import Synchronization

/// A Redis client whose callers share one pipelined connection.
///
/// Calls never wait for a connection: without one they fail at once, and the client connects again in the background.
/// Every call ends within the command time-out of the configuration.
public final class RedisClient: Sendable {
    private enum Life {
        case created
        case running(PollingThread)
        case stopped(PollingThread?)
    }

    private let configuration: RedisConfiguration
    private let inbox: Inbox
    private let life = Mutex(Life.created)

    /// - Throws: `RedisError.system` when the process is out of descriptors.
    public init(_ configuration: RedisConfiguration) throws(RedisError) {
        self.configuration = configuration
        inbox = try Inbox(configuration)
    }

    deinit { inbox.stop() }

    /// Begins to connect, on a thread of its own. A second call, or one after `stop`, does nothing.
    public func start() {
        life.withLock { life in
            guard case .created = life else { return }
            life = .running(
                PollingThread(name: "redis") { [configuration, inbox] in
                    RedisDriver(configuration: configuration, inbox: inbox).run()
                })
        }
    }

    /// Takes no new commands, waits for the answers under way, closes the connection and ends the thread.
    ///
    /// Returns within the command time-out, or, while a host name is being looked up, when the system's resolver does.
    public func stop() async {
        let thread = life.withLock { life -> PollingThread? in
            switch life {
            case .created: life = .stopped(nil)
            case .running(let thread): life = .stopped(thread)
            case .stopped: break
            }
            guard case .stopped(let thread) = life else { return nil }
            return thread
        }
        inbox.stop()
        await thread?.join()
    }

    /// Whether commands are taken at this moment.
    public var isConnected: Bool { inbox.isOpen }

    /// What has happened so far.
    public var counters: RedisCounters { inbox.counters }

    // MARK: - Commands

    /// Sends a command and returns its answer.
    ///
    /// Blocking commands (`BLPOP`, `XREAD BLOCK`) hold up everybody else on the connection and end it when they take
    /// longer than the command time-out.
    ///
    /// - Throws: `RedisError`; `mayHaveHappened` tells whether it may have been carried out all the same.
    public func send(_ command: RedisCommand) async throws(RedisError) -> RedisValue {
        let result: Result<RedisValue, RedisError> = await withCheckedContinuation { continuation in
            if let refusal = inbox.put([command], .one(continuation)) {
                continuation.resume(returning: .failure(refusal))
            }
        }
        return try result.get()
    }

    /// Sends a command given as its arguments, the name first.
    public func send(_ arguments: [[UInt8]]) async throws(RedisError) -> RedisValue {
        try await send(RedisCommand(arguments: arguments))
    }

    /// Sends commands in one go, with nobody else's between them, and returns their answers in order.
    ///
    /// The answer of a command that failed is `.error`; the others stand. `MULTI` … `EXEC` belongs into one pipeline.
    public func send(pipeline: [RedisCommand]) async throws(RedisError) -> [RedisValue] {
        if pipeline.isEmpty { return [] }
        let result: Result<[RedisValue], RedisError> = await withCheckedContinuation { continuation in
            if let refusal = inbox.put(pipeline, .many(continuation)) {
                continuation.resume(returning: .failure(refusal))
            }
        }
        return try result.get()
    }

    /// Sends a command whose failure does not matter, such as filling a cache. Failures are counted in `counters`.
    public func sendAndForget(_ command: RedisCommand) {
        if inbox.put([command], .nobody) != nil { inbox.count { $0.forgottenDropped += 1 } }
    }

    /// Runs a script by its digest, and in full when the server does not know it.
    ///
    /// - Parameters:
    ///   - keys: `KEYS` of the script, all it touches.
    ///   - arguments: `ARGV` of the script.
    public func run(
        _ script: RedisScript, keys: [RedisArgument] = [], arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RedisValue {
        do {
            return try await send(script.byDigest(keys: keys, arguments: arguments))
        } catch .reply(code: "NOSCRIPT") {
            return try await send(script.inFull(keys: keys, arguments: arguments))
        }
    }
}
