// The house style, as far as a test can hold it (formatting, sizes, what no file may say).

import Foundation
import Testing

@Suite("Style")
struct StyleTests {
    @Test("every Swift file is formatted as .swift-format says")
    func formatting() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["swift", "format", "lint", "--strict", "--configuration", ".swift-format", "--recursive"]
            + ["Sources", "Tests", "Benchmarks", "Package.swift"]
        process.currentDirectoryURL = Repository.root
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        // env answers 127 when there is no swift on the PATH.
        try #require(process.terminationStatus != 127, "no Swift toolchain on the PATH to lint with")
        let findings = text.split(separator: "\n").map {
            $0.replacing(Repository.root.path(), with: "").description
        }
        #expect(process.terminationStatus == 0 && findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    /// A file that alone may import a C module cannot be cut in two.
    private static let handleLinesMax = 600
    private static let linesMax = 500

    @Test("a Swift file is read in one sitting")
    func fileLengths() {
        let long = Repository.swift.filter { file in
            let isHandle = !Set(Repository.imports(of: file)).isDisjoint(with: ModuleTests.cModules)
            return file.lines.count - 1 > (isHandle ? Self.handleLinesMax : Self.linesMax)
        }
        #expect(long.isEmpty)
    }

    @Test("a line of SQL has at most 120 columns, and none ends in white space")
    func sqlLines() {
        let wide = Repository.sql.flatMap { file in
            file.lines.enumerated().filter { $0.element.count > 120 || $0.element.last == " " }.map {
                "\(file):\($0.offset + 1)"
            }
        }
        #expect(!Repository.sql.isEmpty)
        #expect(wide.isEmpty)
    }

    @Test("each Swift file begins by saying what it is for")
    func beginnings() {
        let silent = Repository.swift.filter { !$0.text.hasPrefix("// ") }
        #expect(silent.isEmpty)
    }

    // Cut in two, so that this file does not say them either.
    private static let forbidden = [
        "/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "TO" + "DO", "FIX" + "ME", "try" + "!",
    ]

    @Test("no file holds a path of somebody's machine, an unfinished thought or a forced try", arguments: forbidden)
    func sayings(word: String) {
        let found = Repository.files.flatMap { file in
            file.lines.enumerated().filter { $0.element.contains(word) }.map { "\(file):\($0.offset + 1)" }
        }
        #expect(found.isEmpty)
    }

    @Test("every relative link in a document leads to something")
    func links() throws {
        // Not among them: addresses, mail, and places in the same document.
        let link = try Regex(#"\]\(([^)#:\s]+)(#[^)\s]*)?\)"#, as: (Substring, Substring, Substring?).self)
        var dead: [String] = []
        for document in Repository.documents {
            for match in withoutCode(document.text).matches(of: link) {
                let start = match.output.1.hasPrefix("/") ? Repository.root : folder(of: document)
                if !FileManager.default.fileExists(atPath: start.appending(path: String(match.output.1)).path()) {
                    dead.append("\(document): \(match.output.1)")
                }
            }
        }
        #expect(dead.isEmpty)
    }

    private func folder(of file: RepositoryFile) -> URL {
        file.folder.isEmpty ? Repository.root : Repository.root.appending(path: file.folder)
    }

    /// A document without its fenced blocks, in which brackets mean other things.
    private func withoutCode(_ text: String) -> String {
        text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 0 }.map(\.element).joined()
    }

    @Test("nothing stands at the root but what belongs there: what a program left behind is not committed")
    func root() throws {
        let expected: Set<String> = [
            ".ci", ".git", ".gitignore", ".swift-format", "Benchmarks", "CHANGELOG.md", "Package.swift", "README.md",
            "Sources", "Tests", "deploy", "docs",
        ]
        let ignored = ["Package.resolved", ".local", ".swiftpm"]
        let found = try FileManager.default.contentsOfDirectory(atPath: Repository.root.path()).filter {
            !ignored.contains($0) && !$0.hasPrefix(".build")
        }
        #expect(Set(found).subtracting(expected) == [])
    }
}
