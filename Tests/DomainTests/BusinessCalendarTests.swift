// Which days are business days, when a withdrawal is sent, and when it is expected.

import Domain
import Testing

/// A day of the calendar as `BusinessCalendar` counts it.
private func day(_ text: String) throws -> Int32 {
    try #require(Timestamp(rfc3339: "\(text)T12:00:00Z")).dayInAlgiers
}

/// A time in Algiers, `2026-11-23 14:00` or with seconds, by way of UTC.
private func algiers(_ text: String) throws -> Timestamp {
    let seconds = text.utf8.count == 16 ? ":00" : ""
    let asIfUTC = try #require(Timestamp(rfc3339: text.replacing(" ", with: "T") + seconds + "Z"))
    return asIfUTC.adding(seconds: -3_600)
}

extension String {
    fileprivate func replacing(_ one: Character, with other: Character) -> String {
        String(map { $0 == one ? other : $0 })
    }
}

@Suite("Business days")
struct BusinessDayTests {
    private let calendar = BusinessCalendar()

    @Test(
        "banks work from Sunday to Thursday and not on public holidays",
        arguments: [
            ("2026-11-22", true), ("2026-11-23", true), ("2026-11-24", true), ("2026-11-25", true),
            ("2026-11-26", true), ("2026-11-27", false), ("2026-11-28", false), ("2026-11-29", true),
            // The same date in every year.
            ("2026-01-01", false), ("2026-01-12", false), ("2025-05-01", false), ("2026-07-05", false),
            ("2026-11-01", false), ("2028-11-01", false), ("2040-01-12", false), ("2026-01-13", true),
            // Feasts that were announced for 2025, and the days beside them.
            ("2025-03-30", true), ("2025-03-31", false), ("2025-04-01", false), ("2025-04-02", false),
            ("2025-04-03", true), ("2025-06-05", true), ("2025-06-08", false), ("2025-06-09", true),
            ("2025-06-26", true), ("2025-06-27", false), ("2025-07-06", false), ("2025-09-04", true),
            // Feasts that are estimated.
            ("2026-03-22", false), ("2026-05-28", false), ("2026-06-16", false), ("2026-06-25", false),
            ("2026-08-25", false), ("2027-03-11", false), ("2028-05-25", false), ("2028-08-03", false),
        ])
    func days(text: String, works: Bool) throws {
        #expect(calendar.isBusinessDay(try day(text)) == works)
    }

    @Test("each year has its five holidays, its three days of either Aïd, and three feasts of one day")
    func holidaysOfAYear() throws {
        for year in 2025...2028 {
            let first = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
            let last = CivilDate(year: year, month: 12, day: 31).daysSinceEpoch
            let names = (first...last).compactMap { Holidays.standard.name(on: Int32($0)) }
            #expect(names.count == 14)
            #expect(names.count { $0.hasPrefix("Aïd el-Fitr") } == 3)
            #expect(names.count { $0.hasPrefix("Aïd el-Adha") } == 3)
            for name in ["Awal Moharram", "Achoura", "Mawlid"] {
                #expect(names.count { $0.hasPrefix(name) } == 1)
            }
            #expect(names.count { $0.hasSuffix("(estimated)") } == (year == 2025 ? 0 : 9))
        }
        #expect(Holidays.standard.lastDatedDay == (try day("2028-08-03")))
    }

    // Achoura is 9 days after Awal Moharram, Aïd el-Adha 68 or 69 days after Aïd el-Fitr, and a lunar year has 354 or 355
    // days; a sighting can be a day later than what is reckoned.
    @Test("each feast is where the lunar calendar can have it")
    func lunarYear() throws {
        func days(of feast: String) throws -> [Int32] {
            (try day("2025-01-01")...day("2028-12-31")).filter {
                let name = Holidays.standard.name(on: $0) ?? ""
                return name.hasPrefix(feast) && !name.contains(" day")
            }
        }
        let (fitr, adha) = (try days(of: "Aïd el-Fitr"), try days(of: "Aïd el-Adha"))
        let (moharram, achoura) = (try days(of: "Awal Moharram"), try days(of: "Achoura"))
        #expect(zip(moharram, achoura).allSatisfy { $1 - $0 == 9 } && moharram.count == 4)
        #expect(zip(fitr, adha).allSatisfy { 67...70 ~= $1 - $0 } && fitr.count == 4)
        for feast in [fitr, adha, moharram, achoura, try days(of: "Mawlid")] {
            #expect(zip(feast, feast.dropFirst()).allSatisfy { 353...356 ~= $1 - $0 })
        }
    }

    @Test("business days are those that are met by walking day by day", arguments: [UInt64(31), 32])
    func walking(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<2_000 {
            let start = Int32.random(in: 19_000...22_500, using: &random)
            let count = Int.random(in: 0...12, using: &random)
            var (walked, left) = (start, count)
            if count == 0 { while !Self.works(walked) { walked += 1 } }
            while left > 0 {
                walked += 1
                if Self.works(walked) { left -= 1 }
            }
            guard calendar.adding(businessDays: count, to: start) == walked,
                count > 0 || calendar.nextBusinessDay(onOrAfter: start) == walked
            else {
                Issue.record("\(count) business days after day \(start) is not day \(walked) (seed \(seed))")
                return
            }
        }
    }

    /// The same rule by other means: weekdays by Zeller's congruence, holidays by their names in the text.
    static func works(_ day: Int32) -> Bool {
        let date = CivilDate(daysSinceEpoch: Int64(day))
        let (month, year) = date.month < 3 ? (date.month + 12, date.year - 1) : (date.month, date.year)
        let zeller = (date.day + 13 * (month + 1) / 5 + year % 100 + year % 100 / 4 + year / 400 + 5 * (year / 100)) % 7
        // In Zeller's count 0 is Saturday and 6 is Friday.
        guard zeller != 0, zeller != 6 else { return false }
        let fixed = [(1, 1), (1, 12), (5, 1), (7, 5), (11, 1)]
        guard !fixed.contains(where: { $0 == (date.month, date.day) }) else { return false }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let text = "\(date.year)-\(two(date.month))-\(two(date.day)) "
        return !Holidays.standardText.split(separator: "\n").contains { $0.hasPrefix(text) }
    }
}

@Suite("Releases of withdrawals")
struct ReleaseTests {
    private let calendar = BusinessCalendar()

    @Test(
        "a withdrawal is sent and expected when the table says",
        arguments: [
            // Express: at once in the hours of a business day, to the last second before the cut-off.
            (.express, "2026-11-23 09:30", "2026-11-23 09:30", "2026-11-23"),
            (.express, "2026-11-23 13:59:59", "2026-11-23 13:59:59", "2026-11-23"),
            (.express, "2026-11-23 14:00", "2026-11-24 08:00", "2026-11-24"),
            (.express, "2026-11-23 02:00", "2026-11-23 08:00", "2026-11-23"),
            (.express, "2026-11-23 08:00", "2026-11-23 08:00", "2026-11-23"),
            (.express, "2026-11-26 14:00", "2026-11-29 08:00", "2026-11-29"),
            (.express, "2026-11-28 23:59:59", "2026-11-29 08:00", "2026-11-29"),
            (.express, "2025-03-31 10:00", "2025-04-03 08:00", "2025-04-03"),
            (.express, "2026-12-31 20:00", "2027-01-03 08:00", "2027-01-03"),
            // Standard: the next business day's opening; there by the third business day.
            (.standard, "2026-11-23 09:30", "2026-11-24 08:00", "2026-11-26"),
            (.standard, "2026-11-23 00:00", "2026-11-24 08:00", "2026-11-26"),
            (.standard, "2026-11-22 23:59:59", "2026-11-23 08:00", "2026-11-25"),
            (.standard, "2026-11-25 10:00", "2026-11-26 08:00", "2026-11-30"),
            (.standard, "2026-11-26 10:00", "2026-11-29 08:00", "2026-12-01"),
            (.standard, "2026-11-27 10:00", "2026-11-29 08:00", "2026-12-01"),
            (.standard, "2025-03-30 10:00", "2025-04-03 08:00", "2025-04-07"),
        ] as [(WithdrawalSpeed, String, String, String)])
    func table(speed: WithdrawalSpeed, submitted: String, released: String, expected: String) throws {
        let time = try algiers(submitted)
        #expect(calendar.releaseTime(for: speed, at: time) == (try algiers(released)))
        #expect(calendar.lastExpectedDay(for: speed, at: time) == (try day(expected)))
        #expect(calendar.expectedBy(for: speed, at: time) == (try algiers("\(expected) 00:00")).adding(seconds: 86_400))
        #expect(calendar.arrivesOnTheSameDay(speed, at: time) == submitted.hasPrefix(expected))
    }

    @Test(
        "a release is never in the past, always on a business day in banking hours, and monotone in time",
        arguments: WithdrawalSpeed.allCases, [UInt64(41), 42])
    func properties(speed: WithdrawalSpeed, seed: UInt64) {
        var random = Seeded(seed)
        let times = (0..<3_000).map { _ in
            // 2024 to 2029, half of them within minutes of a limit of a day.
            let any = Int64.random(in: 1_704_067_200...1_861_920_000, using: &random)
            let hour = [0, 8, 14, 24].randomElement(using: &random) ?? 0
            let near = any / 86_400 * 86_400 + Int64(hour) * 3_600 - 3_600 + Int64.random(in: -90...90, using: &random)
            return Timestamp(microseconds: 0).adding(seconds: random.chance(50) ? near : any)
        }.sorted()
        var before = Timestamp(microseconds: .min)
        for time in times {
            let release = calendar.releaseTime(for: speed, at: time)
            let expected = calendar.expectedBy(for: speed, at: time)
            let second = (release.microseconds / 1_000_000 + 3_600) % 86_400
            guard release >= time, release >= before, BusinessDayTests.works(release.dayInAlgiers),
                8 * 3_600..<14 * 3_600 ~= second, release < expected,
                BusinessDayTests.works(calendar.lastExpectedDay(for: speed, at: time)),
                speed == .express || release.dayInAlgiers > time.dayInAlgiers
            else {
                Issue.record("\(speed) at \(time) is released at \(release) (seed \(seed))")
                return
            }
            before = release
        }
    }

    @Test("other hours and other holidays can be configured")
    func configured() throws {
        let (opening, cutOff) = (try #require(TimeOfDay("09:15")), try #require(TimeOfDay("12:00")))
        let hours = try #require(BankingHours(opening: opening, cutOff: cutOff))
        let calendar = BusinessCalendar(holidays: try Holidays(text: "2026-11-24 A day of mourning\n"), hours: hours)
        let time = try algiers("2026-11-23 12:00")
        #expect(calendar.releaseTime(for: .express, at: time) == (try algiers("2026-11-25 09:15")))
        #expect(calendar.isBusinessDay(try day("2026-05-28")))
        #expect(!calendar.isBusinessDay(try day("2026-11-01")))
    }
}

@Suite("Times of day")
struct TimeOfDayTests {
    @Test("a time of day that is written is read back")
    func roundTrip() throws {
        var seen: Set<Int64> = []
        for hour in 0..<24 {
            for minute in 0..<60 {
                let text = (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
                let time = try #require(TimeOfDay(text))
                #expect(time.description == text && time.minutes == Int64(hour * 60 + minute))
                seen.insert(time.minutes)
            }
        }
        #expect(seen.count == 1_440)
    }

    @Test(
        "what is not HH:MM of a day is not read",
        arguments: ["", "8:00", "24:00", "08:60", "08:00:00", "0800", "08.00", "-8:00", " 8:00", "08:0٠", "08h00"])
    func refused(text: String) {
        #expect(TimeOfDay(text) == nil)
    }

    @Test("the opening is before the cut-off")
    func order() throws {
        let (early, late) = (try #require(TimeOfDay("08:00")), try #require(TimeOfDay("14:00")))
        #expect(BankingHours(opening: early, cutOff: late) == .standard)
        #expect(BankingHours(opening: late, cutOff: early) == nil)
        #expect(BankingHours(opening: early, cutOff: early) == nil)
    }
}
