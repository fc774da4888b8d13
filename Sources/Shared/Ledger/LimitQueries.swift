// What is known of an owner's limits.

public import Domain
public import Postgres

/// How well a wallet's owner is known, and what went out of all of its wallets.
public struct LimitsView: Sendable {
    public let verification: Verification
    public let spending: Spending

    public init(verification: Verification, spending: Spending) {
        self.verification = verification
        self.spending = spending
    }
}

extension LedgerReader {
    /// What a wallet's owner is limited by; nil when there is no such wallet.
    public func limits(of wallet: WalletID) async throws(PostgresError) -> LimitsView? {
        var parameters = PostgresParameters()
        parameters.append(uuid: wallet.uuid)
        let rows = try await pool.query(Self.findLimits, parameters)
        if rows.count == 0 { return nil }
        return LimitsView(
            verification: Verification(
                level: try rows.int2(0, 0), expiresAt: try rows.time(0, 1), levelOneExpiresAt: try rows.time(0, 2)),
            spending: try rows.spending(0, at: 3))
    }

    private static let findLimits = statement("find_limits", PackageResources.find_limits_sql)
}
