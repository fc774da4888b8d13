// What is told of limits: what applies now, what of it is used, and until when.

import Domain
import Ledger
import Testing
import Wire

@testable import Ingress

@Suite("Limits, told")
struct LimitViewTests {
    private static let later = Timestamp(rfc3339: "2030-01-01T00:00:00Z") ?? Timestamp(microseconds: .max)

    private static func json(
        _ spending: Spending, at time: String, level: Int16 = 1, _ schedule: LimitSchedule = .standard
    ) throws -> JSON {
        let view = LimitsView(
            verification: Verification(level: level, expiresAt: later, levelOneExpiresAt: later), spending: spending)
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.limits(of: view, schedule, at: try #require(Timestamp(rfc3339: time)))
        writer.endObject()
        return try JSON(parsing: writer.bytes)
    }

    /// Noon of 2026-11-16 is in day 20,773.
    private static let spending = Spending(day: 20_773, inDay: 20_000_00, inMonth: 290_000_00)

    @Test("on the day that was begun both counts are told, with the next midnights in Algiers")
    func sameDay() throws {
        let told = try Self.json(Self.spending, at: "2026-11-16T22:59:59.999999Z")
        #expect(told["level"]?.integer == 1 && told["version"]?.integer == 1)
        #expect(told["daily"]?["limit"]?["amount"]?.integer == 50_000_00)
        #expect(told["daily"]?["limit"]?["currency"]?.text == "DZD")
        #expect(told["daily"]?["used"]?["amount"]?.integer == 20_000_00)
        #expect(told["daily"]?["remaining"]?["amount"]?.integer == 30_000_00)
        #expect(told["daily"]?["resets_at"]?.text == "2026-11-16T23:00:00.000000Z")
        #expect(told["monthly"]?["remaining"]?["amount"]?.integer == 10_000_00)
        #expect(told["monthly"]?["resets_at"]?.text == "2026-11-30T23:00:00.000000Z")
    }

    @Test(
        "a day or a month that is over counts no more",
        arguments: [
            ("2026-11-16T23:00:00Z", Int64(290_000_00), "2026-11-17T23:00:00.000000Z", "2026-11-30T23:00:00.000000Z"),
            ("2026-11-30T22:59:59Z", 290_000_00, "2026-11-30T23:00:00.000000Z", "2026-11-30T23:00:00.000000Z"),
            ("2026-11-30T23:00:00Z", 0, "2026-12-01T23:00:00.000000Z", "2026-12-31T23:00:00.000000Z"),
            ("2027-11-16T11:00:00Z", 0, "2027-11-16T23:00:00.000000Z", "2027-11-30T23:00:00.000000Z"),
            ("2026-12-31T23:00:00Z", 0, "2027-01-01T23:00:00.000000Z", "2027-01-31T23:00:00.000000Z"),
        ])
    func over(time: String, inMonth: Int64, day: String, month: String) throws {
        let told = try Self.json(Self.spending, at: time)
        #expect(told["daily"]?["used"]?["amount"]?.integer == 0 && told["daily"]?["resets_at"]?.text == day)
        #expect(told["monthly"]?["used"]?["amount"]?.integer == inMonth)
        #expect(told["monthly"]?["resets_at"]?.text == month)
    }

    @Test("whoever sent more than now applies has nothing left, and no less than nothing")
    func lowered() throws {
        let figures = LimitTable.Figures(daily: 1_00, monthly: 2_00)
        let schedule = LimitSchedule(
            first: LimitTable(
                version: 4, validFrom: Timestamp(microseconds: 0), levelOne: figures, levelTwo: figures,
                levelThree: LimitTable.Figures(daily: nil, monthly: nil)))
        let told = try Self.json(Self.spending, at: "2026-11-16T12:00:00Z", schedule)
        #expect(told["version"]?.integer == 4)
        #expect(told["daily"]?["remaining"]?["amount"]?.integer == 0)
        #expect(told["monthly"]?["remaining"]?["amount"]?.integer == 0)
        let none = try Self.json(Self.spending, at: "2026-11-16T12:00:00Z", level: 3, schedule)
        #expect(none["daily"]?["limit"] == .null && none["daily"]?["remaining"] == .null)
        #expect(none["daily"]?["used"]?["amount"]?.integer == 20_000_00)
    }

    @Test("a verification that has run out lets nothing go out")
    func expired() throws {
        let told = try Self.json(Self.spending, at: "2030-01-01T00:00:00Z")
        #expect(told["level"]?.integer == 0 && told["daily"]?["limit"]?["amount"]?.integer == 0)
        #expect(told["daily"]?["remaining"]?["amount"]?.integer == 0)
    }
}
