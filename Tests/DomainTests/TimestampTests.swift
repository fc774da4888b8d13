// Times as RFC 3339 writes them, the Gregorian calendar, and the days and months of Algiers.

import Domain
import Testing

@Suite("Times")
struct TimestampTests {
    /// The first microsecond of year 0 and the last of year 9999.
    private static let written: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    @Test("what is written is read back, for any time of four-digit years", arguments: [UInt64(1), 2, 3])
    func roundTrip(seed: UInt64) {
        var random = Seeded(seed)
        var lost: [Int64] = []
        for _ in 0..<5_000 {
            let time = Timestamp(microseconds: Int64.random(in: Self.written, using: &random))
            if time.description.utf8.count != 27 || Timestamp(rfc3339: time.description) != time {
                lost.append(time.microseconds)
            }
        }
        #expect(lost.isEmpty)
    }

    @Test("the ends of the written range are written as they are")
    func ends() {
        #expect(Timestamp(microseconds: Self.written.lowerBound).description == "0000-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: Self.written.upperBound).description == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
    }

    @Test(
        "known times have their known numbers",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00Z", 951_825_600_000_000),
            ("2038-01-19T03:14:08Z", 2_147_483_648_000_000), ("2026-11-22T18:39:14.123456Z", 1_795_372_754_123_456),
            ("1969-12-31T23:59:59.9Z", -100_000), ("2024-02-29T00:00:00.000001Z", 1_709_164_800_000_001),
        ] as [(String, Int64)])
    func known(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "what is not RFC 3339 in UTC is not read",
        arguments: [
            "", "2026-11-22", "2026-11-22T18:39:14", "2026-11-22T18:39:14+00:00", "2026-11-22T18:39:14+01:00",
            "2026-11-22 18:39:14Z", "2026-11-22T18:39:14.Z", "2026-11-22T18:39:14.1234567Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-22T24:00:00Z",
            "2026-11-22T18:60:00Z", "2026-11-22T18:39:61Z", "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
            "26-11-22T18:39:14Z", "2026-11-22T18:39:14,5Z", "2026-11-22T18:39:1aZ", "+026-11-22T18:39:14Z",
            "2026-1١-22T18:39:14Z", "2026-11-22T18:39:14Z ", " 2026-11-22T18:39:14Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("a century is a leap year only when 400 divides it", arguments: [(1900, false), (2000, true), (2400, true)])
    func leapYears(year: Int, isLeap: Bool) {
        #expect((Timestamp(rfc3339: "\(year)-02-29T00:00:00Z") != nil) == isLeap)
    }

    @Test("the calendar counts each day from 1800 to 2200 as a calendar on the wall does")
    func calendar() {
        var day = CivilDate(year: 1800, month: 1, day: 1).daysSinceEpoch
        #expect(day == -62_091)
        var wrong: [CivilDate] = []
        for year in 1800...2200 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in lengths.enumerated() {
                for dayOfMonth in 1...length {
                    let date = CivilDate(year: year, month: month + 1, day: dayOfMonth)
                    if CivilDate(daysSinceEpoch: day) != date || date.daysSinceEpoch != day { wrong.append(date) }
                    day += 1
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("a time far away is held at the end of the range rather than wrapped")
    func adding() {
        let time = Timestamp(microseconds: 5)
        #expect(time.adding(seconds: 2).microseconds == 2_000_005)
        #expect(time.adding(seconds: -1).microseconds == -999_995)
        #expect(time.adding(seconds: .max).microseconds == .max)
        #expect(time.adding(seconds: .min).microseconds == .min)
        #expect(time.adding(seconds: 20_000_000_000_000).microseconds == .max)
        #expect(Timestamp(microseconds: .max).adding(seconds: 1).microseconds == .max)
        #expect(Timestamp(microseconds: .min).adding(seconds: -1).microseconds == .min)
    }
}

@Suite("Algiers")
struct AlgiersTests {
    @Test(
        "a day in Algiers begins at 23:00 UTC, summer and winter",
        arguments: [
            ("2026-11-21T22:59:59.999999Z", "2026-11-21"), ("2026-11-21T23:00:00Z", "2026-11-22"),
            ("2026-07-14T22:59:59.999999Z", "2026-07-14"), ("2026-07-14T23:00:00Z", "2026-07-15"),
            ("2024-02-28T23:00:00Z", "2024-02-29"), ("2023-02-28T23:00:00Z", "2023-03-01"),
            ("1969-12-31T22:59:59.999999Z", "1969-12-31"), ("1969-12-31T23:00:00Z", "1970-01-01"),
        ])
    func days(text: String, day: String) throws {
        let time = try #require(Timestamp(rfc3339: text))
        let midnight = try #require(Timestamp(rfc3339: "\(day)T00:00:00Z"))
        #expect(Int64(time.dayInAlgiers) * 86_400_000_000 == midnight.microseconds)
    }

    @Test(
        "a month in Algiers begins an hour before it does in UTC, and a period is a month in UTC",
        arguments: [
            ("2026-10-31T22:59:59.999999Z", 202_610, 202_610), ("2026-10-31T23:00:00Z", 202_611, 202_610),
            ("2026-11-01T00:00:00Z", 202_611, 202_611), ("2026-12-31T23:00:00Z", 202_701, 202_612),
            ("2027-01-01T00:00:00Z", 202_701, 202_701), ("2024-02-29T22:59:59Z", 202_402, 202_402),
            ("2024-02-29T23:00:00Z", 202_403, 202_402), ("1969-12-31T23:30:00Z", 197_001, 196_912),
        ] as [(String, Int32, Int32)])
    func months(text: String, inAlgiers: Int32, period: Int32) throws {
        let time = try #require(Timestamp(rfc3339: text))
        #expect(time.monthInAlgiers == inAlgiers)
        #expect(time.period == period)
    }
}
