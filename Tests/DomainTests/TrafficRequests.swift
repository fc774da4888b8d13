// What a random day's people ask for.

import Domain

extension Traffic {
    mutating func request(_ id: CommandID, _ books: Books) -> (CommandType, Request) {
        // A day begins with people who have no wallet yet.
        let isEmpty = books.wallets.count < 5
        return switch Int.random(in: 0..<(isEmpty ? 12 : 112), using: &random) {
        case 0..<2: open(id, books)
        case 2..<9 where isEmpty: open(id, books)
        case 2..<6: topUp(books)
        case 6..<9: openSubWallet(id, books)
        case 9..<13: standing(books)
        case 13..<17: team(books)
        case 17..<28: transfer(books)
        case 28..<43: payment(books)
        case 43..<51: refund(books)
        case 51..<56: openDispute(books)
        case 56..<60: settleDispute(books)
        case 60..<65: move(books)
        case 65..<69: bulk(books)
        case 69..<77: topUp(books)
        case 77..<84: settleTopUp(books)
        case 84..<88: beneficiary(id, books)
        case 88..<92: withdrawal(books)
        case 92..<98: settleWithdrawal(books)
        case 98..<102: chargeback(id, books)
        case 102..<105: adjustment(books)
        case 105..<110: booking(books)
        default: unacceptable()
        }
    }

    private mutating func unacceptable() -> (CommandType, Request) {
        let type = CommandType.allCases.randomElement(using: &random) ?? .submitTransfer
        return random.chance(50)
            ? (type, .unacceptable(.malformed, field: "to"))
            : (type, .unacceptable(.amountOutOfRange, field: "amount.amount"))
    }

    // MARK: - Wallets and teams

    private mutating func open(_ id: CommandID, _ books: Books) -> (CommandType, Request) {
        let merchants = books.wallets.values.count { $0.type == .business && $0.parent == nil }
        let isBusiness = merchants < Self.merchantsMax && random.chance(50)
        let person = person()
        let currency: Currency = random.chance(12) ? .eur : .dzd
        let wallet =
            isBusiness
            ? id.reinterpreted(as: WalletKind.self)
            : WalletID(high: currency == .dzd ? 0xb0 : 0xb1, low: person.low)
        let day: Int64 = 86_400
        let days = random.chance(90) ? 800 : Int64.random(in: -1...25, using: &random)
        let level: Int16 =
            random.chance(90) ? (isBusiness ? Int16.random(in: 2...3, using: &random) : 1) : random.chance(50) ? 1 : 0
        return (
            .openWallet,
            .openWallet(
                OpenWallet(
                    walletID: wallet, ownerID: isBusiness ? id.reinterpreted(as: OwnerKind.self) : person,
                    type: isBusiness ? .business : .personal, currency: currency, name: nil,
                    verification: Verification(
                        level: level, expiresAt: books.time.adding(seconds: days * day),
                        levelOneExpiresAt: books.time.adding(seconds: 2 * days * day))))
        )
    }

    private mutating func openSubWallet(_ id: CommandID, _ books: Books) -> (CommandType, Request) {
        let isLikely = random.chance(85)
        let parent = wallet(books) { !isLikely || $0.parent == nil }
        return (
            .openSubWallet,
            .openSubWallet(
                OpenSubWallet(walletID: id.reinterpreted(as: WalletKind.self), parent: parent, name: "Taxes"))
        )
    }

    private mutating func standing(_ books: Books) -> (CommandType, Request) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: return (.freezeWallet, .freezeWallet(ChangeWallet(wallet: wallet(books))))
        case 3..<7:
            let frozen = wallet(books) { $0.status == .frozen }
            return (.unfreezeWallet, .unfreezeWallet(ChangeWallet(wallet: frozen)))
        default:
            let isLikely = random.chance(70)
            let empty = wallet(books) { !isLikely || ($0.available == 0 && $0.version > 0) }
            return (.closeWallet, .closeWallet(ChangeWallet(wallet: empty)))
        }
    }

    private mutating func team(_ books: Books) -> (CommandType, Request) {
        let isLikely = random.chance(85)
        let wallet = wallet(books) { !isLikely || $0.type == .business }
        if random.chance(60) {
            let role: TeamRole = random.chance(60) ? .manager : .viewer
            return (.setMember, .setMember(SetMember(wallet: wallet, user: person(), role: role)))
        }
        return (.removeMember, .removeMember(RemoveMember(wallet: wallet, user: person())))
    }

    // MARK: - From wallet to wallet

    private mutating func transfer(_ books: Books) -> (CommandType, Request) {
        let from = wallet(books) { $0.available > 0 && $0.status == .active }
        return (
            .submitTransfer,
            .submitTransfer(SubmitTransfer(from: from, to: payee(of: from, books), amount: amount(of: from, books)))
        )
    }

    private mutating func payment(_ books: Books) -> (CommandType, Request) {
        let from = wallet(books) { $0.available > 0 && $0.status == .active }
        let to = payee(of: from, books) { $0.type == .business }
        let reference = random.chance(40) ? "\(Int.random(in: 0..<40, using: &random))" : nil
        return (
            .submitPayment,
            .submitPayment(
                SubmitPayment(from: from, to: to, amount: amount(of: from, books), reference: reference))
        )
    }

    /// Cut up at random: at times the rest, at times a part of it, at times more.
    private mutating func refund(_ books: Books) -> (CommandType, Request) {
        let payment = earlier(.payment, books)
        let paid = payment?.amount ?? amount(books)
        let left = max(1, payment?.left ?? 1)
        let units =
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3: left
            case 3..<9: Int64.random(in: 1...left, using: &random)
            default: Int64.random(in: left...max(left, paid.minorUnits) + 1, using: &random)
            }
        return (
            .submitRefund,
            .submitRefund(
                SubmitRefund(
                    payment: payment?.id ?? CommandID(high: 0, low: 0), wallet: payment?.merchant ?? wallet(books),
                    amount: Money(units, random.chance(2) ? .usd : paid.currency)))
        )
    }

    private mutating func openDispute(_ books: Books) -> (CommandType, Request) {
        let payment = earlier(.payment, books)
        return (
            .openDispute,
            .openDispute(
                OpenDispute(
                    payment: payment?.id ?? CommandID(high: 0, low: 0), wallet: payment?.wallet ?? wallet(books)))
        )
    }

    private mutating func settleDispute(_ books: Books) -> (CommandType, Request) {
        let dispute = earlier(.dispute, books)
        let step = SettleDispute.Step.allCases.randomElement(using: &random) ?? .accepted
        return (
            .settleDispute,
            .settleDispute(
                SettleDispute(
                    dispute: dispute?.id ?? CommandID(high: 0, low: 0), wallet: dispute?.merchant ?? wallet(books),
                    step: step))
        )
    }

    private mutating func move(_ books: Books) -> (CommandType, Request) {
        let fromReserve = random.chance(30)
        let from = wallet(books) { fromReserve ? $0.reserve > 0 : $0.available > 0 }
        let owner = books.wallets[from]?.owner
        let isOwn = random.chance(95)
        let to = wallet(books) { !isOwn || $0.owner == owner }
        let isBusiness = books.wallets[to]?.type == .business
        let toReserve = random.chance(isBusiness ? 50 : 5)
        var amount = amount(of: from, books)
        if fromReserve, let reserve = books.wallets[from]?.reserve, reserve > 0, random.chance(80) {
            amount = Money(Int64.random(in: 1...min(reserve, 1 << 43), using: &random), amount.currency)
        }
        return (
            .submitMove,
            .submitMove(
                SubmitMove(
                    from: SubmitMove.Place(wallet: from, bucket: fromReserve ? .reserve : .available),
                    to: SubmitMove.Place(wallet: to, bucket: toReserve ? .reserve : .available), amount: amount))
        )
    }

    private mutating func bulk(_ books: Books) -> (CommandType, Request) {
        let from = wallet(books) { $0.available > 0 && $0.status == .active }
        let legs = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            let to = payee(of: from, books)
            let amount = amount(of: from, books)
            // Small enough that several go through, as pay does.
            let units = random.chance(80) ? amount.minorUnits % 1_000_00 + 1 : amount.minorUnits
            return SubmitBulk.Leg(id: newID(), to: to, amount: Money(units, amount.currency))
        }
        return (.submitBulk, .submitBulk(SubmitBulk(from: from, isAllOrNothing: random.chance(50), legs: legs)))
    }

    // MARK: - From outside and out

    private mutating func topUp(_ books: Books) -> (CommandType, Request) {
        let method = TopUpMethod.allCases.randomElement(using: &random) ?? .card
        let isLikely = random.chance(95)
        let wallet = wallet(books) { !isLikely || $0.status != .closed }
        return (
            .submitTopUp,
            .submitTopUp(
                SubmitTopUp(wallet: wallet, method: method, amount: amount(of: wallet, books), paymentMethod: nil))
        )
    }

    private mutating func settleTopUp(_ books: Books) -> (CommandType, Request) {
        let topUp = earlier(.topUp, books)
        let amount = random.chance(95) ? topUp?.amount ?? amount(books) : amount(books)
        return (
            .settleTopUp,
            .settleTopUp(
                SettleTopUp(
                    topUp: topUp?.id ?? CommandID(high: 0, low: 0), wallet: topUp?.wallet ?? wallet(books),
                    result: random.chance(80) ? .captured : random.chance(60) ? .declined : .expired,
                    amount: amount, line: random.chance(30) ? "7" : nil))
        )
    }

    private mutating func beneficiary(_ id: CommandID, _ books: Books) -> (CommandType, Request) {
        if random.chance(15) {
            let known = books.beneficiaries.values.sorted { $0.id < $1.id }.randomElement(using: &random)
            return (
                .removeBeneficiary,
                .removeBeneficiary(
                    RemoveBeneficiary(
                        beneficiary: known?.id ?? Situation.beneficiary, wallet: known?.wallet ?? wallet(books)))
            )
        }
        if random.chance(50) {
            let rib = random.chance(80) ? Situation.exampleRIB : "00799999002345678900"
            return (
                .addBeneficiary,
                .addBeneficiary(
                    AddBeneficiary(
                        beneficiary: id.reinterpreted(as: BeneficiaryKind.self), wallet: wallet(books), rib: rib,
                        holderName: "Amina"))
            )
        }
        let isLikely = random.chance(70)
        let known = books.beneficiaries.values.filter { !isLikely || $0.verifiedAt == nil }.sorted { $0.id < $1.id }
            .randomElement(using: &random)
        return (
            .verifyBeneficiary,
            .verifyBeneficiary(
                VerifyBeneficiary(
                    beneficiary: known?.id ?? Situation.beneficiary, wallet: known?.wallet ?? wallet(books)))
        )
    }

    private mutating func withdrawal(_ books: Books) -> (CommandType, Request) {
        let isLikely = random.chance(85)
        let known = books.beneficiaries.values.filter { !isLikely || $0.verifiedAt != nil }.sorted { $0.id < $1.id }
            .randomElement(using: &random)
        let wallet = known.map(\.wallet) ?? wallet(books)
        return (
            .submitWithdrawal,
            .submitWithdrawal(
                SubmitWithdrawal(
                    wallet: wallet, beneficiary: known?.id ?? Situation.beneficiary,
                    speed: random.chance(50) ? .standard : .express, amount: amount(of: wallet, books)))
        )
    }

    private mutating func settleWithdrawal(_ books: Books) -> (CommandType, Request) {
        let withdrawal = earlier(.withdrawal, books)
        let (id, wallet) = (withdrawal?.id ?? CommandID(high: 0, low: 0), withdrawal?.wallet ?? wallet(books))
        if random.chance(20) {
            return (.cancelWithdrawal, .cancelWithdrawal(CancelWithdrawal(withdrawal: id, wallet: wallet)))
        }
        if random.chance(8) {
            return (.expireWithdrawal, .expireWithdrawal(ExpireWithdrawal(withdrawal: id, wallet: wallet)))
        }
        let step = SettleWithdrawal.Step.allCases.randomElement(using: &random) ?? .sent
        return (
            .settleWithdrawal, .settleWithdrawal(SettleWithdrawal(withdrawal: id, wallet: wallet, step: step))
        )
    }
}
