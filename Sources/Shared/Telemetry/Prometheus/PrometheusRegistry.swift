// A back end of swift-metrics that keeps what is recorded and shows it in Prometheus's text format.
//
// Made for a table of metrics that is known beforehand: what is not in it is not shown.

public import CoreMetrics
import Synchronization

/// The metrics of a process.
///
/// Instruments are made from it once and kept (`Counter(label:dimensions:factory:)` and so on); making one takes a lock and
/// looks the series up. Recording is one or two atomic operations without a lock, whoever reads meanwhile.
///
/// A label's dimensions are the definition's labels, in any order. A metric that was not declared, or with other labels,
/// gets an instrument that records nothing, and is counted in `metrics_undeclared_total`.
public final class PrometheusRegistry: MetricsFactory {
    /// Series of one metric unless the registry is told otherwise. Further ones share one whose labels are `overflow`.
    public static let seriesPerMetricMax = 1_000

    /// What every registry tells of itself.
    public static let ownDefinitions = [overflowDefinition, undeclaredDefinition]

    private static let overflowDefinition = MetricDefinition(
        "metrics_series_overflow_total", .counter, unit: "series", labels: ["metric"],
        help: "Series that found no room in their metric and were recorded into its overflow series.")
    private static let undeclaredDefinition = MetricDefinition(
        "metrics_undeclared_total", .counter, unit: "instruments",
        help: "Instruments made for a metric that the registry does not know by this name, kind and labels.")

    private let families: [MetricFamily]
    private let familiesByName: [String: MetricFamily]
    private let undeclared = CounterCell()

    /// - Parameters:
    ///   - definitions: every metric there is, in the order in which they are shown.
    ///   - seriesPerMetricMax: series of one metric, 1 or more; one further for what is beyond.
    public init(_ definitions: [MetricDefinition], seriesPerMetricMax: Int = PrometheusRegistry.seriesPerMetricMax) {
        families = definitions.map { MetricFamily($0, seriesMax: seriesPerMetricMax) }
        familiesByName = Dictionary(uniqueKeysWithValues: families.map { ($0.definition.name, $0) })
        let ownNames = Self.ownDefinitions.map(\.name)
        precondition(ownNames.allSatisfy { familiesByName[$0] == nil }, "a definition has one of the registry's names")
    }

    /// Shows a counter or gauge whose value is asked for at each exposition, on whichever thread that happens.
    ///
    /// A later call for the same series takes the earlier one's place.
    ///
    /// - Parameter read: nil shows nothing.
    public func observe(_ label: String, _ dimensions: [(String, String)] = [], read: @escaping @Sendable () -> Double?)
    {
        guard let (family, values) = find(label, dimensions), !family.isHistogram else {
            undeclared.increment(by: 1 as Int64)
            return
        }
        _ = family.observe(values, read)
    }

    /// The text exposition format 0.0.4, in UTF-8.
    public func render() -> [UInt8] {
        var text = PrometheusText()
        for family in families { text.append(family) }
        text.begin(Self.overflowDefinition)
        for family in families where family.overflowCount > 0 {
            text.sample(Self.overflowDefinition, [family.definition.name], Double(family.overflowCount))
        }
        text.begin(Self.undeclaredDefinition)
        text.sample(Self.undeclaredDefinition, [], undeclared.value)
        return text.bytes
    }

    // MARK: - MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard case .counter(let cell)? = cell(label, dimensions) else { return unknown() }
        return cell
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        guard case .counter(let cell)? = cell(label, dimensions) else { return unknown() }
        return cell
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        guard case .gauge(let cell)? = cell(label, dimensions) else { return unknown() }
        return cell
    }

    /// A recorder that aggregates is a histogram, one that does not a gauge.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        switch cell(label, dimensions) {
        case .histogram(let cell)? where aggregate: cell
        case .gauge(let cell)? where !aggregate: cell
        default: unknown()
        }
    }

    /// A timer is a histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        guard case .histogram(let cell)? = cell(label, dimensions) else { return unknown() }
        return cell
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    // MARK: - Series

    private func cell(_ label: String, _ dimensions: [(String, String)]) -> MetricFamily.Cell? {
        find(label, dimensions).map { family, values in family.cell(values) }
    }

    /// The metric, and the values in the order of its labels; nil when either is not as declared.
    private func find(_ label: String, _ dimensions: [(String, String)]) -> (MetricFamily, [String])? {
        guard let family = familiesByName[label], family.definition.labels.count == dimensions.count else { return nil }
        var values: [String] = []
        for name in family.definition.labels {
            guard let dimension = dimensions.first(where: { $0.0 == name }) else { return nil }
            values.append(dimension.1)
        }
        return (family, values)
    }

    private func unknown() -> NOOPMetricsHandler {
        undeclared.increment(by: 1 as Int64)
        return NOOPMetricsHandler.instance
    }

    private func remove(_ object: AnyObject) {
        for family in families { family.remove(object) }
    }
}

extension MetricFamily {
    fileprivate var isHistogram: Bool {
        if case .histogram = definition.kind { return true }
        return false
    }
}
