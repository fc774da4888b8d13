// The table of outcome codes: complete, in the order of the checks, and what the documentation says.

import Domain
import Foundation
import Testing

@Suite("Outcome codes")
struct OutcomeCodeTests {
    @Test("every code has one line in the table, with a name of its own")
    func complete() {
        #expect(
            OutcomeCode.table.map(\.code).sorted { $0.rawValue < $1.rawValue }
                == OutcomeCode.allCases.sorted { $0.rawValue < $1.rawValue })
        #expect(Set(OutcomeCode.table.map(\.name)).count == OutcomeCode.table.count)
        #expect(OutcomeCode.allCases.allSatisfy { OutcomeCode(name: $0.name) == $0 })
        #expect(OutcomeCode(name: "ok") == nil)
    }

    @Test("the table is in the order of the checks, and a code's number begins with its check's")
    func order() {
        let checks = OutcomeCode.table.map(\.check)
        #expect(checks == checks.sorted())
        #expect(OutcomeCode.table.allSatisfy { Int($0.code.rawValue) / 100 == $0.check })
    }

    @Test("a name is what the interfaces say it looks like, and a status is one that HTTP has for it")
    func forms() {
        for rule in OutcomeCode.table {
            #expect(rule.name.allSatisfy { $0.isASCII && ($0.isUppercase || $0 == "_") })
            #expect([200, 400, 403, 404, 409, 422].contains(rule.httpStatus))
            #expect(rule.meaning.hasSuffix(".") && !rule.meaning.contains("|"))
        }
        #expect(OutcomeCode.table.filter { !$0.isFinal }.map(\.code) == [.ok, .chargedBack])
    }

    /// docs/outcome-codes.md, from the table.
    private static var document: String {
        let checks = [
            "–", "1 form", "2 authenticity", "3 seen before, in time", "4 who", "5 wallets, payee, KYC", "6 limits",
            "7 funds", "8 risk", "9 proof", "the outside world",
        ]
        var text = """
            # Outcome codes

            Why a command ended as it did. The checks are made in this order, and the first that fails decides: of two \
            codes that fit, the one further up is the answer. *HTTP* is the status with which the API answers when it \
            finds this out itself; *final* says that the command cannot change any more.

            This page is made from `OutcomeCode.table`, and a test compares the two. After a change of the table:
            `WALLET_WRITE_DOCS=1 swift test --filter OutcomeCodeTests`.

            | code | number | check | HTTP | final | meaning |
            |---|---|---|---|---|---|

            """
        for rule in OutcomeCode.table {
            text += "| `\(rule.name)` | \(rule.code.rawValue) | \(checks[rule.check]) | \(rule.httpStatus) | "
            text += "\(rule.isFinal ? "yes" : "no") | \(rule.meaning) |\n"
        }
        return text
    }

    @Test("docs/outcome-codes.md is what the table says")
    func documentation() throws {
        let url = Repository.root.appending(path: "docs/outcome-codes.md")
        if ProcessInfo.processInfo.environment["WALLET_WRITE_DOCS"] == "1" {
            try Self.document.write(to: url, atomically: true, encoding: .utf8)
        }
        let written = try? String(contentsOf: url, encoding: .utf8)
        #expect(written == Self.document, "run with WALLET_WRITE_DOCS=1 to write it anew")
    }
}
