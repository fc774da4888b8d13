// docs/configuration.md says of every variable that the code reads what it may be, and of none that it does not read.

import Domain
import Foundation
import Testing
import Wire

@Suite("Configuration, documented")
struct ConfigurationDocumentTests {
    /// A line of a table.
    private struct Line {
        let name: String
        let range: String
        let isSecret: Bool
    }

    /// Which sources read for which section. What the first two processes verify of the broker is shared.
    private static let sections: [(title: String, folders: [String])] = [
        ("wallet-fleet", ["Sources/Workers", "Sources/Shared/BrokerAdmin", "Sources/Shared/Settings"]),
        ("wallet-ingress", ["Sources/Ingress", "Sources/Shared/BrokerAdmin", "Sources/Shared/Settings"]),
        ("wallet-sandbox", ["Sources/Sandbox"]), ("walletctl", ["Sources/Operator"]),
        ("wallet-demo", ["Sources/Demo"]), ("wallet-bench", ["Benchmarks"]),
    ]

    private static func section(_ title: String) throws -> [Substring] {
        let document = try #require(Repository.files.first { $0.path == "docs/configuration.md" })
        let start = try #require(document.lines.firstIndex { $0 == "## \(title)" }, "there is no section \(title)")
        return document.lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("| `WALLET_") }
    }

    private static func lines(_ title: String) throws -> [Line] {
        try section(title).map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(cells.count >= 4, "\(line)")
            return Line(
                name: cells[0].trimmingCharacters(in: ["`"]), range: cells[2], isSecret: cells[3] == "yes")
        }
    }

    private static func code(_ folders: [String]) -> String {
        Repository.swift.filter { file in folders.contains { file.path.hasPrefix($0 + "/") } }.map(\.text).joined()
    }

    /// The names that stand in quotes by themselves.
    private static func names(in code: String) throws -> Set<String> {
        let name = try Regex(#""(WALLET_[A-Z_]+)""#, as: (Substring, Substring).self)
        let outcomes = Set(OutcomeCode.allCases.map(\.name))
        return Set(code.matches(of: name).map { String($0.output.1) }).subtracting(outcomes)
    }

    @Test("each process has a table of exactly what it reads", arguments: sections.indices)
    func names(index: Int) throws {
        let (title, folders) = Self.sections[index]
        let documented = try Self.lines(title).map(\.name)
        #expect(Set(documented) == (try Self.names(in: Self.code(folders))))
        #expect(documented.count == Set(documented).count)
    }

    @Test("a range is the one that is checked", arguments: sections.indices)
    func ranges(index: Int) throws {
        let (title, folders) = Self.sections[index]
        let call = try Regex(
            #"(?:integer|number)\(\s*"(WALLET_[A-Z_]+)",\s*in: ([0-9_]+)\.\.\.([0-9_]+)"#,
            as: (Substring, Substring, Substring, Substring).self)
        let code = Self.code(folders).replacing("Slots.count", with: "256").replacing(
            "Self.portRange", with: "1...65_535")
        let checked = code.matches(of: call).map { match in
            (String(match.output.1), "\(match.output.2) to \(match.output.3)".replacing("_", with: ""))
        }
        let documented = Dictionary(try Self.lines(title).map { ($0.name, $0.range) }, uniquingKeysWith: { $1 })
        for (name, range) in checked { #expect(documented[name] == range, "\(title): \(name)") }
        let numbers = documented.filter { $0.value.first?.isNumber == true && $0.value.contains(" to ") }.keys
        #expect(Set(numbers) == Set(checked.map(\.0)), "\(title)")
    }

    @Test(
        "what is read as a secret is documented as one",
        arguments: ["wallet-fleet", "wallet-ingress", "wallet-sandbox"])
    func secrets(title: String) throws {
        let folders = try #require(Self.sections.first { $0.title == title }).folders
        let call = try Regex(
            #"(?:"(WALLET_[A-Z_]+)", secret: true|(?:databaseURL|receiptKey)\("(WALLET_[A-Z_]+)"\))"#,
            as: (Substring, Substring?, Substring?).self)
        let secret = Self.code(folders).matches(of: call).compactMap { $0.output.1 ?? $0.output.2 }.map(String.init)
        #expect(Set(try Self.lines(title).filter(\.isSecret).map(\.name)) == Set(secret))
    }

    /// The block of JSON below a heading.
    private static func json(under heading: String) throws -> [UInt8] {
        let document = try #require(Repository.files.first { $0.path == "docs/configuration.md" })
        let start = try #require(document.lines.firstIndex { $0 == heading }, "there is no heading \(heading)")
        let below = document.lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
        let block = below.drop { $0 != "```json" }.dropFirst().prefix { $0 != "```" }
        return Array(block.joined(separator: "\n").utf8)
    }

    @Test("the fee tables shown are read as they stand, and the first is what applies without any")
    func feeTables() throws {
        let schedule = try FeeSchedule(json: Self.json(under: "### The fee tables"))
        #expect(schedule.table(at: Timestamp(microseconds: 0)) == .standard)
        let later = schedule.table(at: Timestamp(microseconds: .max))
        #expect(later.version == 2 && later != .standard)
    }

    @Test("the limit tables shown are read as they stand, and the first is what applies without any")
    func limitTables() throws {
        let schedule = try LimitSchedule(json: Self.json(under: "### The limit tables"))
        #expect(schedule.table(at: Timestamp(microseconds: 0)) == .standard)
        let later = schedule.table(at: Timestamp(microseconds: .max))
        #expect(later.version == 2 && later.levelThree.monthly == nil)
    }

    @Test("a variable that only tests and deploy read has its line")
    func testVariables() throws {
        let name = try Regex(#"WALLET_(?:TEST_[A-Z_]+|FUZZ_[A-Z_]+|WRITE_DOCS|GUARD_WRITE|BIN)\b"#, as: Substring.self)
        let files = Repository.files.filter { $0.path.hasPrefix("Tests/") || $0.path.hasPrefix("deploy/") }
        let read = Set(files.flatMap { $0.text.matches(of: name) }.map { String($0.output) })
        let documented = Set(
            try Self.section("Tests and deploy/local").flatMap { line in
                (line.split(separator: "|").first ?? "").matches(of: name).map { String($0.output) }
            })
        #expect(documented == read)
    }
}
