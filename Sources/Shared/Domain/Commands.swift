// The commands that move money or decide where it may go, as the lanes judge them: parsed, authenticated, nothing looked up.

/// The type of a command on the wire. Raw values are what the database stores.
public enum CommandType: Int16, CaseIterable, Sendable {
    case openWallet = 1
    case submitTransfer = 2
    case submitTopUp = 3
    case settleTopUp = 4
    case addBeneficiary = 5
    case verifyBeneficiary = 6
    case submitWithdrawal = 7
    case settleWithdrawal = 8
    case openSubWallet = 9
    case freezeWallet = 10
    case unfreezeWallet = 11
    case closeWallet = 12
    case setMember = 13
    case removeMember = 14
    case submitPayment = 15
    case submitRefund = 16
    case openDispute = 17
    case settleDispute = 18
    case submitMove = 19
    case submitBulk = 20
    case cancelWithdrawal = 21
    case recordSettlement = 22
    case recordBankCharge = 23
    case sweepFees = 24
    case addOwnFunds = 25
    case recordLine = 26
    case returnLine = 27
    case confirmLineReturn = 28
    case proposeAdjustment = 29
    case settleAdjustment = 30
    case recordChargeback = 31
    case winChargeback = 32
    case expireWithdrawal = 34
    case removeBeneficiary = 35

    /// The name on the wire, with its version.
    public var name: String {
        switch self {
        case .openWallet: "wallet.open.v1"
        case .submitTransfer: "transfer.submit.v1"
        case .submitTopUp: "topup.submit.v1"
        case .settleTopUp: "topup.settle.v1"
        case .addBeneficiary: "beneficiary.add.v1"
        case .verifyBeneficiary: "beneficiary.verify.v1"
        case .submitWithdrawal: "withdrawal.submit.v1"
        case .settleWithdrawal: "withdrawal.settle.v1"
        case .openSubWallet: "subwallet.open.v1"
        case .freezeWallet: "wallet.freeze.v1"
        case .unfreezeWallet: "wallet.unfreeze.v1"
        case .closeWallet: "wallet.close.v1"
        case .setMember: "member.set.v1"
        case .removeMember: "member.remove.v1"
        case .submitPayment: "payment.submit.v1"
        case .submitRefund: "refund.submit.v1"
        case .openDispute: "dispute.open.v1"
        case .settleDispute: "dispute.settle.v1"
        case .submitMove: "move.submit.v1"
        case .submitBulk: "bulk.submit.v1"
        case .cancelWithdrawal: "withdrawal.cancel.v1"
        case .recordSettlement: "settlement.record.v1"
        case .recordBankCharge: "bank_charge.record.v1"
        case .sweepFees: "fee_sweep.record.v1"
        case .addOwnFunds: "own_funds.record.v1"
        case .recordLine: "line.record.v1"
        case .returnLine: "line_return.submit.v1"
        case .confirmLineReturn: "line_return.confirm.v1"
        case .proposeAdjustment: "adjustment.propose.v1"
        case .settleAdjustment: "adjustment.settle.v1"
        case .recordChargeback: "topup.charge_back.v1"
        case .winChargeback: "topup.win_back.v1"
        case .expireWithdrawal: "withdrawal.expire.v1"
        case .removeBeneficiary: "beneficiary.remove.v1"
        }
    }

    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}

/// A command with its authenticated circumstances.
public struct Command: Sendable {
    public let id: CommandID
    /// Nil for a type that nobody knows.
    public let type: CommandType?
    public let caller: Caller
    /// When its publisher took it on.
    public let acceptedAt: Timestamp
    public let notAfter: Timestamp
    public let request: Request

    public init(
        id: CommandID, type: CommandType?, caller: Caller, acceptedAt: Timestamp, notAfter: Timestamp, request: Request
    ) {
        self.id = id
        self.type = type
        self.caller = caller
        self.acceptedAt = acceptedAt
        self.notAfter = notAfter
        self.request = request
    }
}

/// Who asks: from the token that the ingress checked, or the service that signed.
public struct Caller: Sendable, Hashable {
    /// The client app or service through which the command came.
    public let client: String
    /// The user, as `identity` numbers users; nil for a service that acts for itself.
    public let user: OwnerID?
    public let permissions: Permissions

    public init(client: String, user: OwnerID?, permissions: Permissions) {
        self.client = client
        self.user = user
        self.permissions = permissions
    }
}

/// What a caller was granted.
public struct Permissions: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let read = Permissions(rawValue: 1 << 0)
    public static let transfer = Permissions(rawValue: 1 << 1)
    public static let topUp = Permissions(rawValue: 1 << 2)
    public static let withdraw = Permissions(rawValue: 1 << 3)
    public static let manage = Permissions(rawValue: 1 << 4)
    /// A Contacto service acting for itself: it may report facts (a charge captured, a RIB verified), never spend.
    public static let service = Permissions(rawValue: 1 << 8)
    /// Roles of the operator's own people.
    public static let operatorRole = Permissions(rawValue: 1 << 9)
    public static let approverRole = Permissions(rawValue: 1 << 10)
    public static let complianceRole = Permissions(rawValue: 1 << 11)

    /// What an OAuth scope can grant.
    public static let scopes: Permissions = [.read, .transfer, .topUp, .withdraw, .manage]

    /// The words in the `granted` header: OAuth scopes, roles, and the word for a service.
    public static let words: [(word: String, permission: Permissions)] = [
        ("wallet:read", .read), ("wallet:transfer", .transfer), ("wallet:topup", .topUp),
        ("wallet:withdraw", .withdraw), ("wallet:manage", .manage), ("service", .service),
        ("role:operator", .operatorRole), ("role:approver", .approverRole), ("role:compliance", .complianceRole),
    ]
}

/// What a command asks for.
public enum Request: Sendable {
    case openWallet(OpenWallet)
    case openSubWallet(OpenSubWallet)
    case freezeWallet(ChangeWallet)
    case unfreezeWallet(ChangeWallet)
    case closeWallet(ChangeWallet)
    case setMember(SetMember)
    case removeMember(RemoveMember)
    case submitTransfer(SubmitTransfer)
    case submitPayment(SubmitPayment)
    case submitRefund(SubmitRefund)
    case openDispute(OpenDispute)
    case settleDispute(SettleDispute)
    case submitMove(SubmitMove)
    case submitBulk(SubmitBulk)
    case submitTopUp(SubmitTopUp)
    case settleTopUp(SettleTopUp)
    case addBeneficiary(AddBeneficiary)
    case verifyBeneficiary(VerifyBeneficiary)
    case submitWithdrawal(SubmitWithdrawal)
    case cancelWithdrawal(CancelWithdrawal)
    case settleWithdrawal(SettleWithdrawal)
    case book(Booking)
    case proposeAdjustment(ProposeAdjustment)
    case settleAdjustment(SettleAdjustment)
    case recordChargeback(RecordChargeback)
    case winChargeback(WinChargeback)
    case expireWithdrawal(ExpireWithdrawal)
    case removeBeneficiary(RemoveBeneficiary)
    /// Authentic, but not well-formed: `MALFORMED`, `UNKNOWN_TYPE` or `AMOUNT_OUT_OF_RANGE`, with the field to blame.
    case unacceptable(OutcomeCode, field: String)
}

extension Request {
    /// The wallets whose rows must be locked before the command is judged, the one that it acts for first.
    public var wallets: [WalletID] {
        switch self {
        case .openWallet(let request): [request.walletID]
        case .openSubWallet(let request): [request.parent, request.walletID]
        case .freezeWallet(let request), .unfreezeWallet(let request), .closeWallet(let request): [request.wallet]
        case .setMember(let request): [request.wallet]
        case .removeMember(let request): [request.wallet]
        case .submitTransfer(let request): request.to.map { [request.from, $0] } ?? [request.from]
        case .submitPayment(let request): [request.from, request.to]
        case .submitRefund(let request): [request.wallet]
        case .openDispute(let request): [request.wallet]
        case .settleDispute(let request): [request.wallet]
        case .submitMove(let request):
            request.from.wallet == request.to.wallet ? [request.from.wallet] : [request.from.wallet, request.to.wallet]
        case .submitBulk(let request): [request.from] + request.legs.compactMap(\.to)
        case .submitTopUp(let request): [request.wallet]
        case .settleTopUp(let request): [request.wallet]
        case .addBeneficiary(let request): [request.wallet]
        case .verifyBeneficiary(let request): [request.wallet]
        case .submitWithdrawal(let request): [request.wallet]
        case .cancelWithdrawal(let request): [request.wallet]
        case .settleWithdrawal(let request): [request.wallet]
        case .proposeAdjustment(let request): [request.wallet]
        case .settleAdjustment(let request): [request.wallet]
        case .recordChargeback(let request): [request.wallet]
        case .winChargeback(let request): [request.wallet]
        case .expireWithdrawal(let request): [request.wallet]
        case .removeBeneficiary(let request): [request.wallet]
        case .book, .unacceptable: []
        }
    }

    /// The wallet that an outcome is told of: the one opened, debited or otherwise named.
    public var subject: WalletID? {
        if case .openSubWallet(let request) = self { return request.walletID }
        return wallets.first
    }

    /// The account of the operator's own that it is addressed to, when no wallet is.
    public var systemAccount: SystemAccount? {
        // What it takes from goes through one slot, so that two at once cannot take the same.
        if case .book(let booking) = self { return booking.taking?.account ?? booking.account }
        return nil
    }

    /// Whether it is judged by the operator's accounts over all lanes.
    public var looksAtBooks: Bool {
        if case .book(let booking) = self { return booking.taking != nil }
        return false
    }

    /// The wallet whose held withdrawals it may cancel.
    public var walletOfHolds: WalletID? {
        if case .recordChargeback(let request) = self { return request.wallet }
        return nil
    }

    /// Wallets, beside the first, whose owners the command is judged by too.
    public var walletsOfOwners: [WalletID] {
        if case .submitPayment(let request) = self { return [request.to] }
        return []
    }

    /// The earlier command that this one is about.
    public var movement: CommandID? {
        switch self {
        case .settleTopUp(let request): request.topUp
        case .settleWithdrawal(let request): request.withdrawal
        case .cancelWithdrawal(let request): request.withdrawal
        case .expireWithdrawal(let request): request.withdrawal
        case .submitRefund(let request): request.payment
        case .openDispute(let request): request.payment
        case .settleDispute(let request): request.dispute
        case .settleAdjustment(let request): request.adjustment
        case .recordChargeback(let request): request.topUp
        case .winChargeback(let request): request.topUp
        default: nil
        }
    }

    /// Whether the command itself takes more than one outcome, or is referred to by later ones.
    public var beginsMovement: Bool {
        switch self {
        case .submitTopUp, .submitWithdrawal, .submitPayment, .openDispute, .proposeAdjustment: true
        default: false
        }
    }

    public var beneficiary: BeneficiaryID? {
        switch self {
        case .addBeneficiary(let request): request.beneficiary
        case .verifyBeneficiary(let request): request.beneficiary
        case .removeBeneficiary(let request): request.beneficiary
        case .submitWithdrawal(let request): request.beneficiary
        default: nil
        }
    }

    /// What the command counts for when a batch is filled: about the rows it touches, in transfers.
    public var weight: Int {
        if case .submitBulk(let request) = self { return max(1, request.legs.count) }
        return 1
    }
}
