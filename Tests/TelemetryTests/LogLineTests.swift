// Log lines: what stands in them, and that they stay lines.

import Foundation
import Logging
import Synchronization
import Testing

@testable import Telemetry

/// Keeps what is written, and can fail to.
final class Lines: Sendable {
    private let state = Mutex((lines: [String](), isBroken: false))

    var all: [String] { state.withLock { $0.lines } }

    func setBroken(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    var sink: LogSink {
        LogSink { line in
            self.state.withLock { state in
                if !state.isBroken { state.lines.append(String(decoding: line, as: UTF8.self)) }
                return !state.isBroken
            }
        }
    }
}

@Suite("Log lines")
struct LogLineTests {
    let lines = Lines()
    let time = LogTime(milliseconds: 1_772_352_309_007)

    func logger<Format: LogLineFormat>(_ format: Format.Type) -> Logger {
        Logger(label: "lane.3") { [lines, time] label in
            LineLogHandler<Format>(service: "wallet-fleet", label: label, sink: lines.sink, now: { time })
        }
    }

    @Test("a JSON line has its own names first, then the metadata, flattened and in order")
    func json() {
        var logger = logger(JSONLines.self)
        logger[metadataKey: "b"] = "kept"
        logger[metadataKey: "a"] = "replaced"
        logger.warning("held \"up\"", metadata: ["a": ["y": "2", "x": ["1", ["z": "3"]]], "n": "\(7)"])
        #expect(
            lines.all == [
                #"{"time":"2026-03-01T08:05:09.007Z","level":"warning","service":"wallet-fleet","label":"lane.3","#
                    + #""message":"held \"up\"","a.x.0":"1","a.x.1.z":"3","a.y":"2","b":"kept","n":"7"}"# + "\n"
            ])
    }

    @Test("a text line reads from left to right")
    func text() {
        logger(TextLines.self).info("took a run", metadata: ["size": "12", "why": "no reason", "none": ""])
        #expect(
            lines.all == [
                #"2026-03-01T08:05:09.007Z info     lane.3: took a run none="" size=12 why="no reason""# + "\n"
            ])
    }

    @Test(
        "whatever is logged, a line stays one line of JSON and gives back what was logged", arguments: [UInt64(1), 2])
    func hostile(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "\n", "\r", "\u{1b}[2J", "\"", "\\", "é", "لا", "🇩🇿", "\u{0}", "\u{85}", "\u{2028}", "a", " ", "=",
        ]
        for _ in 0..<300 {
            let message = (0..<12).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            let key = "k" + (0..<3).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            logger(JSONLines.self).error("\(message)", metadata: [key: .string(message)])
            logger(TextLines.self).error("\(message)", metadata: [key: .string(message)])
            let (json, text) = (lines.all[lines.all.count - 2], lines.all[lines.all.count - 1])
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String]
            #expect(object?["message"] == message && object?[key] == message, "seed \(seed)")
            for line in [json, text] {
                let controls = line.unicodeScalars.filter { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }
                #expect(controls.map(\.value) == [10], "seed \(seed)")
            }
        }
    }

    @Test("metadata does not pass for the line's own names, and no name stands twice")
    func ownNames() throws {
        logger(JSONLines.self).info("true", metadata: ["message": "false", "level": "x", "metadata.level": "y"])
        let line = try #require(lines.all.first)
        #expect(line.hasSuffix(#""message":"true","metadata.message":"false","metadata.level":"y"}"# + "\n"))
    }

    @Test("an error given to the logger is written with its type, a secret in the metadata is not")
    func errors() throws {
        struct Broken: Error, CustomStringConvertible { let description = "broken" }
        let secret = Secret("geheim")
        logger(JSONLines.self).error("failed", error: Broken(), metadata: ["pin": "\(secret)"])
        let line = try #require(lines.all.first)
        #expect(line.contains(#""error.message":"broken""#) && line.contains("Broken\""))
        #expect(line.contains("‹redacted›") && !line.contains("geheim"))
    }

    @Test("long values are cut between characters, and many values end somewhere")
    func limits() throws {
        let many = Logger.Metadata(uniqueKeysWithValues: (0..<200).map { ("k\($0)", "v") })
        logger(JSONLines.self).info("a\(String(repeating: "é", count: 5_000))", metadata: many)
        let object = try JSONSerialization.jsonObject(with: Data(try #require(lines.all.first).utf8))
        let members = try #require(object as? [String: String])
        #expect(members["message"] == "a" + String(repeating: "é", count: 2_047) + "…")
        #expect(members.count == 5 + logFieldsMax)
    }

    @Test("lines that could not be written are counted in the next one")
    func losses() {
        let logger = logger(TextLines.self)
        lines.setBroken(true)
        for _ in 0..<3 { logger.info("lost") }
        lines.setBroken(false)
        logger.info("back")
        logger.info("on")
        #expect(lines.all.map { $0.contains("lost_lines=3") } == [true, false])
    }

    @Test("a level below the handler's is not written")
    func levels() {
        logger(TextLines.self).debug("unseen")
        #expect(lines.all.isEmpty)
    }

    @Test("a metadata provider's values stand below those of the event")
    func provider() throws {
        var logger = Logger(
            label: "x",
            factory: { [lines] label in
                var handler = JSONLogHandler(service: "s", label: label, sink: lines.sink)
                handler.metadataProvider = Logger.MetadataProvider { ["trace": "1", "from": "provider"] }
                return handler
            })
        logger[metadataKey: "from"] = "logger"
        logger.info("a")
        logger.info("b", metadata: ["from": "event"])
        #expect(lines.all[0].contains(#""from":"provider","trace":"1""#))
        #expect(lines.all[1].contains(#""from":"event","trace":"1""#))
    }

    @Test("a line goes out whole through a pipe, and a closed descriptor is told")
    func descriptors() throws {
        let pipe = Pipe()
        #expect(writeAll(Array("line\n".utf8), to: pipe.fileHandleForWriting.fileDescriptor))
        try pipe.fileHandleForWriting.close()
        #expect(try pipe.fileHandleForReading.readToEnd() == Data("line\n".utf8))
        #expect(!writeAll(Array("line\n".utf8), to: -1))
    }

    @Test(
        "times are RFC 3339, leap days and years before 1970 too",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
        ])
    func times(milliseconds: Int64, text: String) {
        #expect(LogTime(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test("each day of five centuries follows the one before as a calendar has it")
    func everyDay() {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        // 1800-01-01 is 62,091 days before 1970-01-01.
        var day = Int64(-62_091)
        for year in 1800..<2300 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (index, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
                for date in 1...length {
                    let expected = "\(year)-\(two(index + 1))-\(two(date))T00:00:00.000Z"
                    if LogTime(milliseconds: day * 86_400_000).rfc3339 != expected { Issue.record("\(expected)") }
                    day += 1
                }
            }
        }
    }

    @Test("after the bootstrap a logger writes in the format and from the level asked for")
    func bootstrap() {
        // Once per process: no other test makes a logger without a factory of its own.
        Telemetry.bootstrapLogging(service: "tests", level: .warning, format: .text)
        let logger = Logger(label: "x")
        #expect(logger.handler is TextLogHandler && logger.logLevel == .warning)
    }

    @Test("the format is json unless WALLET_LOG_FORMAT says text, and other words are refused")
    func formats() throws {
        #expect(try LogFormat(environment: [:]) == .json)
        #expect(try LogFormat(environment: ["WALLET_LOG_FORMAT": "json"]) == .json)
        #expect(try LogFormat(environment: ["WALLET_LOG_FORMAT": "text"]) == .text)
        for word in ["", "JSON", "xml"] {
            #expect(throws: LogFormat.Unknown.self) { try LogFormat(environment: ["WALLET_LOG_FORMAT": word]) }
        }
    }
}
