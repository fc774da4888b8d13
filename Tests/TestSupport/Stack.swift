// A whole wallet for one test: its own database, virtual host, Redis and keys, and the real programs on free ports.

import Foundation
import Glibc
import Postgres
public import PrivateServers
import Synchronization

/// What a test's wallet consists of.
public struct StackOptions: Sendable {
    /// Fleet processes that are started; more can be later.
    public var fleetCount = 1
    public var hasIngress = true
    /// A Redis of its own that can be stopped, instead of a database on the shared one.
    public var ownsRedis = false
    /// The fewest lanes that still show that there are several keep a test's start short.
    public var laneCount = 8

    /// Variables of the programs beside those that every one has.
    public var extra: [String: String] = [:]
    /// What stands between fleet, ingress and sandbox and their servers. Tools and tests go past it.
    public var (brokerProxy, databaseProxy): (StallingProxy?, StallingProxy?) = (nil, nil)
    /// A primary and its standby that the test may end, instead of the server of the run.
    public var databaseServers: (primary: PrivateServer, standby: PrivateServer)?

    public init() {}

    /// Puts a proxy before the run's broker.
    public mutating func proxyBroker() throws -> StallingProxy {
        let proxy = try StallingProxy(to: try TestEnvironment.required().amqp.port())
        brokerProxy = proxy
        return proxy
    }

    /// Puts a proxy before the run's PostgreSQL.
    public mutating func proxyDatabase() throws -> StallingProxy {
        let proxy = try StallingProxy(to: try TestEnvironment.required().database.port())
        databaseProxy = proxy
        return proxy
    }
}

/// A running wallet.
public final class Stack: Sendable {
    struct Ports: Sendable {
        let ingress: Int
        let admin: Int
        let sandbox: Int
        /// Of the test's own Redis.
        let redis: Int
    }

    let database: TestDatabase
    public let host: VirtualHost
    let keys: StackKeys
    let ports: Ports
    let options: StackOptions
    let folder: String
    let environment: [String: String]
    let pool: PostgresPool
    /// Every child that was started, in that order; those that have ended too.
    let children = Mutex<[ChildProcess]>([])
    private let redis: TestRedis

    private static let count = Atomic<Int>(0)

    private init(_ options: StackOptions) async throws {
        let test = try TestEnvironment.required()
        let number = Self.count.add(1, ordering: .relaxed).newValue
        async let host = VirtualHost.make(number: number)
        self.options = options
        ports = Ports(
            ingress: try FreePorts.take(), admin: try FreePorts.take(), sandbox: try FreePorts.take(),
            redis: try FreePorts.take())
        keys = try StackKeys()
        folder = "\(test.run)/\(TestEnvironment.namePrefix)\(number)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try keys.keyringJSON.write(toFile: "\(folder)/keyring.json", atomically: true, encoding: .utf8)
        try keys.tokens.pem.write(toFile: "\(folder)/identity-key.pem", atomically: true, encoding: .utf8)
        redis = options.ownsRedis ? .own(port: ports.redis) : .shared(try await SharedRedis.claim())
        database = try await TestDatabase.make(number: number, on: options.databaseServers)
        pool = try PostgresPool(
            PostgresPoolConfiguration(
                PostgresConfiguration(url: database.superuser, applicationName: "wallet-tests"),
                connectionsMax: 2))
        self.host = try await host
        environment = try Self.environment(
            folder: folder, ports, database, self.host, keys, redisURL: try redis.url(), options)
    }

    /// Runs a test on a wallet of its own, which is gone afterwards whatever happens.
    public static func with(
        _ options: StackOptions = StackOptions(), _ body: (Stack) async throws -> Void
    ) async throws {
        let stack = try await Stack(options)
        do {
            try await stack.start()
            try await body(stack)
        } catch {
            print(stack.logs)
            await stack.close()
            throw error
        }
        await stack.close()
        try FileManager.default.removeItem(atPath: stack.folder)
    }

    private func start() async throws {
        pool.start()
        if case .own = redis { try await startRedis() }
        let (code, output) = try await walletctl("topology", "declare", "--lanes", "\(options.laneCount)")
        guard code == 0 else { throw Failure("walletctl topology declare ended with \(code): \(output)") }
        try await startSandbox()
        for _ in 0..<options.fleetCount { try await startFleet() }
        if options.hasIngress { try await startIngress() }
    }

    /// Ends everything. What cannot be removed is left for the next run, which knows it by its name.
    private func close() async {
        for child in children.withLock({ $0 }) { child.signal(SIGKILL) }
        await pool.stop()
        for step in [database.remove, host.remove, redis.release] {
            do { try await step() } catch { print("left over by a test: \(error)") }
        }
    }

    private static func environment(
        folder: String, _ ports: Ports, _ database: TestDatabase, _ host: VirtualHost, _ keys: StackKeys,
        redisURL: String, _ options: StackOptions
    ) throws -> [String: String] {
        func broker(_ user: String) throws -> String {
            try host.url(of: user).with(port: options.brokerProxy?.port)
        }
        return [
            "WALLET_API": "http://127.0.0.1:\(ports.ingress)/api/v1",
            "WALLET_ADMIN_API": "http://127.0.0.1:\(ports.admin)/admin/v1",
            "WALLET_ADMIN_HOST": "127.0.0.1", "WALLET_ADMIN_PORT": "\(ports.admin)",
            "WALLET_AMQP": host.administrator,
            "WALLET_AMQP_MANAGEMENT": try host.managementURL(),
            "WALLET_AMQP_INGRESS": try broker("wallet-ingress"),
            "WALLET_AMQP_WORKERS": try broker("wallet-workers"),
            "WALLET_AMQP_TOPUPS": try broker("topups"),
            "WALLET_AMQP_PAYOUTS": try broker("payouts"),
            "WALLET_AMQP_IDENTITY": try broker("identity"),
            "WALLET_DATABASE": database.owner,
            "WALLET_DATABASE_LANE": try database.lane.with(port: options.databaseProxy?.port),
            "WALLET_DATABASE_READER": try database.reader.with(port: options.databaseProxy?.port),
            "WALLET_DATABASE_AUDITOR": database.auditor,
            "WALLET_DATABASE_OPERATOR": try database.operator.with(port: options.databaseProxy?.port),
            "WALLET_DATABASE_DIRECTORY": try database.directory.with(port: options.databaseProxy?.port),
            "WALLET_REDIS": redisURL,
            "WALLET_SANDBOX": "http://127.0.0.1:\(ports.sandbox)",
            // Ten days ahead of the system, so that a withdrawal is due as soon as it is held.
            "WALLET_RELEASE_CLOCK": "http://127.0.0.1:\(ports.sandbox)/clock",
            "WALLET_SANDBOX_ADVANCE_SECONDS": "864000", "WALLET_EXPRESS_BENEFICIARY_HOURS": "0",
            "WALLET_SANDBOX_HOST": "127.0.0.1", "WALLET_SANDBOX_PORT": "\(ports.sandbox)",
            "WALLET_HTTP_HOST": "127.0.0.1", "WALLET_HTTP_PORT": "\(ports.ingress)",
            "WALLET_KEYRING": "\(folder)/keyring.json",
            "WALLET_JWT_KEY": "\(folder)/identity-key.pem",
            "WALLET_RECEIPT_KEY": keys.receiptKey,
            "WALLET_CALLBACK_SECRETS_PAYMENT": keys.paymentSecret, "WALLET_CALLBACK_SECRETS_BANK": keys.bankSecret,
            "WALLET_CALLBACK_SECRETS_IDENTITY": keys.identitySecret,
            "WALLET_LANES": "\(options.laneCount)",
            "WALLET_LOG_FORMAT": "text", "WALLET_LOG_LEVEL": "info",
        ].merging(options.extra) { $1 }
    }

    /// A variable of the programs' environment.
    public func variable(_ name: String) throws -> String {
        guard let value = environment[name] else { throw Failure("there is no variable \(name)") }
        return value
    }

    /// The end of every program's log, for a test that failed.
    public var logs: String {
        children.withLock { $0 }.map { child in
            let lines = child.log.split(separator: "\n").suffix(25).joined(separator: "\n  ")
            return "\(child.name), pid \(child.pid):\n  \(lines)"
        }.joined(separator: "\n")
    }

    // MARK: - Redis

    /// Forgets everything that Redis holds for this wallet.
    public func flushRedis() async throws { try await redis.flush() }

    /// Sets a key that the wallet's programs may read.
    public func setInRedis(_ key: String, _ value: String) async throws { try await redis.set(key, value) }

    /// - Returns: nil when there is no such key.
    public func getFromRedis(_ key: String) async throws -> String? { try await redis.get(key) }
}
