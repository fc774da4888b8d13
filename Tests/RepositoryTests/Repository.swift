// The repository's own files, as its tests read them.

import Foundation

/// A file, by its path from the root of the repository.
struct RepositoryFile: Sendable, CustomStringConvertible {
    let path: String
    let text: String

    var description: String { path }
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var fileExtension: String { name.contains(".") ? name.split(separator: ".").last.map(String.init) ?? "" : "" }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}

enum Repository {
    /// This file stands in `Tests/RepositoryTests`, two folders below the root.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every text of ours: sources, tests, scripts and documents. What is built or fetched is not.
    static let files: [RepositoryFile] = {
        let folders = ["Sources", "Tests", "Benchmarks", "deploy", "docs", ".ci"]
        let single = ["Package.swift", "README.md", "CHANGELOG.md", ".swift-format", ".gitignore"]
        return (folders.flatMap { paths(in: $0) } + single).sorted().compactMap { path in
            guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
            return RepositoryFile(path: path, text: text)
        }
    }()

    static let swift = files.filter { $0.fileExtension == "swift" }
    static let sql = files.filter { $0.fileExtension == "sql" }
    static let documents = files.filter { $0.fileExtension == "md" }

    static func files(in folder: String) -> [RepositoryFile] { files.filter { $0.folder == folder } }

    /// Every file below a folder. Symbolic links are left out: what they point at is read where it is.
    private static func paths(in folder: String) -> [String] {
        let start = root.appending(path: folder)
        let options: FileManager.DirectoryEnumerationOptions = [.skipsHiddenFiles]
        let keys: [URLResourceKey] = [.isRegularFileKey]
        let found = FileManager.default.enumerator(at: start, includingPropertiesForKeys: keys, options: options)
        return (found?.compactMap { $0 as? URL } ?? []).compactMap { url in
            guard (try? url.resourceValues(forKeys: Set(keys)))?.isRegularFile == true else { return nil }
            let parts = url.standardizedFileURL.pathComponents
            return parts.dropFirst(root.standardizedFileURL.pathComponents.count).joined(separator: "/")
        }
    }

    /// The modules that a Swift file imports, whatever stands before the word.
    static func imports(of file: RepositoryFile) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), words.count > index + 1,
                words[..<index].allSatisfy({ $0.hasPrefix("@") || ["public", "internal", "private"].contains($0) })
            else { return nil }
            // `import struct Module.Name` names its module last.
            let last = words[(index + 1)...].first { !["struct", "class", "enum", "func", "var"].contains($0) }
            return last?.split(separator: ".").first.map(String.init)
        }
    }
}
