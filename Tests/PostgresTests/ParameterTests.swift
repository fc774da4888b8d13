// Every type goes to the server and comes back as it was.

import Postgres
import Testing

@Suite("values", .enabled(if: databaseURL != nil))
struct ParameterTests {
    let connection: PostgresConnection

    init() throws { connection = try connect() }

    @Test("integers come back as they were, to both ends of their range")
    func integers() throws {
        for value in [Int16.min, -1, 0, 1, .max] {
            let rows = try echo(connection, "$1::int2") { $0.append(int2: value) }
            #expect(try rows.int2(0, 0) == value)
            #expect(try rows.integer(0, 0) == Int64(value))
        }
        for value in [Int32.min, -1, 0, 1, .max] {
            let rows = try echo(connection, "$1::int4") { $0.append(int4: value) }
            #expect(try rows.int4(0, 0) == value)
            #expect(try rows.integer(0, 0) == Int64(value))
        }
        for value in [Int64.min, -1, 0, 1, .max] {
            let rows = try echo(connection, "$1::int8") { $0.append(int8: value) }
            #expect(try rows.int8(0, 0) == value)
            #expect(try rows.integer(0, 0) == value)
        }
        #expect(try connection.execute("select 4294967295::oid").integer(0, 0) == 4_294_967_295)
    }

    @Test("the server reads what was written as the same value", arguments: [Int64(1), -7, 150_000])
    func serverAgrees(value: Int64) throws {
        let rows = try connection.execute(
            "select $1::int8 = \(value) and $2::text = '\(value)' and $3::bytea = '\\x00ff'::bytea "
                + "and $4::timestamptz = '1970-01-01 00:00:00.000001Z' and $5::float8 = 1.5 and $6 and "
                + "$7::uuid = '01234567-89ab-cdef-0123-456789abcdef'",
            parameters {
                $0.append(int8: value)
                $0.append(text: "\(value)")
                $0.append(bytea: [0, 255])
                $0.append(timestamptz: 1)
                $0.append(double: 1.5)
                $0.append(bool: true)
                $0.append(uuid: PostgresUUID("01234567-89ab-cdef-0123-456789abcdef"))
            })
        #expect(try rows.bool(0, 0))
    }

    @Test("text, bytes, times, numbers and UUIDs come back as they were, empty ones too")
    func others() throws {
        for value in ["", "a", "دفع", "👩‍👩‍👧", String(repeating: "x", count: 100_000)] {
            #expect(try echo(connection, "$1::text") { $0.append(text: value) }.text(0, 0) == value)
        }
        for value: [UInt8] in [[], [0], [0, 1, 255], Array(repeating: 7, count: 100_000)] {
            #expect(try echo(connection, "$1::bytea") { $0.append(bytea: value) }.bytes(0, 0) == value)
        }
        for value in [true, false] {
            #expect(try echo(connection, "$1::bool") { $0.append(bool: value) }.bool(0, 0) == value)
        }
        for value in [0, -0.0, 1.5, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
            #expect(try echo(connection, "$1::float8") { $0.append(double: value) }.double(0, 0) == value)
        }
        #expect(try echo(connection, "$1::float8") { $0.append(double: .nan) }.double(0, 0).isNaN)
        for value in [0, 1, -1, 1_700_000_000_123_456, -62_135_596_800_000_000, Int64.min, .max] {
            let rows = try echo(connection, "$1::timestamptz") { $0.append(timestamptz: value) }
            #expect(try rows.timestamp(0, 0) == value)
        }
        for (high, low) in [(UInt64.min, UInt64.min), (.max, .max), (1, 2)] {
            let value = PostgresUUID(high: high, low: low)
            let rows = try connection.execute("select $1::uuid, $1::uuid::text", parameters { $0.append(uuid: value) })
            #expect(try rows.uuid(0, 0) == value)
            #expect(try rows.text(0, 1) == value.description)
            #expect(PostgresUUID(value.description) == value)
        }
    }

    @Test("infinite times are the ends of the range")
    func infinity() throws {
        let rows = try connection.execute("select 'infinity'::timestamptz, '-infinity'::timestamptz")
        #expect(try rows.timestamp(0, 0) == .max)
        #expect(try rows.timestamp(0, 1) == .min)
    }

    @Test("a null of any type comes back as nil")
    func nulls() throws {
        let values = parameters {
            $0.append(int2: nil)
            $0.append(int4: nil)
            $0.append(int8: nil)
            $0.append(bool: nil)
            $0.append(text: nil)
            $0.append(bytea: nil)
            $0.append(uuid: nil)
            $0.append(timestamptz: nil)
            $0.append(double: nil)
        }
        let rows = try connection.execute(
            "select $1::int2, $2::int4, $3::int8, $4::bool, $5::text, $6::bytea, $7::uuid, $8::timestamptz, $9::float8",
            values)
        #expect(try (0..<9).allSatisfy { try rows.isNull(0, $0) })
        #expect(try rows.optionalInt2(0, 0) == nil)
        #expect(try rows.optionalInt4(0, 1) == nil)
        #expect(try rows.optionalInt8(0, 2) == nil)
        #expect(try rows.optionalInteger(0, 2) == nil)
        #expect(try rows.optionalBool(0, 3) == nil)
        #expect(try rows.optionalText(0, 4) == nil)
        #expect(try rows.optionalBytes(0, 5) == nil)
        #expect(try rows.optionalUUID(0, 6) == nil)
        #expect(try rows.optionalTimestamp(0, 7) == nil)
        #expect(try rows.optionalDouble(0, 8) == nil)
    }

    @Test("a single text is read as whatever the parameter is")
    func textAsAnything() throws {
        let rows = try connection.execute(
            "select $1::jsonb, $2::numeric, $3::int4, $4::date = '2026-02-28'",
            parameters {
                $0.append(text: #"{"a": [1, 2]}"#)
                $0.append(text: "-0.0500")
                $0.append(text: "1234")
                $0.append(text: "2026-02-28")
            })
        #expect(try rows.text(0, 0) == #"{"a": [1, 2]}"#)
        #expect(try rows.numericText(0, 1) == "-0.0500")
        #expect(try rows.int4(0, 2) == 1234)
        #expect(try rows.bool(0, 3))
    }

    @Test("a text with a zero byte is refused, not cut off")
    func zeroByte() throws {
        let error = failure { try echo(connection, "$1::text") { $0.append(text: "a\0b") } }
        #expect(error?.sqlState == SQLState("22021"))
        let inArray = failure { try echo(connection, "$1::text[]") { $0.appendTextArray(["a\0b"]) } }
        #expect(inArray?.sqlState == SQLState("22021"))
    }

    @Test(
        "a numeric reads as the server prints it",
        arguments: [
            "0", "0.00", "1", "-1", "10000", "100000000", "0.0001", "0.00001", "-0.00000000012345", "12345.6789",
            "99999999999999999999999999999.99", "1e30", "1e-20", "NaN", "Infinity", "-Infinity", "10000.0001", "9999.9",
        ])
    func numeric(text: String) throws {
        let rows = try connection.execute("select '\(text)'::numeric, '\(text)'::numeric::text")
        #expect(try rows.numericText(0, 0) == rows.text(0, 1))
    }

    @Test("a sum of int8 is a numeric and can be read")
    func sum() throws {
        let rows = try connection.execute("select sum(x) from (values (9223372036854775807::int8), (1)) t(x)")
        #expect(try rows.numericText(0, 0) == "9223372036854775808")
    }

    @Test("a cleared builder is as good as new")
    func reuse() throws {
        var values = PostgresParameters()
        for round in Int64(0)..<3 {
            values.clear()
            values.append(int8: round)
            values.appendInt8Array([round, round + 1])
            let rows = try connection.execute("select $1::int8, $2::int8[]", values)
            #expect(try rows.integer(0, 0) == round)
            #expect(try rows.integerArray(0, 1) == [round, round + 1])
        }
    }
}
