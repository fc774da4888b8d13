// Disputes as their parties see them.

public import Domain
public import Postgres
import Wire

/// A dispute about a payment, with what its payer says.
public struct DisputeView: Sendable {
    public let id: CommandID
    public let payment: CommandID
    /// The payer's.
    public let wallet: WalletID
    public let merchant: WalletID
    /// What was left of the payment when it was opened.
    public let amount: Money
    public let status: CommandStatus
    public let reason: String
    public let openedAt: Timestamp
}

extension LedgerReader {
    private static let findDisputes = PostgresStatement(
        name: "find_disputes", sql: text(PackageResources.find_disputes_sql))

    /// Those that a wallet is a party to, the newest first.
    public func disputes(
        of wallet: WalletID, limit: Int64, offset: Int64
    ) async throws(PostgresError) -> [DisputeView] {
        try await disputes(of: wallet, id: nil, limit: limit, offset: offset)
    }

    public func dispute(_ id: CommandID) async throws(PostgresError) -> DisputeView? {
        try await disputes(of: nil, id: id, limit: 1, offset: 0).first
    }

    private func disputes(
        of wallet: WalletID?, id: CommandID?, limit: Int64, offset: Int64
    ) async throws(PostgresError) -> [DisputeView] {
        var parameters = PostgresParameters()
        parameters.append(uuid: wallet?.uuid)
        parameters.append(int8: limit)
        parameters.append(int8: offset)
        parameters.append(uuid: id?.uuid)
        let rows = try await pool.query(Self.findDisputes, parameters)
        var disputes: [DisputeView] = []
        for row in 0..<rows.count {
            let body = try? JSON(parsing: try rows.bytes(row, 8))
            disputes.append(
                DisputeView(
                    id: try rows.identifier(row, 0, of: CommandKind.self),
                    payment: try rows.identifier(row, 1, of: CommandKind.self),
                    wallet: try rows.identifier(row, 2, of: WalletKind.self),
                    merchant: try rows.identifier(row, 3, of: WalletKind.self),
                    amount: Money(try rows.int8(row, 4), try rows.number(row, 5, as: Currency.self)),
                    status: try rows.number(row, 6, as: CommandStatus.self), reason: body?["reason"]?.text ?? "",
                    openedAt: try rows.time(row, 7)))
        }
        return disputes
    }
}
