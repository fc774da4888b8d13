// What errors tell, and what they do not.

import Postgres
import Testing

@Suite("errors", .enabled(if: databaseURL != nil))
struct ErrorTests {
    let connection: PostgresConnection

    init() throws {
        connection = try connect()
        try connection.executeScript(
            """
            create temp table accounts (
                id int8 constraint accounts_key primary key,
                balance int8 not null constraint accounts_balance_is_not_negative check (balance >= 0)
            );
            insert into accounts values (424242, 1);
            """)
    }

    @Test("a broken constraint is named, with its code")
    func constraint() throws {
        let duplicate = failure { try connection.execute("insert into accounts values (424242, 5)") }
        guard case .server(let error)? = duplicate else { throw PostgresError.protocolViolation("not refused") }
        #expect(error.sqlState == .uniqueViolation)
        #expect(error.constraint == "accounts_key")
        #expect(error.table?.hasSuffix(".accounts") == true)
        #expect(error.sqlState.isDataError)
        let check = failure { try connection.execute("update accounts set balance = -99 where id = 424242") }
        guard case .server(let error)? = check else { throw PostgresError.protocolViolation("not refused") }
        #expect(error.sqlState == .checkViolation)
        #expect(error.constraint == "accounts_balance_is_not_negative")
        let null = failure { try connection.execute("insert into accounts values (1, null)") }
        guard case .server(let error)? = null else { throw PostgresError.protocolViolation("not refused") }
        #expect(error.column == "balance")
    }

    @Test("no description shows a value, neither the detail's nor the message's")
    func redaction() throws {
        let duplicate = failure { try connection.execute("insert into accounts values (424242, 5)") }
        guard case .server(let server)? = duplicate else { throw PostgresError.protocolViolation("not refused") }
        #expect(server.detail?.contains("424242") == true)
        var dumped = ""
        dump(server, to: &dumped)
        for text in ["\(server)", String(reflecting: server), "\(PostgresError.server(server))", dumped] {
            #expect(!text.contains("424242"))
        }
        let value = parameters { $0.append(text: "sEcReT") }
        for sql in ["select $1::text::int4", "do $$ begin raise exception 'sEcReT'; end $$"] {
            let error = failure { try connection.execute(sql, sql.hasPrefix("do") ? .none : value) }
            #expect(error != nil)
            #expect(!String(reflecting: error).contains("sEcReT"))
            #expect(error?.sqlState?.isDataError == true)
        }
    }

    @Test("a null, another type or a cell that is not there is a decoding error with the column's name")
    func decoding() throws {
        let rows = try connection.execute("select null::int8 as empty, 'x'::text as word, 7::int4 as number")
        let errors = [
            failure { try rows.integer(0, 0) }, failure { try rows.integer(0, 1) }, failure { try rows.text(0, 2) },
            failure { try rows.int8(0, 2) }, failure { try rows.uuid(0, 1) }, failure { try rows.timestamp(0, 2) },
            failure { try rows.integer(1, 2) }, failure { try rows.integer(0, 3) }, failure { try rows.isNull(-1, -1) },
            failure { try rows.numericText(0, 2) }, failure { try rows.double(0, 2) }, failure { try rows.bool(0, 2) },
            failure { try rows.integerArray(0, 1) }, failure { try rows.optionalUUID(0, 1) },
        ]
        #expect(errors.count { $0.isDecoding } == errors.count)
        #expect(errors[0].map { "\($0)" }?.contains("empty") == true)
        #expect(errors[1].map { "\($0)" }?.contains("word") == true)
        #expect(rows.columns == ["empty", "word", "number"])
        #expect(rows.column(named: "number") == 2)
        #expect(rows.column(named: "Number") == nil)
    }

    @Test("a type this module does not know is readable as bytes, and as text if it is text")
    func unknownTypes() throws {
        try connection.executeScript("create type pg_temp.mood as enum ('calm', 'cross')")
        let rows = try connection.execute(
            "select 'cross'::pg_temp.mood, '127.0.0.1'::inet, row(1)::text, 'n'::name, 'c'::\"char\", '{\"a\":1}'::json"
        )
        #expect(try rows.text(0, 0) == "cross")
        #expect(try rows.bytes(0, 0) == Array("cross".utf8))
        #expect(try rows.bytes(0, 1).count == 8)
        #expect(failure { try rows.text(0, 1) }.isDecoding)
        #expect(try rows.text(0, 3) == "n")
        #expect(try rows.text(0, 4) == "c")
        #expect(try rows.text(0, 5) == "{\"a\":1}")
    }
}

@Suite("codes and statements")
struct CodeTests {
    @Test(
        "codes fall into the kinds the callers act on",
        arguments: [
            ("40001", "again"), ("40P01", "again"), ("55P03", "again"), ("08006", "away"), ("57P01", "away"),
            ("53300", "away"), ("22012", "data"), ("23505", "data"), ("P0001", "data"), ("42601", "none"), ("", "none"),
        ])
    func kinds(code: String, kind: String) {
        let state = SQLState(code)
        #expect(state.isSerializationOrDeadlock == (kind == "again"))
        #expect(state.isUnavailable == (kind == "away"))
        #expect(state.isDataError == (kind == "data"))
    }

    @Test("a UUID reads its own text and nothing else")
    func uuid() {
        let text = "01234567-89ab-cdef-fedc-ba9876543210"
        #expect(PostgresUUID(text)?.description == text)
        #expect(PostgresUUID(text.uppercased())?.description == text)
        #expect(PostgresUUID("01234567-89ab-cdef-fedc-ba987654321") == nil)
        #expect(PostgresUUID("0123456789ab-cdef-fedc-ba98765432100-") == nil)
        #expect(PostgresUUID("01234567-89ab-cdef-fedc-ba987654321g") == nil)
        #expect(PostgresUUID(String(repeating: "٠", count: 18)) == nil)
    }
}
