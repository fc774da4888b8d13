// The public holidays of Algeria: those on the same date each year, and the feasts that move.

/// The days on which nobody works, beside Fridays and Saturdays.
///
/// The law is n° 63-278 of 26 July 1963 as amended: by n° 18-12 of 2 July 2018 (Yennayer), and in 2023 (both Aïds have
/// three days instead of two). A holiday that falls on a Friday or Saturday is not moved to another day.
public struct Holidays: Sendable {
    /// Dated entries: the feasts that move, and what a government decrees once.
    private let dated: [Int32: String]

    /// Holidays that have their date in every year: month × 100 + day.
    private static let yearly: [Int: String] = [
        101: "Nouvel An", 112: "Yennayer", 501: "Fête du travail", 705: "Fête de l’indépendance",
        1101: "Fête de la révolution",
    ]

    /// Reads the dated entries, `2027-03-09 Aïd el-Fitr`, one a line in the form of `ListText`. The yearly holidays
    /// need no entry; a day may be both.
    public init(text: String) throws(ListText.Failure) {
        dated = try ListText.read(text, key: Self.day)
    }

    /// The built-in entries, from 2025 to 2028: `standardText`.
    public static let standard: Holidays = {
        do {
            return try Holidays(text: standardText)
        } catch {
            // The text is a constant, and a test reads it.
            preconditionFailure("Holidays.standardText, \(error)")
        }
    }()

    /// The name of the holiday on a day (counted from 1970-01-01), or nil.
    public func name(on day: Int32) -> String? {
        let date = CivilDate(daysSinceEpoch: Int64(day))
        return Self.yearly[date.month * 100 + date.day] ?? dated[day]
    }

    /// The last day that has a dated entry, counted from 1970-01-01; nil without entries. In the years after it the
    /// feasts that move are not known, and would be taken for business days.
    public var lastDatedDay: Int32? { dated.keys.max() }

    /// Reads `YYYY-MM-DD` of a day that the calendar has, in a year from 1970 on.
    private static func day(_ bytes: [UInt8]) -> Int32? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        var number = 0
        for (index, byte) in bytes.enumerated() where index != 4 && index != 7 {
            guard digits ~= byte else { return nil }
            number = number * 10 + Int(byte - digits.lowerBound)
        }
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
        guard year >= 1970, 1...12 ~= month, 1...CivilDate.daysIn(month: month, year: year) ~= day else { return nil }
        return Int32(CivilDate(year: year, month: month, day: day).daysSinceEpoch)
    }
}

extension Holidays {
    /// The feasts that move, in the form that is configured.
    ///
    /// 2025 is as announced by the Ministry of Religious Affairs and the Directorate of the Civil Service. What follows
    /// is the calendar of Umm al-Qura and marked as an estimate: in Algeria the feasts are announced upon the sighting
    /// of the crescent, the day before, and are often a day later (in 2025 Aïd el-Fitr, Awal Moharram, Achoura and
    /// Mawlid were).
    public static let standardText = """
        # Announced.
        2025-03-31 Aïd el-Fitr
        2025-04-01 Aïd el-Fitr, second day
        2025-04-02 Aïd el-Fitr, third day
        2025-06-06 Aïd el-Adha
        2025-06-07 Aïd el-Adha, second day
        2025-06-08 Aïd el-Adha, third day
        2025-06-27 Awal Moharram 1447
        2025-07-06 Achoura
        2025-09-05 Mawlid Ennabaoui
        # Estimated.
        2026-03-20 Aïd el-Fitr (estimated)
        2026-03-21 Aïd el-Fitr, second day (estimated)
        2026-03-22 Aïd el-Fitr, third day (estimated)
        2026-05-27 Aïd el-Adha (estimated)
        2026-05-28 Aïd el-Adha, second day (estimated)
        2026-05-29 Aïd el-Adha, third day (estimated)
        2026-06-16 Awal Moharram 1448 (estimated)
        2026-06-25 Achoura (estimated)
        2026-08-25 Mawlid Ennabaoui (estimated)
        2027-03-09 Aïd el-Fitr (estimated)
        2027-03-10 Aïd el-Fitr, second day (estimated)
        2027-03-11 Aïd el-Fitr, third day (estimated)
        2027-05-16 Aïd el-Adha (estimated)
        2027-05-17 Aïd el-Adha, second day (estimated)
        2027-05-18 Aïd el-Adha, third day (estimated)
        2027-06-06 Awal Moharram 1449 (estimated)
        2027-06-15 Achoura (estimated)
        2027-08-14 Mawlid Ennabaoui (estimated)
        2028-02-26 Aïd el-Fitr (estimated)
        2028-02-27 Aïd el-Fitr, second day (estimated)
        2028-02-28 Aïd el-Fitr, third day (estimated)
        2028-05-05 Aïd el-Adha (estimated)
        2028-05-06 Aïd el-Adha, second day (estimated)
        2028-05-07 Aïd el-Adha, third day (estimated)
        2028-05-25 Awal Moharram 1450 (estimated)
        2028-06-03 Achoura (estimated)
        2028-08-03 Mawlid Ennabaoui (estimated)
        """
}
