// The limit tables that an operator writes down: what is read of them, and what is refused.

import Domain
import Testing
import Wire

@Suite("Limit tables")
struct LimitTableTests {
    private static let fields: [(name: String, value: String)] = [
        ("version", "1"), ("valid_from", #""2026-01-01T00:00:00Z""#),
        ("level_1", #"{"daily":5000000,"monthly":30000000}"#), ("level_2", #"{"daily":50000000,"monthly":1000000000}"#),
        ("level_3", #"{"daily":50000000,"monthly":1000000000}"#),
    ]

    /// A table with some of its fields otherwise; with nil, without them.
    private static func table(_ changes: [String: String?] = [:]) -> String {
        let members = fields.compactMap { name, value -> String? in
            guard let value = changes[name] ?? value else { return nil }
            return #""\#(name)":\#(value)"#
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func read(_ tables: String...) throws(FieldError) -> LimitSchedule {
        try LimitSchedule(json: Array(#"{"limit_tables":[\#(tables.joined(separator: ","))]}"#.utf8))
    }

    private static func field(_ body: () throws(FieldError) -> LimitSchedule) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return error.field
        }
    }

    /// What is wrong with a table of these changes.
    private static func wrong(_ changes: [String: String?]) -> String? {
        field { () throws(FieldError) in try read(table(changes)) }
    }

    @Test("each table holds from its start date until the next one's, and the first also before")
    func startDates() throws {
        let schedule = try Self.read(
            Self.table(),
            Self.table([
                "version": "7", "valid_from": #""2026-12-01T00:00:00Z""#, "level_1": #"{"daily":0,"monthly":1}"#,
            ]))
        for (time, version, daily) in [
            ("2025-01-01T00:00:00Z", 1, 50_000_00), ("2026-11-30T23:59:59.999999Z", 1, 50_000_00),
            ("2026-12-01T00:00:00Z", 7, 0), ("2030-01-01T00:00:00Z", 7, 0),
        ] as [(String, Int16, Int64)] {
            let table = schedule.table(at: try #require(Timestamp(rfc3339: time)))
            #expect(table.version == version && table.levelOne.daily == daily, "\(time)")
        }
    }

    @Test("the tables as specified, written down, are the standard ones")
    func standard() throws {
        let schedule = try Self.read(Self.table(["valid_from": #""1970-01-01T00:00:00Z""#]))
        #expect(schedule.table(at: Timestamp(microseconds: 0)) == .standard)
    }

    @Test("null is no limit, and of level 3 alone")
    func unlimited() throws {
        let schedule = try Self.read(Self.table(["level_3": #"{"daily":null,"monthly":100}"#]))
        let figures = schedule.table(at: Timestamp(microseconds: 0)).levelThree
        #expect(figures == LimitTable.Figures(daily: nil, monthly: 100))
        for level in ["level_1", "level_2"] {
            #expect(Self.wrong([level: #"{"daily":null,"monthly":1}"#]) == "limit_tables[0].\(level).daily")
            #expect(Self.wrong([level: #"{"daily":1,"monthly":null}"#]) == "limit_tables[0].\(level).monthly")
        }
    }

    @Test("a table that says too little, too much or what cannot be is refused by the field")
    func refused() {
        for (name, _) in Self.fields {
            for value in [nil, "-1", "1.5", "null", "[]"] {
                #expect(Self.wrong([name: value]) == "limit_tables[0].\(name)")
            }
        }
        for level in ["level_1", "level_2", "level_3"] {
            for value in ["-1", "1.5", #""1""#, "1000000000000001"] {
                let path = "limit_tables[0].\(level)"
                #expect(Self.wrong([level: #"{"daily":\#(value),"monthly":1}"#]) == "\(path).daily")
                #expect(Self.wrong([level: #"{"daily":1,"monthly":\#(value)}"#]) == "\(path).monthly")
                #expect(Self.wrong([level: #"{"daily":1}"#]) == "\(path).monthly")
                #expect(Self.wrong([level: #"{"daily":1,"monthly":1,"yearly":1}"#]) == "\(path).yearly")
            }
        }
        #expect(Self.wrong(["version": "32768"]) == "limit_tables[0].version")
        #expect(Self.wrong(["valid_from": #""2026-01-01""#]) == "limit_tables[0].valid_from")
        #expect(Self.field { () throws(FieldError) in try Self.read() } == "limit_tables")
        #expect(Self.field { () throws(FieldError) in try LimitSchedule(json: Array("{}".utf8)) } == "limit_tables")
        let extra = String(Self.table().dropLast()) + #","level_4":{}}"#
        #expect(Self.field { () throws(FieldError) in try Self.read(extra) } == "limit_tables[0].level_4")
    }

    @Test("a version or a start date that does not rise is refused: no version may come to mean something else")
    func order() {
        let later = #""2026-12-01T00:00:00Z""#
        for (changes, field) in [
            (["version": "1", "valid_from": later], "version"), (["version": "2"], "valid_from"),
            (["version": "2", "valid_from": #""2025-12-01T00:00:00Z""#], "valid_from"),
        ] as [([String: String], String)] {
            let second = Self.table(changes)
            #expect(
                Self.field { () throws(FieldError) in try Self.read(Self.table(), second) }
                    == "limit_tables[1].\(field)")
        }
    }
}
