// Ids are written and read as lower-case UUIDs, and a transaction's id tells where its outcome stands.

import Domain
import Testing

@Suite("Ids")
struct IdentifierTests {
    @Test("an id that is written is read back, and its bytes are those of its text", arguments: [UInt64(7), 8])
    func roundTrip(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<2_000 {
            let id = WalletID(high: random.next(), low: random.next())
            var bytes: [UInt8] = []
            id.appendBytes(to: &bytes)
            let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            guard WalletID(id.description) == id, id.description.filter({ $0 != "-" }) == digits, bytes.count == 16,
                id.lastByte == bytes[15]
            else {
                Issue.record("\(id) is not what it was")
                return
            }
        }
    }

    @Test("an id has the form 8-4-4-4-12")
    func form() {
        let id = WalletID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
        #expect(id.description == "01234567-89ab-cdef-fedc-ba9876543210")
        #expect(String(decoding: id.uuidBytes, as: UTF8.self) == id.description)
    }

    @Test(
        "only a lower-case UUID is an id",
        arguments: [
            "", "01234567-89AB-cdef-fedc-ba9876543210", "0123456789abcdeffedcba9876543210",
            "01234567-89ab-cdef-fedc-ba987654321", "01234567-89ab-cdef-fedc-ba98765432100",
            "01234567-89ab-cdef-fedc_ba9876543210", "{01234567-89ab-cdef-fedc-ba9876543210}",
            "g1234567-89ab-cdef-fedc-ba9876543210", "0123456-789ab-cdef-fedc-ba9876543210",
            " 1234567-89ab-cdef-fedc-ba9876543210",
        ])
    func refused(text: String) {
        #expect(CommandID(text) == nil)
    }

    @Test("ids are ordered as their bytes are, which is how PostgreSQL orders them")
    func order() {
        var random = Seeded(11)
        let ids = (0..<300).map { _ in OwnerID(high: random.next() & 3, low: random.next()) }
        let byBytes = ids.sorted { $0.description < $1.description }
        #expect(ids.sorted() == byBytes)
    }

    @Test("another last byte changes nothing else")
    func lastByte() {
        let id = WalletID(high: 1, low: 0xffff)
        #expect(id.withLastByte(0x2a) == WalletID(high: 1, low: 0xff2a))
        #expect(id.withLastByte(0x2a).lastByte == 0x2a)
    }
}

@Suite("Positions")
struct PositionTests {
    @Test("a transaction's id is a UUIDv8 that leads back to its position", arguments: [UInt64(21), 22])
    func roundTrip(seed: UInt64) {
        var random = Seeded(seed)
        var positions = [
            Position(period: 197_001, lane: 0, sequence: 1), Position(period: 999_912, lane: 255, sequence: 1 << 47),
        ]
        for _ in 0..<2_000 {
            let month = Int32.random(in: 1...12, using: &random)
            positions.append(
                Position(
                    period: Int32.random(in: 1970...9999, using: &random) * 100 + month,
                    lane: Int16.random(in: 0...255, using: &random),
                    sequence: Int64.random(in: 1..<(1 << 47), using: &random)))
        }
        for position in positions {
            let id = TransactionID(position)
            let text = Array(id.description)
            guard id.position == position, text[14] == "8", "89ab".contains(text[19]) else {
                Issue.record("\(position) became \(id)")
                return
            }
        }
        #expect(Set(positions.map { TransactionID($0) }).count == Set(positions).count)
    }

    @Test("an id of another making holds no position")
    func others() {
        #expect(TransactionID("01234567-89ab-4def-8000-000000031765")?.position == nil)
        #expect(TransactionID("01234567-89ab-8def-9000-000000031765")?.position == nil)
        #expect(TransactionID(high: .max, low: .max).position == nil)
    }

    @Test("positions are ordered by lane, then by number, across months")
    func order() {
        let early = Position(period: 202_611, lane: 1, sequence: 9)
        let late = Position(period: 202_612, lane: 1, sequence: 10)
        #expect(early < late)
        #expect(late < Position(period: 202_601, lane: 2, sequence: 1))
    }

    @Test("ids of transactions of one lane rise with their numbers")
    func rising() {
        let ids = (1...400).map { TransactionID(Position(period: 202_611, lane: 7, sequence: $0)) }
        #expect(ids == ids.sorted())
    }
}
