// The fee tables that an operator writes down: what is read of them, and what is refused.

import Domain
import Testing
import Wire

@Suite("Fee tables")
struct FeeTableTests {
    private static let fields: [(name: String, value: String)] = [
        ("version", "1"), ("valid_from", #""2026-01-01T00:00:00Z""#), ("free_transfers_per_month", "5"),
        ("transfer_flat", "1000"), ("payment_basis_points", "150"), ("negotiated_payment_basis_points", "100"),
        ("card_top_up_basis_points", "200"), ("mobile_top_up_basis_points", "150"),
        ("express_withdrawal_flat", "20000"),
    ]

    /// A table with some of its fields otherwise; with nil, without them.
    private static func table(_ changes: [String: String?] = [:]) -> String {
        let members = fields.compactMap { name, value -> String? in
            guard let value = changes[name] ?? value else { return nil }
            return #""\#(name)":\#(value)"#
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func read(_ tables: String...) throws(FieldError) -> FeeSchedule {
        try FeeSchedule(json: Array(#"{"fee_tables":[\#(tables.joined(separator: ","))]}"#.utf8))
    }

    private static func field(_ body: () throws(FieldError) -> FeeSchedule) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return error.field
        }
    }

    @Test("each table holds from its start date until the next one's, and the first also before")
    func startDates() throws {
        let schedule = try Self.read(
            Self.table(),
            Self.table(["version": "7", "valid_from": #""2026-12-01T00:00:00Z""#, "transfer_flat": "1500"]))
        for (time, version, flat) in [
            ("2025-01-01T00:00:00Z", 1, 10_00), ("2026-11-30T23:59:59.999999Z", 1, 10_00),
            ("2026-12-01T00:00:00Z", 7, 15_00), ("2030-01-01T00:00:00Z", 7, 15_00),
        ] as [(String, Int16, Int64)] {
            let table = schedule.table(at: try #require(Timestamp(rfc3339: time)))
            #expect(table.version == version && table.transferFlat == flat, "\(time)")
        }
    }

    @Test("the tables as specified, written down, are the standard ones")
    func standard() throws {
        let schedule = try Self.read(Self.table(["valid_from": #""1970-01-01T00:00:00Z""#]))
        #expect(schedule.table(at: Timestamp(microseconds: 0)) == .standard)
    }

    @Test("a table that says too little, too much or what cannot be is refused by the field")
    func refused() {
        for (name, _) in Self.fields {
            #expect(
                Self.field { () throws(FieldError) in try Self.read(Self.table([name: nil])) }
                    == "fee_tables[0].\(name)")
            #expect(
                Self.field { () throws(FieldError) in try Self.read(Self.table([name: "-1"])) }
                    == "fee_tables[0].\(name)")
            #expect(
                Self.field { () throws(FieldError) in try Self.read(Self.table([name: "1.5"])) }
                    == "fee_tables[0].\(name)")
        }
        for (name, value) in [
            ("version", "32768"), ("version", "0"), ("payment_basis_points", "10001"), ("transfer_flat", "100000001"),
            ("transfer_flat", "0"),
            ("valid_from", #""2026-01-01""#),
        ] {
            #expect(
                Self.field { () throws(FieldError) in try Self.read(Self.table([name: value])) }
                    == "fee_tables[0].\(name)")
        }
        #expect(Self.field { () throws(FieldError) in try Self.read() } == "fee_tables")
        #expect(Self.field { () throws(FieldError) in try FeeSchedule(json: Array("{}".utf8)) } == "fee_tables")
        let extra = String(Self.table().dropLast()) + #","stamp_duty":1}"#
        #expect(Self.field { () throws(FieldError) in try Self.read(extra) } == "fee_tables[0].stamp_duty")
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
                Self.field { () throws(FieldError) in try Self.read(Self.table(), second) } == "fee_tables[1].\(field)")
        }
    }
}
