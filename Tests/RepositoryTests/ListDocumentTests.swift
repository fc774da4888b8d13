// The lists and examples of docs/calendar-and-references.md are those of the code.

import Domain
import Testing

@Suite("Documented lists")
struct ListDocumentTests {
    private func block(_ language: String) throws -> String {
        let blocks = FencedBlock.all.filter { $0.language == language }
        try #require(blocks.count == 1)
        return blocks[0].lines.joined(separator: "\n")
    }

    @Test("the documented holidays and banks are the built-in ones")
    func lists() throws {
        #expect(try block("holidays") == Holidays.standardText)
        #expect(try block("banks") == BankDirectory.standardText)
    }

    @Test("the documented QR code is that of the wallet and the bill beside it")
    func code() throws {
        let wallet = try #require(WalletID("01234567-89ab-8def-a123-456789abcdef"))
        let code = try PaymentQR(
            walletID: wallet, amount: .fixed(Money(1_250_00, .dzd)), reference: "FACT-2026-000123",
            merchantName: "CAFE DE LA POSTE")
        #expect(try block("qr") == code.text)
    }
}
