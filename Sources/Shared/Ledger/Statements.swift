// The statements of a batch, from the files in Statements/.

public import Postgres

public enum Statements {
    public static let begin = PostgresStatement(name: "begin", sql: "BEGIN")
    public static let commit = PostgresStatement(name: "commit", sql: "COMMIT")
    public static let rollback = PostgresStatement(name: "rollback", sql: "ROLLBACK")

    public static let takeLane = statement("take_lane", PackageResources.take_lane_sql)
    public static let notePublished = statement("note_published", PackageResources.note_published_sql)
    public static let readOutcomesAfter = statement("read_outcomes_after", PackageResources.read_outcomes_after_sql)

    static let lockLane = statement("lock_lane", PackageResources.lock_lane_sql)
    static let lockWallets = statement("lock_wallets", PackageResources.lock_wallets_sql)
    static let lockMovements = statement("lock_movements", PackageResources.lock_movements_sql)
    static let lockOwners = statement("lock_owners", PackageResources.lock_owners_sql)
    static let readPaidReferences = statement("read_paid_references", PackageResources.read_paid_references_sql)
    static let readBeneficiaries = statement("read_beneficiaries", PackageResources.read_beneficiaries_sql)
    static let lockHeld = statement("lock_held", PackageResources.lock_held_sql)
    static let readBeneficiariesOfHeld = statement(
        "read_beneficiaries_of_held", PackageResources.read_beneficiaries_of_held_sql)
    static let readBooks = statement("read_books", PackageResources.read_books_sql)
    static let readEarlier = statement("read_earlier", PackageResources.read_earlier_sql)
    static let readOutcomesAt = statement("read_outcomes_at", PackageResources.read_outcomes_at_sql)
    static let readEntriesAt = statement("read_entries_at", PackageResources.read_entries_at_sql)

    static let insertCommandIndex = statement("insert_command_index", PackageResources.insert_command_index_sql)
    static let insertOutcomes = statement("insert_outcomes", PackageResources.insert_outcomes_sql)
    static let insertEntries = statement("insert_entries", PackageResources.insert_entries_sql)
    static let insertOwners = statement("insert_owners", PackageResources.insert_owners_sql)
    static let updateOwners = statement("update_owners", PackageResources.update_owners_sql)
    static let updateTeams = statement("update_teams", PackageResources.update_teams_sql)
    static let updateStandings = statement("update_standings", PackageResources.update_standings_sql)
    static let insertPaidReferences = statement("insert_paid_references", PackageResources.insert_paid_references_sql)
    static let readTransferReferences = statement(
        "read_transfer_references", PackageResources.read_transfer_references_sql)
    static let insertTransferReferences = statement(
        "insert_transfer_references", PackageResources.insert_transfer_references_sql)
    static let insertWallets = statement("insert_wallets", PackageResources.insert_wallets_sql)
    static let updateWallets = statement("update_wallets", PackageResources.update_wallets_sql)
    static let insertMovements = statement("insert_movements", PackageResources.insert_movements_sql)
    static let updateMovements = statement("update_movements", PackageResources.update_movements_sql)
    static let insertBeneficiaries = statement("insert_beneficiaries", PackageResources.insert_beneficiaries_sql)
    static let verifyBeneficiaries = statement("verify_beneficiaries", PackageResources.verify_beneficiaries_sql)
    static let removeBeneficiaries = statement("remove_beneficiaries", PackageResources.remove_beneficiaries_sql)
    static let addToSystemAccounts = statement("add_to_system_accounts", PackageResources.add_to_system_accounts_sql)
    static let insertChain = statement("insert_chain", PackageResources.insert_chain_sql)
    static let insertSecurityLog = statement("insert_security_log", PackageResources.insert_security_log_sql)
    static let advanceLane = statement("advance_lane", PackageResources.advance_lane_sql)

    private static func statement(_ name: String, _ resource: [UInt8]) -> PostgresStatement {
        PostgresStatement(name: name, sql: text(resource))
    }

    /// Session settings of a lane. Its statements look rows up by key; a plan that scans is a mistake of statistics.
    /// The time-outs add up to a take-over within ten seconds (docs/architecture.md).
    public static let laneSettings: [(String, String)] = [
        ("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off"), ("jit", "off"),
        ("plan_cache_mode", "force_generic_plan"), ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "2s"), ("statement_timeout", "4s"),
    ]
}
