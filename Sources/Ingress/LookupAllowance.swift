// How often one caller may look payees up: counted in Redis for all processes together, and in this one beside it.

import Domain
import Redis

/// Counts look-ups by minute and by day of Algiers.
///
/// Both counts have to allow a look-up. The process's own can be no higher than what all of them counted together, so it
/// refuses nothing that Redis would allow; when Redis is away, or was emptied, it is the one that is left.
struct LookupAllowance: Sendable {
    /// Callers whose counts a process keeps at most; beyond it those who asked longest ago are forgotten.
    static let callersMax = 100_000

    struct Limits: Sendable, Equatable {
        var perMinute = 20
        var perDay = 200
    }

    enum Window: String, Sendable {
        case minute, day
    }

    struct Refusal: Error, Equatable {
        let window: Window
        let limit: Int
        /// How many look-ups were wanted at once: more than the limit will never be allowed.
        let asked: Int
        let retryAfterSeconds: Int64
    }

    /// What one caller has looked up in the present minute and day.
    struct Counts: Sendable, Equatable {
        private(set) var minute: Int64 = .min
        private(set) var day: Int64 = .min
        private(set) var inMinute = 0
        private(set) var inDay = 0

        /// Counts look-ups if they are allowed.
        ///
        /// - Returns: the window that is full; then nothing is counted.
        mutating func take(_ count: Int, at now: Timestamp, _ limits: Limits) -> Window? {
            turn(now)
            if inDay + count > limits.perDay { return .day }
            if inMinute + count > limits.perMinute { return .minute }
            inMinute += count
            inDay += count
            return nil
        }

        /// Takes back what was counted at a time and not allowed after all.
        mutating func giveBack(_ count: Int, of time: Timestamp) {
            if minute == time.minuteSinceEpoch { inMinute = max(0, inMinute - count) }
            if day == Int64(time.dayInAlgiers) { inDay = max(0, inDay - count) }
        }

        private mutating func turn(_ now: Timestamp) {
            // A clock that is set back opens no new window.
            if now.minuteSinceEpoch > minute { (minute, inMinute) = (now.minuteSinceEpoch, 0) }
            if Int64(now.dayInAlgiers) > day { (day, inDay) = (Int64(now.dayInAlgiers), 0) }
        }
    }

    /// Answers 0 once it has counted, 1 when the minute is full and 2 when the day is. The keys name their window, so a
    /// count that outlives it harms nobody.
    private static let count = RedisScript(
        """
        local count = tonumber(ARGV[1])
        local minute = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
        local day = tonumber(redis.call('GET', KEYS[2]) or '0') or 0
        if day + count > tonumber(ARGV[3]) then return 2 end
        if minute + count > tonumber(ARGV[2]) then return 1 end
        redis.call('SET', KEYS[1], minute + count, 'EX', 120)
        redis.call('SET', KEYS[2], day + count, 'EX', 172800)
        return 0
        """)

    let limits: Limits
    private let redis: Cache
    private let own = BoundedCache<String, Counts>(countMax: callersMax, generationSeconds: 86_400)
    private let clock: @Sendable () -> Timestamp

    init(_ redis: Cache, limits: Limits, clock: @escaping @Sendable () -> Timestamp) {
        self.redis = redis
        self.limits = limits
        self.clock = clock
    }

    /// Counts look-ups of a caller, all of them or none.
    func take(_ count: Int, by subject: String) async throws(Refusal) {
        let now = clock()
        if let full = own.change(subject, orNew: Counts(), { $0.take(count, at: now, limits) }) {
            throw refusal(full, count, now)
        }
        let answer = await redis.run(
            Self.count,
            keys: [
                .string("wallet:lookups:minute:\(now.minuteSinceEpoch):\(subject)"),
                .string("wallet:lookups:day:\(now.dayInAlgiers):\(subject)"),
            ],
            arguments: [.integer(Int64(count)), .integer(Int64(limits.perMinute)), .integer(Int64(limits.perDay))])
        let full: Window? =
            switch answer?.number {
            case 1: .minute
            case 2: .day
            // Counted, or Redis is away: the own count has allowed it.
            default: nil
            }
        guard let full else { return }
        own.change(subject, orNew: Counts()) { $0.giveBack(count, of: now) }
        throw refusal(full, count, now)
    }

    private func refusal(_ window: Window, _ count: Int, _ now: Timestamp) -> Refusal {
        Refusal(
            window: window, limit: window == .minute ? limits.perMinute : limits.perDay, asked: count,
            retryAfterSeconds: window == .minute ? now.secondsLeftOfMinute : now.secondsLeftOfDayInAlgiers)
    }
}

extension Timestamp {
    // A clock shows no time before 1970, so these divisions round down.
    private var secondsSinceEpoch: Int64 { microseconds / 1_000_000 }

    fileprivate var minuteSinceEpoch: Int64 { secondsSinceEpoch / 60 }

    /// Rounded up: at least 1.
    fileprivate var secondsLeftOfMinute: Int64 { 60 - secondsSinceEpoch % 60 }

    /// The same; Algiers is an hour ahead of UTC.
    fileprivate var secondsLeftOfDayInAlgiers: Int64 { 86_400 - (secondsSinceEpoch + 3_600) % 86_400 }
}
