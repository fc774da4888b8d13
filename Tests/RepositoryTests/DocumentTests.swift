// The documents: no command in them is left untried, and what they name exists.
//
// `deploy/local test documents` runs the blocks; here it is held that there is none which it does not run.

import Foundation
import Testing

/// A fenced block of a document.
struct FencedBlock: Sendable {
    let document: RepositoryFile
    /// Of the opening fence, counted from 1.
    let line: Int
    let language: String
    /// What the HTML comment directly above says; empty without one.
    let note: String
    let lines: [Substring]

    var place: String { "\(document):\(line)" }
    var isRun: Bool { ["sh", "console"].contains(language) && !isExcused }
    var isExcused: Bool { note.hasPrefix("not run: ") }

    /// Why it is not run.
    var excuse: Substring { note.dropFirst("not run: ".count) }

    static let all: [FencedBlock] = Repository.documents.flatMap(blocks)

    static func blocks(of document: RepositoryFile) -> [FencedBlock] {
        var blocks: [FencedBlock] = []
        var open: (line: Int, language: String)?
        var note = ""
        var inner: [Substring] = []
        for (index, line) in document.lines.enumerated() {
            let text = line.drop { $0 == " " }
            if let opened = open {
                if text.hasPrefix("```") {
                    blocks.append(
                        FencedBlock(
                            document: document, line: opened.line, language: opened.language, note: note, lines: inner))
                    (open, note, inner) = (nil, "", [])
                } else {
                    inner.append(line)
                }
            } else if text.hasPrefix("```") {
                open = (index + 1, String(text.dropFirst(3)))
            } else if text.hasPrefix("<!-- "), text.hasSuffix(" -->") {
                note = String(text.dropFirst(5).dropLast(4))
            } else if !text.isEmpty {
                note = ""
            }
        }
        return blocks
    }
}

@Suite("Documents")
struct DocumentTests {
    /// What `deploy/lib/documents.sh` goes through.
    private static func isPlayed(_ document: RepositoryFile) -> Bool {
        document.path == "README.md" || document.path.hasPrefix("docs/")
    }

    @Test("a block of commands is run, or says by one of a few excuses why it is not")
    func commandsAreRun() {
        let untried = FencedBlock.all.filter { block in
            ["sh", "console", "bash", "shell"].contains(block.language) && !block.isExcused
                && !(block.isRun && Self.isPlayed(block.document))
        }
        #expect(untried.map(\.place) == [])
        #expect(FencedBlock.all.contains { $0.isRun })
    }

    /// `synopsis`: the options are looked up in the program's help instead. `builds`: it takes minutes of compiling.
    /// `see PATH`: what is there does the same.
    @Test("an excuse is one of three, and what it refers to is there")
    func excuses() {
        let unknown = FencedBlock.all.filter(\.isExcused).filter { block in
            guard block.excuse.hasPrefix("see ") else { return !["synopsis", "builds"].contains(block.excuse) }
            return !Repository.files.contains { $0.path == block.excuse.dropFirst(4) }
        }
        #expect(unknown.map(\.place) == [])
        let notes = FencedBlock.all.filter { !$0.note.isEmpty && !$0.isExcused && $0.note != "output" }
        #expect(notes.map(\.place) == [])
    }

    /// What a line of a terminal begins with, here.
    private static let programs: Set<Substring> = [
        "$", "deploy/local", "walletctl", "wallet-demo", "wallet-bench", "wallet-fleet", "wallet-ingress",
        "wallet-sandbox", "curl", "psql", "swift", "rabbitmqctl", "redis-cli", "kill", "sudo", "apt-get", "valgrind",
    ]

    @Test("no command hides in a block that is not one of commands")
    func noHiddenCommands() {
        let hidden = FencedBlock.all.filter { block in
            !block.isRun && !block.isExcused && block.note != "output"
                && block.lines.contains { Self.programs.contains($0.split(separator: " ").first ?? "") }
        }
        #expect(hidden.map(\.place) == [])
    }

    @Test("a block of what is printed follows commands that are run")
    func outputs() {
        let lone = FencedBlock.all.filter { $0.note == "output" }.filter { output in
            !FencedBlock.all.contains { $0.document.path == output.document.path && $0.language == "sh" && $0.isRun }
        }
        #expect(lone.map(\.place) == [])
    }

    // MARK: - Names in running text

    private static func inlineCode(_ document: RepositoryFile) -> [String] {
        let outside = document.text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 0 }
        return outside.flatMap { text in
            text.element.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
    }

    /// The words after a program's name wherever it is mentioned in code.
    static func mentions(of program: String) -> [(document: RepositoryFile, words: [Substring])] {
        Repository.documents.flatMap { document in
            let blocks = FencedBlock.blocks(of: document).flatMap { $0.lines.map(String.init) }
            return (inlineCode(document) + blocks).flatMap { code in
                code.components(separatedBy: "\(program) ").dropFirst().map { rest in
                    (document, rest.prefix { !"|;&)\n".contains($0) }.split(separator: " "))
                }
            }
        }
    }

    @Test("every verb of deploy/local that a document mentions exists")
    func deployVerbs() throws {
        let script = try #require(Repository.files.first { $0.path == "deploy/local" })
        let list = try #require(script.lines.first { $0.contains(#") "verb_$verb""#) })
        let verbs = list.prefix { $0 != ")" }.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(verbs.contains("demo"))
        let unknown = Self.mentions(of: "deploy/local").filter { mention in
            guard let verb = mention.words.first, verb.first?.isLetter == true else { return false }
            return !verbs.contains(String(verb))
        }
        #expect(unknown.map { "\($0.document): \($0.words)" } == [])
    }

    @Test("a law that a document quotes from a test stands in that test")
    func quotedLaws() throws {
        // [SuiteTests](../Tests/…/SuiteTests.swift): "the law"; "another one"
        let quote = try Regex(
            #"\]\((?:\.\./)*(Tests/[^)]+\.swift)\): ("[^"]+"(?:; "[^"]+")*)"#,
            as: (Substring, Substring, Substring).self)
        var missing: [String] = []
        for document in Repository.documents {
            for match in document.text.matches(of: quote) {
                let file = Repository.files.first { $0.path == match.output.1 }
                for law in match.output.2.components(separatedBy: "; ") where file?.text.contains("\(law)") != true {
                    missing.append("\(document): \(match.output.1) has no \(law)")
                }
            }
        }
        #expect(missing == [])
    }

    @Test("a place in a document that a link names is a heading there")
    func anchors() throws {
        let link = try Regex(#"\]\(([^)#:\s]*)#([^)\s]+)\)"#, as: (Substring, Substring, Substring).self)
        var missing: [String] = []
        for document in Repository.documents {
            for match in document.text.matches(of: link) {
                let start = URL(filePath: "/" + document.folder)
                let target = match.output.1.isEmpty ? nil : start.appending(path: String(match.output.1)).standardized
                let path = target.map { String($0.path().dropFirst()) } ?? document.path
                let headings = Repository.files.first { $0.path == path }?.lines.filter { $0.hasPrefix("#") } ?? []
                if !headings.contains(where: { Self.anchor(of: $0) == match.output.2 }) {
                    missing.append("\(document): \(match.output.1)#\(match.output.2)")
                }
            }
        }
        #expect(missing == [])
    }

    /// As GitHub makes it: in lower case, spaces become hyphens, other marks are dropped.
    private static func anchor(of heading: Substring) -> String {
        let text = heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
        return text.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.replacing(" ", with: "-")
    }

    @Test("a suite that a document filters for exists")
    func filters() {
        let tests = Repository.swift.filter { $0.path.hasPrefix("Tests/") }.map(\.text).joined()
        let unknown = Self.mentions(of: "swift test").filter { mention in
            guard let index = mention.words.firstIndex(of: "--filter"), index + 1 < mention.words.count else {
                return false
            }
            let name = mention.words[index + 1]
            return !tests.contains(name) && !Repository.swift.contains { $0.path.hasPrefix("Tests/\(name)/") }
        }
        #expect(unknown.map { "\($0.document): \($0.words)" } == [])
    }
}
