// What an owner may send out in a day and in a month, by a table with a start date, and what was sent already.

/// The limits in force from a point in time; an outcome records the version that was applied.
public struct LimitTable: VersionedTable, Hashable {
    /// The most that may go out in a calendar day and in a calendar month of Algiers, in minor units of
    /// `LimitTable.currency`; nil for as much as there is.
    public struct Figures: Hashable, Sendable {
        public let daily: Int64?
        public let monthly: Int64?

        public init(daily: Int64?, monthly: Int64?) {
            self.daily = daily
            self.monthly = monthly
        }
    }

    public let version: Int16
    public let validFrom: Timestamp
    public let levelOne: Figures
    public let levelTwo: Figures
    /// What nothing else was agreed on for.
    public let levelThree: Figures

    /// What the figures are in. An amount in another currency has no measure here, and passes only where nothing is
    /// limited.
    public static let currency = Currency.dzd

    public init(
        version: Int16, validFrom: Timestamp, levelOne: Figures, levelTwo: Figures, levelThree: Figures
    ) {
        self.version = version
        self.validFrom = validFrom
        self.levelOne = levelOne
        self.levelTwo = levelTwo
        self.levelThree = levelThree
    }

    /// spec/wallet.md §3: level 1 50,000 and 300,000 DZD; level 2 500,000 and 10,000,000 DZD. Level 3 is negotiated, and
    /// as long as nothing is, it is held to what level 2 may.
    public static let standard = LimitTable(
        version: 1, validFrom: Timestamp(microseconds: 0),
        levelOne: Figures(daily: 50_000_00, monthly: 300_000_00),
        levelTwo: Figures(daily: 500_000_00, monthly: 10_000_000_00),
        levelThree: Figures(daily: 500_000_00, monthly: 10_000_000_00))

    /// The figures of a KYC level: below level 1 nothing goes out.
    public func figures(ofLevel level: Int16) -> Figures {
        switch level {
        case ...0: Figures(daily: 0, monthly: 0)
        case 1: levelOne
        case 2: levelTwo
        default: levelThree
        }
    }
}

public typealias LimitSchedule = TableSchedule<LimitTable>

extension TableSchedule<LimitTable> {
    public static var standard: Self { Self(first: .standard) }
}

/// What went out of all of an owner's wallets in a calendar day of Algiers, and in that day's month, in minor units of
/// `LimitTable.currency`.
public struct Spending: Hashable, Sendable {
    /// Counted from 1970-01-01, as `Timestamp.dayInAlgiers`; 0 before the first.
    public let day: Int32
    public let inDay: Int64
    public let inMonth: Int64

    public static let none = Spending(day: 0, inDay: 0, inMonth: 0)

    public init(day: Int32, inDay: Int64, inMonth: Int64) {
        self.day = day
        self.inDay = inDay
        self.inMonth = inMonth
    }

    /// What counts on a day. A day that was begun counts on even should the clock have gone back since.
    public func on(_ day: Int32) -> Spending {
        if day <= self.day { return self }
        let isSameMonth = Timestamp.monthInAlgiers(ofDay: day) == Timestamp.monthInAlgiers(ofDay: self.day)
        return Spending(day: day, inDay: 0, inMonth: isSameMonth ? inMonth : 0)
    }

    /// The same with an amount more; nil when that does not fit.
    func adding(_ amount: Int64) -> Spending? {
        let (inDay, isTooMuchForDay) = self.inDay.addingReportingOverflow(amount)
        let (inMonth, isTooMuchForMonth) = self.inMonth.addingReportingOverflow(amount)
        if isTooMuchForDay || isTooMuchForMonth { return nil }
        return Spending(day: day, inDay: inDay, inMonth: inMonth)
    }

    /// The same without an amount that was taken on a day: of that day and its month, should they still count, and of no
    /// others.
    func givingBack(_ amount: Int64, takenOn day: Int32) -> Spending {
        guard Timestamp.monthInAlgiers(ofDay: day) == Timestamp.monthInAlgiers(ofDay: self.day) else { return self }
        let (inDay, inMonth) = (day == self.day ? self.inDay - amount : self.inDay, self.inMonth - amount)
        precondition(inDay >= 0 && inMonth >= 0, "more was given back than was taken")
        return Spending(day: self.day, inDay: inDay, inMonth: inMonth)
    }
}

/// Which limits were applied to a command, and of which day's count it took or gave back.
public struct LimitUse: Hashable, Sendable {
    /// Of the table.
    public let version: Int16
    /// The day, and with it the month, whose count its amount changed; nil when it changed none.
    public let day: Int32?

    public init(version: Int16, day: Int32? = nil) {
        self.version = version
        self.day = day
    }

    /// The same limits, of which nothing is taken or given back.
    var applied: LimitUse { LimitUse(version: version) }
}

// MARK: - Check 6

extension Judge {
    /// What a command takes of its owner's limits, once it is done.
    struct Allowance {
        let use: LimitUse
        /// Nil when nothing is counted.
        fileprivate let spending: Spending?
    }

    /// Check 6: whether an amount, without its fee, still fits into the day and the month of the owner whose money it is,
    /// over all of its wallets. Nothing is taken yet.
    ///
    /// - Parameter owner: as the batch has made it so far.
    func allowance(for amount: Money, of owner: Owner, field: String) throws(Refusal) -> Allowance {
        let figures = limits.figures(ofLevel: owner.verification.effectiveLevel(at: context.time))
        let use = LimitUse(version: limits.version)
        guard amount.currency == LimitTable.currency else {
            if figures.daily != nil { throw Refusal(.limitDaily, field: field, limit: use) }
            if figures.monthly != nil { throw Refusal(.limitMonthly, field: field, limit: use) }
            return Allowance(use: use, spending: nil)
        }
        let before = owner.spending.on(context.time.dayInAlgiers)
        if let daily = figures.daily, exceeds(daily, before.inDay, amount) {
            throw Refusal(.limitDaily, field: field, limit: use)
        }
        if let monthly = figures.monthly, exceeds(monthly, before.inMonth, amount) {
            throw Refusal(.limitMonthly, field: field, limit: use)
        }
        guard let after = before.adding(amount.minorUnits) else {
            throw Refusal(.amountOutOfRange, field: field, limit: use)
        }
        return Allowance(use: LimitUse(version: limits.version, day: after.day), spending: after)
    }

    private func exceeds(_ limit: Int64, _ spent: Int64, _ amount: Money) -> Bool {
        let (total, overflow) = spent.addingReportingOverflow(amount.minorUnits)
        return overflow || total > limit
    }

    /// Counts what was allowed, in the transaction that holds or moves the money.
    ///
    /// - Parameter owner: as the batch has made it so far.
    mutating func take(_ allowance: Allowance, of owner: Owner) {
        var owner = owner
        if let spending = allowance.spending { owner.spending = spending }
        state.change(owner)
    }

    /// Gives back what a withdrawal took that did not go out, or came back.
    mutating func giveBackLimits(of withdrawal: Movement) {
        guard let day = withdrawal.limit?.day else { return }
        guard let wallet = state.wallet(withdrawal.wallet), var owner = state.owners[wallet.owner] else {
            preconditionFailure("a withdrawal is given back without its owner")
        }
        let spending = owner.spending.givingBack(withdrawal.amount.minorUnits, takenOn: day)
        if spending == owner.spending { return }
        owner.spending = spending
        state.change(owner)
    }
}
