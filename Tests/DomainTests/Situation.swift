// One command of each type in a situation where it succeeds, and everything that can be wrong with it.

import Domain

/// What is wrong with a command or with what it meets.
enum Fault: CaseIterable {
    case malformed, unknownType, amountOutOfRange, expired
    case walletMissing, foreignCaller, permissionMissing
    case walletThere, walletClosed, payeeClosed, walletFrozen, payeeMissing, sameWallet
    case otherCurrency, payeeOfOtherCurrency, levelTooLow, verificationExpired
    case wrongRIB, beneficiaryMissing, beneficiaryOfOther, beneficiaryUnverified, verifiedAlready
    case movementMissing, movementOfOther, movementOfOtherKind, movementFinal, otherAmount
    case tooPoor, payeeFull
}

/// A command and the books it meets, with so many things wrong.
struct Situation {
    var books = Books()
    let command: Command

    static let user = OwnerID(high: 1, low: 0x11)
    static let stranger = OwnerID(high: 2, low: 0x22)
    static let wallet = WalletID(high: 10, low: 0x11)
    static let payee = WalletID(high: 20, low: 0x22)
    static let opened = WalletID(high: 30, low: 0x11)
    static let beneficiary = BeneficiaryID(high: 40, low: 1)
    static let movement = CommandID(high: 50, low: 1)
    static let command = CommandID(high: 60, low: 1)
    static let now = Timestamp(microseconds: 1_795_372_754_000_000)
    static let amount = Money(1_000_00, .dzd)
    static let exampleRIB = "00799999002345678941"

    init(_ type: CommandType, step: SettleWithdrawal.Step = .sent, _ faults: Set<Fault>) {
        books.time = Self.now
        let money = faults.contains(.otherCurrency) ? Money(Self.amount.minorUnits, .eur) : Self.amount
        Self.fill(&books, type, step, faults)
        command = Command(
            id: Self.command, type: faults.contains(.unknownType) ? nil : type, caller: Self.caller(type, faults),
            notAfter: Self.now.adding(seconds: faults.contains(.expired) ? -1 : 0),
            request: Self.request(type, step, money, faults))
    }

    private static func caller(_ type: CommandType, _ faults: Set<Fault>) -> Caller {
        var permissions: Permissions =
            switch type {
            case .openWallet, .addBeneficiary: .manage
            case .submitTransfer: .transfer
            case .submitTopUp: .topUp
            case .submitWithdrawal: .withdraw
            case .settleTopUp, .verifyBeneficiary, .settleWithdrawal: .service
            }
        if faults.contains(.permissionMissing) {
            // Everything but the one that is needed.
            permissions = Permissions(rawValue: .max).subtracting(permissions)
        }
        let isService = permissions.contains(.service) && !faults.contains(.permissionMissing)
        let user = isService ? nil : faults.contains(.foreignCaller) ? stranger : Self.user
        return Caller(
            client: "client", user: type == .openWallet && faults.contains(.foreignCaller) ? nil : user,
            permissions: permissions)
    }

    private static func verification(_ faults: Set<Fault>) -> Verification {
        let end = now.adding(seconds: faults.contains(.verificationExpired) ? 0 : 1)
        return Verification(level: faults.contains(.levelTooLow) ? 0 : 1, expiresAt: end, levelOneExpiresAt: end)
    }

    private static func request(
        _ type: CommandType, _ step: SettleWithdrawal.Step, _ money: Money, _ faults: Set<Fault>
    ) -> Request {
        if faults.contains(.malformed) { return .unacceptable(.malformed, field: "metadata") }
        if faults.contains(.unknownType) { return .unacceptable(.unknownType, field: "type") }
        if faults.contains(.amountOutOfRange) { return .unacceptable(.amountOutOfRange, field: "amount.amount") }
        switch type {
        case .openWallet:
            return .openWallet(
                OpenWallet(
                    walletID: opened, ownerID: user, type: .personal, currency: .dzd, name: nil,
                    verification: verification(faults)))
        case .submitTransfer:
            return .submitTransfer(
                SubmitTransfer(from: wallet, to: faults.contains(.sameWallet) ? wallet : payee, amount: money))
        case .submitTopUp:
            return .submitTopUp(SubmitTopUp(wallet: wallet, method: .card, amount: money, paymentMethod: nil))
        case .settleTopUp:
            let amount = faults.contains(.otherAmount) ? Money(money.minorUnits + 1, .dzd) : money
            return .settleTopUp(
                SettleTopUp(topUp: movement, wallet: wallet, result: .captured, amount: amount))
        case .addBeneficiary:
            let rib = faults.contains(.wrongRIB) ? "00799999002345678942" : exampleRIB
            return .addBeneficiary(
                AddBeneficiary(beneficiary: beneficiary, wallet: wallet, rib: rib, holderName: "Amina"))
        case .verifyBeneficiary:
            return .verifyBeneficiary(VerifyBeneficiary(beneficiary: beneficiary, wallet: wallet))
        case .submitWithdrawal:
            return .submitWithdrawal(
                SubmitWithdrawal(wallet: wallet, beneficiary: beneficiary, speed: .express, amount: money))
        case .settleWithdrawal:
            return .settleWithdrawal(SettleWithdrawal(withdrawal: movement, wallet: wallet, step: step))
        }
    }

    // MARK: - The books

    private static func fill(
        _ books: inout Books, _ type: CommandType, _ step: SettleWithdrawal.Step, _ faults: Set<Fault>
    ) {
        let held: Int64 = type == .settleWithdrawal && step == .sent ? amount.minorUnits + 200_00 : 0
        let isWithdrawal = type == .submitWithdrawal || type == .submitTransfer
        let fee: Int64 = type == .submitTransfer ? 10_00 : type == .submitWithdrawal ? 200_00 : 0
        var available = isWithdrawal ? amount.minorUnits + fee : 0
        if faults.contains(.tooPoor) { available -= 1 }
        if !faults.contains(.walletMissing) {
            add(&books, wallet, user, .dzd, available, held, verification(faults))
        }
        if faults.contains(.walletThere) { add(&books, opened, user, .dzd, 0, 0, verification([])) }
        if faults.contains(.walletFrozen) { books.wallets[wallet]?.status = .frozen }
        if faults.contains(.walletClosed) { books.wallets[wallet]?.status = .closed }
        if !faults.contains(.payeeMissing) {
            let balance: Int64 = faults.contains(.payeeFull) ? 1_000_000_000_000_000_000 : 0
            add(
                &books, payee, stranger, faults.contains(.payeeOfOtherCurrency) ? .usd : .dzd, balance, 0,
                verification([]))
        }
        if faults.contains(.payeeClosed) { books.wallets[payee]?.status = .closed }
        addBeneficiary(&books, type, faults)
        addMovement(&books, type, step, faults)
    }

    private static func add(
        _ books: inout Books, _ id: WalletID, _ owner: OwnerID, _ currency: Currency, _ available: Int64,
        _ pending: Int64, _ verification: Verification
    ) {
        books.owners[owner] = Owner(id: owner, controller: owner, verification: verification)
        books.wallets[id] = Wallet(
            id: id, owner: owner, type: .personal, currency: currency, status: .active, name: nil, available: available,
            pending: pending, reserve: 0, version: 0, last: nil)
    }

    private static func addBeneficiary(_ books: inout Books, _ type: CommandType, _ faults: Set<Fault>) {
        guard type != .addBeneficiary, !faults.contains(.beneficiaryMissing), let rib = RIB(exampleRIB) else { return }
        let isVerified =
            faults.contains(.verifiedAlready)
            || (type != .verifyBeneficiary && !faults.contains(.beneficiaryUnverified))
        books.beneficiaries[beneficiary] = Beneficiary(
            id: beneficiary, wallet: faults.contains(.beneficiaryOfOther) ? payee : wallet, rib: rib,
            holderName: "Amina", verifiedAt: isVerified ? now : nil)
    }

    private static func addMovement(
        _ books: inout Books, _ type: CommandType, _ step: SettleWithdrawal.Step, _ faults: Set<Fault>
    ) {
        guard type == .settleTopUp || type == .settleWithdrawal, !faults.contains(.movementMissing) else { return }
        let isTopUp = (type == .settleTopUp) != faults.contains(.movementOfOtherKind)
        var status: CommandStatus = type == .settleTopUp ? .pending : step == .sent ? .held : .sent
        if faults.contains(.movementFinal) { status = type == .settleTopUp ? .completed : .returned }
        books.movements[movement] = Movement(
            id: movement, kind: isTopUp ? .topUp(.card) : .withdrawal(.express, beneficiary),
            wallet: faults.contains(.movementOfOther) ? payee : wallet, amount: amount,
            fee: Money(isTopUp ? 20_00 : 200_00, .dzd), feeVersion: 1, status: status, code: .ok,
            last: Position(period: 202_611, lane: 3, sequence: 1))
    }
}
