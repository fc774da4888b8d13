// The database that the suites check: filled once, copied for each test.

import Foundation
import Ledger
import Postgres

/// A superuser's URL, from the environment; without it the suites that need a server do not run.
let databaseURL = ProcessInfo.processInfo.environment["WALLET_TEST_DATABASE"]

/// The same server, another database.
func configuration(database: String) throws -> PostgresConfiguration {
    guard var parts = URLComponents(string: databaseURL ?? "") else { throw NoDatabase() }
    parts.path = "/" + database
    return PostgresConfiguration(url: parts.string ?? "", applicationName: "checker-tests")
}

/// `WALLET_TEST_DATABASE` is not a URL.
struct NoDatabase: Error {}

/// A ledger with the sample day in it, made when it is first asked for. One is left on the server after a run.
actor SampleLedger {
    static let shared = SampleLedger()
    private static let template = "wallet_checker_template"
    private var isReady = false
    private var copies = 0

    /// Runs a test against a copy of its own, and removes it.
    func withCopy<R: Sendable>(_ body: (PostgresConfiguration) throws -> R) throws -> R {
        let server = try PostgresConnection(configuration(database: "postgres"))
        defer { server.close() }
        if !isReady {
            try server.execute("DROP DATABASE IF EXISTS \(Self.template) WITH (FORCE)")
            try server.execute("CREATE DATABASE \(Self.template)")
            try fill()
            isReady = true
        }
        copies += 1
        let name = "wallet_checker_\(ProcessInfo.processInfo.processIdentifier)_\(copies)"
        try server.execute("CREATE DATABASE \(name) TEMPLATE \(Self.template)")
        let outcome = Result { try body(try configuration(database: name)) }
        try server.execute("DROP DATABASE \(name) WITH (FORCE)")
        return try outcome.get()
    }

    private func fill() throws {
        let connection = try PostgresConnection(configuration(database: Self.template))
        defer { connection.close() }
        _ = try Schema.migrate(connection)
        var day = SampleDay(LedgerWriter(connection))
        try day.play()
    }
}
