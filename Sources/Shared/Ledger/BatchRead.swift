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
    /// Those of them whose owners are looked at: the ones that commands act for, and merchants that are paid.
    public var walletsOfOwners: [WalletID] = []
    /// Owners that opening commands name.
    public var owners: [OwnerID] = []
    public var movements: [CommandID] = []
    public var beneficiaries: [BeneficiaryID] = []
    /// What payments name that can be paid once, and the wallets they go to.
    public var references: [(wallet: WalletID, reference: String)] = []
    /// Wallets that are charged back, whose held withdrawals are looked at.
    public var walletsOfHolds: [WalletID] = []
    /// Whether a command is judged by the operator's accounts over all lanes.
    public var looksAtBooks = false

    /// What top-ups by bank transfer may be called, in the order in which that is tried.
    public var transferReferences: [TransferReference] = []

    public init(lane: Int16) { self.lane = lane }

    public mutating func add(_ command: Command) {
        commands.append(command.id)
        wallets.append(contentsOf: command.request.wallets)
        if let wallet = command.request.wallets.first { walletsOfOwners.append(wallet) }
        walletsOfOwners.append(contentsOf: command.request.walletsOfOwners)
        switch command.request {
        case .openWallet(let request): owners.append(request.ownerID)
        case .submitPayment(let request):
            if let reference = request.reference { references.append((request.to, reference)) }
        case .submitTopUp(let request) where request.method == .bankTransfer:
            transferReferences += TransferReference.candidates(for: command.id)
        default: break
        }
        // Should it have come before, its present state is its movement's.
        if command.request.beginsMovement { movements.append(command.id) }
        if let movement = command.request.movement { movements.append(movement) }
        if let beneficiary = command.request.beneficiary { beneficiaries.append(beneficiary) }
        if let wallet = command.request.walletOfHolds { walletsOfHolds.append(wallet) }
        if command.request.looksAtBooks { looksAtBooks = true }
    }

    /// Enqueues BEGIN, the locks and the reads, and a sync.
    ///
    /// The order is that of docs/architecture.md: the lane, owners by id, wallets by id, movements by id. Earlier
    /// commands, which the lane's own lock keeps still, are read before other lanes have to wait for this one's wallets;
    /// what nothing locks comes last. Statements that have nothing to look for are left out.
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
        ownerIDs.appendUUIDArray(walletsOfOwners.map(\.uuid))
        ownerIDs.appendUUIDArray(owners.map(\.uuid))
        var walletIDs = PostgresParameters()
        walletIDs.appendUUIDArray(wallets.map(\.uuid))
        walletIDs.appendUUIDArray(movements.map(\.uuid))
        var lookups = [
            (Statements.readEarlier, commandIDs), (Statements.lockOwners, ownerIDs),
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
        if !references.isEmpty {
            var parameters = PostgresParameters()
            parameters.appendUUIDArray(references.map(\.wallet.uuid))
            parameters.appendTextArray(references.map(\.reference))
            lookups.append((Statements.readPaidReferences, parameters))
        }
        if !walletsOfHolds.isEmpty {
            var parameters = PostgresParameters()
            parameters.appendUUIDArray(walletsOfHolds.map(\.uuid))
            lookups += [(Statements.lockHeld, parameters), (Statements.readBeneficiariesOfHeld, parameters)]
        }
        if looksAtBooks { lookups.append((Statements.readBooks, .none)) }
        if !transferReferences.isEmpty {
            var parameters = PostgresParameters()
            parameters.appendInt8Array(transferReferences.map(\.number))
            lookups.append((Statements.readTransferReferences, parameters))
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
        if !plan.references.isEmpty { try state.loadPaidReferences(try next()) }
        if !plan.walletsOfHolds.isEmpty {
            try state.loadMovements(try next())
            try state.loadBeneficiaries(try next())
        }
        if plan.looksAtBooks { try state.loadBooks(try next()) }
        if !plan.transferReferences.isEmpty { try state.loadTransferReferences(try next()) }
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
