// The demo's own books: what every wallet holds by its own arithmetic, and so what every command must come to.
//
// They share no code with the ledger's rules. Fees and the order of checks are those of spec/wallet.md §2 and §3.

import Domain

/// Balances in minor units, as they are when everything decided so far has reached its last state.
struct Books: Sendable {
    /// What a transfer costs its payer, after the free ones of the month. The demo's day is one day of one month.
    static let transferFee: Int64 = 10_00
    static let freeTransfers = 5
    /// What an express withdrawal costs.
    static let expressFee: Int64 = 200_00
    /// What whoever owns a wallet may send out in a day, without fees: everybody in the demo is at level 2. The month's
    /// limit is higher, and so out of a single day's reach.
    static let dailyLimit: Int64 = 500_000_00

    /// How a beneficiary behaves.
    struct BankRelation: Hashable, Sendable {
        let isVerified: Bool
        let sendsBack: Bool
    }

    private var balances: [WalletID: Int64] = [:]
    private var relations: [BeneficiaryID: BankRelation] = [:]
    /// What chargebacks took that was not there: credits pay it first.
    private var claims: [WalletID: Int64] = [:]
    private var frozen: Set<WalletID> = []
    private var closed: Set<WalletID> = []
    /// Nobody in the demo pays out of two wallets, so a wallet's completed transfers are its owner's.
    private var transfers: [WalletID: Int] = [:]
    private var spent: [WalletID: Int64] = [:]
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
        let net = amount - Self.topUpFee(method, amount)
        let paid = isCaptured ? payClaim(of: wallet, from: net) : 0
        let effects = Effects(completed: [Change(wallet, net - paid)])
        guard isCaptured else { return (.decided(.rejected, .chargeDeclined), effects) }
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    mutating func transfer(from payer: WalletID, to payee: WalletID, _ amount: Int64) -> (Prediction, Effects) {
        guard payer != payee else { return (.refused(.sameWallet), Effects()) }
        if frozen.contains(payer) { return (.decided(.rejected, .walletFrozen), Effects()) }
        if closed.contains(payee) { return (.decided(.rejected, .walletClosed), Effects()) }
        let fee = transfers[payer, default: 0] < Self.freeTransfers ? 0 : Self.transferFee
        let effects = Effects(completed: [Change(payer, -amount - fee), Change(payee, amount)])
        guard fitsDay(payer, amount) else { return (.decided(.rejected, .limitDaily), effects) }
        guard balance(of: payer) >= amount + fee else {
            return (.decided(.rejected, .insufficientFunds), effects)
        }
        transfers[payer, default: 0] += 1
        spent[payer, default: 0] += amount
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    /// The merchant bears 1.5 %: none in the demo is negotiated with.
    mutating func pay(
        _ id: CommandID, from payer: WalletID, to merchant: WalletID, _ amount: Int64
    ) -> (Prediction, Effects) {
        let fee = Self.halfEven(amount * 15, 1000)
        let effects = Effects(completed: [Change(payer, -amount), Change(merchant, amount - fee)])
        guard fitsDay(payer, amount) else { return (.decided(.rejected, .limitDaily), effects) }
        guard balance(of: payer) >= amount else { return (.decided(.rejected, .insufficientFunds), effects) }
        payments[id] = Payment(amount: amount, fee: fee)
        spent[payer, default: 0] += amount
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
        guard fitsDay(wallet, amount) else { return (.decided(.rejected, .limitDaily), effects) }
        guard balance(of: wallet) >= amount + fee else { return (.decided(.rejected, .insufficientFunds), effects) }
        // What comes back was not spent.
        if !relation.sendsBack { spent[wallet, default: 0] += amount }
        apply(relation.sendsBack ? effects.returned : effects.completed)
        return (relation.sendsBack ? .decided(.returned, .payoutReturned) : .decided(.completed, .ok), effects)
    }

    // MARK: - Wallets themselves

    mutating func freeze(_ wallet: WalletID) -> (Prediction, Effects) {
        frozen.insert(wallet)
        return (.decided(.completed, .ok), Effects())
    }

    mutating func unfreeze(_ wallet: WalletID) -> (Prediction, Effects) {
        frozen.remove(wallet)
        return (.decided(.completed, .ok), Effects())
    }

    mutating func close(_ wallet: WalletID) -> (Prediction, Effects) {
        if balance(of: wallet) != 0 { return (.decided(.rejected, .walletNotEmpty), Effects()) }
        closed.insert(wallet)
        return (.decided(.completed, .ok), Effects())
    }

    /// Between wallets of one owner.
    mutating func move(from source: WalletID, to target: WalletID, _ amount: Int64) -> (Prediction, Effects) {
        let effects = Effects(completed: [Change(source, -amount), Change(target, amount)])
        guard balance(of: source) >= amount else { return (.decided(.rejected, .insufficientFunds), effects) }
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    /// Into what a merchant keeps in reserve, or out of it when negative: the wallet's total stays as it is.
    mutating func reserve(_ wallet: WalletID, _ amount: Int64) -> (Prediction, Effects) {
        apply([Change(wallet, -amount)])
        return (.decided(.completed, .ok), Effects())
    }

    /// - Parameter legs: to wallets that are open, or to nobody.
    mutating func bulk(
        from payer: WalletID, to legs: [(wallet: WalletID, amount: Int64)], isAllOrNothing: Bool
    ) -> (Prediction, Effects) {
        let before = self
        var effects = Effects()
        var refused: [OutcomeCode] = []
        for leg in legs {
            guard balances[leg.wallet] != nil else {
                refused.append(.payeeNotFound)
                continue
            }
            switch transfer(from: payer, to: leg.wallet, leg.amount) {
            case (.decided(.completed, _), let own): effects.completed += own.completed
            case (.decided(_, let code), _): refused.append(code)
            default: preconditionFailure("a leg is decided")
            }
        }
        guard let first = refused.first else { return (.decided(.completed, .ok), effects) }
        if isAllOrNothing || refused.count == legs.count {
            self = before
            return (.decided(.rejected, first), Effects())
        }
        return (.decided(.partlyCompleted, .ok), effects)
    }

    // MARK: - Chargebacks and adjustments

    /// The wallet gives what it has; the rest is a claim on it, and it is frozen.
    mutating func chargeBack(_ wallet: WalletID, _ amount: Int64) -> (Prediction, Effects) {
        let covered = min(balance(of: wallet), amount)
        let effects = Effects(returned: [Change(wallet, -covered)])
        apply(effects.returned)
        if covered < amount {
            claims[wallet, default: 0] += amount - covered
            frozen.insert(wallet)
        }
        return (.decided(.returned, .chargedBack), effects)
    }

    mutating func winChargeback(_ wallet: WalletID, _ amount: Int64) -> (Prediction, Effects) {
        let paid = payClaim(of: wallet, from: amount)
        let effects = Effects(completed: [Change(wallet, amount - paid)])
        apply(effects.completed)
        return (.decided(.completed, .chargebackWon), effects)
    }

    /// What is not explained becomes a wallet's.
    mutating func adjust(_ wallet: WalletID, _ amount: Int64) -> (Prediction, Effects) {
        let effects = Effects(completed: [Change(wallet, amount)])
        apply(effects.completed)
        return (.decided(.completed, .ok), effects)
    }

    private mutating func payClaim(of wallet: WalletID, from amount: Int64) -> Int64 {
        let paid = min(claims[wallet] ?? 0, amount)
        claims[wallet, default: 0] -= paid
        return paid
    }

    private func fitsDay(_ payer: WalletID, _ amount: Int64) -> Bool {
        spent[payer, default: 0] + amount <= Self.dailyLimit
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
