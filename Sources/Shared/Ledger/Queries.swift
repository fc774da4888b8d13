// What readers ask of the ledger, from the files in Queries/: wallets, commands, histories. Nothing here writes or locks.

public import Domain
public import Postgres
public import Wire

/// What never changes of a wallet once it is open.
public struct WalletFacts: Sendable, Hashable {
    /// The person who may act for the owner.
    public let controller: OwnerID
    public let type: WalletType
    public let currency: Currency
    public let name: String?
}

/// A wallet as it stood at a time.
public struct WalletView: Sendable {
    public var wallet: Wallet
    public let controller: OwnerID
    /// By the clock of whoever told.
    public var asOf: Timestamp
}

/// A command with where it stands now.
public struct CommandView: Sendable {
    public let content: CommandContent
    public let contentDigest: [UInt8]
    /// The subject of its scope: a user's or a service's id.
    public let caller: String
    public let acceptedAt: Timestamp
    /// The wallet debited, otherwise the one named.
    public let wallet: WalletID?
    public let status: CommandStatus
    public let code: OutcomeCode
    /// The field that a refusal blames.
    public let field: String?
    public let fee: Money?
    public let feeVersion: Int16?
    /// When its last outcome was decided.
    public let lastAt: Timestamp
    /// Of its last outcome, when that moved money.
    public let transactionID: TransactionID?
    /// What the bank transfer has to name that pays for this top-up.
    public let transferReference: TransferReference?
    /// The present version of `wallet`, when the reader may act on it.
    public let ownVersion: Int64?
    /// The reader's own wallets as the last outcome left them; of others nothing.
    public let ownWallets: [WalletSnapshot]
    /// Of a withdrawal.
    public let release: ReleaseTimes?
}

/// A transaction as one wallet sees it.
public struct HistoryItem: Sendable {
    public let position: Position
    /// The command whose state the transaction's outcome set.
    public let command: CommandID
    public let transition: Transition
    public let at: Timestamp
    /// The body of the outcome's own command.
    public let body: [UInt8]
    /// By how much `available` changed: credits positive.
    public let change: Int64
    public let after: WalletSnapshot
    /// Where the wallet's transaction before this one stands.
    public let previous: Position?
}

/// A transaction as a person sees it.
public struct TransactionView: Sendable {
    public struct Line: Sendable {
        public let wallet: WalletSnapshot
        public let bucket: Bucket
        public let amount: Money
        /// Whether the reader may act on the wallet; of others only the id may be shown.
        public let isOwn: Bool
    }

    public let command: CommandID
    public let transition: Transition
    public let at: Timestamp
    public let body: [UInt8]
    public let wallet: WalletID?
    public let fee: Int64?
    public let feeVersion: Int16?
    public let lines: [Line]
}

/// A beneficiary, and who may act for the owner of its wallet.
public struct BeneficiaryView: Sendable {
    public let beneficiary: Beneficiary
    public let controller: OwnerID
}

/// Reads the ledger through a pool. Every call is one statement and sees one snapshot.
public struct LedgerReader: Sendable {
    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// False while no session is open: asking would only wait.
    public var isAvailable: Bool { pool.isAvailable }

    /// Session settings of a reader. Its statements look rows up by key, so compiling them never pays.
    public static let sessionSettings: [(String, String)] = [
        ("default_transaction_read_only", "on"), ("jit", "off"), ("plan_cache_mode", "force_generic_plan"),
    ]

    // MARK: - Wallets

    /// The facts of those wallets that exist.
    public func walletFacts(_ ids: [WalletID]) async throws(PostgresError) -> [WalletID: WalletFacts] {
        var parameters = PostgresParameters()
        parameters.appendUUIDArray(ids.map(\.uuid))
        let rows = try await pool.query(Self.findWalletFacts, parameters)
        var facts: [WalletID: WalletFacts] = [:]
        for row in 0..<rows.count {
            facts[try rows.identifier(row, 0, of: WalletKind.self)] = WalletFacts(
                controller: try rows.identifier(row, 1, of: OwnerKind.self),
                type: try rows.number(row, 2, as: WalletType.self),
                currency: try rows.number(row, 3, as: Currency.self), name: try rows.optionalText(row, 4))
        }
        return facts
    }

    public func wallet(_ id: WalletID) async throws(PostgresError) -> WalletView? {
        var parameters = PostgresParameters()
        parameters.append(uuid: id.uuid)
        let rows = try await pool.query(Self.findWallet, parameters)
        return rows.count == 0 ? nil : try walletView(rows, 0)
    }

    /// The wallets on which a person may act, oldest first.
    public func wallets(
        of controller: OwnerID, limit: Int64, offset: Int64
    ) async throws(PostgresError) -> [WalletView] {
        var parameters = PostgresParameters()
        parameters.append(uuid: controller.uuid)
        parameters.append(int8: limit)
        parameters.append(int8: offset)
        let rows = try await pool.query(Self.findWalletsOf, parameters)
        var wallets: [WalletView] = []
        for row in 0..<rows.count { wallets.append(try walletView(rows, row)) }
        return wallets
    }

    private func walletView(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> WalletView {
        WalletView(
            wallet: Wallet(
                id: try rows.identifier(row, 0, of: WalletKind.self),
                owner: try rows.identifier(row, 2, of: OwnerKind.self),
                parent: try rows.optionalUUID(row, 12).map { WalletID($0) },
                type: try rows.number(row, 3, as: WalletType.self),
                currency: try rows.number(row, 4, as: Currency.self),
                name: try rows.optionalText(row, 10),
                available: try rows.int8(row, 6), pending: try rows.int8(row, 7), reserve: try rows.int8(row, 8),
                version: try rows.int8(row, 9),
                standing: Wallet.Standing(
                    status: try rows.number(row, 5, as: WalletStatus.self), frozenBy: nil, underWay: 0,
                    version: try rows.int8(row, 13))),
            controller: try rows.identifier(row, 1, of: OwnerKind.self), asOf: try rows.time(row, 11))
    }

    // MARK: - Teams

    /// The place of a person in the team that a wallet belongs to; nil for none, the owner's own included.
    public func role(of person: OwnerID, on wallet: WalletID) async throws(PostgresError) -> TeamRole? {
        var parameters = PostgresParameters()
        parameters.append(uuid: wallet.uuid)
        parameters.append(uuid: person.uuid)
        let rows = try await pool.query(Self.findRole, parameters)
        return rows.count == 0 ? nil : try rows.number(0, 0, as: TeamRole.self)
    }

    /// The team that a wallet belongs to, without its owner; nil when there is no such wallet.
    public func team(of wallet: WalletID) async throws(PostgresError) -> [OwnerID: TeamRole]? {
        var parameters = PostgresParameters()
        parameters.append(uuid: wallet.uuid)
        let rows = try await pool.query(Self.findTeam, parameters)
        if rows.count == 0 { return nil }
        return try rows.isNull(0, 1) ? [:] : rows.team(0, members: 1, roles: 2)
    }

    /// The free transfers that a wallet's owner took; nil when there is no such wallet.
    public func freeTransfers(of wallet: WalletID) async throws(PostgresError) -> MonthlyCount? {
        var parameters = PostgresParameters()
        parameters.append(uuid: wallet.uuid)
        let rows = try await pool.query(Self.findFreeTransfers, parameters)
        return rows.count == 0 ? nil : MonthlyCount(month: try rows.int4(0, 0), count: try rows.int4(0, 1))
    }

    // MARK: - Commands

    /// - Parameter person: whose wallets are told of; nil for nobody's.
    public func command(_ id: CommandID, seenBy person: OwnerID?) async throws(PostgresError) -> CommandView? {
        var parameters = PostgresParameters()
        parameters.append(uuid: id.uuid)
        parameters.append(uuid: person?.uuid)
        let rows = try await pool.query(Self.findCommand, parameters)
        if rows.count == 0 { return nil }
        var own: [WalletSnapshot] = []
        for row in 0..<rows.count where try !rows.isNull(row, 19) {
            own.append(try snapshot(rows, row, id: 19, version: 20, currency: 24))
        }
        let currency = try rows.optionalInt2(0, 12).flatMap(Currency.init(rawValue:))
        let fee = try rows.optionalInt8(0, 10)
        let position = try rows.position(0, period: 14, lane: 15, sequence: 16)
        return CommandView(
            content: CommandContent(
                type: try rows.text(0, 0), target: try rows.text(0, 1), body: try rows.bytes(0, 2)),
            contentDigest: try rows.bytes(0, 3), caller: try rows.text(0, 4), acceptedAt: try rows.time(0, 5),
            wallet: try rows.optionalUUID(0, 6).map { WalletID($0) },
            status: try rows.number(0, 7, as: CommandStatus.self), code: try rows.number(0, 8, as: OutcomeCode.self),
            field: try rows.optionalText(0, 9), fee: fee.flatMap { fee in currency.map { Money(fee, $0) } },
            feeVersion: try rows.optionalInt2(0, 11), lastAt: try rows.time(0, 13),
            transactionID: try rows.bool(0, 17) ? TransactionID(position) : nil,
            transferReference: try rows.optionalInt8(0, 27).flatMap { TransferReference(number: $0) },
            ownVersion: try rows.optionalInt8(0, 18), ownWallets: own,
            release: try rows.release(0, at: 25))
    }

    /// What later commands refer to: a top-up, a withdrawal, a payment or a dispute; nil for any other command.
    public func movement(_ id: CommandID) async throws(PostgresError) -> Movement? {
        var parameters = PostgresParameters()
        parameters.append(uuid: id.uuid)
        let rows = try await pool.query(Self.findMovement, parameters)
        return rows.count == 0 ? nil : try rows.movement(0)
    }

    /// The top-up that a bank transfer's reference names; nil when nobody was given it.
    public func movement(_ reference: TransferReference) async throws(PostgresError) -> Movement? {
        var parameters = PostgresParameters()
        parameters.append(int8: reference.number)
        let rows = try await pool.query(Self.findMovementByReference, parameters)
        return rows.count == 0 ? nil : try rows.movement(0)
    }

    // MARK: - Transactions

    /// Up to `limit` transactions of a wallet, newest first, from a position or from the last.
    public func history(
        of wallet: WalletID, from start: Position?, limit: Int64
    ) async throws(PostgresError) -> [HistoryItem] {
        var parameters = PostgresParameters()
        parameters.append(uuid: wallet.uuid)
        parameters.append(int4: start?.period)
        parameters.append(int2: start?.lane)
        parameters.append(int8: start?.sequence)
        parameters.append(int8: limit)
        let rows = try await pool.query(Self.findHistory, parameters)
        var items: [HistoryItem] = []
        for row in 0..<rows.count {
            items.append(
                HistoryItem(
                    position: try rows.position(row, period: 0, lane: 1, sequence: 2),
                    command: try rows.identifier(row, 3, of: CommandKind.self),
                    transition: try rows.number(row, 4, as: Transition.self), at: try rows.time(row, 5),
                    body: try rows.bytes(row, 6), change: try rows.int8(row, 7),
                    after: WalletSnapshot(
                        id: wallet, currency: try rows.number(row, 8, as: Currency.self),
                        version: try rows.int8(row, 9), available: try rows.int8(row, 10),
                        pending: try rows.int8(row, 11), reserve: try rows.int8(row, 12)),
                    previous: try rows.optionalPosition(row, period: 13, lane: 14, sequence: 15)))
        }
        return items
    }

    /// The transaction at a position, with the wallets' lines; nil when there is none.
    public func transaction(
        at position: Position, seenBy person: OwnerID
    ) async throws(PostgresError) -> TransactionView? {
        var parameters = PostgresParameters()
        parameters.append(int4: position.period)
        parameters.append(int2: position.lane)
        parameters.append(int8: position.sequence)
        parameters.append(uuid: person.uuid)
        let rows = try await pool.query(Self.findTransaction, parameters)
        if rows.count == 0 { return nil }
        var lines: [TransactionView.Line] = []
        for row in 0..<rows.count {
            let wallet = try snapshot(rows, row, id: 7, version: 11, currency: 10)
            lines.append(
                TransactionView.Line(
                    wallet: wallet, bucket: try rows.number(row, 8, as: Bucket.self),
                    amount: Money(try rows.int8(row, 9), wallet.currency), isOwn: try rows.bool(row, 15)))
        }
        return TransactionView(
            command: try rows.identifier(0, 0, of: CommandKind.self),
            transition: try rows.number(0, 1, as: Transition.self), at: try rows.time(0, 2),
            body: try rows.bytes(0, 3), wallet: try rows.optionalUUID(0, 4).map { WalletID($0) },
            fee: try rows.optionalInt8(0, 5), feeVersion: try rows.optionalInt2(0, 6), lines: lines)
    }

    /// A wallet in columns: the version is followed by available, pending and reserve.
    private func snapshot(
        _ rows: PostgresRows, _ row: Int, id: Int, version: Int, currency: Int
    ) throws(PostgresError) -> WalletSnapshot {
        WalletSnapshot(
            id: try rows.identifier(row, id, of: WalletKind.self),
            currency: try rows.number(row, currency, as: Currency.self), version: try rows.int8(row, version),
            available: try rows.int8(row, version + 1), pending: try rows.int8(row, version + 2),
            reserve: try rows.int8(row, version + 3))
    }

    // MARK: - Beneficiaries

    public func beneficiary(_ id: BeneficiaryID) async throws(PostgresError) -> BeneficiaryView? {
        var parameters = PostgresParameters()
        parameters.append(uuid: id.uuid)
        let rows = try await pool.query(Self.findBeneficiary, parameters)
        return rows.count == 0 ? nil : try beneficiaryView(rows, 0)
    }

    /// A wallet's beneficiaries, oldest first.
    public func beneficiaries(
        of wallet: WalletID, limit: Int64, offset: Int64
    ) async throws(PostgresError) -> [BeneficiaryView] {
        var parameters = PostgresParameters()
        parameters.append(uuid: wallet.uuid)
        parameters.append(int8: limit)
        parameters.append(int8: offset)
        let rows = try await pool.query(Self.findBeneficiariesOf, parameters)
        var beneficiaries: [BeneficiaryView] = []
        for row in 0..<rows.count { beneficiaries.append(try beneficiaryView(rows, row)) }
        return beneficiaries
    }

    private func beneficiaryView(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> BeneficiaryView {
        guard let rib = RIB(try rows.text(row, 2)) else { throw .protocolViolation("a stored RIB has a wrong key") }
        return BeneficiaryView(
            beneficiary: Beneficiary(
                id: try rows.identifier(row, 0, of: BeneficiaryKind.self),
                wallet: try rows.identifier(row, 1, of: WalletKind.self), rib: rib,
                holderName: try rows.text(row, 3), addedAt: try rows.time(row, 4),
                verifiedAt: try rows.optionalTime(row, 5), removedAt: try rows.optionalTime(row, 7)),
            controller: try rows.identifier(row, 6, of: OwnerKind.self))
    }

    // MARK: - Statements

    private static let findWalletFacts = statement("find_wallet_facts", PackageResources.find_wallet_facts_sql)
    private static let findWallet = statement("find_wallet", PackageResources.find_wallet_sql)
    private static let findWalletsOf = statement("find_wallets_of", PackageResources.find_wallets_of_sql)
    private static let findRole = statement("find_role", PackageResources.find_role_sql)
    private static let findTeam = statement("find_team", PackageResources.find_team_sql)
    private static let findFreeTransfers = statement("find_free_transfers", PackageResources.find_free_transfers_sql)
    private static let findCommand = statement("find_command", PackageResources.find_command_sql)
    private static let findMovement = statement("find_movement", PackageResources.find_movement_sql)
    private static let findMovementByReference = statement(
        "find_movement_by_reference", PackageResources.find_movement_by_reference_sql)
    private static let findHistory = statement("find_history", PackageResources.find_history_sql)
    private static let findTransaction = statement("find_transaction", PackageResources.find_transaction_sql)
    private static let findBeneficiary = statement("find_beneficiary", PackageResources.find_beneficiary_sql)
    private static let findBeneficiariesOf = statement(
        "find_beneficiaries_of", PackageResources.find_beneficiaries_of_sql)

    static func statement(_ name: String, _ resource: [UInt8]) -> PostgresStatement {
        PostgresStatement(name: name, sql: text(resource))
    }
}
