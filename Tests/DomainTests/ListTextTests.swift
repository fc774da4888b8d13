// The lists that an operator configures are read strictly, and what is wrong is named by its line.

import Domain
import Testing

@Suite("Configured lists")
struct ListTextTests {
    private func failure(_ text: String) -> ListText.Failure? {
        do {
            _ = try Holidays(text: text)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "a line that is not of the form is an error that names it",
        arguments: [
            ("2026-03-20", 1, .noName), ("2026-03-20 ", 1, .noName), ("\n\n2026-03-20\n", 3, .noName),
            ("# a\n2026-3-20 Aïd", 2, .key), ("26-03-20 Aïd", 1, .key), ("2026-13-01 Aïd", 1, .key),
            ("2026-02-29 Aïd", 1, .key), ("2026-00-10 Aïd", 1, .key), ("2026-04-31 Aïd", 1, .key),
            ("1969-12-31 Aïd", 1, .key), ("2026/03/20 Aïd", 1, .key), ("20260320 Aïd", 1, .key),
            ("2026-03-2٠ Aïd", 1, .key), (" 2026-03-20 Aïd", 1, .key), (" # a comment is not indented", 1, .key),
            ("2026-03-20\tAïd", 1, .noName), ("2026-03-20  Aïd", 1, .name), ("2026-03-20 Aïd ", 1, .name),
            ("2026-03-20 Aïd\r\n", 1, .name), ("2026-03-20 A\u{7}d", 1, .name), ("2026-03-20 A\u{7f}d", 1, .name),
            ("2026-03-20 Aïd\n2026-03-21 Aïd\n2026-03-20 Aïd", 3, .repeated),
            ("2026-03-20 Aïd\n-03-20 Aïd", 2, .key), ("2026-03-20 \(String(repeating: "a", count: 81))", 1, .name),
        ] as [(String, Int, ListText.Failure.Reason)])
    func refused(text: String, line: Int, reason: ListText.Failure.Reason) {
        #expect(failure(text) == ListText.Failure(line: line, reason: reason))
    }

    @Test("empty lines and comments say nothing, and the last line feed may be missing")
    func accepted() throws {
        #expect(try Holidays(text: "").lastDatedDay == nil)
        #expect(try Holidays(text: "\n\n# 2026-03-20 Aïd\n").lastDatedDay == nil)
        let longest = String(repeating: "a", count: 80)
        let holidays = try Holidays(text: "# feasts\n\n2026-03-21 \(longest)\n2024-02-29 # 1")
        #expect(holidays.name(on: 20_533) == longest)
        #expect(holidays.name(on: 19_782) == "# 1")
        #expect(holidays.name(on: 20_532) == nil)
    }

    @Test("a list has at most 2000 lines")
    func lines() {
        #expect(failure(String(repeating: "\n", count: 1_999)) == nil)
        #expect(failure(String(repeating: "\n", count: 2_000)) == ListText.Failure(line: 2_001, reason: .tooLong))
    }

    @Test("an error shows nothing of what was read")
    func description() {
        let shown = String(describing: failure("2026-03-20 secret\nsecret secret") as Any)
        #expect(shown.contains("line 2: the key is not of its form") && !shown.contains("secret"))
    }
}
