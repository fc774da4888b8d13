// Arrays go to the server element by element as they are, with nulls where they are, and of any length.

import Postgres
import Testing

@Suite("arrays", .enabled(if: databaseURL != nil))
struct ArrayTests {
    let connection: PostgresConnection

    init() throws { connection = try connect() }

    /// The array taken apart by the server: a text for each element, in order.
    private func elements(
        _ type: String, as expression: String = "x::text", _ fill: (inout PostgresParameters) -> Void
    ) throws -> [String?] {
        let rows = try connection.execute(
            "select \(expression) from unnest($1::\(type)[]) with ordinality t(x, n) order by n", parameters(fill))
        return try (0..<rows.count).map { try rows.optionalText($0, 0) }
    }

    @Test("integers of every width, with and without nulls")
    func integers() throws {
        #expect(try elements("int2") { $0.appendInt2Array([.min, 0, .max]) } == ["-32768", "0", "32767"])
        #expect(try elements("int2") { $0.appendInt2Array([nil, -1, nil]) } == [nil, "-1", nil])
        #expect(try elements("int4") { $0.appendInt4Array([.min, 0, .max]) } == ["-2147483648", "0", "2147483647"])
        #expect(try elements("int4") { $0.appendInt4Array([1, nil]) } == ["1", nil])
        #expect(
            try elements("int8") { $0.appendInt8Array([.min, 0, .max]) }
                == ["-9223372036854775808", "0", "9223372036854775807"])
        #expect(try elements("int8") { $0.appendInt8Array([nil, 2]) } == [nil, "2"])
    }

    @Test("booleans, numbers and times, with and without nulls")
    func booleans() throws {
        #expect(try elements("bool") { $0.appendBoolArray([true, false]) } == ["true", "false"])
        #expect(try elements("bool") { $0.appendBoolArray([nil, true]) } == [nil, "true"])
        #expect(try elements("float8") { $0.appendDoubleArray([1.5, -.infinity]) } == ["1.5", "-Infinity"])
        #expect(try elements("float8") { $0.appendDoubleArray([nil, 0.25]) } == [nil, "0.25"])
        let text = "to_char(x at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        #expect(
            try elements("timestamptz", as: text) { $0.appendTimestampArray([0, 946_684_800_000_001]) }
                == ["1970-01-01 00:00:00.000000", "2000-01-01 00:00:00.000001"])
        #expect(
            try elements("timestamptz") { $0.appendTimestampArray([nil, Int64.max, .min]) }
                == [nil, "infinity", "-infinity"])
    }

    @Test("texts, bytes and UUIDs, with and without nulls, empty ones too")
    func texts() throws {
        #expect(
            try elements("text") { $0.appendTextArray(["", "NULL", "{a,\"b\"}", "دج"]) }
                == ["", "NULL", "{a,\"b\"}", "دج"])
        #expect(try elements("text") { $0.appendTextArray(["", nil]) } == ["", nil])
        #expect(try elements("bytea") { $0.appendByteaArray([[], [0, 255]]) } == ["\\x", "\\x00ff"])
        #expect(try elements("bytea") { $0.appendByteaArray([nil, [1]]) } == [nil, "\\x01"])
        let uuid = PostgresUUID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        #expect(try elements("uuid") { $0.appendUUIDArray([uuid]) } == ["01234567-89ab-cdef-fedc-ba9876543210"])
        #expect(
            try elements("uuid") { $0.appendUUIDArray([nil, uuid, nil]) }
                == [nil, "01234567-89ab-cdef-fedc-ba9876543210", nil])
    }

    @Test("an empty array is an array, not a null, and one of nulls only has its length")
    func empty() throws {
        let rows = try connection.execute(
            "select cardinality($1::int8[]), cardinality($2::text[]), cardinality($3::uuid[]), cardinality($4::int8[])",
            parameters {
                $0.appendInt8Array([Int64]())
                $0.appendTextArray([String?]())
                $0.appendUUIDArray([PostgresUUID?]())
                $0.appendInt8Array([Int64?](repeating: nil, count: 3))
            })
        #expect(try (0..<4).map { try rows.integer(0, $0) } == [0, 0, 0, 3])
    }

    @Test("five thousand elements in each of many arrays arrive in order")
    func large() throws {
        let count = 5000
        let statement = PostgresStatement(
            name: "large",
            sql: """
                select count(*), sum(a)::int8, min(b), max(c), count(d), bool_and(e = (a % 2 = 0)), count(distinct f)
                from unnest($1::int8[], $2::int4[], $3::text[], $4::int2[], $5::bool[], $6::uuid[]) t(a, b, c, d, e, f)
                """)
        let values = parameters {
            $0.appendInt8Array((0..<count).lazy.map { Int64($0) })
            $0.appendInt4Array((0..<count).lazy.map { Int32($0) })
            $0.appendTextArray((0..<count).lazy.map { "element \($0)" })
            $0.appendInt2Array((0..<count).lazy.map { $0 % 5 == 0 ? nil : Int16($0) })
            $0.appendBoolArray((0..<count).lazy.map { $0 % 2 == 0 })
            $0.appendUUIDArray((0..<count).lazy.map { PostgresUUID(high: UInt64($0), low: 0) })
        }
        for _ in 0..<3 {
            let rows = try connection.execute(statement, values)
            #expect(try rows.integer(0, 0) == Int64(count))
            #expect(try rows.integer(0, 1) == Int64(count * (count - 1) / 2))
            #expect(try rows.int4(0, 2) == 0)
            #expect(try rows.text(0, 3) == "element 999")
            #expect(try rows.integer(0, 4) == 4000)
            #expect(try rows.bool(0, 5))
            #expect(try rows.integer(0, 6) == Int64(count))
        }
    }

    @Test("arrays come back, unless they hold a null or another type")
    func reading() throws {
        let rows = try connection.execute(
            "select '{1,-2,3}'::int2[], '{}'::int8[], array[1,null]::int4[], array['a','']::text[], "
                + "array['00000000-0000-0000-0000-000000000001']::uuid[], '{{1},{2}}'::int4[]")
        #expect(try rows.integerArray(0, 0) == [1, -2, 3])
        #expect(try rows.integerArray(0, 1).isEmpty)
        #expect(failure { try rows.integerArray(0, 2) }.isDecoding)
        #expect(try rows.textArray(0, 3) == ["a", ""])
        #expect(try rows.uuidArray(0, 4) == [PostgresUUID(high: 0, low: 1)])
        #expect(failure { try rows.integerArray(0, 5) }.isDecoding)
        #expect(failure { try rows.uuidArray(0, 3) }.isDecoding)
    }
}

extension PostgresError? {
    var isDecoding: Bool { if case .decoding? = self { true } else { false } }
}
