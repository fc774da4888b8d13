// The first round trip of a batch: lock in order, then read.

public import Domain
public import Postgres
public import Wire

/// What a batch must lock and read, known from its commands alone.
public struct BatchPlan: Sendable {
    public var lane: Int16
    /// The commands' own ids, to see which came before.
    public var commands: [CommandID] = []
    public var wallets: [WalletID] = []
    /// Those of them that a command acts for, whose owners are looked at; nothing is asked of a payee's owner.
    public var actingWallets: [WalletID] = []
    /// Owners that opening commands name.
    public var owners: [OwnerID] = []
    public var movements: [CommandID] = []
    public var beneficiaries: [BeneficiaryID] = []

    public init(lane: Int16) { self.lane = lane }

    public mutating func add(_ command: Command) {
        commands.append(command.id)
        wallets.append(contentsOf: command.request.wallets)
        if let wallet = command.request.wallets.first { actingWallets.append(wallet) }
        switch command.request {
        case .openWallet(let request): owners.append(request.ownerID)
        // Should it have come before, its present state is its movement's.
        case .submitTopUp, .submitWithdrawal: movements.append(command.id)
        default: break
        }
        if let movement = command.request.movement { movements.append(movement) }
        if let beneficiary = command.request.beneficiary { beneficiaries.append(beneficiary) }
    }

    /// Enqueues BEGIN, the locks and the reads, and a sync.
    ///
    /// The order is that of docs/architecture.md: the lane, wallets by id, movements by id. What the lane's own lock
    /// keeps still, earlier commands and owners, is read before other lanes have to wait for this one's wallets; what
    /// nothing locks comes last. Statements that have nothing to look for are left out.
    public func enqueue(on connection: PostgresConnection) throws(PostgresError) {
        try connection.enqueue(Statements.begin, .none)
        var parameters = PostgresParameters()
        parameters.append(int2: lane)
        try connection.enqueue(Statements.lockLane, parameters)
        for (statement, parameters) in lookups { try connection.enqueue(statement, parameters) }
        try connection.enqueueSync()
    }

    private var lookups: [(PostgresStatement, PostgresParameters)] {
        var commandIDs = PostgresParameters()
        commandIDs.appendUUIDArray(commands.map(\.uuid))
        var ownerIDs = PostgresParameters()
        ownerIDs.appendUUIDArray(actingWallets.map(\.uuid))
        ownerIDs.appendUUIDArray(owners.map(\.uuid))
        var walletIDs = PostgresParameters()
        walletIDs.appendUUIDArray(wallets.map(\.uuid))
        var lookups = [
            (Statements.readEarlier, commandIDs), (Statements.readOwners, ownerIDs),
            (Statements.lockWallets, walletIDs),
        ]
        if !movements.isEmpty {
            var parameters = PostgresParameters()
            parameters.appendUUIDArray(movements.map(\.uuid))
            lookups.append((Statements.lockMovements, parameters))
        }
        if !beneficiaries.isEmpty || !movements.isEmpty {
            var parameters = PostgresParameters()
            parameters.appendUUIDArray(beneficiaries.map(\.uuid))
            parameters.appendUUIDArray(movements.map(\.uuid))
            lookups.append((Statements.readBeneficiaries, parameters))
        }
        return lookups
    }
}

/// The lane's row, locked.
public struct LaneHead: Sendable {
    public let epoch: Int64
    public let head: Int64
    public let published: Int64
    public let chainHash: [UInt8]
    /// The greater of the server's clock and the lane's last time.
    public let time: Timestamp
}

/// What came before under an id of the batch.
public struct EarlierCommand: Sendable {
    public let position: Position
    public let content: CommandContent
}

/// The answers to a batch's first round trip.
public struct BatchRead: Sendable {
    public let lane: LaneHead
    public let earlier: [CommandID: EarlierCommand]
    /// Handed on to `decide`.
    public var state: LedgerState

    /// - Parameter results: the rows of each statement that the plan enqueued, BEGIN included, in order.
    /// - Throws: for rows that are not as this version wrote them.
    public init(_ plan: BatchPlan, _ results: [PostgresRows]) throws(PostgresError) {
        var results = results[...]
        func next() throws(PostgresError) -> PostgresRows {
            guard let rows = results.popFirst() else { throw .protocolViolation("a batch's answers are incomplete") }
            return rows
        }
        _ = try next()
        lane = try LaneHead(try next())
        var state = LedgerState()
        state.reserveCapacity(wallets: plan.wallets.count)
        earlier = try Self.earlier(try next())
        try state.loadOwners(try next())
        try state.loadWallets(try next())
        if !plan.movements.isEmpty { try state.loadMovements(try next()) }
        if !plan.beneficiaries.isEmpty || !plan.movements.isEmpty { try state.loadBeneficiaries(try next()) }
        self.state = state
    }

    /// What was read, without a database: a batch can be judged against rows that a test or a dry run made up.
    init(lane: LaneHead, earlier: [CommandID: EarlierCommand], state: LedgerState) {
        self.lane = lane
        self.earlier = earlier
        self.state = state
    }

    private static func earlier(_ rows: PostgresRows) throws(PostgresError) -> [CommandID: EarlierCommand] {
        var earlier: [CommandID: EarlierCommand] = [:]
        for row in 0..<rows.count {
            earlier[try rows.identifier(row, 0, of: CommandKind.self)] = EarlierCommand(
                position: try rows.position(row, period: 1, lane: 2, sequence: 3),
                content: CommandContent(
                    type: try rows.text(row, 4), target: try rows.text(row, 5), body: try rows.bytes(row, 6)))
        }
        return earlier
    }
}

extension LaneHead {
    init(_ rows: PostgresRows) throws(PostgresError) {
        guard rows.count == 1 else { throw .protocolViolation("the lane has no row") }
        self.init(
            epoch: try rows.int8(0, 0), head: try rows.int8(0, 1), published: try rows.int8(0, 2),
            chainHash: try rows.bytes(0, 3), time: max(try rows.time(0, 4), try rows.time(0, 5)))
    }
}

extension LedgerState {
    fileprivate mutating func loadWallets(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            load(
                Wallet(
                    id: try rows.identifier(row, 0, of: WalletKind.self),
                    owner: try rows.identifier(row, 1, of: OwnerKind.self),
                    type: try rows.number(row, 2, as: WalletType.self),
                    currency: try rows.number(row, 3, as: Currency.self),
                    status: try rows.number(row, 4, as: WalletStatus.self), name: try rows.optionalText(row, 5),
                    available: try rows.int8(row, 6), pending: try rows.int8(row, 7), reserve: try rows.int8(row, 8),
                    version: try rows.int8(row, 9),
                    last: try rows.optionalPosition(row, period: 10, lane: 11, sequence: 12)))
        }
    }

    fileprivate mutating func loadMovements(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            let currency = try rows.number(row, 10, as: Currency.self)
            load(
                Movement(
                    id: try rows.identifier(row, 0, of: CommandKind.self), kind: try rows.movementKind(row),
                    wallet: try rows.identifier(row, 1, of: WalletKind.self),
                    amount: Money(try rows.int8(row, 3), currency), fee: Money(try rows.int8(row, 4), currency),
                    feeVersion: try rows.int2(row, 11), status: try rows.number(row, 12, as: CommandStatus.self),
                    code: try rows.number(row, 13, as: OutcomeCode.self),
                    last: try rows.position(row, period: 5, lane: 6, sequence: 7)))
        }
    }

    fileprivate mutating func loadOwners(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            load(
                Owner(
                    id: try rows.identifier(row, 0, of: OwnerKind.self),
                    controller: try rows.identifier(row, 1, of: OwnerKind.self),
                    verification: Verification(
                        level: try rows.int2(row, 2), expiresAt: try rows.time(row, 3),
                        levelOneExpiresAt: try rows.time(row, 4))))
        }
    }

    fileprivate mutating func loadBeneficiaries(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            guard let rib = RIB(try rows.text(row, 2)) else { throw .protocolViolation("a stored RIB has a wrong key") }
            load(
                Beneficiary(
                    id: try rows.identifier(row, 0, of: BeneficiaryKind.self),
                    wallet: try rows.identifier(row, 1, of: WalletKind.self), rib: rib,
                    holderName: try rows.text(row, 3),
                    verifiedAt: try rows.optionalTimestamp(row, 4).map(Timestamp.init(microseconds:))))
        }
    }
}

extension PostgresRows {
    fileprivate func movementKind(_ row: Int) throws(PostgresError) -> Movement.Kind {
        switch try int2(row, 8) {
        case Movement.Kind.topUpNumber: return .topUp(try number(row, 9, as: TopUpMethod.self))
        case Movement.Kind.withdrawalNumber:
            return .withdrawal(
                try number(row, 9, as: WithdrawalSpeed.self), try identifier(row, 2, of: BeneficiaryKind.self))
        case let other: throw unknownNumber("movement kind", other)
        }
    }
}

extension Movement.Kind {
    static let topUpNumber: Int16 = 1
    static let withdrawalNumber: Int16 = 2

    var number: Int16 {
        switch self {
        case .topUp: Self.topUpNumber
        case .withdrawal: Self.withdrawalNumber
        }
    }

    var method: Int16 {
        switch self {
        case .topUp(let method): method.rawValue
        case .withdrawal(let speed, _): speed.rawValue
        }
    }

    var beneficiary: BeneficiaryID? {
        switch self {
        case .topUp: nil
        case .withdrawal(_, let beneficiary): beneficiary
        }
    }
}
