// The registry against its format: what is recorded is what is shown, within bounds, whoever records meanwhile.

import CoreMetrics
import Testing

@testable import Telemetry

private func render(_ registry: PrometheusRegistry) -> String { String(decoding: registry.render(), as: UTF8.self) }

/// The lines of one metric, without those about it.
private func samples(_ registry: PrometheusRegistry, _ name: String) -> [String] {
    render(registry).split(separator: "\n").map(String.init).filter { $0.hasPrefix(name) }
}

@Suite("Prometheus registry")
struct PrometheusTests {
    private static let taken = MetricDefinition(
        "taken_total", .counter, unit: "things", labels: ["a", "b"], help: "Taken.")
    private static let level = MetricDefinition("level", .gauge, unit: "things", help: "Level.")
    private static let time = MetricDefinition(
        "time_seconds", .histogram(buckets: [0.01, 0.5, 2]), unit: "seconds", labels: ["a"], help: "Time.")

    @Test("an exposition has HELP and TYPE once a metric, its series below, in the order of table and labels")
    func shape() {
        let registry = PrometheusRegistry([Self.taken, Self.level])
        Meter(label: "level", factory: registry).set(2.5)
        Counter(label: "taken_total", dimensions: [("b", "2"), ("a", "y")], factory: registry).increment()
        Counter(label: "taken_total", dimensions: [("a", "x"), ("b", "1")], factory: registry).increment(by: 7)
        #expect(
            render(registry) == """
                # HELP taken_total Taken.
                # TYPE taken_total counter
                taken_total{a="x",b="1"} 7
                taken_total{a="y",b="2"} 1
                # HELP level Level.
                # TYPE level gauge
                level 2.5
                # HELP metrics_series_overflow_total \
                Series that found no room in their metric and were recorded into its overflow series.
                # TYPE metrics_series_overflow_total counter
                # HELP metrics_undeclared_total \
                Instruments made for a metric that the registry does not know by this name, kind and labels.
                # TYPE metrics_undeclared_total counter
                metrics_undeclared_total 0

                """)
    }

    @Test("a value falls into the first bucket whose bound is not below it, and buckets are cumulative up to +Inf")
    func histogram() {
        let registry = PrometheusRegistry([Self.time])
        let timer = CoreMetrics.Timer(label: "time_seconds", dimensions: [("a", "x")], factory: registry)
        timer.recordNanoseconds(10_000_000)
        timer.recordNanoseconds(10_000_001)
        timer.recordMilliseconds(500)
        timer.recordSeconds(3)
        #expect(
            samples(registry, "time_seconds") == [
                #"time_seconds_bucket{a="x",le="0.01"} 1"#, #"time_seconds_bucket{a="x",le="0.5"} 3"#,
                #"time_seconds_bucket{a="x",le="2"} 3"#, #"time_seconds_bucket{a="x",le="+Inf"} 4"#,
                #"time_seconds_sum{a="x"} 3.520000001"#, #"time_seconds_count{a="x"} 4"#,
            ])
    }

    @Test("backslash, line feed and quotation mark are escaped in a label, the first two in a help text")
    func escaping() {
        let definition = MetricDefinition("odd", .gauge, unit: "things", labels: ["a"], help: "One \\ two\n\"three\"")
        let registry = PrometheusRegistry([definition])
        Meter(label: "odd", dimensions: [("a", "c:\\d\n\"é\"")], factory: registry).set(1 as Int64)
        #expect(render(registry).hasPrefix(#"# HELP odd One \\ two\n"three"\#n"#))
        #expect(samples(registry, "odd") == [#"odd{a="c:\\d\n\"é\""} 1"#])
    }

    @Test(
        "a number is written as the format reads it",
        arguments: [
            (0, "0"), (-3, "-3"), (0.25, "0.25"), (1e-7, "1e-07"), (9e18, "9000000000000000000"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    @Test("a counter never goes back, and fractions add up with whole steps")
    func counters() {
        let registry = PrometheusRegistry([Self.taken])
        let dimensions = [("a", "x"), ("b", "1")]
        let counter = Counter(label: "taken_total", dimensions: dimensions, factory: registry)
        counter.increment(by: 5)
        counter.increment(by: -3)
        let parts = FloatingPointCounter(label: "taken_total", dimensions: dimensions, factory: registry)
        parts.increment(by: 0.5)
        parts.increment(by: -1)
        parts.increment(by: Double.infinity)
        #expect(samples(registry, "taken_total") == [#"taken_total{a="x",b="1"} 5.5"#])
        counter.reset()
        #expect(samples(registry, "taken_total") == [#"taken_total{a="x",b="1"} 0"#])
    }

    @Test("series beyond the bound share one, which is counted, and those within it stay what they are")
    func cardinality() {
        let registry = PrometheusRegistry([Self.taken], seriesPerMetricMax: 2)
        for value in 1...5 {
            Counter(label: "taken_total", dimensions: [("a", "\(value)"), ("b", "")], factory: registry).increment()
        }
        #expect(
            samples(registry, "taken_total") == [
                #"taken_total{a="1",b=""} 1"#, #"taken_total{a="2",b=""} 1"#,
                #"taken_total{a="overflow",b="overflow"} 3"#,
            ])
        #expect(samples(registry, "metrics_series") == [#"metrics_series_overflow_total{metric="taken_total"} 3"#])
    }

    @Test("an instrument of another name, kind or set of labels records nothing, and is counted")
    func undeclared() {
        let registry = PrometheusRegistry([Self.taken, Self.level, Self.time])
        Counter(label: "other_total", factory: registry).increment()
        Counter(label: "taken_total", dimensions: [("a", "1")], factory: registry).increment()
        Counter(label: "taken_total", dimensions: [("a", "1"), ("c", "2")], factory: registry).increment()
        Counter(label: "level", factory: registry).increment()
        Recorder(label: "level", aggregate: true, factory: registry).record(1)
        registry.observe("time_seconds", [("a", "x")]) { 1 }
        #expect(samples(registry, "metrics_undeclared_total") == ["metrics_undeclared_total 6"])
        #expect(samples(registry, "taken_total").isEmpty && samples(registry, "time_seconds").isEmpty)
    }

    @Test("what is observed is asked for each time, is left out when there is nothing, and gives way to its successor")
    func observed() {
        let registry = PrometheusRegistry([Self.level])
        let cell = GaugeCell()
        registry.observe("level") { cell.value == 0 ? nil : cell.value }
        #expect(samples(registry, "level").isEmpty)
        cell.set(4 as Int64)
        #expect(samples(registry, "level") == ["level 4"])
        registry.observe("level") { 9 }
        #expect(samples(registry, "level") == ["level 9"])
    }

    @Test("an instrument that is destroyed takes its series with it")
    func destroyed() {
        let registry = PrometheusRegistry([Self.time])
        let timer = CoreMetrics.Timer(label: "time_seconds", dimensions: [("a", "x")], factory: registry)
        #expect(samples(registry, "time_seconds_count").count == 1)
        timer.destroy()
        #expect(samples(registry, "time_seconds_count").isEmpty)
    }

    @Test("nothing is lost when many record at once while somebody reads")
    func atOnce() async {
        let registry = PrometheusRegistry([Self.taken, Self.level, Self.time])
        let (tasks, steps) = (4, 100_000)
        await withTaskGroup { group in
            for number in 0..<tasks {
                group.addTask { @concurrent in
                    let dimensions = [("a", "\(number % 2)"), ("b", "")]
                    let counter = Counter(label: "taken_total", dimensions: dimensions, factory: registry)
                    let meter = Meter(label: "level", factory: registry)
                    let timer = CoreMetrics.Timer(label: "time_seconds", dimensions: [("a", "")], factory: registry)
                    for _ in 0..<steps {
                        counter.increment()
                        meter.increment(by: 0.5)
                        timer.recordNanoseconds(250_000_000)
                    }
                }
            }
            group.addTask { @concurrent in for _ in 0..<50 { _ = registry.render() } }
        }
        let half = tasks * steps / 2
        #expect(
            samples(registry, "taken_total") == [
                #"taken_total{a="0",b=""} \#(half)"#, #"taken_total{a="1",b=""} \#(half)"#,
            ])
        #expect(samples(registry, "level") == ["level \(half)"])
        #expect(samples(registry, "time_seconds_count") == [#"time_seconds_count{a=""} \#(tasks * steps)"#])
        #expect(samples(registry, "time_seconds_sum") == [#"time_seconds_sum{a=""} \#(tasks * steps / 4)"#])
    }
}
