// What a scenario measured, as a table and as the JSON line of docs/benchmarks.md.

import Foundation
import Wire

/// What every scenario comes to.
protocol ScenarioResult {
    var table: String { get }
    /// One line.
    var json: String { get }
    /// False makes the run fail.
    var holds: Bool { get }
}

struct BenchResult: ScenarioResult {
    let scenario: String
    let commands: Int
    let seconds: Double
    let rejected: Int
    let dropped: Int
    let checker: String
    /// The bare loop's best in the same run, and with how many lanes.
    let limitPerSecond: Double
    let limitLanes: Int
    let notes: [String]

    var perSecond: Double { Double(commands) / seconds }
    var ratio: Double { perSecond / limitPerSecond }
    var holds: Bool { checker == "clean" }

    /// The peak of this process's resident memory, in MB: lanes, yardstick and the load's own messages.
    private var rssMegabytes: Double {
        let status = FileManager.default.contents(atPath: "/proc/self/status").map {
            String(decoding: $0, as: UTF8.self)
        }
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) }
        return (kilobytes ?? 0) / 1024
    }

    var table: String {
        """
        \(scenario): \(commands) commands in \(decimal(seconds, 2)) s = \(Int(perSecond)) per second
          bare loop, its best: \(Int(limitPerSecond)) per second with \(limitLanes) lanes; ratio \(decimal(ratio, 2))
          rejected \(rejected), dropped \(dropped), checker \(checker), peak memory \(Int(rssMegabytes)) MB
        """ + notes.map { "\n  \($0)" }.joined()
    }

    var json: String {
        jsonObject([
            ("scenario", "\"\(scenario)\""), ("commands", "\(commands)"), ("seconds", decimal(seconds, 3)),
            ("per_second", decimal(perSecond, 1)), ("accept_p50_ms", "null"), ("accept_p99_ms", "null"),
            ("outcome_p50_ms", "null"), ("outcome_p99_ms", "null"), ("dropped", "\(dropped)"),
            ("rejected", "\(rejected)"), ("checker", "\"\(checker)\""),
            ("limit_per_second", decimal(limitPerSecond, 1)), ("ratio", decimal(ratio, 3)),
            ("rss_mb", decimal(rssMegabytes, 1)),
        ])
    }
}

func decimal(_ value: Double, _ places: Int) -> String {
    String(format: "%.\(places)f", value)
}

/// An object of members whose values are JSON already.
func jsonObject(_ members: [(String, String)]) -> String {
    "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
}

func jsonArray(_ values: [String]) -> String {
    "[" + values.joined(separator: ",") + "]"
}
