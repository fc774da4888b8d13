// The schedule in Redis: which withdrawal is due when. It may be lost at any time, and says so.

import Domain
import Redis

/// A sorted set of withdrawals by the time at which somebody is to look at them, and a marker that it is whole.
///
/// Redis holds nothing that PostgreSQL does not: a flushed Redis has no marker, and what it lost is written again.
struct ReleaseSchedule: Sendable {
    /// What came of asking for what is due.
    enum Claim: Sendable, Equatable {
        case due([CommandID])
        /// Redis has forgotten, or was never told.
        case lost
        /// Redis is not there.
        case away
    }

    private let redis: RedisClient

    private static let set = RedisArgument.string("wallet:withdrawals:due")
    private static let marker = RedisArgument.string("wallet:withdrawals:marker")
    private static let whole = "whole"

    /// Takes what is due and puts it off, so that no other process takes it too and none is forgotten with whoever did.
    private static let claimDue = RedisScript(
        """
        if redis.call('GET', KEYS[2]) ~= 'whole' then return false end
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
        for _, id in ipairs(due) do redis.call('ZADD', KEYS[1], 'XX', ARGV[2], id) end
        return due
        """)
    /// A set that is whole stays so while it is written again.
    private static let beginWriting = RedisScript(
        "if redis.call('GET', KEYS[1]) ~= 'whole' then redis.call('SET', KEYS[1], ARGV[1]) end return 1")
    /// Only what nobody flushed in between is whole.
    private static let endWriting = RedisScript(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], 'whole') end return 1")

    init(_ redis: RedisClient) { self.redis = redis }

    /// Up to so many withdrawals that are due, each taken until a later time.
    func claim(dueBy now: Timestamp, until later: Timestamp, limit: Int) async -> Claim {
        do throws(RedisError) {
            let answer = try await redis.run(
                Self.claimDue, keys: [Self.set, Self.marker],
                arguments: [Self.score(now), Self.score(later), .integer(Int64(limit))])
            guard case .array(let members) = answer else { return .lost }
            return .due(members.compactMap { $0.text.flatMap { CommandID($0) } })
        } catch {
            return .away
        }
    }

    /// Adds withdrawals; one that is there keeps its time.
    ///
    /// - Returns: whether Redis took them. PostgreSQL has them in any case.
    @discardableResult
    func add(_ withdrawals: [(command: CommandID, dueAt: Timestamp)]) async -> Bool {
        if withdrawals.isEmpty { return true }
        let members = withdrawals.flatMap { [Self.score($0.dueAt), .string($0.command.description)] }
        return await send(RedisCommand("ZADD", [Self.set, "NX"] + members))
    }

    /// Removes what is not held any more.
    func remove(_ withdrawals: [CommandID]) async {
        if withdrawals.isEmpty { return }
        _ = await send(RedisCommand("ZREM", [Self.set] + withdrawals.map { .string($0.description) }))
    }

    /// Writes everything again, page by page.
    ///
    /// - Parameter pages: the next page, empty after the last; nil when it cannot be read.
    /// - Returns: whether all of it is there now, unless Redis was flushed meanwhile, which `claim` tells.
    func write(_ pages: () async -> [(command: CommandID, dueAt: Timestamp)]?) async -> Bool {
        let token = RedisArgument.string("writing \(UInt64.random(in: 0 ... .max))")
        guard await run(Self.beginWriting, token) else { return false }
        while let page = await pages() {
            if page.isEmpty { return await run(Self.endWriting, token) }
            guard await add(page) else { return false }
        }
        return false
    }

    /// Milliseconds, rounded up: what is said to be due is due.
    private static func score(_ time: Timestamp) -> RedisArgument {
        .integer(time.microseconds / 1_000 + (time.microseconds % 1_000 > 0 ? 1 : 0))
    }

    private func run(_ script: RedisScript, _ token: RedisArgument) async -> Bool {
        do throws(RedisError) {
            _ = try await redis.run(script, keys: [Self.marker], arguments: [token])
            return true
        } catch {
            return false
        }
    }

    private func send(_ command: RedisCommand) async -> Bool {
        do throws(RedisError) {
            _ = try await redis.send(command)
            return true
        } catch {
            return false
        }
    }
}
