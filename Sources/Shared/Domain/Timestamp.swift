// A point in time as PostgreSQL keeps it, its RFC 3339 form, and the calendar of Algiers.

/// Microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// This time and so many seconds more; held at the ends of the range rather than wrapping.
    public func adding(seconds: Int64) -> Timestamp {
        let (added, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isTooFar) = microseconds.addingReportingOverflow(added)
        return Timestamp(microseconds: isTooLong || isTooFar ? (seconds > 0 ? .max : .min) : sum)
    }

    /// The month in UTC as `year × 100 + month`: the partition an outcome belongs to.
    public var period: Int32 {
        let date = CivilDate(daysSinceEpoch: microseconds.flooringDivision(by: 86_400_000_000))
        return Int32(date.year * 100 + date.month)
    }

    /// The day in Algiers, counted from 1970-01-01. Algeria has kept UTC+1 all year since 1981.
    public var dayInAlgiers: Int32 {
        Int32((microseconds + 3_600_000_000).flooringDivision(by: 86_400_000_000))
    }

    /// The month in Algiers as `year × 100 + month`.
    public var monthInAlgiers: Int32 { Self.monthInAlgiers(ofDay: dayInAlgiers) }

    /// The month of a day in Algiers that is counted from 1970-01-01, as `year × 100 + month`.
    public static func monthInAlgiers(ofDay day: Int32) -> Int32 {
        let date = CivilDate(daysSinceEpoch: Int64(day))
        return Int32(date.year * 100 + date.month)
    }

    /// When a day in Algiers begins that is counted from 1970-01-01.
    public static func beginning(ofDayInAlgiers day: Int32) -> Timestamp {
        Timestamp(microseconds: Int64(day) * 86_400_000_000 - 3_600_000_000)
    }

    /// When the month in Algiers begins that follows a day's.
    public static func beginning(ofMonthInAlgiersAfterDay day: Int32) -> Timestamp {
        let date = CivilDate(daysSinceEpoch: Int64(day))
        let isLast = date.month == 12
        let first = CivilDate(year: isLast ? date.year + 1 : date.year, month: isLast ? 1 : date.month + 1, day: 1)
        return Timestamp(microseconds: first.daysSinceEpoch * 86_400_000_000 - 3_600_000_000)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with microseconds: `2026-11-22T18:39:14.123456Z`.
    public var description: String {
        var bytes: [UInt8] = []
        appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 27 bytes of the RFC 3339 form.
    public func appendRFC3339(to bytes: inout [UInt8]) {
        let day = microseconds.flooringDivision(by: 86_400_000_000)
        let rest = microseconds - day * 86_400_000_000
        let date = CivilDate(daysSinceEpoch: day)
        let seconds = rest / 1_000_000
        appendDigits(Int64(date.year), 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(Int64(date.month), 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(Int64(date.day), 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendDigits(seconds / 3600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(seconds / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(seconds % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        appendDigits(rest % 1_000_000, 6, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Reads RFC 3339 in UTC, with `Z` and zero to six digits of a second; anything else is nil.
    public init?(rfc3339 text: String) {
        self.init(rfc3339: Array(text.utf8))
    }

    public init?(rfc3339 bytes: [UInt8]) {
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            1...12 ~= month, 1...CivilDate.daysIn(month: Int(month), year: Int(year)) ~= Int(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 20 {
            let digits = bytes[20..<(bytes.count - 1)]
            guard bytes[19] == UInt8(ascii: "."), 1...6 ~= digits.count, let value = number(digits) else { return nil }
            fraction = value
            for _ in digits.count..<6 { fraction *= 10 }
        }
        let days = CivilDate(year: Int(year), month: Int(month), day: Int(day)).daysSinceEpoch
        self.init(microseconds: ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction)
    }
}

/// A date of the Gregorian calendar, without a zone.
public struct CivilDate: Hashable, Sendable {
    public let year: Int
    public let month: Int
    public let day: Int

    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date so many days after 1970-01-01. Years are counted from March, so that the leap day is the last of one
    /// and the months before it have a fixed pattern of lengths: 153 days in every five.
    public init(daysSinceEpoch: Int64) {
        let days = daysSinceEpoch + 719_468
        let era = days.flooringDivision(by: 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    public var daysSinceEpoch: Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = shifted.flooringDivision(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity, for a divisor above 0.
    func flooringDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

private func appendDigits(_ value: Int64, _ count: Int, to bytes: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<count { divisor *= 10 }
    while divisor > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
        divisor /= 10
    }
}

private func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
        value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return value
}
