// A day of wallet traffic from a seed: a pure function from seed and size to a list of actions.

import Domain

/// How large a day is.
struct DaySize: Hashable, Sendable {
    static let peopleRange = 20...50_000
    static let commandsPerPersonMin = 6
    static let commandsMax = 1_000_000

    var people = 200
    var commands = 3_000

    /// One merchant to so many people.
    var merchants: Int { people / 10 }
}

/// The list of a day's actions: wallets are opened, the morning's top-ups come in, people pay and are paid, and in the
/// evening some of the money leaves for banks. Refusals, repeats and requests that cannot be right are spread over it.
struct Day: Sendable {
    private let size: DaySize
    private var random: SplitMix64
    private var playbook: Playbook
    private var people: [Participant] = []
    private var merchants: [Participant] = []
    private var banks: [(holder: Participant, beneficiary: BeneficiaryID)] = []
    private var unverified: [(holder: Participant, beneficiary: BeneficiaryID)] = []
    private var repeatsLater: [Action] = []
    private var actions: [Action] = []
    private var hadLargeBurst = false
    private var giftsByPhone = 0

    /// Copies of one request once a day; otherwise there are 2 to 5.
    private static let largeBurst = 50
    private static let giftsByPhoneMax = 20

    static func actions(seed: UInt64, size: DaySize = DaySize()) -> [Action] {
        var day = Day(seed: seed, size: size)
        day.play()
        return day.actions
    }

    /// A name for all that a day does.
    static func label(seed: UInt64, size: DaySize) -> String {
        runLabel("day", "\(seed)", "\(size.people)", "\(size.commands)")
    }

    private init(seed: UInt64, size: DaySize) {
        self.size = size
        random = SplitMix64(seed: seed)
        let label = Self.label(seed: seed, size: size)
        playbook = Playbook(label: label)
        people = (1...size.people).map { Participant(label: label, name: "person-\($0)", kind: .person) }
        merchants = (1...size.merchants).map { Participant(label: label, name: "merchant-\($0)", kind: .merchant) }
    }

    private mutating func play() {
        openWallets()
        morning()
        nameBanks()
        let evening = size.people / 3 + size.merchants
        while actions.count + repeatsLater.count + evening < size.commands { daytime() }
        for action in repeatsLater { actions.append(playbook.again(action)) }
        for (holder, beneficiary) in banks.prefix(Scenario.allCases.count) where actions.count < size.commands {
            withdraw(holder, to: beneficiary)
        }
        while actions.count < size.commands { withdrawal() }
    }

    // MARK: - The parts of a day

    private mutating func openWallets() {
        for participant in people + merchants { actions.append(playbook.open(participant)) }
        for number in 1...max(1, size.people / 40) {
            actions.append(
                playbook.open(Participant(label: playbook.label, name: "stranger-\(number)", kind: .stranger)))
            actions.append(playbook.openAgain(random.pick(people)))
        }
    }

    private mutating func morning() {
        for person in people { topUp(person) }
        for _ in 0..<(size.people / 10) { topUp(random.pick(people)) }
    }

    private mutating func nameBanks() {
        // Each way in which the bank can behave is there at least once, and so is a withdrawal to it: see `play`.
        let holders = merchants + people.prefix(size.people / 4)
        for (index, holder) in holders.enumerated() {
            let scenario = index < Scenario.allCases.count ? Scenario.allCases[index] : scenario()
            let (action, beneficiary) = playbook.addBeneficiary(holder, scenario, account: account())
            actions.append(action)
            banks.append((holder, beneficiary))
        }
        for _ in 0..<max(1, size.people / 50) {
            let holder = random.pick(people)
            let (action, beneficiary) = playbook.addBeneficiary(
                holder, .atOnce, account: account(), isVerified: false)
            actions.append(action)
            unverified.append((holder, beneficiary))
            let wrong = Body.beneficiary(
                holder.wallet, rib: BankAccount.ribWithWrongKey(branch: 1, account: account()), holderName: "Holder")
            actions.append(
                playbook.refused(
                    .beneficiaries, by: holder.subject, wrong, .refused(.ribInvalid), touching: [holder.wallet]))
        }
    }

    private enum Happening: Sendable {
        case payment, gift, largeTransfer, topUp, overdraft, fundedTooLate, keyReused, broken, foreignWallet
        case unknownPayee, unknownPayer, sameWallet, foreignCurrency, noKey, burst, repeatLater, overdrawnWithdrawal
    }

    private static let happenings: [(Happening, weight: Int)] = [
        (.payment, 680), (.gift, 150), (.largeTransfer, 20), (.topUp, 50), (.overdraft, 20), (.fundedTooLate, 4),
        (.keyReused, 8), (.broken, 16), (.foreignWallet, 8), (.unknownPayee, 4), (.unknownPayer, 3), (.sameWallet, 4),
        (.foreignCurrency, 4), (.noKey, 3), (.burst, 30), (.repeatLater, 20), (.overdrawnWithdrawal, 3),
    ]

    private mutating func daytime() {
        switch random.pick(weighted: Self.happenings) {
        case .payment: pay(random.pick(merchants), median: 900_00, spread: 0.9)
        case .gift: gift()
        case .largeTransfer: largeTransfer()
        case .topUp: topUp(random.pick(people))
        case .overdraft: _ = overdraft()
        case .fundedTooLate: fundedTooLate()
        case .keyReused: keyReused()
        case .broken: broken()
        case .foreignWallet: foreignWallet()
        case .unknownPayee: unknownPayee()
        case .unknownPayer: unknownPayer()
        case .sameWallet: sameWallet()
        case .foreignCurrency: foreignCurrency()
        case .noKey: noKey()
        case .burst: burst()
        case .repeatLater: repeatLater()
        case .overdrawnWithdrawal: overdrawnWithdrawal()
        }
    }

    // MARK: - Money that moves

    private mutating func topUp(_ person: Participant) {
        let method = random.pick(weighted: [
            (TopUpMethod.card, weight: 50), (TopUpMethod.mobile, weight: 30), (TopUpMethod.bankTransfer, weight: 20),
        ])
        let amount = wholeDinars(random.amount(median: 15_000_00, spread: 0.6))
        let scenario = method == .bankTransfer ? nil : scenario()
        actions.append(playbook.topUp(person, method, amount, scenario))
    }

    /// Somebody pays what they can afford; who cannot pay anything tops up instead.
    @discardableResult
    private mutating func pay(_ payee: Participant, median: Int64, spread: Double) -> Action? {
        let payer = person(otherThan: payee)
        let affordable = playbook.books.balance(of: payer.wallet) - Books.transferFee
        guard affordable >= 50_00 else {
            topUp(payer)
            return nil
        }
        let amount = min(random.amount(median: median, spread: spread), affordable)
        guard payee.kind == .merchant else {
            let action = playbook.transfer(from: payer, to: payee, amount)
            actions.append(action)
            return action
        }
        let action = playbook.pay(payee, from: payer, amount)
        actions.append(action)
        if random.below(100) < 4 { refund(action, amount, payee, payer) }
        return action
    }

    /// Gives a payment back: in two parts, now and then with a third that is too much.
    private mutating func refund(_ action: Action, _ amount: Int64, _ merchant: Participant, _ payer: Participant) {
        guard let payment = action.request.commandID else { return }
        for part in [amount / 3, amount - amount / 3, random.below(4) == 0 ? 1 : 0] where part > 0 {
            actions.append(playbook.refund(payment, from: merchant, to: payer, part))
        }
    }

    /// To a person: the first of the day by phone, and no more than one caller may look up in a minute.
    private mutating func gift() {
        let payee = random.pick(people)
        let payer = person(otherThan: payee)
        let amount = min(
            random.amount(median: 1_500_00, spread: 0.7), playbook.books.balance(of: payer.wallet) - Books.transferFee)
        guard amount >= 50_00, giftsByPhone < Self.giftsByPhoneMax else {
            pay(payee, median: 1_500_00, spread: 0.7)
            return
        }
        giftsByPhone += 1
        actions.append(playbook.transferByPhone(from: payer, to: payee, amount))
    }

    /// A salary from a merchant who took enough, else a large part of what a person has.
    private mutating func largeTransfer() {
        let merchant = random.pick(merchants)
        let payer = playbook.books.balance(of: merchant.wallet) > 40_000_00 ? merchant : random.pick(people)
        let payee = person(otherThan: payer)
        let affordable = playbook.books.balance(of: payer.wallet) - Books.transferFee
        guard affordable >= 50_00 else { return topUp(payee) }
        actions.append(playbook.transfer(from: payer, to: payee, affordable - affordable / 4))
    }

    private mutating func withdrawal() {
        let kinds: [(Int, weight: Int)] = [(0, weight: 90), (1, weight: 5), (2, weight: 5)]
        switch random.pick(weighted: kinds) {
        case 0:
            let (holder, beneficiary) = random.pick(banks)
            withdraw(holder, to: beneficiary)
        case 1:
            let (holder, beneficiary) = random.pick(unverified)
            actions.append(playbook.withdraw(holder, to: beneficiary, .standard, 100_00))
        default: overdrawnWithdrawal()
        }
    }

    /// About half of what there is.
    private mutating func withdraw(_ holder: Participant, to beneficiary: BeneficiaryID) {
        let speed: WithdrawalSpeed = random.chance(percent: 30) ? .express : .standard
        let fee = speed == .express ? Books.expressFee : 0
        let affordable = playbook.books.balance(of: holder.wallet) - fee
        guard affordable >= 100_00 else { return overdrawnWithdrawal() }
        actions.append(playbook.withdraw(holder, to: beneficiary, speed, wholeDinars(affordable / 2)))
    }

    // MARK: - Repeats

    /// One request sent several times at once, as an impatient client does it.
    private mutating func burst() {
        guard pay(random.pick(people), median: 700_00, spread: 0.5) != nil else { return }
        actions[actions.count - 1].copies = hadLargeBurst ? 2 + random.below(4) : Self.largeBurst
        hadLargeBurst = true
    }

    /// The same request once more in the evening.
    private mutating func repeatLater() {
        guard let action = pay(random.pick(merchants), median: 500_00, spread: 0.6) else { return }
        repeatsLater.append(action)
    }

    /// Refused for want of funds, funded, and sent again under the same key: it stays refused.
    private mutating func fundedTooLate() {
        let (refused, payer) = overdraft()
        actions.append(playbook.topUp(payer, .bankTransfer, 60_000_00, nil))
        actions.append(playbook.again(refused))
    }

    private mutating func keyReused() {
        let payee = random.pick(merchants)
        let payer = person(otherThan: payee)
        let transfer = playbook.transfer(from: payer, to: payee, 120_00)
        actions.append(transfer)
        actions.append(playbook.reuseKey(of: transfer, from: payer, to: payee, 121_00))
    }

    // MARK: - Refusals

    private mutating func overdraft() -> (Action, Participant) {
        let payer = random.pick(people)
        let amount = playbook.books.balance(of: payer.wallet) + 1 + Int64(random.below(50_000_00))
        let action = playbook.transfer(from: payer, to: random.pick(merchants), amount)
        actions.append(action)
        return (action, payer)
    }

    private mutating func overdrawnWithdrawal() {
        let (holder, beneficiary) = random.pick(banks)
        let amount = playbook.books.balance(of: holder.wallet) + 100_00
        actions.append(playbook.withdraw(holder, to: beneficiary, .standard, amount))
    }

    private mutating func broken() {
        let (payer, payee) = (random.pick(people), random.pick(merchants))
        let broken = random.pick(BrokenTransfer.allCases)
        refuse(payer, broken.body(from: payer.wallet, to: payee.wallet), .refused(broken.code), [payer, payee])
    }

    private mutating func foreignWallet() {
        let victim = random.pick(people)
        let thief = person(otherThan: victim)
        refuse(
            thief, Body.transfer(from: victim.wallet, to: thief.wallet, 100_00), .refused(.notPermitted),
            [victim, thief])
    }

    private mutating func unknownPayee() {
        let payer = random.pick(people)
        let nobody = Participant(label: playbook.label, name: "nobody", kind: .person)
        refuse(payer, Body.transfer(from: payer.wallet, to: nobody.wallet, 100_00), .refused(.payeeNotFound), [payer])
    }

    private mutating func unknownPayer() {
        let payee = random.pick(merchants)
        let nobody = Participant(label: playbook.label, name: "nobody", kind: .person)
        refuse(nobody, Body.transfer(from: nobody.wallet, to: payee.wallet, 100_00), .refused(.walletNotFound), [payee])
    }

    private mutating func sameWallet() {
        let payer = random.pick(people)
        actions.append(playbook.transfer(from: payer, to: payer, 100_00))
    }

    private mutating func foreignCurrency() {
        let (payer, payee) = (random.pick(people), random.pick(merchants))
        refuse(
            payer, Body.transfer(from: payer.wallet, to: payee.wallet, 100_00, .eur), .refused(.currencyMismatch),
            [payer, payee])
    }

    private mutating func noKey() {
        let (payer, payee) = (random.pick(people), random.pick(merchants))
        let body = Body.transfer(from: payer.wallet, to: payee.wallet, 100_00)
        refuse(payer, body, .refused(400, "IDEMPOTENCY_KEY_MISSING"), [payer, payee], hasKey: false)
    }

    private mutating func refuse(
        _ caller: Participant, _ body: [UInt8], _ prediction: Prediction, _ touched: [Participant], hasKey: Bool = true
    ) {
        actions.append(
            playbook.refused(
                .transfers, by: caller.subject, body, prediction, touching: touched.map(\.wallet), hasKey: hasKey))
    }

    // MARK: - Draws

    /// Without lost answers: of those the banks have one, and its withdrawal.
    private mutating func scenario() -> Scenario {
        random.pick(weighted: [
            (.atOnce, weight: 80), (.late, weight: 4), (.twice, weight: 4), (.refused, weight: 4),
            (.callback, weight: 2), (.callbackFirst, weight: 2), (.callbackTwice, weight: 1), (.wrongOrder, weight: 1),
            (.wrongSignature, weight: 1), (.slow, weight: 1),
        ])
    }

    private mutating func account() -> UInt64 { UInt64(random.below(10_000_000_000)) }

    private mutating func person(otherThan other: Participant) -> Participant {
        while true {
            let person = random.pick(people)
            if person != other { return person }
        }
    }

    private func wholeDinars(_ amount: Int64) -> Int64 { max(1_00, amount / 1_00 * 1_00) }
}
