// What is asked of the ledger when payer and merchant do not agree about a payment.

/// The payer objects to a payment. Free texts stay in the command's body.
public struct OpenDispute: Sendable {
    public let payment: CommandID
    /// The payer's.
    public let wallet: WalletID

    public init(payment: CommandID, wallet: WalletID) {
        self.payment = payment
        self.wallet = wallet
    }
}

/// What becomes of a dispute.
public struct SettleDispute: Sendable {
    /// Raw values are what the database stores.
    public enum Step: Int16, CaseIterable, Sendable {
        /// The merchant has told its side.
        case answered = 1
        /// What is left of the payment goes back.
        case accepted = 2
        case rejected = 3

        public var name: String {
            switch self {
            case .answered: "answer"
            case .accepted: "accept"
            case .rejected: "reject"
            }
        }
    }

    public let dispute: CommandID
    /// The merchant's.
    public let wallet: WalletID
    public let step: Step

    public init(dispute: CommandID, wallet: WalletID, step: Step) {
        self.dispute = dispute
        self.wallet = wallet
        self.step = step
    }
}
