// A merchant's QR code is read as the standard says, and what is not fully understood is refused.

import Domain
import Testing

/// A data object. The length is counted in characters, which are Unicode scalars.
private func object(_ tag: String, _ value: String) -> String {
    let length = value.unicodeScalars.count
    return tag + (length < 10 ? "0" : "") + "\(length)" + value
}

/// The objects of a code with its checksum. The last four hexadecimal digits are reckoned here by division of
/// polynomials, bit by bit over the whole message, as the definition has it.
private func sealed(_ objects: some Sequence<String>) -> String {
    let text = objects.joined() + "6304"
    var bits: [Bool] = []
    for byte in text.utf8 {
        for shift in stride(from: 7, through: 0, by: -1) { bits.append(byte >> shift & 1 == 1) }
    }
    for index in 0..<16 { bits[index].toggle() }
    bits += [Bool](repeating: false, count: 16)
    let divisor: [Bool] = (0..<17).map { 0x11021 >> (16 - $0) & 1 == 1 }
    for start in 0..<(bits.count - 16) where bits[start] {
        for offset in 0..<17 where divisor[offset] { bits[start + offset].toggle() }
    }
    let remainder = bits.suffix(16).reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    return text + String(0x10000 + remainder, radix: 16, uppercase: true).dropFirst()
}

private let account = object(
    "26", object("00", "dz.contacto.wallet") + object("01", "0123456789ab8defa123456789abcdef"))

/// The objects of a code that is right, by their tags.
private let right: [String] = [
    "000201", "010212", account, "52040000", "5303012", "54071250.00", "5802DZ", "5904CAFE", "6005ALGER",
    object("62", object("05", "FACT-1")),
]

/// The right code with another object in the place of the one of its tag, or with one more.
private func with(_ other: String) -> String {
    let tag = other.prefix(2)
    let isThere = right.contains { $0.hasPrefix(tag) }
    return sealed(isThere ? right.map { $0.hasPrefix(tag) ? other : $0 } : right + [other])
}

/// What reading a text fails with, nil when it does not.
private func failure(_ text: String) -> PaymentQR.Failure? {
    do {
        _ = try PaymentQR(text)
        return nil
    } catch {
        return error
    }
}

@Suite("Reading QR codes")
struct PaymentQRReadingTests {
    private func expected(_ amount: PaymentQR.Amount = .fixed(Money(1_250_00, .dzd))) throws -> PaymentQR {
        try PaymentQR(
            walletID: WalletID(high: 0x0123_4567_89ab_8def, low: 0xa123_4567_89ab_cdef), amount: amount,
            reference: "FACT-1", merchantName: "CAFE")
    }

    @Test(
        "an amount is a number of minor units, and is what the digits say",
        arguments: [
            ("1250.00", 1_250_00), ("1250", 1_250_00), ("1250.", 1_250_00), ("0.01", 1), ("0.10", 10), ("98.73", 98_73),
            ("0001.05", 1_05), ("0000000001.05", 1_05), ("00000000001.05", nil),
            ("9999999999.99", 999_999_999_999), ("90071992547.99", nil), ("10000000000", nil),
            ("9999999999999", nil), ("0", nil), ("0.00", nil), ("", nil), (".", nil), (".50", nil), ("1.5", nil),
            ("1.500", nil), ("1,50", nil), ("1 250.00", nil), ("-1.00", nil), ("+1.00", nil), ("1e3", nil),
            ("1..00", nil), ("1.00.", nil), ("١٢", nil), ("0x10", nil),
        ] as [(String, Int64?)])
    func amounts(text: String, minorUnits: Int64?) throws {
        let code = with(object("54", text))
        guard let minorUnits else {
            #expect(failure(code) == (text.isEmpty ? .malformed : .invalid("54")))
            return
        }
        #expect(try PaymentQR(code) == expected(.fixed(Money(minorUnits, .dzd))))
    }

    @Test(
        "a value that is not what it must be is refused, and its tag is named",
        arguments: [
            (with("000202"), .invalid("00")), (with("010213"), .invalid("01")), (with("5203000"), .invalid("52")),
            (with("520400a0"), .invalid("52")), (with("5303788"), .invalid("53")), (with("530212"), .invalid("53")),
            (with("5303DZD"), .invalid("53")), (with("5802FR"), .invalid("58")), (with("5802dz"), .invalid("58")),
            (with("5904CAFÉ"), .invalid("59")), (with(object("59", String(repeating: "N", count: 26))), .invalid("59")),
            (with(object("60", "SIDI BEL ABBES 22")), .invalid("60")), (with("62070503***"), .invalid("62.05")),
            (with(object("62", object("05", String(repeating: "R", count: 26)))), .invalid("62.05")),
            (with(object("62", "0506FACT-10506FACT-2")), .repeated("62.05")), (with("620405FA"), .malformed),
            (with("550201"), .unsupported("55")), (with("560510.00"), .unsupported("56")),
            (with("57015"), .unsupported("57")), (with("5900"), .malformed),
            (with("9a02AB"), .malformed), (with("99 2AB"), .malformed), (with("9903AB"), .malformed),
            (with("99٠2AB"), .malformed), (with("9²02AB"), .malformed), (with("99"), .malformed),
        ] as [(String, PaymentQR.Failure)])
    func refused(text: String, expected: PaymentQR.Failure) {
        #expect(failure(text) == expected)
    }

    @Test("an account that is not one wallet of this scheme is refused")
    func accounts() {
        let scheme = object("00", "dz.contacto.wallet")
        let id = "0123456789ab8defa123456789abcdef"
        #expect(failure(with(object("26", scheme))) == .missing("26.01"))
        #expect(failure(with(object("26", object("00", "dz.other") + object("01", id)))) == .otherScheme)
        #expect(failure(with(object("26", object("01", id)))) == .otherScheme)
        #expect(failure(with(object("26", scheme + "01"))) == .malformed)
        let short = String(id.dropLast())
        for wrong in [id.uppercased(), short, id + "0", short + "g", short + "é", "-" + short, "-" + id] {
            #expect(failure(with(object("26", scheme + object("01", wrong)))) == .invalid("26.01"))
        }
        #expect(failure(sealed(right + [object("31", scheme + object("01", id))])) == .repeated("31"))
        #expect(failure(with(object("26", scheme + scheme + object("01", id)))) == .repeated("26.00"))
    }

    @Test("each object that the standard demands is demanded, and none may be there twice")
    func presence() {
        for object in right {
            let tag = String(object.prefix(2))
            let without = failure(sealed(right.filter { $0 != object }))
            switch tag {
            case "01", "54", "62": #expect(without == nil)
            case "26": #expect(without == .otherScheme)
            default: #expect(without == .missing(tag))
            }
            #expect(failure(sealed(right + [object])) == .repeated(tag))
        }
        #expect(failure(sealed(right + ["9902AB", "9902AB"])) == .repeated("99"))
        #expect(failure("") == .missing("63"))
        #expect(failure(right.joined()) == .missing("63"))
    }

    @Test("the version comes first and the checksum last, and between them any order will do")
    func order() throws {
        var random = Seeded(91)
        for _ in 0..<50 {
            let code = sealed([right[0]] + right.dropFirst().shuffled(using: &random))
            #expect(try PaymentQR(code) == expected())
        }
        #expect(failure(sealed(right.dropFirst() + [right[0]])) == .misplaced("00"))
        #expect(failure(sealed([right[0], "6304ABCD"] + right.dropFirst())) == .repeated("63"))
        // The last object's value ends as a checksum would.
        let swallowed = sealed(right + ["9912ABCD"])
        #expect(failure(swallowed) == .missing("63"))
        #expect(failure(sealed([right[0], "6304ABCD"] + right.dropFirst() + ["9912ABCD"])) == .misplaced("63"))
    }

    @Test("what says nothing of this payment is passed over, in any script")
    func skipped() throws {
        let more = [
            "02164000123456789012", object("27", object("00", "com.example.pay") + object("01", "12345")), "610516000",
            "64200002ZH0104最佳运输0202北京", "64180002FR0108CAFÉ 2\u{301}é", "65020a", "8002ab",
        ]
        for object in more { #expect(try PaymentQR(sealed(right + [object])) == expected()) }
        let inside = object("62", object("01", "BILL") + object("05", "FACT-1") + object("07", "TERMINAL"))
        #expect(try PaymentQR(with(inside)) == expected())
        // The account may stand in any of the templates for accounts.
        let elsewhere = "51" + account.dropFirst(2)
        #expect(try PaymentQR(sealed(right.map { $0 == account ? elsewhere : $0 })) == expected())
        let outside = "52" + account.dropFirst(2)
        #expect(failure(sealed(right.filter { $0 != account && $0 != "52040000" } + [outside])) == .invalid("52"))
    }

    @Test("a code of at most 512 characters is read")
    func length() throws {
        let filler = (0..<3).map { object("8\($0)", String(repeating: "é", count: 99)) }
        let rest = 512 - sealed(right + filler).unicodeScalars.count
        let full = sealed(right + filler + [object("83", String(repeating: "é", count: rest - 4))])
        #expect(full.unicodeScalars.count == 512)
        #expect(try PaymentQR(full) == expected())
        let over = sealed(right + filler + [object("83", String(repeating: "é", count: rest - 3))])
        #expect(failure(over) == .tooLong)
    }
}

@Suite("QR codes that are damaged")
struct DamagedQRTests {
    @Test("any bit changed, any two neighbours exchanged, and any end cut off is found")
    func damage() {
        let text = Array(sealed(right).utf8)
        var read: [String] = []
        func expectRefused(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            if failure(text) == nil { read.append(text) }
        }
        for index in text.indices {
            for bit in 0..<7 {
                var wrong = text
                wrong[index] ^= 1 << bit
                expectRefused(wrong)
            }
            expectRefused(Array(text[..<index]))
            if index > 0, text[index] != text[index - 1] {
                var wrong = text
                wrong.swapAt(index, index - 1)
                expectRefused(wrong)
            }
        }
        #expect(read.isEmpty)
        #expect(failure(sealed(right).lowercased()) == .checksum)
    }

    @Test("whatever is sealed is refused, or read and then written and read the same", arguments: [UInt64(92), 93])
    func fuzz(seed: UInt64) throws {
        var random = Seeded(seed)
        let foreign: [Unicode.Scalar] = ["é", "\u{301}", "0", "٣", "5"]
        var accepted = 0
        for _ in 0..<500 {
            var scalars = Array(right.joined().unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: scalars.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: scalars[index] = Unicode.Scalar(UInt8.random(in: 0x20...0x7e, using: &random))
                case 1: scalars[index] = Unicode.Scalar(UInt8.random(in: 0x30...0x39, using: &random))
                case 2: scalars.remove(at: index)
                default: scalars.insert(foreign[Int.random(in: 0..<5, using: &random)], at: index)
                }
            }
            let text = scalars.reduce(into: "") { $0.unicodeScalars.append($1) }
            guard let code = try? PaymentQR(sealed([text])) else { continue }
            accepted += 1
            #expect(try PaymentQR(code.text) == code, "\(text) (seed \(seed))")
        }
        #expect(accepted > 20)
    }

    @Test("any text is read or refused", arguments: [UInt64(94)])
    func anyText(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<300 {
            let count = Int.random(in: 0...60, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = String(decoding: bytes, as: UTF8.self)
            if failure(text) == nil || failure(sealed([text])) == nil {
                Issue.record("\(bytes) is read (seed \(seed))")
            }
        }
    }

    @Test("an error shows nothing of what was read")
    func description() {
        #expect("\(PaymentQR.Failure.invalid("26.01"))" == "tag 26.01 is not of its form")
        #expect("\(PaymentQR.Failure.missing("59"))" == "tag 59 is missing")
        #expect(failure(with("5903A\u{7}B")).map { "\($0)" } == "tag 59 is not of its form")
    }
}
