// When the bank works, and when a held withdrawal is sent to it.

/// A time of day in Algiers, to the minute.
public struct TimeOfDay: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Minutes since midnight, 0 to 1439.
    public let minutes: Int64

    /// Reads `HH:MM`, 00:00 to 23:59; anything else is nil.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        var digits: [Int64] = []
        for index in [0, 1, 3, 4] {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[index] else { return nil }
            digits.append(Int64(bytes[index] - UInt8(ascii: "0")))
        }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hour < 24, minute < 60 else { return nil }
        minutes = hour * 60 + minute
    }

    fileprivate init(minutes: Int64) { self.minutes = minutes }

    public static func < (left: Self, right: Self) -> Bool { left.minutes < right.minutes }

    /// `14:00`.
    public var description: String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}

/// The part of a business day in which the bank takes withdrawals and sends them on the same day.
public struct BankingHours: Hashable, Sendable {
    /// From this time on.
    public let opening: TimeOfDay
    /// Up to this time and not at it.
    public let cutOff: TimeOfDay

    /// - Returns: nil unless the opening is before the cut-off.
    public init?(opening: TimeOfDay, cutOff: TimeOfDay) {
        guard opening < cutOff else { return nil }
        self.init(from: opening, to: cutOff)
    }

    private init(from opening: TimeOfDay, to cutOff: TimeOfDay) {
        self.opening = opening
        self.cutOff = cutOff
    }

    /// 08:00 to 14:00 (spec/wallet.md §2 names the cut-off).
    public static let standard = BankingHours(from: TimeOfDay(minutes: 8 * 60), to: TimeOfDay(minutes: 14 * 60))
}

/// The days on which Algerian banks work, Sunday to Thursday without public holidays, and what follows for withdrawals.
///
/// A day is a number: days since 1970-01-01, in Algiers, as `Timestamp.dayInAlgiers`.
public struct BusinessCalendar: Sendable {
    public let holidays: Holidays
    public let hours: BankingHours

    /// The business days within which a standard withdrawal arrives, counted from the day of its submission.
    public static let standardBusinessDaysMax = 3

    public init(holidays: Holidays = .standard, hours: BankingHours = .standard) {
        self.holidays = holidays
        self.hours = hours
    }

    /// Whether banks work on a day.
    public func isBusinessDay(_ day: Int32) -> Bool {
        // 1970-01-01 was a Thursday: of the seven days from one, the second and third are Friday and Saturday.
        let weekday = (day % 7 + 7) % 7
        return weekday != 1 && weekday != 2 && holidays.name(on: day) == nil
    }

    /// A day itself when it is a business day, or else the first one after it.
    public func nextBusinessDay(onOrAfter day: Int32) -> Int32 {
        // It ends: a list of holidays has `ListText.linesMax` lines and no week is without a Sunday.
        var day = day
        while !isBusinessDay(day) { day += 1 }
        return day
    }

    /// The business day that is so many after a day. The day itself counts for nothing, whatever it is: one business
    /// day after a Wednesday is Thursday, after a Friday Sunday.
    ///
    /// - Parameter count: not negative; 0 is `nextBusinessDay(onOrAfter:)`.
    public func adding(businessDays count: Int, to day: Int32) -> Int32 {
        precondition(count >= 0, "business days are counted forward")
        guard count > 0 else { return nextBusinessDay(onOrAfter: day) }
        return (0..<count).reduce(day) { reached, _ in nextBusinessDay(onOrAfter: reached + 1) }
    }

    /// When a withdrawal submitted at a time is sent to the bank.
    ///
    /// Express: at once within the banking hours of a business day, or else at their next beginning. Standard: at the
    /// opening of the next business day after the one of its submission. Never before `time`, always on a business day,
    /// and what was submitted earlier is never released later.
    public func releaseTime(for speed: WithdrawalSpeed, at time: Timestamp) -> Timestamp {
        let today = time.dayInAlgiers
        switch speed {
        case .standard:
            return opening(of: nextBusinessDay(onOrAfter: today + 1))
        case .express:
            guard isBusinessDay(today), time < at(hours.cutOff, on: today) else {
                return opening(of: nextBusinessDay(onOrAfter: today + 1))
            }
            return max(time, opening(of: today))
        }
    }

    /// The last day on which a withdrawal submitted at a time is expected at the payee's bank: for express the day of
    /// its release, for standard the third business day after the day of its submission.
    public func lastExpectedDay(for speed: WithdrawalSpeed, at time: Timestamp) -> Int32 {
        switch speed {
        case .standard: adding(businessDays: Self.standardBusinessDaysMax, to: time.dayInAlgiers)
        case .express: releaseTime(for: .express, at: time).dayInAlgiers
        }
    }

    /// The end of `lastExpectedDay`: the midnight in Algiers after it. A withdrawal that is not confirmed then is late.
    public func expectedBy(for speed: WithdrawalSpeed, at time: Timestamp) -> Timestamp {
        Self.midnight(beginning: lastExpectedDay(for: speed, at: time) + 1)
    }

    /// Whether a withdrawal submitted at a time is expected on the same day: express on a business day before the
    /// cut-off.
    public func arrivesOnTheSameDay(_ speed: WithdrawalSpeed, at time: Timestamp) -> Bool {
        lastExpectedDay(for: speed, at: time) == time.dayInAlgiers
    }

    private func opening(of day: Int32) -> Timestamp { at(hours.opening, on: day) }

    private func at(_ timeOfDay: TimeOfDay, on day: Int32) -> Timestamp {
        Self.midnight(beginning: day).adding(seconds: timeOfDay.minutes * 60)
    }

    /// The midnight in Algiers, UTC+1 all year, with which a day begins.
    private static func midnight(beginning day: Int32) -> Timestamp {
        Timestamp(microseconds: 0).adding(seconds: Int64(day) * 86_400 - 3_600)
    }
}
