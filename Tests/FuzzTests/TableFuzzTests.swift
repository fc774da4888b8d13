// The laws of the AMQP table decoder under any bytes.

import Testing

@testable import AMQP

/// Tables on the wire together with what they mean, written from AMQP 0-9-1 §4.2.1 and RabbitMQ's errata.
private struct Tables {
    private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }

    private static let texts = ["", "k", "x-death", "é", "\u{0}", "publisher", String(repeating: "v", count: 200)]
    private static let numbers: [UInt64] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fff_ffff, 1 << 63, .max]

    /// - Returns: the letter and the bytes behind it, and the value.
    static func field(depth: Int, _ random: inout Seeded) -> (bytes: [UInt8], value: AMQPValue) {
        let number = random.chance(50) ? random.one(of: numbers) : random.next()
        func whole(_ letter: Character, _ size: Int, _ value: Int64) -> ([UInt8], AMQPValue) {
            ([letter.asciiValue ?? 0] + bigEndian(number, size), .int64(value))
        }
        switch random.below(depth > 4 ? 14 : 18) {
        case 0: return whole("b", 1, Int64(Int8(truncatingIfNeeded: number)))
        case 1: return whole("B", 1, Int64(UInt8(truncatingIfNeeded: number)))
        case 2: return whole("s", 2, Int64(Int16(truncatingIfNeeded: number)))
        case 3: return whole("u", 2, Int64(UInt16(truncatingIfNeeded: number)))
        case 4: return whole("I", 4, Int64(Int32(truncatingIfNeeded: number)))
        case 5: return whole("i", 4, Int64(UInt32(truncatingIfNeeded: number)))
        case 6: return whole("l", 8, Int64(bitPattern: number))
        case 7:
            let bytes = [UInt8(ascii: "L")] + bigEndian(number, 8)
            return (bytes, number >> 63 == 0 ? .int64(Int64(number)) : .unsupported(kind: UInt8(ascii: "L")))
        case 8: return ([UInt8(ascii: "t"), UInt8(number & 1)], .bool(number & 1 == 1))
        case 9: return ([UInt8(ascii: "T")] + bigEndian(number, 8), .timestamp(number))
        case 10:
            let number = Double(Int32(truncatingIfNeeded: number)) / 8
            return ([UInt8(ascii: "d")] + bigEndian(number.bitPattern, 8), .double(number))
        case 11:
            let number = Float(Int16(truncatingIfNeeded: number)) / 4
            return ([UInt8(ascii: "f")] + bigEndian(UInt64(number.bitPattern), 4), .double(Double(number)))
        case 12: return ([UInt8(ascii: "V")], .null)
        case 13:
            let bytes = (0..<random.below(9)).map { _ in UInt8(random.below(256)) }
            return ([UInt8(ascii: "x")] + bigEndian(UInt64(bytes.count), 4) + bytes, .bytes(bytes))
        case 14, 15:
            let text = random.one(of: texts)
            return ([UInt8(ascii: "S")] + bigEndian(UInt64(text.utf8.count), 4) + Array(text.utf8), .string(text))
        case 16:
            let fields = (0..<random.below(4)).map { _ in field(depth: depth + 1, &random) }
            let inner = fields.flatMap(\.bytes)
            return ([UInt8(ascii: "A")] + bigEndian(UInt64(inner.count), 4) + inner, .array(fields.map(\.value)))
        default:
            let (inner, table) = table(depth: depth + 1, &random)
            return ([UInt8(ascii: "F")] + bigEndian(UInt64(inner.count), 4) + inner, .table(table))
        }
    }

    /// A table's entries, without its length in front.
    static func table(depth: Int, _ random: inout Seeded) -> (bytes: [UInt8], table: AMQPTable) {
        var (bytes, table) = ([UInt8](), AMQPTable())
        for _ in 0..<random.below(5) {
            let key = random.one(of: texts)
            let (field, value) = field(depth: depth, &random)
            bytes += [UInt8(key.utf8.count)] + Array(key.utf8) + field
            table.append(key, value)
        }
        return (bytes, table)
    }

    /// Lengths and letters that do not belong.
    static let pieces: [[UInt8]] =
        "SxtbBsuIilLfdTVFAD?\0".utf8.map { [$0] } + [
            [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0xff],
            [1, 0x6b, UInt8(ascii: "F"), 0, 0, 0, 7], [1, 0x6b, UInt8(ascii: "A"), 0, 0, 0, 5],
            Array(repeating: UInt8(ascii: "V"), count: 40), [0x53, 0, 0, 0, 2, 0xc3, 0x28], [0xe2, 0x82],
        ]
}

@Suite("Fuzzing: AMQP tables")
struct TableFuzzTests {
    @Test("a table of any kinds means what the protocol says")
    func wellFormed() {
        Fuzzing.hold("tables") { (random) throws(Counterexample) in
            let (bytes, table) = Tables.table(depth: 0, &random)
            guard TableReader.table(bytes, 0..<bytes.count) == table else {
                throw Counterexample("read as something else", bytes)
            }
            // Within other bytes, as in a frame: nothing around it is read.
            let around = [0xff, 0x01] + bytes + [0x41, 0x00, 0x00]
            guard TableReader.table(around, 2..<(2 + bytes.count)) == table else {
                throw Counterexample("reads what is around it", bytes)
            }
        }
    }

    @Test("any bytes are read to their end or refused, and what was read can be sent and is read the same")
    func anyBytes() {
        Fuzzing.hold("bytes as tables") { (random) throws(Counterexample) in
            let bytes = mutated(Tables.table(depth: 0, &random).bytes, inserting: Tables.pieces, &random)
            try Self.check(bytes)
        }
    }

    static func check(_ bytes: [UInt8]) throws(Counterexample) {
        guard let table = TableReader.table(bytes, 0..<bytes.count) else { return }
        try checkHeaders(bytes, table)
        guard isSendable(.table(table)) else { return }
        let encoded: [UInt8]
        do { encoded = try AMQPHandle.encode(table) } catch {
            throw Counterexample("what was read cannot be sent: \(error)", bytes)
        }
        guard TableReader.table(encoded, 0..<encoded.count) == table else {
            throw Counterexample("changed by being sent", bytes)
        }
    }

    /// A header that is looked up without decoding the rest is the one that is decoded.
    private static func checkHeaders(_ bytes: [UInt8], _ table: AMQPTable) throws(Counterexample) {
        let size = (0..<4).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
        // The flags say: headers, and nothing else.
        let properties = AMQPReceivedProperties(raw: [0x20, 0x00] + size + bytes)
        guard let headers = properties.headers, same(.table(headers), .table(table)) else {
            throw Counterexample("other headers than the table", bytes)
        }
        // A key that was repaired is not the one on the wire, and a kind that nobody knows has no value.
        for entry in table.entries where !entry.key.unicodeScalars.contains("\u{fffd}") {
            let first = table.entries.first { $0.key.utf8.elementsEqual(entry.key.utf8) }
            guard let value = first?.value else { continue }
            if case .unsupported = value { continue }
            guard let found = properties.headerValue(entry.key), same(found, value) else {
                throw Counterexample("a header that is decoded is not found", bytes)
            }
            if case .string(let text) = value, properties.headerString(entry.key) != text {
                throw Counterexample("a header's text is another", bytes)
            }
        }
    }

    /// Equal, not-a-number too.
    private static func same(_ left: AMQPValue, _ right: AMQPValue) -> Bool {
        switch (left, right) {
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern
        case (.array(let left), .array(let right)): left.count == right.count && zip(left, right).allSatisfy(same)
        case (.table(let left), .table(let right)):
            left.entries.count == right.entries.count
                && zip(left.entries, right.entries).allSatisfy { $0.key == $1.key && same($0.value, $1.value) }
        default: left == right
        }
    }

    /// Not among them: kinds that are not carried, numbers that equal nothing, keys that grew when they were repaired.
    private static func isSendable(_ value: AMQPValue) -> Bool {
        switch value {
        case .unsupported: false
        case .double(let number): !number.isNaN
        case .array(let values): values.allSatisfy(isSendable)
        case .table(let table): table.entries.allSatisfy { $0.key.utf8.count <= 255 && isSendable($0.value) }
        default: true
        }
    }

    @Test("any bytes as a message's properties are read to their end")
    func properties() {
        Fuzzing.hold("bytes as properties") { (random) throws(Counterexample) in
            let flags = [UInt8(random.below(256)), UInt8(random.below(256)) & (random.chance(90) ? 0xfc : 0xff)]
            let bytes = flags + mutated(Tables.table(depth: 0, &random).bytes, inserting: Tables.pieces, &random)
            let properties = AMQPReceivedProperties(raw: bytes)
            let decoded = properties.decoded()
            guard (decoded == nil) == (properties.headers == nil) else {
                throw Counterexample("decoded without its headers", bytes)
            }
            _ = properties.headerValue("publisher")
        }
    }

    @Test("what was found once stays found", arguments: Corpus.tables.indices)
    func corpus(index: Int) {
        #expect(throws: Never.self) { try Self.check(Corpus.tables[index]) }
    }
}
