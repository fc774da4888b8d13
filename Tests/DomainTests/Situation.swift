// One command of each type in a situation where it succeeds, and everything that can be wrong with it.

import Domain

/// What is wrong with a command or with what it meets. The payee is the other wallet of a command that has two.
enum Fault: CaseIterable {
    case malformed, unknownType, amountOutOfRange, expired
    case walletMissing, foreignCaller, permissionMissing
    case walletThere, walletClosed, payeeClosed, walletFrozen, payeeMissing, sameWallet
    case otherCurrency, payeeOfOtherCurrency, levelTooLow, verificationExpired
    case wrongRIB, unknownBank, beneficiaryMissing, beneficiaryOfOther, beneficiaryRemoved
    case beneficiaryUnverified, beneficiaryTooNew, verifiedAlready
    case movementMissing, movementOfOther, movementOfOtherKind, movementFinal, otherAmount
    case tooPoor, payeeFull
    case parentIsSubWallet, subWalletsFull, frozenByCompliance, notFrozen, notEmpty, underWay, subWalletsOpen
    case notABusiness, userIsController, teamFull, memberMissing
    case payeeNotABusiness, payeeLevelTooLow, payeeVerificationExpired, referencePaid
    case refundTooHigh, refundedAlready, disputeOpen
    case payeeOfOther
    case ownProposal, notCovered
    case dayFull, monthFull
}

/// A command and the books it meets, with so many things wrong.
struct Situation {
    var books = Books()
    let command: Command

    static let user = OwnerID(high: 1, low: 0x11)
    static let stranger = OwnerID(high: 2, low: 0x22)
    static let member = OwnerID(high: 3, low: 0x33)
    static let wallet = WalletID(high: 10, low: 0x11)
    static let payee = WalletID(high: 20, low: 0x22)
    static let opened = WalletID(high: 30, low: 0x11)
    static let beneficiary = BeneficiaryID(high: 40, low: 1)
    static let movement = CommandID(high: 50, low: 1)
    /// The payment that the dispute is about.
    static let disputed = CommandID(high: 51, low: 1)
    static let command = CommandID(high: 60, low: 1)
    static let leg = CommandID(high: 62, low: 1)
    static let now = Timestamp(microseconds: 1_795_372_754_000_000)
    static let amount = Money(1_000_00, .dzd)
    static let reference = "order 7"
    static let exampleRIB = "00799999002345678941"

    /// - Parameters:
    ///   - acceptedAt: so long ago, unless told, that the command waits for no other.
    ///   - notAfterSeconds: how long the command may still be decided.
    init(
        _ type: CommandType, step: SettleWithdrawal.Step = .sent, _ faults: Set<Fault>,
        acceptedAt: Timestamp = Timestamp(microseconds: 0), notAfterSeconds: Int64 = 0
    ) {
        let making = Making(type: type, step: step, faults: faults)
        books = making.books
        command = Command(
            id: Self.command, type: faults.contains(.unknownType) ? nil : type, caller: making.caller,
            acceptedAt: acceptedAt,
            notAfter: Self.now.adding(seconds: faults.contains(.expired) ? -1 : notAfterSeconds),
            request: making.request)
    }

    /// What a situation is made of.
    struct Making {
        let type: CommandType
        let step: SettleWithdrawal.Step
        let faults: Set<Fault>

        func has(_ fault: Fault) -> Bool { faults.contains(fault) }
    }
}

extension Situation.Making {
    /// What a command of the type needs.
    private var permission: Permissions {
        switch type {
        case .openWallet, .openSubWallet, .freezeWallet, .unfreezeWallet, .closeWallet, .setMember, .removeMember,
            .addBeneficiary, .removeBeneficiary:
            .manage
        case .submitTransfer, .submitPayment, .submitRefund, .openDispute, .settleDispute, .submitMove, .submitBulk:
            .transfer
        case .submitTopUp: .topUp
        case .submitWithdrawal, .cancelWithdrawal: .withdraw
        case .settleTopUp, .verifyBeneficiary, .settleWithdrawal, .expireWithdrawal, .recordChargeback, .winChargeback,
            .recordSettlement, .recordBankCharge, .recordLine, .confirmLineReturn:
            .service
        case .sweepFees, .addOwnFunds, .returnLine, .proposeAdjustment: .operatorRole
        case .settleAdjustment: .approverRole
        }
    }

    /// A role that makes up for the permission.
    private var role: Permissions {
        switch type {
        case .freezeWallet, .unfreezeWallet: .complianceRole
        case .settleDispute, .recordChargeback, .winChargeback, .recordSettlement, .recordBankCharge, .recordLine,
            .confirmLineReturn:
            .operatorRole
        default: []
        }
    }

    var caller: Caller {
        let everythingElse = Permissions(rawValue: .max).subtracting(permission).subtracting(role)
        let isService = permission == .service && !has(.permissionMissing)
        let isOther = has(.foreignCaller) || has(.ownProposal)
        let user = isService ? nil : isOther ? Situation.stranger : Situation.user
        return Caller(
            client: "client", user: type == .openWallet && has(.foreignCaller) ? nil : user,
            permissions: has(.permissionMissing) ? everythingElse : permission)
    }
}

extension Command {
    /// Accepted so long ago that it waits for no other command.
    init(id: CommandID, type: CommandType?, caller: Caller, notAfter: Timestamp, request: Request) {
        self.init(
            id: id, type: type, caller: caller, acceptedAt: Timestamp(microseconds: 0), notAfter: notAfter,
            request: request)
    }

    /// The same, accepted at a time.
    func accepted(at time: Timestamp) -> Command {
        Command(id: id, type: type, caller: caller, acceptedAt: time, notAfter: notAfter, request: request)
    }
}

extension Situation {
    /// The situation's command with another request.
    func command(_ request: Request) -> Command {
        Command(
            id: command.id, type: command.type, caller: command.caller, notAfter: command.notAfter, request: request)
    }

    mutating func setMovement(_ kind: Movement.Kind, fee: Int64, status: CommandStatus) {
        books.movements[Self.movement] = Movement(
            id: Self.movement, kind: kind, wallet: Self.wallet, amount: Self.amount, fee: Money(fee, .dzd),
            feeVersion: 1, status: status, code: .ok, last: Position(period: 202_611, lane: 3, sequence: 1))
    }
}
