// Tables and properties: the C library writes them, our reader reads them back. No broker.

import Testing

@testable import AMQP

@Suite("table codec")
struct TableCodecTests {
    private let everything: AMQPTable = [
        ("text", "crème ‹›"), ("empty", ""), ("number", .int64(.min)), ("yes", true), ("no", false),
        ("ratio", .double(-0.125)), ("time", .timestamp(1_700_000_000)), ("blob", .bytes([0, 255, 7])), ("none", .null),
        ("text", "again"),
        ("list", .array([1, "two", .array([.null]), .table(["k": "v"])])),
        ("inner", .table([("a", .table([("b", .int64(-1))])), ("a", true)])), ("hollow", .table([])),
    ]

    @Test("what was written is read back, in order, with keys that occur twice")
    func roundTrip() throws {
        let bytes = try AMQPHandle.encode(everything)
        let decoded = try #require(TableReader.table(bytes, 0..<bytes.count))
        #expect(decoded == everything)
        #expect(decoded["text"] == "crème ‹›")
    }

    @Test("integers of every width become the same number, unknown kinds their letter")
    func otherKinds() throws {
        func value(_ kind: Character, _ bytes: [UInt8]) -> AMQPValue? {
            let entry = [1, UInt8(ascii: "k"), kind.asciiValue ?? 0] + bytes
            return TableReader.table(entry, 0..<entry.count)?["k"]
        }
        #expect(value("b", [0xFE]) == -2)
        #expect(value("B", [0xFE]) == 254)
        #expect(value("s", [0xFF, 0xFE]) == -2)
        #expect(value("u", [0xFF, 0xFE]) == 65_534)
        #expect(value("I", [0xFF, 0xFF, 0xFF, 0xFE]) == -2)
        #expect(value("i", [0xFF, 0xFF, 0xFF, 0xFE]) == 4_294_967_294)
        #expect(value("f", [0x3F, 0x80, 0, 0]) == .double(1))
        #expect(value("L", [0, 0, 0, 0, 0, 0, 0, 5]) == 5)
        #expect(value("L", [0xFF, 0, 0, 0, 0, 0, 0, 5]) == .unsupported(kind: UInt8(ascii: "L")))
        #expect(value("D", [2, 0, 0, 0, 5]) == .unsupported(kind: UInt8(ascii: "D")))
        #expect(value("?", [1, 2, 3]) == .unsupported(kind: UInt8(ascii: "?")))
    }

    @Test("a table cut short anywhere is malformed, never a trap")
    func truncation() throws {
        let bytes = try AMQPHandle.encode(everything)
        var whole = 0
        for end in 0..<bytes.count where TableReader.table(Array(bytes[..<end]), 0..<end) != nil { whole += 1 }
        // Only between two entries is what remains a table.
        #expect(whole == everything.entries.count)
    }

    @Test("any bytes are read to an end")
    func noise() {
        let seed = UInt64.random(in: 0 ... .max)
        // Printed first: a trap would leave nothing else.
        print("table noise: seed \(seed)")
        var generator = SplitMix(state: seed)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...60, using: &generator)
            let bytes = (0..<count).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...6, using: &generator)
                    : "SxtbBsuIilLfdTVFAD?".utf8.randomElement(using: &generator) ?? 0
            }
            _ = TableReader.table(bytes, 0..<count)
            let properties = AMQPReceivedProperties(raw: [0xE0, 0xC0] + bytes)
            _ = properties.decoded()
            _ = properties.headerValue("S")
        }
    }

    @Test("what nests too deeply is neither written nor read")
    func depth() throws {
        var table: AMQPTable = [("leaf", true)]
        for _ in 0..<AMQPTable.depthMax { table = [("t", .table(table))] }
        let bytes = try AMQPHandle.encode(table)
        #expect(TableReader.table(bytes, 0..<bytes.count) == table)
        let deeper: AMQPTable = [("t", .table(table))]
        #expect(throws: AMQPError.invalidArgument("a table is nested too deeply")) { try AMQPHandle.encode(deeper) }
        let wrapped: [UInt8] = [1, UInt8(ascii: "t"), UInt8(ascii: "F"), 0, 0, 0, UInt8(bytes.count)] + bytes
        #expect(TableReader.table(wrapped, 0..<wrapped.count) == nil)
    }

    @Test("a key of more than 255 bytes is refused before it is written")
    func longKey() {
        let table: AMQPTable = [(String(repeating: "k", count: 256), true)]
        #expect(throws: AMQPError.invalidArgument("table key: more than 255 bytes")) { try AMQPHandle.encode(table) }
    }

    @Test("a header is found by its key without decoding the rest")
    func lookUp() throws {
        let table = try AMQPHandle.encode(everything)
        let length = UInt32(table.count)
        let size = [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
        // content type, headers, delivery mode, message id.
        let properties = AMQPReceivedProperties(raw: [0xB0, 0x80, 2, 0x61, 0x62] + size + table + [2, 1, 0x69])
        #expect(properties.contentType == "ab")
        #expect(properties.isPersistent)
        #expect(properties.messageID == "i")
        #expect(properties.type == nil)
        #expect(properties.headers == everything)
        #expect(properties.headerString("text") == "crème ‹›")
        #expect(properties.headerBytes("blob").map(Array.init) == [0, 255, 7])
        #expect(properties.headerString("number") == nil)
        #expect(properties.headerValue("number") == .int64(.min))
        #expect(properties.headerValue("inner") == everything["inner"])
        #expect(properties.headerValue("absent") == nil)
    }
}

/// A small generator with a seed, so that a failure can be played again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
