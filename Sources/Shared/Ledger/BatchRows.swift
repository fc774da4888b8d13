// The rows that a batch reads, as values of the Domain.

import Domain
import Postgres

extension LedgerState {
    mutating func loadWallets(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            load(
                Wallet(
                    id: try rows.identifier(row, 0, of: WalletKind.self),
                    owner: try rows.identifier(row, 1, of: OwnerKind.self),
                    parent: try rows.optionalUUID(row, 13).map { WalletID($0) },
                    type: try rows.number(row, 2, as: WalletType.self),
                    currency: try rows.number(row, 3, as: Currency.self),
                    name: try rows.optionalText(row, 5),
                    available: try rows.int8(row, 6), pending: try rows.int8(row, 7), reserve: try rows.int8(row, 8),
                    version: try rows.int8(row, 9),
                    last: try rows.optionalPosition(row, period: 10, lane: 11, sequence: 12),
                    standing: Wallet.Standing(
                        status: try rows.number(row, 4, as: WalletStatus.self),
                        frozenBy: try rows.optionalNumber(row, 14, as: FreezeAuthority.self),
                        underWay: try rows.int4(row, 15), version: try rows.int8(row, 16),
                        claim: try rows.int8(row, 17))))
        }
    }

    mutating func loadMovements(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count { load(try rows.movement(row)) }
    }

    mutating func loadOwners(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            var owner = Owner(
                id: try rows.identifier(row, 0, of: OwnerKind.self),
                controller: try rows.identifier(row, 1, of: OwnerKind.self),
                verification: Verification(
                    level: try rows.int2(row, 2), expiresAt: try rows.time(row, 3),
                    levelOneExpiresAt: try rows.time(row, 4)))
            if try !rows.isNull(row, 5) { owner.team = try rows.team(row, members: 5, roles: 6) }
            owner.freeTransfers = MonthlyCount(month: try rows.int4(row, 7), count: try rows.int4(row, 8))
            owner.subWallets = try rows.int4(row, 9)
            owner.spending = try rows.spending(row, at: 10)
            load(owner)
        }
    }

    mutating func loadBooks(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            load(
                SystemBalance(
                    account: try rows.number(row, 0, as: SystemAccount.self),
                    currency: try rows.number(row, 1, as: Currency.self)),
                credits: try rows.int8(row, 2))
        }
    }

    mutating func loadPaidReferences(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            load(
                PaidReference(
                    merchant: try rows.identifier(row, 0, of: OwnerKind.self), reference: try rows.text(row, 1)))
        }
    }

    mutating func loadTransferReferences(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            guard let reference = TransferReference(number: try rows.int8(row, 0)) else {
                throw .protocolViolation("a stored reference is none")
            }
            load(reference)
        }
    }

    mutating func loadBeneficiaries(_ rows: PostgresRows) throws(PostgresError) {
        for row in 0..<rows.count {
            guard let rib = RIB(try rows.text(row, 2)) else { throw .protocolViolation("a stored RIB has a wrong key") }
            load(
                Beneficiary(
                    id: try rows.identifier(row, 0, of: BeneficiaryKind.self),
                    wallet: try rows.identifier(row, 1, of: WalletKind.self), rib: rib,
                    holderName: try rows.text(row, 3), addedAt: try rows.time(row, 5),
                    verifiedAt: try rows.optionalTime(row, 4), removedAt: try rows.optionalTime(row, 6)))
        }
    }
}

extension PostgresRows {
    /// A movement in the columns of lock_movements.sql.
    func movement(_ row: Int) throws(PostgresError) -> Movement {
        let currency = try number(row, 10, as: Currency.self)
        var movement = Movement(
            id: try identifier(row, 0, of: CommandKind.self), kind: try movementKind(row),
            wallet: try identifier(row, 1, of: WalletKind.self),
            amount: Money(try int8(row, 3), currency), fee: Money(try int8(row, 4), currency),
            feeVersion: try int2(row, 11), status: try number(row, 12, as: CommandStatus.self),
            code: try number(row, 13, as: OutcomeCode.self),
            last: try position(row, period: 5, lane: 6, sequence: 7), release: try release(row, at: 20),
            limit: try limit(row, at: 22))
        movement.refunded = try int8(row, 16)
        movement.feeRefunded = try int8(row, 17)
        movement.isDisputed = try bool(row, 18)
        return movement
    }

    fileprivate func movementKind(_ row: Int) throws(PostgresError) -> Movement.Kind {
        switch try int2(row, 8) {
        case Movement.Kind.topUpNumber: return .topUp(try number(row, 9, as: TopUpMethod.self))
        case Movement.Kind.withdrawalNumber:
            return .withdrawal(
                try number(row, 9, as: WithdrawalSpeed.self), try identifier(row, 2, of: BeneficiaryKind.self))
        case Movement.Kind.paymentNumber: return .payment(merchant: try identifier(row, 14, of: WalletKind.self))
        case Movement.Kind.disputeNumber:
            return .dispute(
                of: try identifier(row, 15, of: CommandKind.self),
                merchant: try identifier(row, 14, of: WalletKind.self))
        case Movement.Kind.adjustmentNumber:
            return .adjustment(
                try number(row, 9, as: ProposeAdjustment.Direction.self),
                proposedBy: try identifier(row, 19, of: OwnerKind.self))
        case let other: throw unknownNumber("movement kind", other)
        }
    }

    /// Two columns, of which both or none hold a time.
    func release(_ row: Int, at column: Int) throws(PostgresError) -> ReleaseTimes? {
        guard let time = try optionalTime(row, column) else { return nil }
        return ReleaseTimes(at: time, expectedBy: try self.time(row, column + 1))
    }

    /// Two columns: the version of the limits that were applied, and the day whose count was changed.
    func limit(_ row: Int, at column: Int) throws(PostgresError) -> LimitUse? {
        guard let version = try optionalInt2(row, column) else { return nil }
        return LimitUse(version: version, day: try isNull(row, column + 1) ? nil : int4(row, column + 1))
    }

    /// Three columns: a day, and what was spent in it and in its month.
    func spending(_ row: Int, at column: Int) throws(PostgresError) -> Spending {
        Spending(
            day: try int4(row, column), inDay: try int8(row, column + 1), inMonth: try int8(row, column + 2))
    }

    func team(_ row: Int, members: Int, roles: Int) throws(PostgresError) -> [OwnerID: TeamRole] {
        var team: [OwnerID: TeamRole] = [:]
        for (user, number) in zip(try uuidArray(row, members), try integerArray(row, roles)) {
            guard let role = Int16(exactly: number).flatMap(TeamRole.init(rawValue:)) else {
                throw .protocolViolation("a team's role \(number) is unknown to this version")
            }
            team[OwnerID(user)] = role
        }
        return team
    }
}

extension Movement.Kind {
    static let topUpNumber: Int16 = 1
    static let withdrawalNumber: Int16 = 2
    static let paymentNumber: Int16 = 3
    static let disputeNumber: Int16 = 4
    static let adjustmentNumber: Int16 = 5

    var number: Int16 {
        switch self {
        case .topUp: Self.topUpNumber
        case .withdrawal: Self.withdrawalNumber
        case .payment: Self.paymentNumber
        case .dispute: Self.disputeNumber
        case .adjustment: Self.adjustmentNumber
        }
    }

    var method: Int16 {
        switch self {
        case .topUp(let method): method.rawValue
        case .withdrawal(let speed, _): speed.rawValue
        case .adjustment(let direction, _): direction.rawValue
        case .payment, .dispute: 0
        }
    }

    var beneficiary: BeneficiaryID? {
        switch self {
        case .topUp, .payment, .dispute, .adjustment: nil
        case .withdrawal(_, let beneficiary): beneficiary
        }
    }

    var proposer: OwnerID? {
        if case .adjustment(_, let proposer) = self { return proposer }
        return nil
    }

    var payment: CommandID? {
        if case .dispute(let payment, _) = self { return payment }
        return nil
    }
}
