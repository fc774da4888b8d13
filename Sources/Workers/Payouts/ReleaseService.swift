// Sends held withdrawals when they are due: Redis says when, PostgreSQL says whether.

import CoreMetrics
import Domain
import Ledger
import Logging
import Outside
import Polling
import Postgres
import Redis
import ServiceLifecycle
import Telemetry

/// Looks at what is due, again and again.
///
/// Safe twice: every process may run one, and each asks for the same command. Safe not for a while: what was due
/// meanwhile is due still.
struct ReleaseService: Sendable {
    private let configuration: ReleaseConfiguration
    private let plan: ReleasePlan
    private let redis: RedisClient
    private let schedule: ReleaseSchedule
    private let pool: PostgresPool
    /// Of the same session.
    let reader: LedgerReader
    private let clock: DueClock
    private let logger: Logger
    private let news: AsyncStream<Void>
    private let sender: AsyncStream<Void>.Continuation
    private let released: [Way: Counter]
    private let rebuilt: Counter

    /// How a due withdrawal was found.
    enum Way: String, CaseIterable {
        case schedule, database
    }

    /// Withdrawals looked at in one go.
    private static let pageMax = 200
    /// Between two looks at the schedule.
    private static let lookMilliseconds = 1_000
    /// Between two looks at the database itself, while Redis is away.
    private static let directLookMilliseconds = 5_000
    /// Beyond any release time: what is held is due within days.
    private static let horizonSeconds: Int64 = 400 * 86_400

    init(_ configuration: ReleaseConfiguration, _ instruments: Instruments, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        // One piece of news is as good as many: a look takes all that is due.
        (news, sender) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        plan = ReleasePlan(daysMax: Int64(configuration.daysMax))
        redis = try RedisClient(configuration.redis)
        schedule = ReleaseSchedule(redis)
        pool = try PostgresPool(PostgresPoolConfiguration(configuration.database, connectionsMax: 1))
        reader = LedgerReader(pool)
        clock = DueClock(url: configuration.clockURL, logger: logger)
        released = Dictionary(
            uniqueKeysWithValues: Way.allCases.map { ($0, instruments.counter(.payoutsReleased, $0.rawValue)) })
        rebuilt = instruments.counter(.payoutsRebuilt)
    }

    /// Notes a withdrawal that was held just now. One that Redis does not take is found in PostgreSQL.
    func add(_ command: CommandID, dueAt: Timestamp) async {
        await schedule.add([(command, dueAt)])
        if dueAt <= clock.now.adding(seconds: 1) { sender.yield() }
    }

    /// Works until graceful shutdown.
    ///
    /// - Parameter submit: returns once the broker has a command.
    func run(_ submit: @escaping @Sendable (Order) async throws(CancellationError) -> Void) async {
        redis.start()
        pool.start()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await clock.follow { sender.yield() } }
                group.addTask { await work(submit) }
            }
        }
        await pool.stop()
        await redis.stop()
    }

    // MARK: - One look after another

    /// What is remembered between looks, in nanoseconds of the monotonic clock.
    private struct Memory {
        var rebuildAt: UInt64 = 0
        /// Until when what was asked for is not asked for again: without Redis nothing else says so, and with a clock that
        /// is put forward what was put off in Redis is due again at once.
        var askedUntil: [CommandID: UInt64] = [:]
    }

    /// What a look came to.
    private enum Look {
        /// There may be more at once.
        case more
        case done
        case withoutRedis
    }

    private func work(_ submit: (Order) async throws(CancellationError) -> Void) async {
        var memory = Memory()
        var iterator = news.makeAsyncIterator()
        while !Task.isCancelled {
            let look: Look
            do throws(CancellationError) { look = try await self.look(&memory, submit) } catch { return }
            let pause: Int
            switch look {
            case .more: continue
            case .done: pause = Self.lookMilliseconds
            case .withoutRedis: pause = Self.directLookMilliseconds
            }
            let timer = Task { [sender] in
                try await Task.sleep(for: .milliseconds(pause))
                sender.yield()
            }
            defer { timer.cancel() }
            guard await iterator.next() != nil else { return }
        }
    }

    private func look(
        _ memory: inout Memory, _ submit: (Order) async throws(CancellationError) -> Void
    ) async throws(CancellationError) -> Look {
        // What is claimed is put off: nothing is claimed that cannot be looked up.
        guard pool.isAvailable else { return .done }
        if monotonicNanoseconds() >= memory.rebuildAt, await rebuild() {
            memory.rebuildAt = monotonicNanoseconds() + UInt64(configuration.scanSeconds) * 1_000_000_000
        }
        let now = clock.now
        let again = now.adding(seconds: Int64(configuration.scanSeconds))
        switch await schedule.claim(dueBy: now, until: again, limit: Self.pageMax) {
        case .due(let ids):
            guard !ids.isEmpty, let found = await look(up: ids) else { return .done }
            await schedule.remove(found.gone)
            try await release(found.held, at: now, .schedule, &memory, submit)
            return ids.count == Self.pageMax ? .more : .done
        case .lost:
            // At once: what was forgotten may be due. Where PostgreSQL cannot be read there is nothing to release either.
            return await rebuild() ? .more : .done
        case .away:
            try await releaseFromDatabase(at: now, &memory, submit)
            return .withoutRedis
        }
    }

    /// Everything that is due, without Redis.
    private func releaseFromDatabase(
        at now: Timestamp, _ memory: inout Memory, _ submit: (Order) async throws(CancellationError) -> Void
    ) async throws(CancellationError) {
        var last: HeldWithdrawal?
        while let page = await page(after: last, dueBy: now), !page.isEmpty {
            last = page.last
            try await release(page, at: now, .database, &memory, submit)
        }
    }

    /// Asks for what is not asked for already; a frozen wallet's withdrawal waits.
    private func release(
        _ withdrawals: [HeldWithdrawal], at now: Timestamp, _ way: Way, _ memory: inout Memory,
        _ submit: (Order) async throws(CancellationError) -> Void
    ) async throws(CancellationError) {
        let began = monotonicNanoseconds()
        memory.askedUntil = memory.askedUntil.filter { $0.value > began }
        for withdrawal in withdrawals where memory.askedUntil[withdrawal.command] == nil {
            guard let order = plan.order(for: withdrawal, at: now) else { continue }
            try await submit(order)
            released[way]?.increment()
            memory.askedUntil[withdrawal.command] = began + UInt64(configuration.scanSeconds) * 1_000_000_000
        }
    }

    /// Writes into Redis what PostgreSQL has.
    private func rebuild() async -> Bool {
        let horizon = clock.now.adding(seconds: Self.horizonSeconds)
        var last: HeldWithdrawal?
        let isWritten = await schedule.write {
            guard let page = await page(after: last, dueBy: horizon) else { return nil }
            last = page.last
            return page.map { ($0.command, $0.dueAt) }
        }
        if isWritten { rebuilt.increment() }
        return isWritten
    }

    private func look(up ids: [CommandID]) async -> (held: [HeldWithdrawal], gone: [CommandID])? {
        await read { () async throws(PostgresError) in try await reader.withdrawals(ids) }
    }

    private func page(after last: HeldWithdrawal?, dueBy time: Timestamp) async -> [HeldWithdrawal]? {
        await read { () async throws(PostgresError) in
            try await reader.heldWithdrawals(dueBy: time, after: last, limit: Int64(Self.pageMax))
        }
    }

    /// Nil while PostgreSQL cannot be asked: then nothing is released, and the next look asks again.
    private func read<Value>(_ body: () async throws(PostgresError) -> Value) async -> Value? {
        guard pool.isAvailable else { return nil }
        do throws(PostgresError) {
            return try await body()
        } catch {
            logger.warning("held withdrawals cannot be read; they wait", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
