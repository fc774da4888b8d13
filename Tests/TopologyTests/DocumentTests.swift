// docs/topology.md: its tables are what the code declares and can find.

import AMQP
import Foundation
import Testing

@testable import Topology

@Suite("docs/topology.md")
struct TopologyDocumentTests {
    private static let url = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/topology.md")

    private static let generated: [(mark: String, table: String)] = [
        ("exchanges", exchanges), ("queues", queues), ("findings", findings),
    ]

    private static var exchanges: String {
        let lines = Topology().exchanges.map { "| `\($0.name)` | \($0.type) |" }
        return (["| exchange | type |", "|---|---|"] + lines).joined(separator: "\n")
    }

    private static var queues: String {
        let lines = Topology().queues.compactMap { queue -> String? in
            let name = queue.declaration.name
            let lane = Names.laneNumber(name)
            if let lane, lane > 0 { return nil }
            let arguments = queue.declaration.arguments.entries.filter { $0.key != "x-queue-type" }
                .map { "`\($0.key)` = \($0.value.shown)" }
            let bindings = Set(queue.bindings.map(\.exchange)).sorted().map { exchange in
                let keys = queue.bindings.filter { $0.exchange == exchange }.map(\.routingKey)
                return exchange == Names.commands
                    ? "`\(exchange)` slots \(slotRanges(keys))"
                    : "`\(exchange)` \(keys.map { $0.isEmpty ? "all" : "`\($0)`" }.joined(separator: ", "))"
            }
            let shownName = lane == nil ? "`\(name)`" : "`\(name)` … `\(Names.lane(7))`"
            return
                "| \(shownName) | \(queue.declaration.queueType) | \(arguments.joined(separator: ", ")) | "
                + "\(bindings.joined(separator: "; "))\(lane == nil ? "" : " …") |"
        }
        return (["| queue | type | arguments | bound to |", "|---|---|---|---|"] + lines).joined(separator: "\n")
    }

    private static var findings: String {
        let lines = TopologyFinding.Kind.allCases.map { kind in
            "| `\(kind.rawValue)` | \(kind.rule.severity.rawValue) | \(kind.rule.meaning) | \(kind.rule.advice) |"
        }
        return (["| finding | severity | what it would lead to | what to do |", "|---|---|---|---|"] + lines)
            .joined(separator: "\n")
    }

    /// The document with each table between its marks as the code has it.
    private static func renewed(_ text: String) throws -> String {
        try generated.reduce(text) { text, part in
            let (start, end) = ("<!-- \(part.mark) -->\n", "\n<!-- end -->")
            let opening = try #require(text.range(of: start), "the mark \(part.mark) is missing")
            let closing = try #require(text.range(of: end, range: opening.upperBound..<text.endIndex))
            return text.replacingCharacters(in: opening.upperBound..<closing.lowerBound, with: part.table)
        }
    }

    @Test("the tables of exchanges, queues and findings are what the code has")
    func tables() throws {
        let written = try String(contentsOf: Self.url, encoding: .utf8)
        let renewed = try Self.renewed(written)
        if ProcessInfo.processInfo.environment["WALLET_WRITE_DOCS"] == "1" {
            try renewed.write(to: Self.url, atomically: true, encoding: .utf8)
        } else {
            #expect(written == renewed, "run with WALLET_WRITE_DOCS=1 to write it anew")
        }
    }
}
