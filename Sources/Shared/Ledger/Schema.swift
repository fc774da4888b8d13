// The schema: which migrations there are, and the one function that applies them.

import Domain
public import Postgres

/// One forward-only step of the schema.
public struct Migration: Sendable {
    public let number: Int64
    public let name: String
    public let sql: String

    /// Every migration, in order. A test compares the list with the folder.
    public static let all: [Migration] = [
        Migration(number: 1, name: "0001_ledger", sql: text(PackageResources._001_ledger_sql)),
        Migration(number: 2, name: "0002_guards", sql: text(PackageResources._002_guards_sql)),
        Migration(number: 3, name: "0003_audit", sql: text(PackageResources._003_audit_sql)),
        Migration(number: 4, name: "0004_leases", sql: text(PackageResources._004_leases_sql)),
        Migration(number: 5, name: "0005_movements", sql: text(PackageResources._005_movements_sql)),
        Migration(number: 6, name: "0006_books", sql: text(PackageResources._006_books_sql)),
        Migration(number: 7, name: "0007_withdrawals", sql: text(PackageResources._007_withdrawals_sql)),
        Migration(
            number: 8, name: "0008_transfer_references", sql: text(PackageResources._008_transfer_references_sql)),
        Migration(number: 9, name: "0009_directory", sql: text(PackageResources._009_directory_sql)),
        Migration(number: 10, name: "0010_limits", sql: text(PackageResources._010_limits_sql)),
        Migration(number: 11, name: "0011_unpaid_transfers", sql: text(PackageResources._011_unpaid_transfers_sql)),
    ]
}

func text(_ resource: [UInt8]) -> String { String(decoding: resource, as: UTF8.self) }

public enum Schema {
    /// Months whose partitions must exist beyond the current one; fewer, and a worker is not ready.
    public static let monthsAheadMin: Int32 = 3
    /// One more, so that a month may begin before anybody looks.
    static let monthsAhead: Int32 = monthsAheadMin + 1

    /// Applies what is missing, each migration in a transaction of its own, and writes the names of numbers anew.
    ///
    /// Two at once wait for each other. Run as the owner of the database.
    /// - Returns: the names of the migrations that were applied.
    public static func migrate(_ connection: PostgresConnection) throws(PostgresError) -> [String] {
        try connection.executeScript(
            """
            CREATE TABLE IF NOT EXISTS public.wallet_migrations (
                number bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """)
        var applied: [String] = []
        for migration in Migration.all {
            // The advisory lock is the transaction's, so it is gone with it however it ends.
            try connection.execute("BEGIN")
            do throws(PostgresError) {
                try connection.execute("SELECT pg_advisory_xact_lock(7305120)")
                var parameters = PostgresParameters()
                parameters.append(int8: migration.number)
                let rows = try connection.execute(
                    "SELECT FROM public.wallet_migrations WHERE number = $1", parameters)
                if rows.count == 0 {
                    try connection.executeScript(migration.sql)
                    parameters.append(text: migration.name)
                    try connection.execute(
                        "INSERT INTO public.wallet_migrations (number, name) VALUES ($1, $2)", parameters)
                    applied.append(migration.name)
                }
                try connection.execute("COMMIT")
            } catch {
                if connection.isOpen { try connection.execute("ROLLBACK") }
                throw error
            }
        }
        try writeNames(connection)
        try connection.execute("SELECT ledger.ensure_partitions(\(monthsAhead))")
        return applied
    }

    private static func writeNames(_ connection: PostgresConnection) throws(PostgresError) {
        var parameters = PostgresParameters()
        let names = names
        parameters.appendTextArray(names.map(\.kind))
        parameters.appendInt2Array(names.map(\.number))
        parameters.appendTextArray(names.map(\.name))
        try connection.execute(
            """
            INSERT INTO ledger.names (kind, number, name) SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[])
            ON CONFLICT (kind, number) DO UPDATE SET name = excluded.name WHERE names.name <> excluded.name
            """, parameters)
    }

    /// The numbers that tables hold, with their names.
    static var names: [(kind: String, number: Int16, name: String)] {
        OutcomeCode.allCases.map { ("code", $0.rawValue, $0.name) }
            + Transition.allCases.map { ("transition", $0.rawValue, $0.eventName) }
            + CommandStatus.allCases.map { ("status", $0.rawValue, $0.name) }
            + CommandType.allCases.map { ("type", $0.rawValue, $0.name) }
            + Currency.allCases.map { ("currency", $0.rawValue, $0.code) }
            + Bucket.allCases.map { ("account", $0.rawValue, $0.name) }
            + SystemAccount.allCases.map { ("account", $0.rawValue, $0.name) }
            + WalletType.allCases.map { ("wallet_type", $0.rawValue, $0.name) }
            + WalletStatus.allCases.map { ("wallet_status", $0.rawValue, $0.name) }
    }
}
