// A few people and merchants whose books are made by commands alone, so that every rule of the books can be held after each.

import Domain
import Testing

/// Two people at level 1 with money, a shop at level 2 and a market at level 3.
struct Story {
    var books = Books()
    private var number: UInt64 = 0

    static let (amina, bachir) = (OwnerID(high: 0x5a, low: 1), OwnerID(high: 0x5a, low: 2))
    /// Who opened the shop, and who opened the market.
    static let (karim, leila) = (OwnerID(high: 0x5a, low: 3), OwnerID(high: 0x5a, low: 4))
    /// Somebody whom the merchants may take into their teams.
    static let samir = OwnerID(high: 0x5a, low: 5)
    static let (hers, his) = (WalletID(high: 0x5b, low: 1), WalletID(high: 0x5b, low: 2))
    static let (shop, market) = (WalletID(high: 0x5b, low: 3), WalletID(high: 0x5b, low: 4))
    static let (shopOwner, marketOwner) = (OwnerID(high: 0x5c, low: 3), OwnerID(high: 0x5c, low: 4))

    static let service = Caller(client: "payouts", user: nil, permissions: .service)
    static let operators = Caller(client: "console", user: samir, permissions: .operatorRole)
    static let compliance = Caller(client: "console", user: samir, permissions: .complianceRole)

    static func app(_ user: OwnerID) -> Caller { Caller(client: "app", user: user, permissions: .scopes) }

    init() {
        // What is not about new beneficiaries need not wait for them.
        books.withdrawals.expressBeneficiaryHours = 0
        // Nor does what is not about limits heed them.
        books.limits = LimitSchedule(first: .unlimited)
        open(Self.hers, Self.amina, of: Self.amina, .personal, level: 1)
        open(Self.his, Self.bachir, of: Self.bachir, .personal, level: 1)
        open(Self.shop, Self.shopOwner, of: Self.karim, .business, level: 2)
        open(Self.market, Self.marketOwner, of: Self.leila, .business, level: 3)
        fund(Self.hers, by: Self.amina, 100_000_00)
        fund(Self.his, by: Self.bachir, 100_000_00)
    }

    /// Has one command judged; the books hold afterwards.
    @discardableResult
    mutating func ask(
        _ caller: Caller, _ type: CommandType, _ request: Request, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Books.Told {
        let told = books.take(command(caller, type, request))
        #expect(books.faults == [], sourceLocation: sourceLocation)
        return told
    }

    /// A command that nobody has seen.
    mutating func command(_ caller: Caller, _ type: CommandType, _ request: Request) -> Command {
        Command(
            id: newID(), type: type, caller: caller, notAfter: books.time.adding(seconds: 86_400), request: request)
    }

    mutating func newID() -> CommandID {
        number += 1
        return CommandID(high: 0x5d, low: number)
    }

    func wallet(_ id: WalletID) -> Wallet? { books.wallets[id] }

    mutating func setTime(_ text: String) {
        books.time = Timestamp(rfc3339: text) ?? books.time
    }
}

// MARK: - What is asked

extension Story {
    private mutating func open(
        _ wallet: WalletID, _ owner: OwnerID, of user: OwnerID, _ type: WalletType, level: Int16
    ) {
        let verification = Verification(
            level: level, verifiedAt: books.time.adding(seconds: -86_400),
            levelOneVerifiedAt: books.time.adding(seconds: -86_400))
        ask(
            Self.app(user), .openWallet,
            .openWallet(
                OpenWallet(
                    walletID: wallet, ownerID: owner, type: type, currency: .dzd, name: nil,
                    verification: verification)))
    }

    /// Opens a sub-wallet.
    mutating func open(under parent: WalletID, by user: OwnerID) -> WalletID {
        let id = newID().reinterpreted(as: WalletKind.self)
        ask(
            Self.app(user), .openSubWallet,
            .openSubWallet(OpenSubWallet(walletID: id, parent: parent, name: "Taxes")))
        return id
    }

    /// Money in by bank transfer, which has no fee.
    mutating func fund(_ wallet: WalletID, by user: OwnerID, _ amount: Int64) {
        let topUp = beginTopUp(wallet, by: user, amount)
        ask(
            Self.service, .settleTopUp,
            .settleTopUp(
                SettleTopUp(topUp: topUp.command, wallet: wallet, result: .captured, amount: Money(amount, .dzd))))
    }

    @discardableResult
    mutating func beginTopUp(_ wallet: WalletID, by user: OwnerID, _ amount: Int64) -> Books.Told {
        ask(
            Self.app(user), .submitTopUp,
            .submitTopUp(
                SubmitTopUp(
                    wallet: wallet, method: .bankTransfer, amount: Money(amount, .dzd), paymentMethod: nil)))
    }

    @discardableResult
    mutating func transfer(_ from: WalletID, _ to: WalletID, by user: OwnerID, _ amount: Int64) -> Books.Told {
        ask(
            Self.app(user), .submitTransfer,
            .submitTransfer(SubmitTransfer(from: from, to: to, amount: Money(amount, .dzd))))
    }

    @discardableResult
    mutating func pay(
        _ from: WalletID, _ to: WalletID, by user: OwnerID, _ amount: Int64, reference: String? = nil
    ) -> Books.Told {
        ask(
            Self.app(user), .submitPayment,
            .submitPayment(SubmitPayment(from: from, to: to, amount: Money(amount, .dzd), reference: reference)))
    }

    @discardableResult
    mutating func refund(
        _ payment: CommandID, _ amount: Int64, of wallet: WalletID = Story.shop, by user: OwnerID = Story.karim
    ) -> Books.Told {
        ask(
            Self.app(user), .submitRefund,
            .submitRefund(SubmitRefund(payment: payment, wallet: wallet, amount: Money(amount, .dzd))))
    }

    @discardableResult
    mutating func dispute(_ payment: CommandID, _ wallet: WalletID, by user: OwnerID) -> Books.Told {
        ask(
            Self.app(user), .openDispute, .openDispute(OpenDispute(payment: payment, wallet: wallet)))
    }

    @discardableResult
    mutating func settle(
        _ dispute: CommandID, _ step: SettleDispute.Step, by caller: Caller = Story.app(Story.karim)
    ) -> Books.Told {
        ask(
            caller, .settleDispute,
            .settleDispute(SettleDispute(dispute: dispute, wallet: Self.shop, step: step)))
    }

    @discardableResult
    mutating func move(
        _ from: WalletID, _ fromBucket: Bucket, _ to: WalletID, _ toBucket: Bucket, by caller: Caller, _ amount: Int64
    ) -> Books.Told {
        ask(
            caller, .submitMove,
            .submitMove(
                SubmitMove(
                    from: SubmitMove.Place(wallet: from, bucket: fromBucket),
                    to: SubmitMove.Place(wallet: to, bucket: toBucket), amount: Money(amount, .dzd))))
    }

    @discardableResult
    mutating func bulk(
        _ from: WalletID, by user: OwnerID, isAllOrNothing: Bool, _ legs: [(to: WalletID, amount: Int64)]
    ) -> Books.Told {
        let legs = legs.map { SubmitBulk.Leg(id: newID(), to: $0.to, amount: Money($0.amount, .dzd)) }
        return ask(
            Self.app(user), .submitBulk,
            .submitBulk(SubmitBulk(from: from, isAllOrNothing: isAllOrNothing, legs: legs)))
    }

    @discardableResult
    mutating func change(_ type: CommandType, _ wallet: WalletID, by caller: Caller) -> Books.Told {
        let change = ChangeWallet(wallet: wallet)
        let request: Request =
            switch type {
            case .freezeWallet: .freezeWallet(change)
            case .unfreezeWallet: .unfreezeWallet(change)
            default: .closeWallet(change)
            }
        return ask(caller, type, request)
    }

    @discardableResult
    mutating func setMember(_ user: OwnerID, _ role: TeamRole, by caller: OwnerID = Story.karim) -> Books.Told {
        ask(
            Self.app(caller), .setMember,
            .setMember(SetMember(wallet: Self.shop, user: user, role: role)))
    }

    @discardableResult
    mutating func removeMember(_ user: OwnerID, by caller: OwnerID = Story.karim) -> Books.Told {
        ask(Self.app(caller), .removeMember, .removeMember(RemoveMember(wallet: Self.shop, user: user)))
    }
}

// MARK: - Withdrawals

extension Story {
    /// Adds a bank account, has it verified and holds an express withdrawal to it.
    @discardableResult
    mutating func withdraw(_ wallet: WalletID, by user: OwnerID, _ amount: Int64) -> Books.Told {
        let beneficiary = newID().reinterpreted(as: BeneficiaryKind.self)
        ask(
            Self.app(user), .addBeneficiary,
            .addBeneficiary(
                AddBeneficiary(
                    beneficiary: beneficiary, wallet: wallet, rib: Situation.exampleRIB, holderName: "Amina")))
        ask(
            Self.service, .verifyBeneficiary,
            .verifyBeneficiary(VerifyBeneficiary(beneficiary: beneficiary, wallet: wallet)))
        return ask(
            Self.app(user), .submitWithdrawal,
            .submitWithdrawal(
                SubmitWithdrawal(
                    wallet: wallet, beneficiary: beneficiary, speed: .express, amount: Money(amount, .dzd))))
    }

    @discardableResult
    mutating func settle(
        _ withdrawal: CommandID, of wallet: WalletID, _ step: SettleWithdrawal.Step
    ) -> Books.Told {
        ask(
            Self.service, .settleWithdrawal,
            .settleWithdrawal(SettleWithdrawal(withdrawal: withdrawal, wallet: wallet, step: step)))
    }

    @discardableResult
    mutating func cancel(_ withdrawal: CommandID, of wallet: WalletID, by user: OwnerID) -> Books.Told {
        ask(
            Self.app(user), .cancelWithdrawal,
            .cancelWithdrawal(CancelWithdrawal(withdrawal: withdrawal, wallet: wallet)))
    }

    @discardableResult
    mutating func expire(_ withdrawal: CommandID, of wallet: WalletID) -> Books.Told {
        ask(
            Self.service, .expireWithdrawal,
            .expireWithdrawal(ExpireWithdrawal(withdrawal: withdrawal, wallet: wallet)))
    }
}

extension Books.Told {
    /// Its entries: credits positive, debits negative.
    var lines: [Account: Int64] {
        Dictionary(entries.map { ($0.account, $0.amount.minorUnits) }, uniquingKeysWith: +)
    }
}

extension Account {
    static func available(_ wallet: WalletID) -> Account { .customer(wallet, .available) }
}
