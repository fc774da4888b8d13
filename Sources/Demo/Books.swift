// The demo's own books: what every wallet holds by its own arithmetic, and so what every command must come to.
//
// They share no code with the ledger's rules. Fees and the order of checks are those of spec/wallet.md §2 and §3.

import Domain

/// Balances in minor units, as they are when everything decided so far has reached its last state.
struct Books: Sendable {
    /// What a transfer costs its payer, after the free ones of the month. The demo's day is within one month.
    static let transferFee: Int64 = 10_00
    static let freeTransfers = 5
    /// What an express withdrawal costs.
    static let expressFee: Int64 = 200_00

    /// How a beneficiary behaves.
    struct BankRelation: Hashable, Sendable {
        let isVerified: Bool
        let sendsBack: Bool
    }

    private var balances: [WalletID: Int64] = [:]
    private var relations: [BeneficiaryID: BankRelation] = [:]
    /// Nobody in the demo owns two wallets, so a wallet's completed transfers are its owner's.
    private var transfers: [WalletID: Int] = [:]
    private var payments: [CommandID: Payment] = [:]

    /// A payment, and what of it and of its fee went back.
    private struct Payment {
        let amount: Int64
        let fee: Int64
        var refunded: Int64 = 0
        var feeRefunded: Int64 = 0
    }

    func balance(of wallet: WalletID) -> Int64 { balances[wallet] ?? 0 }

    mutating func open(_ wallet: WalletID, mayOpen: Bool) -> (Prediction, Effects) {
        guard mayOpen else { return (.refused(.kycLevelTooLow), Effects()) }
        guard balances[wallet] == nil else { return (.decided(.rejected, .walletExists), Effects()) }
        balances[wallet] = 0
        return (.decided(.completed, .ok), Effects(completed: [Change(wallet, 0)]))
    }

    /// - Parameter isCaptured: whether the payment service will say so in the end.
    mutating func topUp(
        _ wallet: WalletID, _ method: TopUpMethod, _ amount: Int64, isCaptured: Bool
    ) -> (Prediction, Effects) {
        let effects = Effects(completed: [Change(wallet, amount - Self.topUpFee(method, amount))])
        guard isCaptured else { return (.decided(.rejected, .chargeDeclined), effects) }
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    mutating func transfer(from payer: WalletID, to payee: WalletID, _ amount: Int64) -> (Prediction, Effects) {
        guard payer != payee else { return (.refused(.sameWallet), Effects()) }
        let fee = transfers[payer, default: 0] < Self.freeTransfers ? 0 : Self.transferFee
        let effects = Effects(completed: [Change(payer, -amount - fee), Change(payee, amount)])
        guard balance(of: payer) >= amount + fee else {
            return (.decided(.rejected, .insufficientFunds), effects)
        }
        transfers[payer, default: 0] += 1
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    /// The merchant bears 1.5 %: none in the demo is negotiated with.
    mutating func pay(
        _ id: CommandID, from payer: WalletID, to merchant: WalletID, _ amount: Int64
    ) -> (Prediction, Effects) {
        let fee = Self.halfEven(amount * 15, 1000)
        let effects = Effects(completed: [Change(payer, -amount), Change(merchant, amount - fee)])
        guard balance(of: payer) >= amount else { return (.decided(.rejected, .insufficientFunds), effects) }
        payments[id] = Payment(amount: amount, fee: fee)
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    /// The merchant gets the fee's share back: as much in all as if what went back so far had gone back at once.
    mutating func refund(
        _ id: CommandID, from merchant: WalletID, to payer: WalletID, _ amount: Int64
    ) -> (Prediction, Effects) {
        guard var payment = payments[id] else { return (.decided(.rejected, .paymentNotFound), Effects()) }
        guard payment.refunded + amount <= payment.amount else {
            return (.decided(.rejected, .refundExceedsPayment), Effects())
        }
        payment.refunded += amount
        let feeBack = Self.halfEven(payment.fee * payment.refunded, payment.amount) - payment.feeRefunded
        payment.feeRefunded += feeBack
        let effects = Effects(completed: [Change(merchant, feeBack - amount), Change(payer, amount)])
        guard balance(of: merchant) >= amount - feeBack else {
            return (.decided(.rejected, .insufficientFunds), effects)
        }
        payments[id] = payment
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    mutating func add(_ beneficiary: BeneficiaryID, _ relation: BankRelation) -> (Prediction, Effects) {
        relations[beneficiary] = relation
        return (.decided(.completed, .ok), Effects())
    }

    mutating func withdraw(
        _ wallet: WalletID, to beneficiary: BeneficiaryID, _ speed: WithdrawalSpeed, _ amount: Int64
    ) -> (Prediction, Effects) {
        guard let relation = relations[beneficiary] else { return (.refused(.beneficiaryNotFound), Effects()) }
        let fee = speed == .express ? Self.expressFee : 0
        // The bank was paid for its work, so what it sends back comes without the fee.
        let effects = Effects(completed: [Change(wallet, -amount - fee)], returned: [Change(wallet, -fee)])
        guard relation.isVerified else { return (.decided(.rejected, .beneficiaryNotVerified), effects) }
        guard balance(of: wallet) >= amount + fee else { return (.decided(.rejected, .insufficientFunds), effects) }
        apply(relation.sendsBack ? effects.returned : effects.completed)
        return (relation.sendsBack ? .decided(.returned, .payoutReturned) : .decided(.completed, .ok), effects)
    }

    private mutating func apply(_ changes: [Change]) {
        for change in changes { balances[change.wallet, default: 0] += change.minorUnits }
    }

    /// Card 2.0 %, mobile 1.5 %, bank transfer nothing; half a centime goes to the even one.
    static func topUpFee(_ method: TopUpMethod, _ amount: Int64) -> Int64 {
        let perThousand: Int64
        switch method {
        case .card: perThousand = 20
        case .mobile: perThousand = 15
        case .bankTransfer: return 0
        }
        return halfEven(amount * perThousand, 1000)
    }

    /// A quotient of what is not negative, rounded to the nearest, and from the middle to the even one.
    private static func halfEven(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
        return rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 == 1) ? quotient + 1 : quotient
    }
}
