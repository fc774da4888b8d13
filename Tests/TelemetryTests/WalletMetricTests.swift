// The table of metrics is whole and sound, and what a process tells of itself is what the kernel says.

import CoreMetrics
import Foundation
import Testing

@testable import Telemetry

@Suite("The wallet's metrics")
struct WalletMetricTests {
    @Test("every metric has one line in the table")
    func complete() {
        #expect(WalletMetric.table.map(\.metric) == WalletMetric.table.map(\.metric).uniqued)
        #expect(Set(WalletMetric.table.map(\.metric)) == Set(WalletMetric.allCases))
    }

    @Test("a name says its unit, a counter's ends in _total, and a help text is one sentence or two")
    func forms() {
        for definition in WalletMetric.table.map(\.definition) + PrometheusRegistry.ownDefinitions {
            let bare = definition.name.hasSuffix("_total") ? String(definition.name.dropLast(6)) : definition.name
            for unit in ["seconds", "bytes"] where definition.unit == unit || bare.hasSuffix("_\(unit)") {
                #expect(definition.unit == unit && bare.hasSuffix("_\(unit)"), "\(definition.name)")
            }
            #expect(definition.help.hasSuffix(".") && !definition.help.contains("|"), "\(definition.name)")
            #expect(!bare.hasSuffix("_count") && !bare.hasSuffix("_sum") && !bare.hasSuffix("_bucket"))
        }
    }

    @Test("what is shown has the table's type, help and labels, for every metric there is")
    func shown() {
        let instruments = Instruments(program: "test")
        for rule in WalletMetric.table where rule.place != .both { record(rule, instruments) }
        let shown = Exposition(String(decoding: instruments.render(), as: UTF8.self))
        for definition in WalletMetric.table.map(\.definition) {
            #expect(shown.types[definition.name] == definition.kind.name)
            #expect(shown.helps[definition.name] == definition.help)
            #expect(shown.labels[definition.name] == Set(definition.labels), "\(definition.name)")
        }
        #expect(shown.samples["metrics_undeclared_total"] == 0)
        #expect(Set(shown.types.keys).isSubset(of: Set(WalletMetric.allCases.map(\.rawValue)).union(Self.own)))
    }

    private static let own = PrometheusRegistry.ownDefinitions.map(\.name)

    private func record(_ rule: WalletMetric.Rule, _ instruments: Instruments) {
        let name = rule.definition.name
        let dimensions = rule.definition.labels.map { ($0, "value") }
        switch rule.definition.kind {
        case .counter: instruments.registry.makeCounter(label: name, dimensions: dimensions).increment(by: 1)
        case .gauge: instruments.registry.makeMeter(label: name, dimensions: dimensions).set(1 as Int64)
        case .histogram:
            instruments.registry.makeTimer(label: name, dimensions: dimensions).recordNanoseconds(1)
        }
    }

    @Test("a process tells what the kernel says of it")
    func process() throws {
        let shown = Exposition(String(decoding: Instruments(program: "test").render(), as: UTF8.self))
        let now = Date().timeIntervalSince1970
        let start = try #require(shown.samples["process_start_time_seconds"])
        #expect(start > now - 86_400 && start <= now + 1)
        #expect(try #require(shown.samples["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(shown.samples["process_virtual_memory_bytes"]) > 1_000_000)
        #expect(try #require(shown.samples["process_cpu_seconds_total"]) > 0)
        #expect(try #require(shown.samples["process_threads"]) >= 1)
        let descriptors = try #require(shown.samples["process_open_fds"])
        let descriptorsMax = try #require(shown.samples["process_max_fds"])
        #expect(descriptors >= 3 && descriptors < descriptorsMax)
        #expect(shown.labels["wallet_build_info"] == ["program", "version", "configuration"])
    }

    @Test("a program's name may hold what separates the fields of its line")
    func oddName() {
        let line = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 9 0 1200 4096 3 0 0\n"
        let stat = ProcessFigures.Stat(line, ticksPerSecond: 100, pageBytes: 4_096)
        #expect(stat?.cpuSeconds == 3 && stat?.threads == 9 && stat?.startSeconds == 12)
        #expect(stat?.virtualBytes == 4_096 && stat?.residentBytes == 12_288)
        #expect(ProcessFigures.Stat("7 (a) S 1", ticksPerSecond: 100, pageBytes: 4_096) == nil)
    }
}

extension [WalletMetric] {
    fileprivate var uniqued: [WalletMetric] {
        var seen: Set<WalletMetric> = []
        return filter { seen.insert($0).inserted }
    }
}

/// An exposition read back, as far as these tests ask: no label's value here holds a comma or an escape.
struct Exposition {
    private(set) var types: [String: String] = [:]
    private(set) var helps: [String: String] = [:]
    /// The labels of each metric's series, without `le`.
    private(set) var labels: [String: Set<String>] = [:]
    /// By the whole line before its value.
    private(set) var samples: [String: Double] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            switch words[0...1] {
            case ["#", "HELP"]: helps[words[2]] = words[3]
            case ["#", "TYPE"]: types[words[2]] = words[3]
            default: sample(line)
            }
        }
    }

    private mutating func sample(_ line: Substring) {
        guard let space = line.lastIndex(of: " ") else { return }
        let series = String(line[..<space])
        samples[series] = Double(line[line.index(after: space)...])
        var name = String(series.prefix { $0 != "{" })
        for suffix in ["_bucket", "_sum", "_count"] where types[name] == nil && name.hasSuffix(suffix) {
            name = String(name.dropLast(suffix.count))
        }
        let pairs = series.drop { $0 != "{" }.dropFirst().dropLast().split(separator: ",")
        labels[name, default: []].formUnion(
            pairs.map { String($0.prefix { $0 != "=" }) }.filter { $0 != "le" })
    }
}
