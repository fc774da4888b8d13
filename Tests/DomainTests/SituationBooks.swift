// The books that the command of a situation meets.

import Domain

extension Situation.Making {
    private static let amount = Situation.amount

    var books: Books {
        var books = Books()
        books.time = Situation.now
        addOwners(to: &books)
        addWallets(to: &books)
        addBeneficiary(to: &books)
        addMovement(to: &books)
        addBalances(to: &books)
        if has(.referencePaid) {
            books.paidReferences.insert(
                LedgerState.PaidReference(merchant: Situation.stranger, reference: Situation.reference))
        }
        return books
    }

    /// Whether the wallet is a merchant's.
    private var isBusiness: Bool {
        switch type {
        case .setMember, .removeMember, .submitRefund, .settleDispute, .submitMove: !has(.notABusiness)
        default: false
        }
    }

    private var payeeIsBusiness: Bool {
        switch type {
        case .submitPayment, .openDispute: !has(.payeeNotABusiness)
        case .submitMove: !has(.notABusiness)
        default: false
        }
    }

    // MARK: - Owners

    var verification: Verification {
        let end = Situation.now.adding(seconds: has(.verificationExpired) ? 0 : 1)
        let level: Int16 = has(.levelTooLow) ? 0 : isBusiness ? 2 : 1
        return Verification(level: level, expiresAt: end, levelOneExpiresAt: end)
    }

    private var payeeVerification: Verification {
        let (now, later) = (Situation.now, Situation.now.adding(seconds: 1))
        return Verification(
            level: has(.payeeLevelTooLow) ? 1 : 2, expiresAt: has(.payeeVerificationExpired) ? now : later,
            levelOneExpiresAt: later)
    }

    /// What level 1 may send in a day and in a month, up to the command's amount, and a centime more.
    private var spending: Spending {
        let amount = Self.amount.minorUnits
        return Spending(
            day: 20_779, inDay: 50_000_00 - amount + (has(.dayFull) ? 1 : 0),
            inMonth: 300_000_00 - amount + (has(.monthFull) ? 1 : 0))
    }

    private func addOwners(to books: inout Books) {
        var owner = Owner(id: Situation.user, controller: Situation.user, verification: verification)
        // The month's free transfers are used up.
        owner.freeTransfers = MonthlyCount(month: 202_611, count: 5)
        owner.spending = spending
        if has(.subWalletsFull) { owner.subWallets = Owner.subWalletsMax }
        if has(.subWalletsOpen) { owner.subWallets = 1 }
        if type == .removeMember, !has(.memberMissing) { owner.team[Situation.member] = .viewer }
        if has(.teamFull) {
            for number in 1...100 { owner.team[OwnerID(high: 4, low: UInt64(number))] = .viewer }
        }
        books.owners[owner.id] = owner
        books.owners[Situation.stranger] = Owner(
            id: Situation.stranger, controller: Situation.stranger, verification: payeeVerification)
    }

    // MARK: - Wallets

    private var available: Int64 {
        let needed: Int64 =
            switch type {
            case .submitTransfer, .submitBulk: Self.amount.minorUnits + 10_00
            case .submitPayment, .submitMove: Self.amount.minorUnits
            case .submitRefund, .settleDispute: Self.amount.minorUnits - 15_00
            case .submitWithdrawal: Self.amount.minorUnits + 200_00
            case .settleAdjustment: Self.amount.minorUnits
            case .closeWallet: has(.notEmpty) ? 1 : 0
            default: 0
            }
        return has(.tooPoor) ? needed - 1 : needed
    }

    private var pending: Int64 {
        let isHeld = type == .settleWithdrawal ? step == .sent : type == .cancelWithdrawal || type == .expireWithdrawal
        return isHeld ? Self.amount.minorUnits + 200_00 : 0
    }

    private func addWallets(to books: inout Books) {
        if !has(.walletMissing) {
            books.wallets[Situation.wallet] = Wallet(
                id: Situation.wallet, owner: Situation.user, parent: has(.parentIsSubWallet) ? Situation.payee : nil,
                type: isBusiness ? .business : .personal, currency: .dzd, name: nil, available: available,
                pending: pending, standing: standing)
        }
        if has(.walletThere) {
            books.wallets[Situation.opened] = Wallet(
                id: Situation.opened, owner: Situation.user, type: .personal, currency: .dzd, name: nil)
        }
        if !has(.payeeMissing) {
            let isOwn = type == .submitMove && !has(.payeeOfOther)
            books.wallets[Situation.payee] = Wallet(
                id: Situation.payee, owner: isOwn ? Situation.user : Situation.stranger,
                type: payeeIsBusiness ? .business : .personal, currency: has(.payeeOfOtherCurrency) ? .usd : .dzd,
                name: nil, available: has(.payeeFull) ? 1_000_000_000_000_000_000 : 0)
            if has(.payeeClosed) { books.wallets[Situation.payee]?.standing.status = .closed }
            if isUnderWay, type == .settleDispute { books.wallets[Situation.payee]?.standing.underWay = 1 }
        }
    }

    private var standing: Wallet.Standing {
        var standing = Wallet.Standing()
        if has(.walletFrozen) || (type == .unfreezeWallet && !has(.notFrozen)) {
            (standing.status, standing.frozenBy) = (.frozen, .owner)
        }
        if has(.frozenByCompliance) { (standing.status, standing.frozenBy) = (.frozen, [.owner, .compliance]) }
        if has(.walletClosed) { standing = Wallet.Standing(status: .closed, frozenBy: nil, underWay: 0, version: 0) }
        if has(.underWay) || isUnderWay { standing.underWay = 1 }
        return standing
    }

    // MARK: - What came before

    private func addBeneficiary(to books: inout Books) {
        guard type != .addBeneficiary, !has(.beneficiaryMissing), let rib = RIB(Situation.exampleRIB) else { return }
        let isVerified = has(.verifiedAlready) || (type != .verifyBeneficiary && !has(.beneficiaryUnverified))
        books.beneficiaries[Situation.beneficiary] = Beneficiary(
            id: Situation.beneficiary, wallet: has(.beneficiaryOfOther) ? Situation.payee : Situation.wallet, rib: rib,
            holderName: "Amina", addedAt: Situation.now.adding(seconds: -86_400 + (has(.beneficiaryTooNew) ? 1 : 0)),
            verifiedAt: isVerified ? Situation.now : nil,
            removedAt: has(.beneficiaryRemoved) ? Situation.now : nil)
    }

    private var movementStatus: CommandStatus {
        switch type {
        case .settleTopUp: has(.movementFinal) ? .completed : .pending
        case .settleWithdrawal: has(.movementFinal) ? .returned : step == .sent ? .held : .sent
        case .cancelWithdrawal, .expireWithdrawal: has(.movementFinal) ? .sent : .held
        case .settleDispute, .settleAdjustment: has(.movementFinal) ? .rejected : .pending
        case .recordChargeback: has(.movementFinal) ? .returned : .completed
        case .winChargeback: has(.movementFinal) ? .completed : .returned
        default: .completed
        }
    }

    private var isUnderWay: Bool {
        switch type {
        case .settleTopUp, .settleWithdrawal, .cancelWithdrawal, .expireWithdrawal, .settleDispute, .settleAdjustment:
            !movementStatus.isDecided
        default: false
        }
    }

    /// What the command is about: its wallet's, or the other's; of its kind, or of another.
    private var movementKind: (kind: Movement.Kind, wallet: WalletID, fee: Int64)? {
        let (wallet, payee) = (Situation.wallet, Situation.payee)
        let own = has(.movementOfOther) ? payee : wallet
        if has(.movementOfOtherKind) {
            return switch type {
            case .settleTopUp: (.withdrawal(.express, Situation.beneficiary), own, 200_00)
            case .submitRefund: (.dispute(of: Situation.disputed, merchant: own), payee, 0)
            case .openDispute: (.dispute(of: Situation.disputed, merchant: payee), own, 0)
            case .settleDispute: (.payment(merchant: own), payee, 15_00)
            case .recordChargeback, .winChargeback: (.topUp(.mobile), own, 15_00)
            default: (.topUp(.card), own, 20_00)
            }
        }
        return switch type {
        case .settleTopUp: (.topUp(.card), own, 20_00)
        case .settleWithdrawal, .cancelWithdrawal, .expireWithdrawal:
            (.withdrawal(.express, Situation.beneficiary), own, 200_00)
        case .submitRefund: (.payment(merchant: own), payee, 15_00)
        case .openDispute: (.payment(merchant: payee), own, 15_00)
        case .settleDispute: (.dispute(of: Situation.disputed, merchant: own), payee, 0)
        case .recordChargeback, .winChargeback: (.topUp(.card), own, 20_00)
        case .settleAdjustment: (.adjustment(.debit, proposedBy: Situation.stranger), own, 0)
        default: nil
        }
    }

    private func addMovement(to books: inout Books) {
        guard let (kind, wallet, fee) = movementKind else { return }
        var movement = Movement(
            id: Situation.movement, kind: kind, wallet: wallet, amount: Self.amount, fee: Money(fee, .dzd),
            feeVersion: 1, status: movementStatus, code: movementStatus == .returned ? .chargedBack : .ok,
            last: Position(period: 202_611, lane: 3, sequence: 1))
        if has(.refundedAlready) { (movement.refunded, movement.feeRefunded) = (movement.amount.minorUnits, fee) }
        movement.isDisputed = has(.disputeOpen)
        if !has(.movementMissing) { books.movements[movement.id] = movement }
        guard type == .settleDispute else { return }
        var payment = Movement(
            id: Situation.disputed, kind: .payment(merchant: Situation.wallet), wallet: Situation.payee,
            amount: Self.amount, fee: Money(15_00, .dzd), feeVersion: 1, status: .completed, code: .ok,
            last: Position(period: 202_611, lane: 3, sequence: 1))
        payment.isDisputed = isUnderWay
        books.movements[payment.id] = payment
    }
}

// MARK: - The operator's own books

extension Situation.Making {
    /// Fees of twice the amount that was earned, and as much that nobody could explain; both at the bank.
    fileprivate func addBalances(to books: inout Books) {
        func add(_ account: SystemAccount, _ credits: Int64) {
            books.system[Books.Balance(account: account, currency: .dzd), default: 0] += credits
        }
        guard type == .sweepFees || type == .returnLine else { return }
        let amount = Situation.amount.minorUnits
        add(type == .sweepFees ? .feeRevenue : .suspense, has(.tooPoor) ? amount - 1 : amount)
        add(.omnibus, has(.tooPoor) ? 1 - amount : -amount)
        if has(.notCovered) {
            add(.bankCharges, -1)
            add(.omnibus, 1)
        }
    }
}
