// Redis as the ingress uses it: what it does not answer is nothing, is counted, and is done without.

import Redis
import Synchronization

/// A cache that may be away at any time.
final class Cache: Sendable {
    private let redis: RedisClient
    private let unanswered = Atomic<Int>(0)

    init(_ redis: RedisClient) { self.redis = redis }

    /// Commands without an answer so far, those that nobody waited for included.
    var unansweredCount: Int {
        let counters = redis.counters
        return unanswered.load(ordering: .relaxed) + counters.forgottenDropped + counters.forgottenFailed
    }

    /// Nil when Redis is away or slow, or will not have the command.
    func send(_ command: RedisCommand) async -> RedisValue? {
        await counted { () async throws(RedisError) in try await redis.send(command) }
    }

    /// Nil as for `send`.
    @discardableResult
    func run(_ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]) async -> RedisValue? {
        await counted { () async throws(RedisError) in try await redis.run(script, keys: keys, arguments: arguments) }
    }

    /// Sends a command whose answer nobody needs.
    func sendAndForget(_ command: RedisCommand) { redis.sendAndForget(command) }

    private func counted(_ body: () async throws(RedisError) -> RedisValue) async -> RedisValue? {
        do {
            return try await body()
        } catch {
            unanswered.add(1, ordering: .relaxed)
            return nil
        }
    }
}
