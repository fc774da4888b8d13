// References of bank transfers: what is shown is read back, slips are found, and noise is no reference.

import Domain
import Testing

private let alphabet = Array("23456789ABCDEFGHJKMNPQRSTUVWXYZ")

extension Seeded {
    fileprivate mutating func reference() -> TransferReference {
        TransferReference(command: CommandID(high: next(), low: next()))
    }
}

/// The twelve characters of a reference, without prefix and hyphens.
private func body(_ reference: TransferReference) -> [Character] {
    reference.description.dropFirst(3).filter { $0 != "-" }
}

@Suite("References of bank transfers")
struct TransferReferenceTests {
    // Reckoned by other means: Python's integers, and the check characters found by trying all pairs.
    @Test(
        "a command's reference never changes",
        arguments: [
            ("00000000-0000-0000-0000-000000000000", 0, 44_217_350_136_662, "CW-4FV7-6YGW-6R85"),
            ("00000000-0000-0000-0000-000000000000", 1, 125_945_919_970_525, "CW-8KPS-BJ7E-PFE4"),
            ("01234567-89ab-8def-8123-456789abcdef", 0, 40_030_483_152_027, "CW-4AXZ-M3YE-HX5E"),
            ("01234567-89ab-8def-8123-456789abcdef", .max, 21_432_819_714_998, "CW-3C62-K97F-WZ3B"),
            ("ffffffff-ffff-ffff-ffff-ffffffffffff", 0, 43_104_406_709_387, "CW-4EJR-6GJA-CW7N"),
            ("c0ffee00-1dea-8bad-9f00-d15ea5e0cafe", 0, 88_267_944_701_247, "CW-6NHA-F8YP-GYGH"),
            ("c0ffee00-1dea-8bad-9f00-d15ea5e0cafe", 2, 31_261_573_621_365, "CW-3QPA-72WE-7R43"),
        ] as [(String, UInt32, Int64, String)])
    func known(id: String, attempt: UInt32, number: Int64, text: String) throws {
        let reference = TransferReference(command: try #require(CommandID(id)), attempt: attempt)
        #expect(reference.number == number && reference.description == text)
        #expect(TransferReference(text) == reference)
    }

    @Test("a reference has one form, and leads back to its number", arguments: [UInt64(51), 52])
    func form(seed: UInt64) throws {
        var random = Seeded(seed)
        var numbers = [0, 1, TransferReference.count - 1]
        numbers += (0..<1_000).map { _ in Int64.random(in: 0..<TransferReference.count, using: &random) }
        for number in numbers {
            let reference = try #require(TransferReference(number: number))
            let (text, characters) = (Array(reference.description), body(reference))
            // The number is the ten characters read from left to right: a digit, a letter, and eight of the alphabet.
            var value: Int64 = 0
            for (index, character) in characters.prefix(10).enumerated() {
                let place = Int64(try #require(alphabet.firstIndex(of: character)))
                value = index == 0 ? place : index == 1 ? value * 23 + place - 8 : value * 31 + place
            }
            guard text.count == 17, String(text.prefix(3)) == "CW-", text[7] == "-", text[12] == "-", value == number,
                characters[0].isNumber, characters[1].isLetter, TransferReference(reference.description) == reference
            else {
                Issue.record("\(number) is \(reference) (seed \(seed))")
                return
            }
        }
        #expect(TransferReference(number: -1) == nil && TransferReference(number: TransferReference.count) == nil)
    }

    @Test("of all pairs of check characters one is right")
    func checks() {
        var random = Seeded(53)
        for _ in 0..<20 {
            let reference = random.reference()
            let right = alphabet.flatMap { first in
                alphabet.compactMap { TransferReference(String(body(reference).prefix(10) + [first, $0])) }
            }
            #expect(right == [reference])
        }
    }

    @Test("the first character is a digit and the second a letter, or else no check characters are right")
    func classes() {
        var random = Seeded(57)
        for _ in 0..<10 {
            var (letterFirst, digitSecond) = (body(random.reference()), body(random.reference()))
            letterFirst[0] = alphabet[Int.random(in: 8..<31, using: &random)]
            digitSecond[1] = alphabet[Int.random(in: 0..<8, using: &random)]
            for characters in [letterFirst, digitSecond] {
                let right = alphabet.flatMap { first in
                    alphabet.compactMap { TransferReference(String(characters.prefix(10) + [first, $0])) }
                }
                #expect(right.isEmpty)
            }
        }
    }

    @Test("commands have references of their own, and so have attempts", arguments: [UInt64(54), 55])
    func distinct(seed: UInt64) {
        var random = Seeded(seed)
        let base = random.next()
        var seen: Set<TransferReference> = []
        for index in UInt64(0)..<5_000 {
            seen.insert(TransferReference(command: CommandID(high: base, low: index)))
            seen.insert(TransferReference(command: CommandID(high: index, low: base)))
            seen.insert(TransferReference(command: CommandID(high: base, low: base), attempt: UInt32(index + 1)))
            seen.insert(random.reference())
        }
        // Among 20,000 of 1.57 × 10¹⁴ two are equal in one case of 785,000.
        #expect(seen.count == 20_000)
    }

    @Test("every character is as frequent as it should be at every place")
    func spread() {
        var random = Seeded(56)
        var counts = [[Character: Int]](repeating: [:], count: 12)
        for _ in 0..<9_300 {
            for (index, character) in body(random.reference()).enumerated() {
                counts[index][character, default: 0] += 1
            }
        }
        for (index, count) in counts.enumerated() {
            let kinds = index == 0 ? 8 : index == 1 ? 23 : 31
            #expect(count.count == kinds)
            let mean = 9_300 / kinds
            // Six standard deviations.
            #expect(count.values.allSatisfy { ($0 - mean) * ($0 - mean) < 36 * mean })
        }
    }
}

@Suite("Slips in references")
struct TransferReferenceSlipTests {
    @Test("any one character changed is found, at every place and to every other", arguments: [UInt64(61), 62])
    func substitutions(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<5 {
            let right = body(random.reference())
            for index in right.indices {
                for other in alphabet + Array("01ILOilo*é٣") where other != right[index] {
                    var wrong = right
                    wrong[index] = other
                    expectUnread(String(wrong))
                }
            }
        }
    }

    @Test("any two characters exchanged are found, adjacent or not", arguments: [UInt64(63), 64])
    func transpositions(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<30 {
            let right = body(random.reference())
            for first in right.indices {
                for second in right.indices where second > first && right[first] != right[second] {
                    var wrong = right
                    wrong.swapAt(first, second)
                    expectUnread(String(wrong))
                }
            }
        }
    }

    @Test("any two characters changed are found")
    func pairs() {
        let right = body(TransferReference(command: CommandID(high: 65, low: 66)))
        for first in right.indices {
            for second in right.indices where second > first {
                for one in alphabet where one != right[first] {
                    var wrong = right
                    wrong[first] = one
                    for two in alphabet where two != right[second] {
                        wrong[second] = two
                        if TransferReference(String(wrong)) != nil { Issue.record("\(String(wrong)) is read") }
                    }
                }
            }
        }
    }

    @Test("a character too few or too many makes it no reference")
    func lengths() {
        var random = Seeded(67)
        for _ in 0..<10 {
            let right = body(random.reference())
            for index in right.indices {
                var short = right
                short.remove(at: index)
                expectUnread(String(short))
                for character in alphabet {
                    var long = right
                    long.insert(character, at: index)
                    expectUnread(String(long))
                }
            }
        }
    }

    /// Neither what somebody typed nor part of a statement's line.
    private func expectUnread(_ wrong: String) {
        let grouped = "CW-\(wrong.prefix(4))-\(wrong.dropFirst(4).prefix(4))-\(wrong.dropFirst(8))"
        guard TransferReference(wrong) == nil, TransferReference(grouped) == nil,
            TransferReference.find(in: "VIR \(grouped) MERCI").isEmpty
        else {
            Issue.record("\(wrong) is read as a reference")
            return
        }
    }
}
