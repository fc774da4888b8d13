// docs/metrics.md is what the table of metrics says.

import Foundation
import Telemetry
import Testing

@Suite("Metrics")
struct MetricTests {
    private static let sections: [(title: String, prefix: [String])] = [
        ("Lanes", ["wallet_lane_", "wallet_partition_"]), ("Workers for the outside world", ["wallet_outside_"]),
        ("Ingress", ["wallet_http_", "wallet_ingress_", "wallet_balance_", "wallet_redis_"]),
        ("Any process", ["wallet_build_", "process_", "metrics_"]),
    ]

    /// docs/metrics.md, from the table.
    private static var document: String {
        var text = """
            # Metrics

            `wallet-ingress` shows its metrics at `/metrics` beside its API; `wallet-fleet` does on a port of its own, \
            `WALLET_METRICS_PORT` on `WALLET_METRICS_HOST` (127.0.0.1), and has none when that is not set. The format is \
            Prometheus's text exposition 0.0.4. Nothing in it is personal: no id, no amount, no text of a caller. All the \
            same it is meant for the operator's network: a proxy in front of the API does not pass `/metrics` on.

            Recording takes no lock (`Sources/Shared/Telemetry/Prometheus`). A metric has at most \
            \(PrometheusRegistry.seriesPerMetricMax) series; what is beyond goes into one whose labels are all `overflow`, \
            and is counted. Histograms have the buckets in seconds \(numbers(WalletMetric.timeBuckets)); for a batch's size \
            \(numbers(WalletMetric.batchBuckets)).

            What to look at first: `wallet_lane_critical_time_seconds` (from accepted to announced, what a user waits for), \
            `wallet_lane_lag_seconds` (a lane that is behind or stuck), `wallet_lane_unannounced_outcomes` (the broker takes \
            no events), and that for each lane exactly one process shows `wallet_lane_owned` 1.

            This page is made from `WalletMetric.table`, and a test compares the two. After a change of the table: \
            `WALLET_WRITE_DOCS=1 swift test --filter MetricTests`.

            """
        let definitions = WalletMetric.table.map(\.definition) + PrometheusRegistry.ownDefinitions
        for section in sections {
            text += "\n## \(section.title)\n\n| name | kind | unit | labels | meaning |\n|---|---|---|---|---|\n"
            for definition in definitions where section.prefix.contains(where: definition.name.hasPrefix) {
                let labels = definition.labels.map { "`\($0)`" }.joined(separator: ", ")
                text += "| `\(definition.name)` | \(definition.kind.name) | \(definition.unit) | "
                text += "\(labels.isEmpty ? "–" : labels) | \(definition.help) |\n"
            }
        }
        return text
    }

    private static func numbers(_ values: [Double]) -> String {
        values.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: ", ")
    }

    @Test("docs/metrics.md is what the table says")
    func documentation() throws {
        let url = Repository.root.appending(path: "docs/metrics.md")
        if ProcessInfo.processInfo.environment["WALLET_WRITE_DOCS"] == "1" {
            try Self.document.write(to: url, atomically: true, encoding: .utf8)
        }
        let written = try? String(contentsOf: url, encoding: .utf8)
        #expect(written == Self.document, "run with WALLET_WRITE_DOCS=1 to write it anew")
    }

    @Test("every metric of the table stands in one section of the document")
    func sectioned() {
        for name in WalletMetric.allCases.map(\.rawValue) + PrometheusRegistry.ownDefinitions.map(\.name) {
            #expect(Self.sections.count { $0.prefix.contains(where: name.hasPrefix) } == 1, "\(name)")
        }
    }
}
