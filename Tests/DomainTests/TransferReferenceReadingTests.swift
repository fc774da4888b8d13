// References are found in what people type and in the lines of bank statements, and nothing else is.

import Domain
import Testing

private let known = "CW-6NHA-F8YP-GYGH"
private let other = "CW-3QPA-72WE-7R43"

@Suite("References that are typed")
struct TypedReferenceTests {
    @Test(
        "case, blanks, hyphens and a missing prefix do not matter",
        arguments: [
            "CW-6NHA-F8YP-GYGH", "cw-6nha-f8yp-gygh", "CW6NHAF8YPGYGH", "6NHAF8YPGYGH", "6nha f8yp gygh",
            "6NHA-F8YP-GYGH", " CW 6N HA F8 YP GY GH ", "Cw–6nHa–F8yP–GyGh", "CW\u{a0}6NHA\u{a0}F8YP\u{a0}GYGH",
            "6-N-H-A-F-8-Y-P-G-Y-G-H",
            "C W - 6NHA - F8YP - GYGH", "CW-6NHA-\r\nF8YP-GYGH\n", "cw6nhaf8yp     gygh",
        ])
    func forgiving(text: String) {
        #expect(TransferReference(text)?.description == known)
    }

    @Test(
        "what else is there is not passed over",
        arguments: [
            "", "CW", "CW-", "CW-6NHA-F8YP", "CW-6NHA-F8YP-GYGH.", "CW:6NHA-F8YP-GYGH", "WC-6NHA-F8YP-GYGH",
            "CX-6NHA-F8YP-GYGH", "CWCW-6NHA-F8YP-GYGH", "W-6NHA-F8YP-GYGH", "6NHA_F8YP_GYGH", "CW-6NHA-F8YP-GYGH-2",
            "CW-6ИHA-F8YP-GYGH", "ＣＷ-6NHA-F8YP-GYGH",
        ])
    func refused(text: String) {
        #expect(TransferReference(text) == nil)
    }
}

@Suite("References in statements")
struct StatementReferenceTests {
    @Test(
        "all references of a line are found, in their order and once each",
        arguments: [
            ("VIREMENT RECU DE M BENALI CW-6NHA-F8YP-GYGH ALGER", [known]),
            ("VIR/cw6nhaf8ypgygh/20261123", [known]), ("REFCW-6NHA-F8YP-GYGH", [known]), ("6NHAF8YPGYGH", [known]),
            ("recharge 6nha f8yp gygh merci", [known]), ("(6NHA-F8YP-GYGH)", [known]),
            ("CW-6NHA-F8\nYP-GYGH", [known]), ("CW 6NHA\r\n F8YP GYGH", [known]), ("CW-6N HA-F8 YP-GY GH.", [known]),
            ("CW-6NHA-F8YP-GYGH CW-3QPA-72WE-7R43", [known, other]),
            ("CW-3QPA-72WE-7R43, CW-6NHA-F8YP-GYGH, cw 3qpa 72we 7r43", [other, known]),
            ("6NHA F8YP GYGH 3QPA 72WE 7R43", [known, other]), ("CW CW-6NHA-F8YP-GYGH", [known]),
            ("CX-6NHA-F8YP-GYGH", [known]), ("FACT-2026-6NHA-F8YP-GYGH-01", [known]), ("é 6NHAF8YPGYGH é", [known]),
        ] as [(String, [String])])
    func found(line: String, references: [String]) {
        #expect(TransferReference.find(in: line).map(\.description) == references)
    }

    @Test(
        "what only looks like one is none",
        arguments: [
            "", "CW", "CW-6NHA-F8YP-GYGHX", "CW-6NHA-F8YP-GYGHé", "CW-6NHA-F8YP-GYGH٣", "X6NHAF8YPGYGH",
            "é6NHAF8YPGYGH", "6NHAF8YPGYGH2", "6NHAF8 YPGYGH", "6N HA F8 YP GY GH", "6NHA-F8YPGYGH", "6NHAF8YP-GYGH",
            "6NHA----F8YP-GYGH", "CW-6NHA----F8YP-GYGH", "CW.6NHA.F8YP.GYGH", "CW-6NHA/F8YP/GYGH", "CW-0NHA-F8YP-GYGH",
            "VIREMENT RECU DE SARL ELECTRO EL HARRACH FACTURE 2026/11/000123", "PAYE DEUX CENT", "00799999002345678941",
            "DZ580002100001113000000570", "222222222222", "2222 2222 2222",
            "SALAIRE NOVEMBRE 2026 RIB 002 00012 0123456789",
            "CWCWCWCWCWCWCWCW", "CW22-2222-2222-2222", "+213 661 23 45 67 20261123T101500",
        ])
    func noise(line: String) {
        #expect(TransferReference.find(in: line).isEmpty)
    }

    @Test("references are found in any noise around them, and nothing else is", arguments: [UInt64(71), 72, 73])
    func inNoise(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<500 {
            var (line, expected) = ("", [TransferReference]())
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                line += words(Int.random(in: 0...4, using: &random), &random)
                let reference = TransferReference(command: CommandID(high: random.next(), low: random.next()))
                expected.append(reference)
                line += shown(reference, &random) + " "
            }
            line += words(Int.random(in: 1...6, using: &random), &random)
            guard TransferReference.find(in: line) == expected else {
                Issue.record("\(TransferReference.find(in: line)) in: \(line) (seed \(seed))")
                return
            }
        }
    }

    @Test("two hundred thousand characters of letters, digits and blanks hold no reference")
    func muchNoise() {
        var random = Seeded(74)
        #expect((0..<2_000).allSatisfy { _ in TransferReference.find(in: words(16, &random)).isEmpty })
    }

    @Test("of words that could be a reference one in 961 is one, and no more")
    func falsePositives() {
        var random = Seeded(75)
        let alphabet = Array("23456789ABCDEFGHJKMNPQRSTUVWXYZ")
        let count = (0..<961 * 20).count { _ in
            let place = { (range: Range<Int>) in alphabet[Int.random(in: range, using: &random)] }
            let word = [place(0..<8), place(8..<31)] + (0..<10).map { _ in place(0..<31) }
            return !TransferReference.find(in: String(word)).isEmpty
        }
        // 20 with a standard deviation of 4.5.
        #expect(2...38 ~= count)
    }

    /// Words of capitals and digits of one to eleven characters, each with a blank after it. A word of twelve can be a
    /// reference by chance, and so could three of four; by the seeds of these tests none is.
    private func words(_ count: Int, _ random: inout Seeded) -> String {
        let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        var text = ""
        for _ in 0..<count {
            for _ in 0..<Int.random(in: 1...11, using: &random) {
                text.append(characters[Int.random(in: characters.indices, using: &random)])
            }
            text += [" ", " ", "/", ", ", "\n"][Int.random(in: 0..<5, using: &random)]
        }
        return text
    }

    /// A reference as somebody could have typed it.
    private func shown(_ reference: TransferReference, _ random: inout Seeded) -> String {
        let text = reference.description
        return switch Int.random(in: 0..<5, using: &random) {
        case 0: text
        case 1: text.lowercased()
        case 2: String(text.filter { $0 != "-" })
        case 3: String(text.dropFirst(3).map { $0 == "-" ? " " : $0 })
        default: String(text.map { $0 == "-" ? " " : $0 })
        }
    }
}
