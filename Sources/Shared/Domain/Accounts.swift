// The accounts of the books: customer buckets and the operator's own, with their normal sides.

/// A part of a wallet's money. Raw values are what the database stores.
public enum Bucket: Int16, CaseIterable, Sendable {
    case available = 1
    /// Held: spoken for, but not gone yet.
    case pending = 2
    /// A merchant's money kept back.
    case reserve = 3

    public var name: String {
        switch self {
        case .available: "available"
        case .pending: "pending"
        case .reserve: "reserve"
        }
    }
}

/// An account of the operator's own books (spec/wallet.md §1). Raw values are what the database stores.
public enum SystemAccount: Int16, CaseIterable, Sendable {
    /// Customer money at the segregated bank.
    case omnibus = 11
    /// What SATIM owes us.
    case cardClearing = 12
    /// What BaridiMob owes us.
    case mobileClearing = 13
    /// Claims not yet covered.
    case chargebacks = 14
    case bankCharges = 15
    /// Sent to the bank, not yet confirmed.
    case payoutClearing = 21
    /// Money not yet explained.
    case suspense = 22
    case feeRevenue = 23
    case ownFunds = 24

    public var name: String {
        switch self {
        case .omnibus: "omnibus"
        case .cardClearing: "card_clearing"
        case .mobileClearing: "mobile_clearing"
        case .chargebacks: "chargebacks"
        case .bankCharges: "bank_charges"
        case .payoutClearing: "payout_clearing"
        case .suspense: "suspense"
        case .feeRevenue: "fee_revenue"
        case .ownFunds: "own_funds"
        }
    }

    /// Whether the account's balance grows on the debit side.
    public var isDebitNormal: Bool { rawValue < 20 }
}

/// Where an entry is posted.
public enum Account: Hashable, Sendable {
    case customer(WalletID, Bucket)
    case system(SystemAccount)
}

/// One line of a transaction. Amounts are signed: a credit is positive, a debit negative, and the entries of a
/// transaction add up to zero in each currency.
public struct Entry: Hashable, Sendable {
    public let account: Account
    public let amount: Money
    /// For a customer's bucket: the wallet after the transaction, and where its last transaction before this one stands.
    public let wallet: WalletSnapshot?
    public let previous: Position?

    public init(account: Account, amount: Money, wallet: WalletSnapshot? = nil, previous: Position? = nil) {
        self.account = account
        self.amount = amount
        self.wallet = wallet
        self.previous = previous
    }
}

/// A wallet as an outcome left it.
public struct WalletSnapshot: Hashable, Sendable {
    public let id: WalletID
    public let currency: Currency
    public let version: Int64
    public let available: Int64
    public let pending: Int64
    public let reserve: Int64

    public init(id: WalletID, currency: Currency, version: Int64, available: Int64, pending: Int64, reserve: Int64) {
        self.id = id
        self.currency = currency
        self.version = version
        self.available = available
        self.pending = pending
        self.reserve = reserve
    }

    /// Holds count everywhere a balance is shown.
    public var total: Int64 { available + pending + reserve }
}
