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
    public let notAfter: Timestamp
    public let request: Request

    public init(id: CommandID, type: CommandType?, caller: Caller, notAfter: Timestamp, request: Request) {
        self.id = id
        self.type = type
        self.caller = caller
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

    /// The words in the `granted` header, which are OAuth scopes and the word for a service.
    public static let words: [(word: String, permission: Permissions)] = [
        ("wallet:read", .read), ("wallet:transfer", .transfer), ("wallet:topup", .topUp),
        ("wallet:withdraw", .withdraw), ("wallet:manage", .manage), ("service", .service),
    ]
}

/// What a command asks for.
public enum Request: Sendable {
    case openWallet(OpenWallet)
    case submitTransfer(SubmitTransfer)
    case submitTopUp(SubmitTopUp)
    case settleTopUp(SettleTopUp)
    case addBeneficiary(AddBeneficiary)
    case verifyBeneficiary(VerifyBeneficiary)
    case submitWithdrawal(SubmitWithdrawal)
    case settleWithdrawal(SettleWithdrawal)
    /// Authentic, but not well-formed: `MALFORMED`, `UNKNOWN_TYPE` or `AMOUNT_OUT_OF_RANGE`, with the field to blame.
    case unacceptable(OutcomeCode, field: String)
}

public struct OpenWallet: Sendable {
    public let walletID: WalletID
    public let ownerID: OwnerID
    public let type: WalletType
    public let currency: Currency
    public let name: String?
    /// What `identity` said of the person who asks, at the time of asking.
    public let verification: Verification

    public init(
        walletID: WalletID, ownerID: OwnerID, type: WalletType, currency: Currency, name: String?,
        verification: Verification
    ) {
        self.walletID = walletID
        self.ownerID = ownerID
        self.type = type
        self.currency = currency
        self.name = name
        self.verification = verification
    }
}

public struct SubmitTransfer: Sendable {
    public let from: WalletID
    public let to: WalletID
    public let amount: Money

    public init(from: WalletID, to: WalletID, amount: Money) {
        self.from = from
        self.to = to
        self.amount = amount
    }
}

/// How money comes in. Raw values are what the database stores.
public enum TopUpMethod: Int16, CaseIterable, Sendable {
    case card = 1
    case mobile = 2
    case bankTransfer = 3

    public var name: String {
        switch self {
        case .card: "card"
        case .mobile: "mobile"
        case .bankTransfer: "bank_transfer"
        }
    }

    /// The account that owes us the money until it is settled, or holds it already.
    var sourceAccount: SystemAccount {
        switch self {
        case .card: .cardClearing
        case .mobile: .mobileClearing
        case .bankTransfer: .omnibus
        }
    }
}

public struct SubmitTopUp: Sendable {
    public let wallet: WalletID
    public let method: TopUpMethod
    public let amount: Money
    public let paymentMethod: String?

    public init(wallet: WalletID, method: TopUpMethod, amount: Money, paymentMethod: String?) {
        self.wallet = wallet
        self.method = method
        self.amount = amount
        self.paymentMethod = paymentMethod
    }
}

public struct SettleTopUp: Sendable {
    public enum Result: Int16, CaseIterable, Sendable {
        case captured = 1
        case declined = 2

        public var name: String { self == .captured ? "captured" : "declined" }
    }

    public let topUp: CommandID
    public let wallet: WalletID
    public let result: Result
    public let amount: Money

    public init(topUp: CommandID, wallet: WalletID, result: Result, amount: Money) {
        self.topUp = topUp
        self.wallet = wallet
        self.result = result
        self.amount = amount
    }
}

public struct AddBeneficiary: Sendable {
    public let beneficiary: BeneficiaryID
    public let wallet: WalletID
    /// As sent: whether it is one is for the lane to say.
    public let rib: String
    public let holderName: String

    public init(beneficiary: BeneficiaryID, wallet: WalletID, rib: String, holderName: String) {
        self.beneficiary = beneficiary
        self.wallet = wallet
        self.rib = rib
        self.holderName = holderName
    }
}

public struct VerifyBeneficiary: Sendable {
    public let beneficiary: BeneficiaryID
    public let wallet: WalletID

    public init(beneficiary: BeneficiaryID, wallet: WalletID) {
        self.beneficiary = beneficiary
        self.wallet = wallet
    }
}

/// How fast money goes out. Raw values are what the database stores.
public enum WithdrawalSpeed: Int16, CaseIterable, Sendable {
    case standard = 1
    case express = 2

    public var name: String { self == .standard ? "standard" : "express" }
}

public struct SubmitWithdrawal: Sendable {
    public let wallet: WalletID
    public let beneficiary: BeneficiaryID
    public let speed: WithdrawalSpeed
    public let amount: Money

    public init(wallet: WalletID, beneficiary: BeneficiaryID, speed: WithdrawalSpeed, amount: Money) {
        self.wallet = wallet
        self.beneficiary = beneficiary
        self.speed = speed
        self.amount = amount
    }
}

public struct SettleWithdrawal: Sendable {
    /// What became of the payout.
    public enum Step: Int16, CaseIterable, Sendable {
        /// About to be handed to the bank: from here on it cannot be cancelled.
        case sent = 1
        case confirmed = 2
        case returned = 3

        public var name: String {
            switch self {
            case .sent: "sent"
            case .confirmed: "confirmed"
            case .returned: "returned"
            }
        }
    }

    public let withdrawal: CommandID
    public let wallet: WalletID
    public let step: Step

    public init(withdrawal: CommandID, wallet: WalletID, step: Step) {
        self.withdrawal = withdrawal
        self.wallet = wallet
        self.step = step
    }
}

extension Request {
    /// The wallets whose rows must be locked before the command is judged.
    public var wallets: [WalletID] {
        switch self {
        case .openWallet(let request): [request.walletID]
        case .submitTransfer(let request): [request.from, request.to]
        case .submitTopUp(let request): [request.wallet]
        case .settleTopUp(let request): [request.wallet]
        case .addBeneficiary(let request): [request.wallet]
        case .verifyBeneficiary(let request): [request.wallet]
        case .submitWithdrawal(let request): [request.wallet]
        case .settleWithdrawal(let request): [request.wallet]
        case .unacceptable: []
        }
    }

    /// The earlier command that this one moves on.
    public var movement: CommandID? {
        switch self {
        case .settleTopUp(let request): request.topUp
        case .settleWithdrawal(let request): request.withdrawal
        default: nil
        }
    }

    public var beneficiary: BeneficiaryID? {
        switch self {
        case .addBeneficiary(let request): request.beneficiary
        case .verifyBeneficiary(let request): request.beneficiary
        case .submitWithdrawal(let request): request.beneficiary
        default: nil
        }
    }

    /// What the command counts for when a batch is filled: about the rows it touches, in transfers.
    public var weight: Int { 1 }
}
