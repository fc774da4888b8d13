// A database of its own for each test, copied from one that was migrated once.

import Foundation
import Postgres
import PrivateServers

/// A migrated database, with the URLs of the roles that the wallet's processes use.
struct TestDatabase: Sendable {
    let name: String
    /// The URL of a role that owns the database.
    let owner: String
    let lane: String
    let reader: String
    let auditor: String
    let `operator`: String
    let directory: String
    /// A superuser's URL, for looking at everything.
    let superuser: String
    /// A superuser's URL of the server.
    private let server: String
    private let isPrivate: Bool

    /// Each test role and the wallet's role whose rights it has.
    private static let roles = [
        ("lane", "wallet_lane"), ("reader", "wallet_reader"), ("auditor", "wallet_auditor"),
        ("operator", "wallet_operator"), ("directory", "wallet_directory"),
    ]
    /// Makes the work on the server's catalogue of databases wait for each other, across processes.
    private static let lock = "SELECT pg_advisory_lock(7305121)"

    /// - Parameter servers: nil for the server of the run.
    private init(
        name: String, on servers: (primary: PrivateServer, standby: PrivateServer)? = nil,
        _ environment: TestEnvironment
    ) throws {
        self.name = name
        let server = servers?.primary.url() ?? environment.database
        self.server = server
        isPrivate = servers != nil
        // libpq takes the first host of those named that is of this kind.
        func naming(both url: String, _ kind: String = "read-write") -> String {
            guard let servers else { return url }
            let primary = "127.0.0.1:\(servers.primary.port)"
            return url.replacing(primary, with: "\(primary),127.0.0.1:\(servers.standby.port)")
                + "?target_session_attrs=\(kind)"
        }
        func url(_ role: String, _ kind: String = "read-write") throws -> String {
            naming(
                both: try server.with(
                    user: "wallet_test_\(role)", password: environment.password(of: role), path: name), kind)
        }
        owner = try url("owner")
        lane = try url("lane")
        // A reader's sessions write nothing wherever they are: its host is told by not being a standby.
        reader = try url("reader", "primary")
        auditor = try url("auditor")
        `operator` = try url("operator")
        directory = try url("directory")
        superuser = naming(both: try server.with(path: name))
    }

    /// Made once per process.
    private static let template = Task { () async throws -> TestDatabase in
        let environment = try TestEnvironment.required()
        let database = try TestDatabase(name: TestEnvironment.namePrefix + "template", environment)
        try await database.migrate(environment)
        return database
    }

    /// Makes it on its server, with the roles and the product's own tool.
    private func migrate(_ environment: TestEnvironment) async throws {
        try await Self.administer(server) { [name] connection in
            try connection.execute(Self.lock)
            for role in Self.roles.map(\.1) { try Self.makeRole(role, "NOLOGIN", connection) }
            try Self.makeRole("wallet_test_owner", Self.login(environment, "owner"), connection)
            for (name, group) in Self.roles {
                try Self.makeRole("wallet_test_\(name)", Self.login(environment, name), connection)
                try connection.execute("GRANT \(group) TO wallet_test_\(name)")
            }
            let names = try connection.execute("SELECT datname::text FROM pg_database")
            for row in 0..<names.count {
                let name = try names.text(row, 0)
                if TestEnvironment.isLeftOver(name) {
                    try connection.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
                }
            }
            try connection.execute("CREATE DATABASE \(name) OWNER wallet_test_owner")
        }
        let log = "\(environment.run)/\(name)_migrate.log"
        let (code, output) = try await run(
            program: environment.programs + "/walletctl", arguments: ["migrate"],
            environment: ["WALLET_DATABASE": owner], logPath: log)
        guard code == 0 else { throw Failure("walletctl migrate ended with \(code): \(output)") }
        try FileManager.default.removeItem(atPath: log)
    }

    private static func login(_ environment: TestEnvironment, _ role: String) -> String {
        "LOGIN PASSWORD '\(environment.password(of: role))'"
    }

    private static func makeRole(
        _ name: String, _ options: String, _ connection: PostgresConnection
    ) throws(PostgresError) {
        let found = try connection.execute("SELECT FROM pg_roles WHERE rolname = '\(name)'")
        if found.count == 0 { try connection.execute("CREATE ROLE \(name)") }
        // The wallet's own roles stay as they are.
        if found.count == 0 || name.hasPrefix("wallet_test_") {
            try connection.execute("ALTER ROLE \(name) \(options)")
        }
    }

    /// - Parameter servers: nil for the server of the run.
    static func make(
        number: Int, on servers: (primary: PrivateServer, standby: PrivateServer)? = nil
    ) async throws -> TestDatabase {
        let environment = try TestEnvironment.required()
        let database = try TestDatabase(name: TestEnvironment.namePrefix + "\(number)", on: servers, environment)
        if servers != nil {
            try await database.migrate(environment)
            return database
        }
        let template = try await template.value
        try await administer(database.server) { connection in
            try connection.execute(lock)
            try connection.execute(
                "CREATE DATABASE \(database.name) TEMPLATE \(template.name) OWNER wallet_test_owner")
        }
        return database
    }

    func remove() async throws {
        // A private server goes with all that it holds.
        if isPrivate { return }
        try await Self.administer(server) { [name] in
            try $0.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        }
    }

    /// Whether the server lets a session in.
    static func answers() async throws -> Bool {
        do {
            try await administer(try TestEnvironment.required().database) { try $0.execute("SELECT 1") }
            return true
        } catch is PostgresError {
            return false
        }
    }

    /// Work on the server as a superuser, in a session of its own.
    private static func administer(
        _ url: String, _ body: @escaping @Sendable (PostgresConnection) throws -> Void
    ) async throws {
        try await WorkThread.databases.run {
            let connection = try PostgresConnection(
                PostgresConfiguration(url: url, applicationName: "wallet-tests"))
            defer { connection.close() }
            try body(connection)
        }
    }
}

extension Stack {
    /// Runs a statement as a superuser.
    func query(_ sql: String) async throws -> PostgresRows {
        // Unique enough within a session, and the same for the same statement.
        let name = "test_\(UInt(bitPattern: sql.hashValue))"
        return try await pool.query(PostgresStatement(name: name, sql: sql))
    }

    /// The texts of a statement's one column.
    public func texts(_ sql: String) async throws -> [String] {
        let rows = try await query(sql)
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }

    /// The second column by the first, a text.
    public func counts(_ sql: String) async throws -> [String: Int] {
        let rows = try await query(sql)
        var counts: [String: Int] = [:]
        for row in 0..<rows.count { counts[try rows.text(row, 0)] = Int(try rows.integer(row, 1)) }
        return counts
    }

    /// The second column by the first, a number.
    public func numbers(_ sql: String) async throws -> [Int64: Int64] {
        let rows = try await query(sql)
        var numbers: [Int64: Int64] = [:]
        for row in 0..<rows.count { numbers[try rows.integer(row, 0)] = try rows.integer(row, 1) }
        return numbers
    }

    /// The one number that a statement answers with.
    public func number(_ sql: String) async throws -> Int {
        let rows = try await query(sql)
        guard rows.count == 1 else { throw Failure("\(rows.count) rows instead of one: \(sql)") }
        return Int(try rows.integer(0, 0))
    }

    /// How many outcomes there are.
    public func outcomeCount() async throws -> Int { try await number("SELECT count(*) FROM ledger.outcomes") }
}
