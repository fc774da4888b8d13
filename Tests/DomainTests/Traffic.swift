// Commands of every type, right and wrong, about a few people and merchants, as chance has it.

import Domain

/// What a day's people ask for, made from a seed and from the books as they stand.
struct Traffic {
    var random: Seeded
    private var number: UInt64 = 0
    /// Everything sent so far that nobody had sent before.
    private(set) var sent: [Books.Sent] = []
    /// The same by their ids.
    private(set) var commands: [CommandID: Command] = [:]

    static let people = (1...5).map { OwnerID(high: 0xa0, low: $0) }
    static let merchantsMax = 4

    init(seed: UInt64) { random = Seeded(seed) }

    static func wallet(of person: OwnerID) -> WalletID { WalletID(high: 0xb0, low: person.low) }

    /// The next message: now and then one that came before, with its content or with other.
    mutating func next(_ books: Books) -> Books.Sent {
        if random.chance(8), let before = sent.randomElement(using: &random) {
            return Books.Sent(command: before.command, differingField: random.chance(30) ? "amount.amount" : nil)
        }
        let command = command(books)
        let message = Books.Sent(command: command)
        sent.append(message)
        commands[command.id] = command
        return message
    }

    private mutating func command(_ books: Books) -> Command {
        let id = newID()
        let (type, request) = request(id, books)
        let acceptedAt = books.time.adding(seconds: -Int64.random(in: 0...40, using: &random))
        return Command(
            id: id, type: type, caller: caller(type, request, books), acceptedAt: acceptedAt,
            notAfter: books.time.adding(seconds: random.chance(3) ? -5 : 86_400), request: request)
    }

    mutating func newID() -> CommandID {
        number += 1
        return CommandID(high: 0xc0, low: number)
    }

    // MARK: - Who asks

    private mutating func caller(_ type: CommandType, _ request: Request, _ books: Books) -> Caller {
        if random.chance(3) { return Caller(client: "app", user: Self.people[0], permissions: [.transfer]) }
        switch type {
        case .settleTopUp, .verifyBeneficiary, .settleWithdrawal, .expireWithdrawal, .recordChargeback, .winChargeback:
            return Caller(client: "payouts", user: nil, permissions: .service)
        case .freezeWallet where random.chance(30), .unfreezeWallet where random.chance(60):
            return Caller(client: "console", user: person(), permissions: .complianceRole)
        case .settleDispute where random.chance(50):
            return Caller(client: "console", user: person(), permissions: .operatorRole)
        case .proposeAdjustment, .settleAdjustment, .recordSettlement, .recordBankCharge, .sweepFees, .addOwnFunds,
            .recordLine, .returnLine, .confirmLineReturn:
            return Caller(client: "console", user: person(), permissions: [.operatorRole, .approverRole])
        case .submitMove:
            if case .submitMove(let move) = request, move.from.bucket == .reserve, random.chance(80) {
                return Caller(client: "schedule", user: nil, permissions: .service)
            }
            return Caller(client: "app", user: actor(for: request, books), permissions: .scopes)
        default: return Caller(client: "app", user: actor(for: request, books), permissions: .scopes)
        }
    }

    /// Mostly who owns the wallet, at times somebody of its team, seldom anybody.
    private mutating func actor(for request: Request, _ books: Books) -> OwnerID {
        if case .openWallet(let open) = request {
            return Self.people.contains(open.ownerID) ? open.ownerID : person()
        }
        guard let id = request.wallets.first, let wallet = books.wallets[id], let owner = books.owners[wallet.owner],
            !random.chance(5)
        else { return person() }
        let team = owner.team.keys.sorted()
        if random.chance(30), let member = team.randomElement(using: &random) { return member }
        return owner.controller
    }

    mutating func person() -> OwnerID { Self.people.randomElement(using: &random) ?? Self.people[0] }

    // MARK: - What it is about

    /// A wallet of the books, seldom one that is not there.
    mutating func wallet(_ books: Books, _ condition: (Wallet) -> Bool = { _ in true }) -> WalletID {
        let known = books.wallets.values.filter(condition).map(\.id).sorted()
        if random.chance(97), let wallet = known.randomElement(using: &random) { return wallet }
        return Self.wallet(of: person())
    }

    /// Another wallet that money from one can go to, seldom any.
    mutating func payee(of from: WalletID, _ books: Books, _ condition: (Wallet) -> Bool = { _ in true }) -> WalletID {
        guard random.chance(92), let payer = books.wallets[from] else { return wallet(books) }
        return wallet(books) {
            $0.id != from && $0.currency == payer.currency && $0.status != .closed && condition($0)
        }
    }

    mutating func amount(of wallet: WalletID? = nil, _ books: Books) -> Money {
        let known = wallet.flatMap { books.wallets[$0] }
        let currency = random.chance(2) ? Currency.usd : known?.currency ?? .dzd
        if random.chance(8), let known, known.available > 0 { return Money(min(known.available, 1 << 43), currency) }
        let units: Int64 =
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<2: 1
            case 2: 10_000_000_000_000
            case 3..<15: Int64.random(in: 1...999, using: &random)
            case 15..<30: Int64.random(in: 1...1_000_00, using: &random)
            default: Int64.random(in: 1...50_000_00, using: &random)
            }
        return Money(units, currency)
    }

    /// An earlier command as others refer to it.
    struct Earlier {
        let id: CommandID
        let wallet: WalletID
        let merchant: WalletID
        let amount: Money
        /// Of a payment: what did not go back yet.
        let left: Int64
    }

    enum EarlierKind { case topUp, withdrawal, payment, dispute, adjustment }

    /// Mostly one that the books know, at times one that was only just sent, seldom one of another kind.
    mutating func earlier(_ kind: EarlierKind, _ books: Books) -> Earlier? {
        if random.chance(25), let recent = recent(kind) { return recent }
        let isExact = !random.chance(4)
        let known = books.movements.values.filter { !isExact || kind.matches($0.kind) }.sorted { $0.id < $1.id }
        // What is still to happen comes up more often than what is over.
        let open = known.filter { $0.isUnderWay || $0.isDisputed }
        let all = random.chance(kind == .payment ? 25 : 60) && !open.isEmpty ? open : known
        return all.randomElement(using: &random).map {
            Earlier(
                id: $0.id, wallet: $0.wallet, merchant: $0.merchant ?? $0.wallet, amount: $0.amount,
                left: $0.amount.minorUnits - $0.refunded)
        }
    }

    private mutating func recent(_ kind: EarlierKind) -> Earlier? {
        sent.suffix(25).compactMap { earlier(kind, $0.command) }.randomElement(using: &random)
    }

    private func earlier(_ kind: EarlierKind, _ command: Command) -> Earlier? {
        switch (kind, command.request) {
        case (.topUp, .submitTopUp(let topUp)):
            Earlier(
                id: command.id, wallet: topUp.wallet, merchant: topUp.wallet, amount: topUp.amount, left: 0)
        case (.withdrawal, .submitWithdrawal(let withdrawal)):
            Earlier(
                id: command.id, wallet: withdrawal.wallet, merchant: withdrawal.wallet, amount: withdrawal.amount,
                left: 0)
        case (.payment, .submitPayment(let payment)):
            Earlier(
                id: command.id, wallet: payment.from, merchant: payment.to, amount: payment.amount,
                left: payment.amount.minorUnits)
        case (.adjustment, .proposeAdjustment(let proposal)):
            Earlier(
                id: command.id, wallet: proposal.wallet, merchant: proposal.wallet, amount: proposal.amount, left: 0)
        case (.dispute, .openDispute(let dispute)):
            commands[dispute.payment].flatMap { earlier(.payment, $0) }.map {
                Earlier(id: command.id, wallet: $0.wallet, merchant: $0.merchant, amount: $0.amount, left: 0)
            }
        default: nil
        }
    }
}

extension Traffic.EarlierKind {
    func matches(_ kind: Movement.Kind) -> Bool {
        switch (self, kind) {
        case (.topUp, .topUp), (.withdrawal, .withdrawal), (.payment, .payment), (.dispute, .dispute),
            (.adjustment, .adjustment):
            true
        default: false
        }
    }
}
