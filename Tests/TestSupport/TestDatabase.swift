// A database of its own for each test, copied from one that was migrated once.

import Foundation
import Postgres

/// A migrated database, with the URLs of the roles that the wallet's processes use.
struct TestDatabase: Sendable {
    let name: String
    /// The URL of a role that owns the database.
    let owner: String
    let lane: String
    let reader: String
    let auditor: String
    let `operator`: String
    /// A superuser's URL, for looking at everything.
    let superuser: String

    /// Each test role and the wallet's role whose rights it has.
    private static let roles = [
        ("lane", "wallet_lane"), ("reader", "wallet_reader"), ("auditor", "wallet_auditor"),
        ("operator", "wallet_operator"),
    ]
    /// Makes the work on the server's catalogue of databases wait for each other, across processes.
    private static let lock = "SELECT pg_advisory_lock(7305121)"

    private init(name: String, _ environment: TestEnvironment) throws {
        self.name = name
        func url(_ role: String) throws -> String {
            try environment.database.with(
                user: "wallet_test_\(role)", password: environment.password(of: role), path: name)
        }
        owner = try url("owner")
        lane = try url("lane")
        reader = try url("reader")
        auditor = try url("auditor")
        `operator` = try url("operator")
        superuser = try environment.database.with(path: name)
    }

    /// Made once per process, with the product's own tool.
    private static let template = Task { () async throws -> TestDatabase in
        let environment = try TestEnvironment.required()
        let database = try TestDatabase(name: TestEnvironment.namePrefix + "template", environment)
        try await administer { connection in
            try connection.execute(lock)
            for role in roles.map(\.1) { try makeRole(role, "NOLOGIN", connection) }
            try makeRole("wallet_test_owner", login(environment, "owner"), connection)
            for (name, group) in roles {
                try makeRole("wallet_test_\(name)", login(environment, name), connection)
                try connection.execute("GRANT \(group) TO wallet_test_\(name)")
            }
            let names = try connection.execute("SELECT datname::text FROM pg_database")
            for row in 0..<names.count {
                let name = try names.text(row, 0)
                if TestEnvironment.isLeftOver(name) {
                    try connection.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
                }
            }
            try connection.execute("CREATE DATABASE \(database.name) OWNER wallet_test_owner")
        }
        let log = "\(environment.run)/\(TestEnvironment.namePrefix)migrate.log"
        let (code, output) = try await run(
            program: environment.programs + "/walletctl", arguments: ["migrate"],
            environment: ["WALLET_DATABASE": database.owner], logPath: log)
        guard code == 0 else { throw Failure("walletctl migrate ended with \(code): \(output)") }
        try FileManager.default.removeItem(atPath: log)
        return database
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

    static func make(number: Int) async throws -> TestDatabase {
        let template = try await template.value
        let database = try TestDatabase(
            name: TestEnvironment.namePrefix + "\(number)", try TestEnvironment.required())
        try await administer { connection in
            try connection.execute(lock)
            try connection.execute(
                "CREATE DATABASE \(database.name) TEMPLATE \(template.name) OWNER wallet_test_owner")
        }
        return database
    }

    func remove() async throws {
        try await Self.administer { try $0.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }
    }

    /// Whether the server lets a session in.
    static func answers() async throws -> Bool {
        do {
            try await administer { try $0.execute("SELECT 1") }
            return true
        } catch is PostgresError {
            return false
        }
    }

    /// Work on the server as a superuser, in a session of its own.
    private static func administer(_ body: @escaping @Sendable (PostgresConnection) throws -> Void) async throws {
        let url = try TestEnvironment.required().database
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
