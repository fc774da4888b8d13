// What is asked of the ledger about money that goes from wallet to wallet.

public struct SubmitTransfer: Sendable {
    public let from: WalletID
    /// Nil when the payee was looked up by what a person goes by, and there is no such wallet.
    public let to: WalletID?
    public let amount: Money

    public init(from: WalletID, to: WalletID?, amount: Money) {
        self.from = from
        self.to = to
        self.amount = amount
    }
}

/// Money to a merchant, who bears the fee.
public struct SubmitPayment: Sendable {
    public let from: WalletID
    public let to: WalletID
    public let amount: Money
    /// The merchant's own number for what is paid: payable once.
    public let reference: String?

    public init(from: WalletID, to: WalletID, amount: Money, reference: String?) {
        self.from = from
        self.to = to
        self.amount = amount
        self.reference = reference
    }
}

/// Gives back a part of a payment, or all of it.
public struct SubmitRefund: Sendable {
    public let payment: CommandID
    /// The merchant's.
    public let wallet: WalletID
    public let amount: Money

    public init(payment: CommandID, wallet: WalletID, amount: Money) {
        self.payment = payment
        self.wallet = wallet
        self.amount = amount
    }
}

/// Money between the buckets of one wallet, or the wallets of one owner.
public struct SubmitMove: Sendable {
    public struct Place: Hashable, Sendable {
        public let wallet: WalletID
        /// Never `pending`.
        public let bucket: Bucket

        public init(wallet: WalletID, bucket: Bucket) {
            self.wallet = wallet
            self.bucket = bucket
        }
    }

    public let from: Place
    public let to: Place
    public let amount: Money

    public init(from: Place, to: Place, amount: Money) {
        self.from = from
        self.to = to
        self.amount = amount
    }
}

/// Many transfers out of one wallet, as one command.
public struct SubmitBulk: Sendable {
    public struct Leg: Sendable {
        /// The leg's own, under which its outcome stands.
        public let id: CommandID
        /// As of a transfer.
        public let to: WalletID?
        public let amount: Money

        public init(id: CommandID, to: WalletID?, amount: Money) {
            self.id = id
            self.to = to
            self.amount = amount
        }
    }

    public static let legsMax = 1_000

    public let from: WalletID
    public let isAllOrNothing: Bool
    /// 1 to `legsMax`; the amounts add up to no more than `Money.commandRange` allows.
    public let legs: [Leg]

    public init(from: WalletID, isAllOrNothing: Bool, legs: [Leg]) {
        self.from = from
        self.isAllOrNothing = isAllOrNothing
        self.legs = legs
    }
}
