// Which bank a RIB names, and the list of banks.

import Domain
import Testing

@Suite("Banks")
struct BankDirectoryTests {
    @Test("a RIB names its bank by its first three digits, whatever they are")
    func bank() throws {
        for number in 0...999 {
            let code = String("000\(number)".suffix(3))
            let rib = try #require(RIB("\(code)99999002345678941"))
            #expect(rib.bank.description == code && Int(rib.bank.number) == number)
            #expect(BankCode(code) == rib.bank)
        }
    }

    @Test(
        "a bank's code is three ASCII digits",
        arguments: ["", "7", "07", "0007", "00a", " 07", "-07", "+07", "00٧", "０７"])
    func codes(text: String) {
        #expect(BankCode(text) == nil)
    }

    @Test(
        "the built-in list has the banks under their codes",
        arguments: [
            ("001", "Banque Nationale"), ("002", "Banque Extérieure"), ("003", "Banque de l’Agriculture"),
            ("004", "Crédit Populaire"), ("005", "Banque de Développement Local"), ("006", "Al Baraka"),
            ("007", "Algérie Poste"), ("011", "CNEP"), ("021", "Société Générale"), ("032", "Gulf Bank"),
            ("038", "Al Salam"), ("111", "Banque d’Algérie"),
        ])
    func standard(text: String, name: String) throws {
        let code = try #require(BankCode(text))
        #expect(BankDirectory.standard.contains(code))
        #expect(BankDirectory.standard.name(of: code)?.hasPrefix(name) == true)
    }

    @Test("a bank that is not on the list is not on it, though the RIB's key is right")
    func unknown() throws {
        let rib = try #require(RIB("99999999002345678941"))
        #expect(!BankDirectory.standard.contains(rib.bank) && BankDirectory.standard.name(of: rib.bank) == nil)
        #expect(BankDirectory.standard.contains(try #require(RIB("00799999002345678941")).bank))
        #expect(BankDirectory.standard.codes.count == 24)
    }

    @Test("a configured list takes the place of the built-in one")
    func configured() throws {
        let directory = try BankDirectory(text: "# clearing members\n042 Banque de l’Essai\n007 Algérie Poste\n")
        #expect(directory.codes.map(\.description) == ["007", "042"])
        #expect(directory.name(of: try #require(BankCode("042"))) == "Banque de l’Essai")
        #expect(!directory.contains(try #require(BankCode("001"))))
    }

    @Test(
        "a line that names no bank is an error that names it",
        arguments: [
            ("42 Banque", 1, .key), ("001 BNA\n0002 BEA", 2, .key), ("001", 1, .noName), ("00a BNA", 1, .key),
            ("001 BNA\n\n001 BEA", 3, .repeated),
        ] as [(String, Int, ListText.Failure.Reason)])
    func refused(text: String, line: Int, reason: ListText.Failure.Reason) {
        #expect(throws: ListText.Failure(line: line, reason: reason)) { try BankDirectory(text: text) }
    }
}
