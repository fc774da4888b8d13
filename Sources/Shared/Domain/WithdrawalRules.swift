// What an operator decides of withdrawals: when the bank works, which banks there are, how new an account may be.

/// The part of the rules for withdrawals that is configured.
public struct WithdrawalRules: Sendable {
    /// When the bank works, and so when a withdrawal is released and expected.
    public var calendar: BusinessCalendar
    /// The banks to which a withdrawal can be sent.
    public var banks: BankDirectory
    /// How long before an express withdrawal its beneficiary must have been added, in hours (spec/wallet.md §2).
    public var expressBeneficiaryHours: Int64

    public init(
        calendar: BusinessCalendar = BusinessCalendar(), banks: BankDirectory = .standard,
        expressBeneficiaryHours: Int64 = 24
    ) {
        self.calendar = calendar
        self.banks = banks
        self.expressBeneficiaryHours = expressBeneficiaryHours
    }

    public static let standard = WithdrawalRules()

    /// When a withdrawal submitted at a time goes to the bank, and when it is expected at the payee's.
    public func release(for speed: WithdrawalSpeed, at time: Timestamp) -> ReleaseTimes {
        ReleaseTimes(
            at: calendar.releaseTime(for: speed, at: time), expectedBy: calendar.expectedBy(for: speed, at: time))
    }

    /// Whether a beneficiary added at a time is known for long enough.
    func allows(_ speed: WithdrawalSpeed, toBeneficiaryAddedAt addedAt: Timestamp, at time: Timestamp) -> Bool {
        speed == .standard || addedAt.adding(seconds: expressBeneficiaryHours * 3_600) <= time
    }
}

/// When a held withdrawal is sent, decided with it and never changed.
public struct ReleaseTimes: Hashable, Sendable {
    /// Not before this it is handed to the bank.
    public let at: Timestamp
    /// After this it is late.
    public let expectedBy: Timestamp

    public init(at time: Timestamp, expectedBy: Timestamp) {
        at = time
        self.expectedBy = expectedBy
    }
}
