// Bank transfers that are waited for.

public import Domain
public import Postgres

/// A top-up by bank transfer that nobody has paid.
public struct UnpaidTransfer: Sendable, Hashable {
    public let command: CommandID
    public let wallet: WalletID
    public let amount: Money

    public init(command: CommandID, wallet: WalletID, amount: Money) {
        self.command = command
        self.wallet = wallet
        self.amount = amount
    }
}

extension LedgerReader {
    /// Those whose references were given out by a time, by their ids.
    ///
    /// - Parameter last: the one after which to go on; nil begins.
    public func unpaidTransfers(
        givenBy time: Timestamp, after last: CommandID?, limit: Int64
    ) async throws(PostgresError) -> [UnpaidTransfer] {
        var parameters = PostgresParameters()
        parameters.append(timestamptz: time.microseconds)
        parameters.append(uuid: last?.uuid ?? PostgresUUID(high: 0, low: 0))
        parameters.append(int8: limit)
        let rows = try await pool.query(Self.findUnpaidTransfers, parameters)
        var transfers: [UnpaidTransfer] = []
        for row in 0..<rows.count {
            transfers.append(
                UnpaidTransfer(
                    command: try rows.identifier(row, 0, of: CommandKind.self),
                    wallet: try rows.identifier(row, 1, of: WalletKind.self),
                    amount: Money(try rows.int8(row, 2), try rows.number(row, 3, as: Currency.self))))
        }
        return transfers
    }

    private static let findUnpaidTransfers = statement(
        "find_unpaid_transfers", PackageResources.find_unpaid_transfers_sql)
}
