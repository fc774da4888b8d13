// The laws of the strict JSON reader under any text.

import Foundation
import Testing

@testable import Wire

@Suite("Fuzzing: JSON")
struct JSONFuzzTests {
    /// Holds the reader against the reference for one text.
    static func check(_ bytes: [UInt8]) throws(Counterexample) {
        let expected = ReferenceJSON.plain(bytes, depthMax: JSON.depthMax, valuesMax: JSON.valuesMax)
        let value: JSON
        do { value = try JSON(parsing: bytes) } catch {
            if expected != nil { throw Counterexample("refused (\(error.reason)), though it is strict JSON", bytes) }
            guard 0...bytes.count ~= error.offset else { throw Counterexample("an offset outside of the text", bytes) }
            guard error.description == "\(error.reason.rawValue), at byte \(error.offset)" else {
                throw Counterexample("a description that says more than reason and place", bytes)
            }
            return
        }
        guard let expected else { throw Counterexample("accepted, though it is not strict JSON", bytes) }
        var writer = JSONWriter()
        writer.value(value)
        guard writer.bytes == Array(expected.utf8) else { throw Counterexample("read as something else", bytes) }
        var again = JSONWriter()
        do { again.value(try JSON(parsing: writer.bytes)) } catch {
            throw Counterexample("what was written is not read (\(error.reason))", bytes)
        }
        guard again.bytes == writer.bytes else { throw Counterexample("changed by a round trip", bytes) }
    }

    @Test("any text is read as the grammar says, or refused as the grammar says")
    func againstTheGrammar() {
        Fuzzing.hold("JSON") { (random) throws(Counterexample) in
            let bytes = Array(JSONTexts.text(&random).utf8)
            try Self.check(random.chance(30) ? bytes : mutated(bytes, inserting: JSONTexts.pieces, &random))
        }
    }

    private static let pythons = ["/usr/bin/python3", "/usr/local/bin/python3"]

    @Test(
        "nothing is accepted that Python's json, made strict, refuses",
        .enabled(if: pythons.contains(where: FileManager.default.isExecutableFile), "needs Python"))
    func againstPython() throws {
        let seed = Fuzzing.seed
        print("fuzz JSON against Python: seed \(seed)")
        var random = Seeded(seed)
        var accepted: [[UInt8]] = []
        for _ in 0..<(Fuzzing.secondsPerLaw > 1 ? 200_000 : 4_000) {
            let bytes = mutated(Array(JSONTexts.text(&random).utf8), inserting: JSONTexts.pieces, &random)
            if (try? JSON(parsing: bytes)) != nil { accepted.append(bytes) }
        }
        try #require(accepted.count > 100)
        let refused = try Self.linesThatPythonRefuses(accepted)
        #expect(refused.map { accepted[$0].map { String($0, radix: 16) } } == [], "seed \(seed)")
    }

    private static let script = """
        import json, sys
        def no(text): raise ValueError(text)
        def pairs(found):
            if len(dict(found)) != len(found): raise ValueError("equal keys")
            return dict(found)
        for number, line in enumerate(sys.stdin):
            try:
                text = bytes.fromhex(line.strip()).decode("utf-8")
                json.loads(text, parse_constant=no, parse_int=str, parse_float=str, object_pairs_hook=pairs)
            except ValueError:
                print(number)
        """

    private static func linesThatPythonRefuses(_ texts: [[UInt8]]) throws -> [Int] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wallet-fuzz-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let lines = texts.map { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        let input = folder.appending(path: "texts")
        try lines.joined(separator: "\n").write(to: input, atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = pythons.first(where: FileManager.default.isExecutableFile).map { URL(filePath: $0) }
        process.arguments = ["-c", script]
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try FileManager.default.removeItem(at: folder)
        try #require(process.terminationStatus == 0)
        return String(decoding: printed, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
    }

    @Test("what was found once stays found", arguments: Corpus.json)
    func corpus(text: Corpus.Text) {
        #expect(throws: Never.self) { try Self.check(text.bytes) }
        #expect(((try? JSON(parsing: text.bytes)) != nil) == text.isJSON)
    }
}
