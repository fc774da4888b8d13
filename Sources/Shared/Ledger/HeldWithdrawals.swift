// What waits to be sent to the bank, as PostgreSQL has it: the truth behind every schedule.

public import Domain
public import Postgres

/// A withdrawal that is held, and what decides whether it can be sent.
public struct HeldWithdrawal: Sendable, Hashable {
    public let command: CommandID
    public let wallet: WalletID
    /// Not before this it is sent.
    public let dueAt: Timestamp
    /// A frozen wallet's are not sent.
    public let isFrozen: Bool
    /// How often the wallet's status changed: what was refused because of a freeze can be asked for anew after it.
    public let standingVersion: Int64

    public init(command: CommandID, wallet: WalletID, dueAt: Timestamp, isFrozen: Bool, standingVersion: Int64) {
        self.command = command
        self.wallet = wallet
        self.dueAt = dueAt
        self.isFrozen = isFrozen
        self.standingVersion = standingVersion
    }
}

extension LedgerReader {
    /// Withdrawals that are held and due at a time, the one that waits longest first.
    ///
    /// - Parameter last: the one after which to go on; nil begins.
    public func heldWithdrawals(
        dueBy time: Timestamp, after last: HeldWithdrawal?, limit: Int64
    ) async throws(PostgresError) -> [HeldWithdrawal] {
        var parameters = PostgresParameters()
        parameters.append(timestamptz: time.microseconds)
        parameters.append(timestamptz: last?.dueAt.microseconds ?? 0)
        parameters.append(uuid: last?.command.uuid ?? PostgresUUID(high: 0, low: 0))
        parameters.append(int8: limit)
        let rows = try await pool.query(Self.findHeldWithdrawals, parameters)
        var withdrawals: [HeldWithdrawal] = []
        for row in 0..<rows.count { withdrawals.append(try heldWithdrawal(rows, row)) }
        return withdrawals
    }

    /// Of these withdrawals the ones that are held, and the ones that are no longer. One that is not known here yet is
    /// in neither.
    public func withdrawals(
        _ ids: [CommandID]
    ) async throws(PostgresError) -> (held: [HeldWithdrawal], gone: [CommandID]) {
        var parameters = PostgresParameters()
        parameters.appendUUIDArray(ids.map(\.uuid))
        let rows = try await pool.query(Self.findWithdrawals, parameters)
        var held: [HeldWithdrawal] = []
        var gone: [CommandID] = []
        for row in 0..<rows.count {
            let withdrawal = try heldWithdrawal(rows, row)
            if try rows.bool(row, 5) { held.append(withdrawal) } else { gone.append(withdrawal.command) }
        }
        return (held, gone)
    }

    private func heldWithdrawal(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> HeldWithdrawal {
        HeldWithdrawal(
            command: try rows.identifier(row, 0, of: CommandKind.self),
            wallet: try rows.identifier(row, 1, of: WalletKind.self), dueAt: try rows.time(row, 2),
            isFrozen: try rows.number(row, 3, as: WalletStatus.self) == .frozen,
            standingVersion: try rows.int8(row, 4))
    }

    private static let findHeldWithdrawals = statement(
        "find_held_withdrawals", PackageResources.find_held_withdrawals_sql)
    private static let findWithdrawals = statement("find_withdrawals", PackageResources.find_withdrawals_sql)
}
