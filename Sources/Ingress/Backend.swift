// What the routes work with: the broker, the database, Redis, identity, and the keys.

import AMQP
import BrokerAdmin
import Crypto
import Domain
import Foundation
import Ledger
import Logging
import Postgres
import Redis
import ServiceLifecycle
import Settings
import Telemetry
import Topology
import Wire

/// The parts behind the HTTP server, made but not started: `services` start and stop them.
struct Backend: Sendable {
    let configuration: IngressConfiguration
    let publisher: AMQPPublisher
    let pool: PostgresPool
    let reader: LedgerReader
    let redis: RedisClient
    let meters: IngressMeters
    let identity: IdentityClient
    let tokens: TokenChecker
    let directory: WalletDirectory
    let balances: Balances
    let feed: OutcomeFeed
    let hints: Hints
    let payees: Payees
    /// Takes in what `identity` says of people, in a database role of its own.
    let directoryDesk: DirectoryDesk
    /// Goes on looking once the topology is sound. The fleet mends, the ingress does not.
    let topology: TopologyWatch
    let clock: @Sendable () -> Timestamp
    private let directoryPool: PostgresPool
    private let logger: Logger

    /// - Throws: when the process is out of descriptors.
    init(
        _ configuration: IngressConfiguration, logger: Logger, clock: @escaping @Sendable () -> Timestamp = systemTime
    ) throws {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        var broker = configuration.broker
        broker.connectionName = "wallet-ingress"
        publisher = try AMQPPublisher(
            broker, name: "ingress-publish", confirmTimeoutMilliseconds: configuration.confirmTimeoutMilliseconds)
        pool = try PostgresPool(
            PostgresPoolConfiguration(
                PostgresConfiguration(
                    url: configuration.databaseURL, applicationName: "wallet-ingress", connectTimeoutSeconds: 2,
                    settings: LedgerReader.sessionSettings),
                connectionsMax: configuration.databaseConnectionsMax, queryTimeoutMilliseconds: 2_000))
        reader = LedgerReader(pool)
        directoryPool = try PostgresPool(
            PostgresPoolConfiguration(
                PostgresConfiguration(
                    url: configuration.directoryURL, applicationName: "wallet-directory", connectTimeoutSeconds: 2,
                    settings: DirectoryDesk.sessionSettings),
                // Its statements take turns in the database anyway.
                connectionsMax: 1, queryTimeoutMilliseconds: 2_000))
        directoryDesk = DirectoryDesk(directoryPool)
        topology = TopologyWatch(configuration.topology, mending: false, logger: logger)
        redis = try RedisClient(configuration.redis)
        let cache = Cache(redis)
        identity = IdentityClient(baseURL: configuration.identityURL, keySetURL: configuration.keySetURL)
        let keys = KeySource { [identity] in try await identity.keySet() }
        tokens = TokenChecker(rules: configuration.tokens, keys: keys, clock: clock)
        directory = WalletDirectory(reader)
        balances = Balances(cache)
        broker.connectionName = "wallet-ingress events"
        feed = try OutcomeFeed(broker, balances: balances, logger: logger)
        hints = Hints(cache, lifetimeSeconds: configuration.hintLifetimeSeconds)
        meters = IngressMeters(Instruments(program: "wallet-ingress", version: Release.version))
        payees = Payees(
            reader, LookupAllowance(cache, limits: configuration.lookups, clock: clock), meters: meters)
        observe(cache)
    }

    /// What is asked for when the metrics are shown.
    private func observe(_ cache: Cache) {
        let instruments = meters.instruments
        instruments.observe(.waiters) { [feed] in Double(feed.waiters.count) }
        instruments.observe(.redisUnavailable) { Double(cache.unansweredCount) }
        instruments.observe(.redisConnected) { [redis] in redis.isConnected ? 1 : 0 }
        instruments.observe(.redisConnectionsLost) { [redis] in Double(redis.counters.connectionsLost) }
        instruments.observe(.brokerConnected) { [publisher] in
            publisher.isConnected && !publisher.isBlocked ? 1 : 0
        }
        instruments.observe(.databaseAvailable) { [reader] in reader.isAvailable ? 1 : 0 }
    }

    /// In the order of dependence: what is started last is stopped first, and the HTTP server comes after all of them.
    var services: [any Service] {
        [
            Resource("redis", start: redis.start, stop: redis.stop),
            Resource("postgres", start: pool.start, stop: pool.stop),
            Resource("postgres directory", start: directoryPool.start, stop: directoryPool.stop),
            BehindTopology(
                check: TopologyCheck(configuration.topology), watch: topology,
                services: [Resource("publisher", start: publisher.start, stop: publisher.stop), feed], logger: logger),
        ]
    }
}

/// A client with a thread of its own as a service.
struct Resource: Service, CustomStringConvertible {
    let description: String
    private let start: @Sendable () -> Void
    private let stop: @Sendable () async -> Void

    init(_ name: String, start: @escaping @Sendable () -> Void, stop: @escaping @Sendable () async -> Void) {
        description = name
        self.start = start
        self.stop = stop
    }

    func run() async throws {
        start()
        // Cancelled or asked to stop, the end is the same.
        try? await gracefulShutdown()
        await stop()
    }
}

/// The system's clock.
@Sendable func systemTime() -> Timestamp {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
}
