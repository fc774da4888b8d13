// What soak measured, its verdicts, and both of them as a table and as the JSON line of docs/benchmarks.md.

struct SoakResult: ScenarioResult {
    /// The wallet's own processes and Redis: at full rate a byte a command would be more than this.
    static let growthMegabytesPerHourMax = 16.0
    /// PostgreSQL's sessions, a dozen processes.
    static let sessionGrowthMegabytesPerHourMax = 32.0
    static let peakFactorMax = 1.15

    let seconds: Int
    let fullPerSecond: Double
    let stretch: SoakLoad.Stretch
    let latencies: SoakLatencies
    let rejected: Int
    let dropped: Int
    let repeated: Int
    let checker: String
    let samples: [ProcessSample]
    /// What PostgreSQL's shared memory can come to.
    let sharedMegabytes: Double
    let rest: (ProcessSample, ProcessSample)

    // MARK: - Verdicts

    private func rule(_ group: ProcessGroup) -> FlatnessRule {
        switch group {
        case .fleet, .ingress, .sandbox, .epmd, .redis: .growth(megabytesPerHourMax: Self.growthMegabytesPerHourMax)
        case .sessions: .growth(megabytesPerHourMax: Self.sessionGrowthMegabytesPerHourMax)
        case .rabbitmq, .service: .peaks(factorMax: Self.peakFactorMax)
        case .shared: .bounded(sharedMegabytes)
        }
    }

    private func series(_ group: ProcessGroup) -> MemorySeries {
        MemorySeries(
            points: samples.compactMap { sample in
                sample.readings[group].map {
                    MemorySeries.Point(
                        seconds: Double(sample.time - stretch.start) / 1e9, megabytes: $0.megabytes)
                }
            }, seconds: Double(seconds))
    }

    private func isFlat(_ group: ProcessGroup) -> Bool { rule(group).holds(series(group)) }

    /// Of one core, between two looks.
    private func percent(_ group: ProcessGroup, _ first: ProcessSample?, _ last: ProcessSample?) -> Double {
        guard let first, let last, last.time > first.time else { return 0 }
        let used = (last.readings[group]?.cpuSeconds ?? 0) - (first.readings[group]?.cpuSeconds ?? 0)
        return used / (Double(last.time - first.time) / 1e9) * 100
    }

    private func restPercent(_ group: ProcessGroup) -> Double { percent(group, rest.0, rest.1) }

    private var latencyIsLevel: Bool {
        let (first, last) = (latencies.thirds[0], latencies.thirds[2])
        return [50.0, 99].allSatisfy { LatencyRule.holds(first: first.percentile($0), last: last.percentile($0)) }
    }

    /// What did not hold, by name.
    var failures: [String] {
        var failures = ProcessGroup.allCases.filter { !isFlat($0) }.map { "memory of \($0.rawValue)" }
        if !latencyIsLevel { failures.append("latency") }
        if latencies.outcomes.overflow > 0 { failures.append("latency overflow") }
        if restPercent(.fleet) >= SoakScenario.restPercentMax { failures.append("rest") }
        if dropped != 0 { failures.append("dropped") }
        if checker != "clean" { failures.append("checker") }
        return failures
    }

    var holds: Bool { failures.isEmpty }

    // MARK: - As text

    private var spent: Double { Double(stretch.end - stretch.start) / 1e9 }
    private var perSecond: Double { Double(stretch.commands) / spent }

    var table: String {
        var lines = [
            "soak: \(stretch.commands) commands in \(decimal(spent, 1)) s = \(Int(perSecond)) per second, "
                + "\(decimal(perSecond / fullPerSecond, 2)) of the full rate of \(Int(fullPerSecond)) per second",
            "  rejected \(rejected), dropped \(dropped), announced again \(repeated), checker \(checker)",
            "  latency from due, ms: accepted p50 \(text(latencies.acceptances, 50)), "
                + "p99 \(text(latencies.acceptances, 99)); outcome p50 \(text(latencies.outcomes, 50)), "
                + "p99 \(text(latencies.outcomes, 99)), longer than a minute \(latencies.outcomes.overflow)",
            "  outcome p99 by thirds, ms: \(latencies.thirds.map { text($0, 99) }.joined(separator: ", ")); "
                + (latencyIsLevel ? "level" : "GROWING"),
            "  " + row("minute", ["p50 ms", "p99 ms", "p99.9 ms"]),
        ]
        for (number, minute) in latencies.minutes.enumerated() {
            lines.append("  " + row("\(number + 1)", [50, 99, 99.9].map { text(minute, $0) }))
        }
        lines.append("  " + row("process", ["1st MB", "2nd MB", "3rd MB", "peak MB", "MB/hour", "CPU %", "rest %"]))
        for group in ProcessGroup.allCases {
            let series = series(group)
            let figures =
                (0..<3).map { decimal(series.median(ofThird: $0), 1) } + [
                    decimal(series.peak, 1), decimal(series.megabytesPerHour, 1),
                    decimal(percent(group, samples.first, samples.last), 1), decimal(restPercent(group), 2),
                ]
            let verdict = (isFlat(group) ? "  flat: " : "  NOT FLAT: ") + rule(group).text
            lines.append("  " + row(group.rawValue, figures) + verdict)
        }
        lines.append("  " + (holds ? "all of it holds" : "does not hold: \(failures.joined(separator: ", "))"))
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ figures: [String]) -> String {
        func pad(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) }
        return name + pad(name, 18) + figures.map { pad($0, 10) + $0 }.joined()
    }

    private func text(_ histogram: LatencyHistogram, _ percentile: Double) -> String {
        histogram.percentile(percentile).map { decimal($0, 1) } ?? "–"
    }

    // MARK: - As JSON

    var json: String {
        jsonObject([
            ("scenario", "\"soak\""), ("commands", "\(stretch.commands)"), ("seconds", decimal(spent, 3)),
            ("per_second", decimal(perSecond, 1)), ("accept_p50_ms", number(latencies.acceptances, 50)),
            ("accept_p99_ms", number(latencies.acceptances, 99)), ("outcome_p50_ms", number(latencies.outcomes, 50)),
            ("outcome_p99_ms", number(latencies.outcomes, 99)), ("dropped", "\(dropped)"),
            ("rejected", "\(rejected)"), ("checker", "\"\(checker)\""), ("limit_per_second", "null"),
            ("ratio", "null"), ("rss_mb", decimal(series(.fleet).peak, 1)),
            ("full_per_second", decimal(fullPerSecond, 1)), ("share", decimal(perSecond / fullPerSecond, 3)),
            ("repeated", "\(repeated)"), ("outcome_overflow", "\(latencies.outcomes.overflow)"),
            ("thirds_p99_ms", jsonArray(latencies.thirds.map { number($0, 99) })),
            ("minutes", jsonArray(latencies.minutes.map(minute))),
            ("processes", jsonArray(ProcessGroup.allCases.map(process))),
            ("failed", jsonArray(failures.map { "\"\($0)\"" })),
        ])
    }

    private func minute(_ histogram: LatencyHistogram) -> String {
        jsonObject([
            ("outcome_p50_ms", number(histogram, 50)), ("outcome_p99_ms", number(histogram, 99)),
            ("outcome_p999_ms", number(histogram, 99.9)),
        ])
    }

    private func process(_ group: ProcessGroup) -> String {
        let series = series(group)
        return jsonObject([
            ("name", "\"\(group.rawValue)\""),
            ("thirds_mb", jsonArray((0..<3).map { decimal(series.median(ofThird: $0), 1) })),
            ("minutes_mb", jsonArray(series.minutes.map { decimal($0, 2) })), ("peak_mb", decimal(series.peak, 1)),
            ("mb_per_hour", decimal(series.megabytesPerHour, 1)),
            ("flat", "\(isFlat(group))"), ("cpu_percent", decimal(percent(group, samples.first, samples.last), 2)),
            ("rest_cpu_percent", decimal(restPercent(group), 3)),
        ])
    }

    private func number(_ histogram: LatencyHistogram, _ percentile: Double) -> String {
        histogram.percentile(percentile).map { decimal($0, 3) } ?? "null"
    }
}
