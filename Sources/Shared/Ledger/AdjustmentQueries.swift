// Adjustments by hand as operators see them.

public import Domain
public import Postgres
import Wire

/// An adjustment with who proposed it and why.
public struct AdjustmentView: Sendable {
    public let id: CommandID
    public let wallet: WalletID
    public let direction: ProposeAdjustment.Direction
    public let amount: Money
    public let proposer: OwnerID
    public let reason: String
    public let status: CommandStatus
    public let proposedAt: Timestamp
}

extension LedgerReader {
    private static let findAdjustments = PostgresStatement(
        name: "find_adjustments", sql: text(PackageResources.find_adjustments_sql))

    /// Those that wait first, and of each kind the newest first.
    public func adjustments(limit: Int64, offset: Int64) async throws(PostgresError) -> [AdjustmentView] {
        var parameters = PostgresParameters()
        parameters.append(int8: limit)
        parameters.append(int8: offset)
        let rows = try await pool.query(Self.findAdjustments, parameters)
        var adjustments: [AdjustmentView] = []
        for row in 0..<rows.count {
            let body = try? JSON(parsing: try rows.bytes(row, 8))
            adjustments.append(
                AdjustmentView(
                    id: try rows.identifier(row, 0, of: CommandKind.self),
                    wallet: try rows.identifier(row, 1, of: WalletKind.self),
                    direction: try rows.number(row, 2, as: ProposeAdjustment.Direction.self),
                    amount: Money(try rows.int8(row, 3), try rows.number(row, 4, as: Currency.self)),
                    proposer: try rows.identifier(row, 5, of: OwnerKind.self),
                    reason: body?["reason"]?.text ?? "",
                    status: try rows.number(row, 6, as: CommandStatus.self), proposedAt: try rows.time(row, 7)))
        }
        return adjustments
    }
}
