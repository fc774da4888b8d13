// What is asked of the ledger by those who keep the operator's own books.

/// An entry in the operator's own books: no customer's money moves, and nobody's wallet is named.
public struct Booking: Sendable {
    public enum Kind: Hashable, Sendable {
        /// SATIM or BaridiMob paid what it owed, and kept a commission of it.
        case settlement(from: SystemAccount, commission: Int64)
        case bankCharge
        /// Fees that were earned leave the customers' bank account.
        case feeSweep
        case ownFunds
        /// A line of the bank's statement that nobody can explain yet.
        case line(LineDirection)
        /// What nobody could explain goes back to where it came from.
        case lineReturn
        /// The bank has carried such a return out.
        case lineReturnConfirmed
    }

    /// Which way the money of a statement's line went, as the bank tells it.
    public enum LineDirection: Int16, CaseIterable, Sendable {
        case credit = 1
        case debit = 2

        public var name: String { self == .credit ? "credit" : "debit" }
    }

    public let kind: Kind
    public let amount: Money
    /// What the bank or the network calls it.
    public let reference: String
    /// The account on the other side: `omnibus`, or `suspense` when the bank's line is in the books already and is only
    /// now explained (spec/wallet.md §2). Of lines and their return it says nothing.
    public let counterpart: SystemAccount

    public init(_ kind: Kind, _ amount: Money, reference: String, against counterpart: SystemAccount = .omnibus) {
        self.kind = kind
        self.amount = amount
        self.reference = reference
        self.counterpart = counterpart
    }

    /// The account that it is about.
    public var account: SystemAccount {
        switch kind {
        case .settlement(let account, _): account
        case .bankCharge: .bankCharges
        case .feeSweep: .feeRevenue
        case .ownFunds: .ownFunds
        case .line, .lineReturn: .suspense
        case .lineReturnConfirmed: .payoutClearing
        }
    }

    /// What it takes out of an account that has to hold as much; nil for what only reports where money went.
    public var taking: (amount: Int64, account: SystemAccount)? {
        switch kind {
        case .feeSweep, .lineReturn: (amount.minorUnits, account)
        case .settlement(_, let commission) where counterpart == .suspense:
            (amount.minorUnits - commission, .suspense)
        case .ownFunds where counterpart == .suspense: (amount.minorUnits, .suspense)
        case .settlement, .bankCharge, .ownFunds, .line, .lineReturnConfirmed: nil
        }
    }
}

/// Money between `suspense` and a wallet, by hand.
public struct ProposeAdjustment: Sendable {
    /// Raw values are what the database stores.
    public enum Direction: Int16, CaseIterable, Sendable {
        /// Into the wallet.
        case credit = 1
        /// Out of it.
        case debit = 2

        public var name: String { self == .credit ? "credit" : "debit" }
    }

    public let wallet: WalletID
    public let direction: Direction
    public let amount: Money
    public let reason: String

    public init(wallet: WalletID, direction: Direction, amount: Money, reason: String) {
        self.wallet = wallet
        self.direction = direction
        self.amount = amount
        self.reason = reason
    }
}

public struct SettleAdjustment: Sendable {
    public enum Step: Int16, CaseIterable, Sendable {
        case approved = 1
        case rejected = 2

        public var name: String { self == .approved ? "approved" : "rejected" }
    }

    public let adjustment: CommandID
    public let wallet: WalletID
    public let step: Step

    public init(adjustment: CommandID, wallet: WalletID, step: Step) {
        self.adjustment = adjustment
        self.wallet = wallet
        self.step = step
    }
}

/// A card's holder took a top-up back through the card's bank.
public struct RecordChargeback: Sendable {
    /// The most withdrawals that one chargeback cancels. More than that stay held, and the wallet is frozen.
    public static let cancellationsMax = 63

    public let topUp: CommandID
    public let wallet: WalletID
    /// Ids for what it does beside taking the money: `cancellationsMax` for the withdrawals it cancels, and one for
    /// the freeze.
    public let parts: [CommandID]

    public init(topUp: CommandID, wallet: WalletID, parts: [CommandID]) {
        precondition(parts.count == Self.cancellationsMax + 1, "a chargeback has an id for each of its parts")
        self.topUp = topUp
        self.wallet = wallet
        self.parts = parts
    }
}

/// The card's bank gave back what it had taken.
public struct WinChargeback: Sendable {
    public let topUp: CommandID
    public let wallet: WalletID

    public init(topUp: CommandID, wallet: WalletID) {
        self.topUp = topUp
        self.wallet = wallet
    }
}
