// What the release of withdrawals is told once, at its start.

public import Postgres
public import Redis

/// Where held withdrawals are found, and how often they are looked at.
public struct ReleaseConfiguration: Sendable {
    /// The ledger, as a role that reads.
    public var database: PostgresConfiguration
    public var redis: RedisConfiguration
    /// Where a stand-in tells how far ahead of the system's the time is; nil for the system's.
    public var clockURL: String?
    /// Between two readings of everything that is held, and before what was asked for is asked for again.
    public var scanSeconds = 60
    /// After so many days of not being sent a withdrawal is given back.
    public var daysMax = 30

    public init(database: PostgresConfiguration, redis: RedisConfiguration) {
        self.database = database
        self.redis = redis
    }
}
