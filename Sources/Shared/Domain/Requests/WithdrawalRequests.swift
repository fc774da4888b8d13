// What is asked of the ledger about money that goes out to a bank account.

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

/// Takes an account off the list of those that can be withdrawn to.
public struct RemoveBeneficiary: Sendable {
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

/// Takes a withdrawal back that is still held.
public struct CancelWithdrawal: Sendable {
    public let withdrawal: CommandID
    public let wallet: WalletID

    public init(withdrawal: CommandID, wallet: WalletID) {
        self.withdrawal = withdrawal
        self.wallet = wallet
    }
}

/// Gives back what a withdrawal holds that could not be sent for too long.
public struct ExpireWithdrawal: Sendable {
    public let withdrawal: CommandID
    public let wallet: WalletID

    public init(withdrawal: CommandID, wallet: WalletID) {
        self.withdrawal = withdrawal
        self.wallet = wallet
    }
}
