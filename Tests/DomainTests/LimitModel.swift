// The limits of spec/wallet.md §3 worked out a second time, from the outcomes alone and by dates as people write them.

import Domain

/// What every outcome may have sent out, given those before it.
struct LimitModel {
    /// Level 1 with room for a busy day and not for two, level 2 with more, level 3 without; less from February on.
    static let schedule = LimitSchedule(
        first: LimitTable(
            version: 4, validFrom: Timestamp(microseconds: 0),
            levelOne: LimitTable.Figures(daily: 150_000_00, monthly: 400_000_00),
            levelTwo: LimitTable.Figures(daily: 500_000_00, monthly: 1_000_000_00),
            levelThree: LimitTable.Figures(daily: nil, monthly: nil)),
        later: [
            LimitTable(
                version: 5, validFrom: Timestamp(rfc3339: "2027-01-31T23:00:00Z") ?? Timestamp(microseconds: .max),
                levelOne: LimitTable.Figures(daily: 120_000_00, monthly: 300_000_00),
                levelTwo: LimitTable.Figures(daily: 400_000_00, monthly: 900_000_00),
                levelThree: LimitTable.Figures(daily: nil, monthly: 900_000_00))
        ])

    /// What went out, by owner and by the date in Algiers: `2026-11-30`.
    private var days: [OwnerID: [String: Int64]] = [:]
    private var holds: [CommandID: (date: String, amount: Int64)] = [:]

    /// The date in Algiers, an hour ahead of UTC.
    private static func date(_ time: Timestamp) -> String { String(time.adding(seconds: 3_600).description.prefix(10)) }

    /// The daily and the monthly figure of an owner at a time.
    private static func figures(_ owner: Owner, _ time: Timestamp) -> (version: Int16, daily: Int64?, monthly: Int64?) {
        let (isLater, known) = (date(time) >= "2027-02-01", owner.verification)
        let level = time < known.expiresAt ? known.level : time < known.levelOneExpiresAt ? min(known.level, 1) : 0
        return switch (level, isLater) {
        case (1, false): (4, 150_000_00, 400_000_00)
        case (1, true): (5, 120_000_00, 300_000_00)
        case (2, false): (4, 500_000_00, 1_000_000_00)
        case (2, true): (5, 400_000_00, 900_000_00)
        case (3, false): (4, nil, nil)
        case (3, true): (5, nil, 900_000_00)
        default: (isLater ? 5 : 4, 0, 0)
        }
    }

    private func spent(_ owner: OwnerID, _ date: String) -> (inDay: Int64, inMonth: Int64) {
        let days = days[owner, default: [:]]
        let month = days.filter { $0.key.hasPrefix(date.prefix(7)) }.values.reduce(0, +)
        return (days[date, default: 0], month)
    }

    /// Takes in one outcome, of which the books are those after its batch.
    ///
    /// - Returns: what is wrong with it; nil when nothing is.
    mutating func fault(of told: Books.Told, _ request: Request?, _ books: Books) -> String? {
        guard let wallet = told.wallet, let owner = books.wallets[wallet].flatMap({ books.owners[$0.owner] }) else {
            return nil
        }
        let date = Self.date(told.time)
        let (version, daily, monthly) = Self.figures(owner, told.time)
        let amount = told.amount?.minorUnits ?? 0
        switch told.transition {
        case .transferCompleted, .paymentCompleted, .withdrawalHeld:
            if told.amount?.currency != .dzd {
                return daily == nil && monthly == nil && told.limit == LimitUse(version: version)
                    ? nil : "\(told.position) sends out what cannot be measured"
            }
            days[owner.id, default: [:]][date, default: 0] += amount
            if told.transition == .withdrawalHeld { holds[told.command] = (date, amount) }
            let (inDay, inMonth) = spent(owner.id, date)
            guard inDay <= daily ?? .max, inMonth <= monthly ?? .max else {
                return "\(told.position) makes \(inDay) in a day and \(inMonth) in a month"
            }
            return told.limit?.version == version ? nil : "\(told.position) tells the limits \(told.limit as Any)"
        case .withdrawalReturned, .withdrawalCancelled, .withdrawalExpired:
            guard let hold = holds.removeValue(forKey: told.subject) else { return nil }
            days[owner.id, default: [:]][hold.date, default: 0] -= hold.amount
            return nil
        default: return refusalFault(told, request, owner, date, (daily, monthly))
        }
    }

    /// What is sent out, where a command says it by itself.
    private static func outgoing(_ request: Request?) -> Money? {
        switch request {
        case .submitTransfer(let transfer): transfer.amount
        case .submitPayment(let payment): payment.amount
        case .submitWithdrawal(let withdrawal): withdrawal.amount
        default: nil
        }
    }

    /// What is refused for a limit does not fit into it; what is refused for what is looked at later does.
    private func refusalFault(
        _ told: Books.Told, _ request: Request?, _ owner: Owner, _ date: String,
        _ limits: (daily: Int64?, monthly: Int64?)
    ) -> String? {
        guard let amount = Self.outgoing(request), amount.currency == .dzd else { return nil }
        let (inDay, inMonth) = spent(owner.id, date)
        let fitsDay = inDay + amount.minorUnits <= limits.daily ?? .max
        let fitsMonth = inMonth + amount.minorUnits <= limits.monthly ?? .max
        let isRight =
            switch told.code {
            case .limitDaily: !fitsDay
            case .limitMonthly: fitsDay && !fitsMonth
            case .insufficientFunds: fitsDay && fitsMonth
            default: true
            }
        return isRight ? nil : "\(told.position) is refused with \(told.code.name) after \(inDay) and \(inMonth)"
    }

    /// What is wrong with the owners' counts.
    func faults(of books: Books) -> [String] {
        let date = Self.date(books.time)
        return books.owners.values.compactMap { owner in
            let (expected, found) = (spent(owner.id, date), owner.spending.on(books.time.dayInAlgiers))
            return expected == (found.inDay, found.inMonth) ? nil : "owner \(owner.id) counts \(found), not \(expected)"
        }
    }
}

extension LimitTable {
    /// Nobody is limited; what goes out is counted all the same.
    static let unlimited = LimitTable(
        version: 1, validFrom: Timestamp(microseconds: 0), levelOne: Figures(daily: nil, monthly: nil),
        levelTwo: Figures(daily: nil, monthly: nil), levelThree: Figures(daily: nil, monthly: nil))
}
