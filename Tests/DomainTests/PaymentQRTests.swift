// The text of a merchant's QR code is that of the standard, and says what was meant.

import Domain
import Testing

@Suite("QR codes of merchants")
struct PaymentQRTests {
    private let wallet = WalletID(high: 0x0123_4567_89ab_8def, low: 0xa123_4567_89ab_cdef)

    // Written by other means: Python's strings, and the CRC of its module binascii.
    @Test("a code has the text that another writer gives it")
    func written() throws {
        let (open, fixed) = (PaymentQR.Amount.open(.dzd), PaymentQR.Amount.fixed(Money(1_250_00, .dzd)))
        let onTheDoor = try PaymentQR(walletID: wallet, amount: open, merchantName: "CAFE DE LA POSTE")
        #expect(
            onTheDoor.text == "00020101021126580018dz.contacto.wallet01320123456789ab8defa123456789abcdef"
                + "5204000053030125802DZ5916CAFE DE LA POSTE6005ALGER6304C27E")
        let onTheBill = try PaymentQR(
            walletID: wallet, amount: fixed, reference: "FACT-2026-000123", merchantName: "CAFE DE LA POSTE")
        #expect(
            onTheBill.text == "00020101021226580018dz.contacto.wallet01320123456789ab8defa123456789abcdef"
                + "52040000530301254071250.005802DZ5916CAFE DE LA POSTE6005ALGER62200516FACT-2026-0001236304682E")
    }

    @Test("the longest code has 201 characters, and the shortest values are written as they are")
    func limits() throws {
        let longest = try PaymentQR(
            walletID: WalletID(high: .max, low: .max), amount: .fixed(Money(999_999_999_999, .eur)),
            reference: String(repeating: "R", count: 25), merchantName: String(repeating: "N", count: 25),
            merchantCity: String(repeating: "C", count: 15))
        #expect(longest.text.utf8.count == 201 && longest.text.hasSuffix("63049FEA"))
        #expect(longest.text.contains("530397854139999999999.995802DZ"))
        let shortest = try PaymentQR(
            walletID: WalletID(high: 0, low: 0), amount: .fixed(Money(1, .usd)), merchantName: "~", merchantCity: "!")
        #expect(shortest.text.hasSuffix("530384054040.015802DZ5901~6001!63043061"))
    }

    // The first is the usual check value of this CRC; the others are codes that EMVCo, Mastercard and a library publish.
    @Test(
        "the checksum is CRC-16/CCITT-FALSE, over UTF-8",
        arguments: [
            ("123456789", 0x29b1), ("", 0xffff),
            (
                "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN"
                    + "5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***"
                    + "0708A60086670902ME91320016A0112233449988770708123456786304", 0xa13a
            ),
            (
                "000201010211057704736a2f41a3-c54c-fce8-32d2-0324e1c32e22*3440e5bf-81ca-4c5f-a1b2-cf989f09a039"
                    + "52045024530384054031005802US5913Test Merchant6008New York6208030412346304", 0x6f6d
            ),
            (
                "00020101021252044131153137210116372101160123456789ABCDE6010Phnom Penh5913Merchant Shop5802KH"
                    + "540510.005303840622501081234567802090124444446304", 0xa0ba
            ),
        ] as [(String, Int)])
    func checksum(text: String, expected: Int) {
        #expect(PaymentQR.checksum(of: text.utf8) == UInt16(expected))
    }

    @Test("what is written is read back, for any wallet, amount, reference and name", arguments: [UInt64(81), 82])
    func roundTrip(seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<400 {
            let code = try random.code()
            guard try PaymentQR(code.text) == code, code.text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else {
                Issue.record("\(code.text) (seed \(seed))")
                return
            }
        }
    }

    @Test("a value that a code cannot hold makes no code, and the error names its tag")
    func unwritable() {
        let money = { PaymentQR.Amount.fixed(Money($0, .dzd)) }
        for minorUnits in [0, -1, 1_000_000_000_000, Int64.max, .min] {
            expect(.invalid("54")) { try PaymentQR(walletID: wallet, amount: money(minorUnits), merchantName: "A") }
        }
        for name in ["", String(repeating: "N", count: 26), "CAFÉ", "A\u{7f}", "A\nB", "مقهى"] {
            expect(.invalid("59")) { try PaymentQR(walletID: wallet, merchantName: name) }
        }
        for city in ["", "SIDI BEL ABBES 22", "BÉJAÏA"] {
            expect(.invalid("60")) { try PaymentQR(walletID: wallet, merchantName: "A", merchantCity: city) }
        }
        for reference in ["", String(repeating: "R", count: 26), "n°1", "***"] {
            expect(.invalid("62.05")) { try PaymentQR(walletID: wallet, reference: reference, merchantName: "A") }
        }
    }

    private func expect(_ failure: PaymentQR.Failure, _ make: () throws -> PaymentQR) {
        #expect(throws: failure) { try make() }
    }

    @Test("a currency's number in ISO 4217 leads back to it", arguments: Currency.allCases)
    func currencies(currency: Currency) {
        #expect(Currency(isoNumber: currency.isoNumber) == currency)
        #expect(["DZD": "012", "EUR": "978", "USD": "840"][currency.code] == currency.isoNumber)
        #expect(Currency(isoNumber: "12") == nil && Currency(isoNumber: "392") == nil)
    }
}

extension Seeded {
    /// Any code that can be written.
    mutating func code() throws -> PaymentQR {
        let currency = Currency.allCases[Int.random(in: 0..<3, using: &self)]
        let digits = Int.random(in: 0...11, using: &self)
        let top = (0..<digits).reduce(Int64(10)) { top, _ in top * 10 } - 1
        let money = Money(Int64.random(in: 1...top, using: &self), currency)
        return try PaymentQR(
            walletID: WalletID(high: next(), low: next()), amount: chance(30) ? .open(currency) : .fixed(money),
            reference: chance(40) ? nil : printable(25), merchantName: printable(25), merchantCity: printable(15))
    }

    private mutating func printable(_ charactersMax: Int) -> String {
        let count = Int.random(in: 1...charactersMax, using: &self)
        let text = (0..<count).map { _ in UInt8.random(in: 0x20...0x7e, using: &self) }
        let string = String(decoding: text, as: UTF8.self)
        return string == "***" ? "**" : string
    }
}
