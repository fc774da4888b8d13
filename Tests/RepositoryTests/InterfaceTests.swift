// What docs/interfaces.md and docs/sandbox.md promise to others is what the code has: routes, codes, verbs.

import ArgumentParser
import Foundation
import Testing

@testable import Operator

@Suite("Interfaces")
struct InterfaceTests {
    private static func text(_ path: String) throws -> String {
        try #require(Repository.files.first { $0.path == path }).text
    }

    /// `GET /wallets/{id}` and the like in backticks; what a question mark begins is not part of a route.
    private static func documented(_ text: String) throws -> Set<String> {
        let route = try Regex("`(GET|POST|PUT|PATCH|DELETE) (/[^`?\\s]*)", as: (Substring, Substring, Substring).self)
        return Set(text.matches(of: route).map { "\($0.output.1) \($0.output.2)" })
    }

    /// The routes that a program's files add, without the prefix that they have in common.
    private static func added(in folder: String, call: String) throws -> Set<String> {
        let route = try Regex(
            "\(call)\\.(get|post|put|patch|delete)\\(\"([^\"]+)\"", as: (Substring, Substring, Substring).self)
        let files = Repository.files(in: folder).filter { $0.fileExtension == "swift" }
        return Set(
            files.flatMap { $0.text.matches(of: route) }.map { match in
                let path = match.output.2.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : $0 }
                return "\(match.output.1.uppercased()) /\(path.joined(separator: "/"))"
            })
    }

    @Test("the routes of the API are those in docs/interfaces.md")
    func routes() throws {
        let code = try Self.added(in: "Sources/Ingress", call: "routes")
        #expect(code.contains("POST /transfers"))
        #expect(try Self.documented(Self.text("docs/interfaces.md")) == code)
    }

    @Test("the routes of the sandbox are those in docs/sandbox.md")
    func sandboxRoutes() throws {
        // There a key is said to be one: `{idempotency key}`.
        let documented = try Self.documented(
            Self.text("docs/sandbox.md").replacing("{idempotency key}", with: "{key}"))
        let code = try Self.added(in: "Sources/Sandbox", call: "router")
        #expect(code.contains("POST /bank/payouts"))
        #expect(documented == code)
    }

    @Test("every code that only the ingress gives is in docs/interfaces.md with its status")
    func codes() throws {
        let rule = try Regex(#"Rule\(\s*code: \.\w+, status: (\d+)"#, as: (Substring, Substring).self)
        let word = try Regex(#"case \w+ = "([A-Z_]+)""#, as: (Substring, Substring).self)
        let source = try Self.text("Sources/Ingress/APIError.swift")
        let names = source.matches(of: word).map(\.output.1)
        let statuses = source.matches(of: rule).map(\.output.1)
        try #require(names.count == statuses.count && !names.isEmpty)
        let document = try Self.text("docs/interfaces.md")
        let missing = zip(names, statuses).filter { !document.contains("`\($0)` \($1)") }
        #expect(missing.map(\.0) == [])
    }

    // MARK: - walletctl

    /// `ledger verify` and the like: every path through the subcommands that ends at a verb.
    private static func verbs(_ command: any ParsableCommand.Type, under path: [String] = []) -> [String] {
        command.configuration.subcommands.flatMap { sub in
            let inner = path + [sub.configuration.commandName ?? ""]
            let isGroup = !sub.configuration.subcommands.isEmpty
            return isGroup ? verbs(sub, under: inner) : [inner.joined(separator: " ")]
        }
    }

    @Test("the verbs of walletctl are those in docs/interfaces.md")
    func verbs() throws {
        let verbs = Set(Self.verbs(Walletctl.self))
        #expect(verbs.contains("ledger verify"))
        let section = try #require(
            Self.text("docs/interfaces.md").components(separatedBy: "## walletctl\n").last?
                .components(separatedBy: "\n## ").first)
        // The list ends where it is said what all of them take.
        let list = section.components(separatedBy: "`--json`").first ?? section
        let names = list.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        // `workers list|pause` stands for two.
        let documented = names.filter { $0.first?.isLetter == true }.flatMap { name -> [String] in
            guard let last = name.split(separator: " ").last, last.contains("|") else { return [name] }
            return last.split(separator: "|").map { String(name.dropLast(last.count) + $0) }
        }
        #expect(Set(documented) == verbs)
    }

    @Test("every walletctl command that a document mentions exists")
    func mentions() throws {
        let verbs = Set(Self.verbs(Walletctl.self).map { $0.split(separator: " ") })
        let unknown = DocumentTests.mentions(of: "walletctl").filter { mention in
            guard let first = mention.words.first, first.first?.isLetter == true else { return false }
            return !verbs.contains { verb in
                guard verb[0] == first else { return false }
                guard verb.count > 1, mention.words.count > 1 else { return true }
                return mention.words[1].split(separator: "|").contains(verb[1])
            }
        }
        #expect(unknown.map { "\($0.document): \($0.words)" } == [])
    }
}
