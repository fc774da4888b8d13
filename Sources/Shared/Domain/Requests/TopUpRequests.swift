// What is asked of the ledger about money that comes in.

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
        /// Nobody paid what only the payer could bring: a bank transfer.
        case expired = 3

        public var name: String {
            switch self {
            case .captured: "captured"
            case .declined: "declined"
            case .expired: "expired"
            }
        }

        /// What a payment service says of a charge.
        public static let ofCharges: [Result] = [.captured, .declined]
    }

    public let topUp: CommandID
    public let wallet: WalletID
    public let result: Result
    public let amount: Money
    /// The line of the bank's statement that paid for it, as the bank numbers lines; nil for a charge.
    public let line: String?

    public init(topUp: CommandID, wallet: WalletID, result: Result, amount: Money, line: String? = nil) {
        self.topUp = topUp
        self.wallet = wallet
        self.result = result
        self.amount = amount
        self.line = line
    }
}
