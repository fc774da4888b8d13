// The series of one metric: bounded in number, with one more for everything beyond the bound.

import Synchronization

/// A metric and its series.
final class MetricFamily: Sendable {
    enum Cell: Sendable {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case histogram(HistogramCell)
        /// Asked for at each exposition; nil shows nothing.
        case observed(@Sendable () -> Double?)

        /// What was recorded into; nil for what is observed.
        var object: AnyObject? {
            switch self {
            case .counter(let cell): cell
            case .gauge(let cell): cell
            case .histogram(let cell): cell
            case .observed: nil
            }
        }
    }

    let definition: MetricDefinition
    private let seriesMax: Int
    private let series = Mutex<[[String]: Cell]>([:])
    /// How many series were asked for beyond the bound.
    private let overflows = Atomic<Int64>(0)

    /// The value of every label of the series that stands for those beyond the bound.
    static let overflowValue = "overflow"

    init(_ definition: MetricDefinition, seriesMax: Int) {
        self.definition = definition
        self.seriesMax = max(1, seriesMax)
    }

    var overflowCount: Int64 { overflows.load(ordering: .relaxed) }

    /// The cell of a series, made when it is new; the overflow's when there is no room.
    func cell(_ values: [String]) -> Cell {
        series.withLock { series in
            if let known = series[values] { return known }
            var values = values
            // The overflow's own series is not one of those that are counted against the bound.
            if series.count >= seriesMax, !values.isEmpty {
                overflows.wrappingAdd(1, ordering: .relaxed)
                values = values.map { _ in Self.overflowValue }
                if let known = series[values] { return known }
            }
            let made = makeCell()
            series[values] = made
            return made
        }
    }

    /// - Returns: false when there is no room for the series.
    func observe(_ values: [String], _ read: @escaping @Sendable () -> Double?) -> Bool {
        series.withLock { series in
            guard series[values] != nil || series.count < seriesMax else {
                overflows.wrappingAdd(1, ordering: .relaxed)
                return false
            }
            series[values] = .observed(read)
            return true
        }
    }

    /// Forgets the series that is recorded into this object.
    func remove(_ object: AnyObject) {
        series.withLock { series in
            guard let key = series.first(where: { $0.value.object === object })?.key else { return }
            series[key] = nil
        }
    }

    /// Every series, in the order of the labels' values.
    var sorted: [(values: [String], cell: Cell)] {
        series.withLock { $0.map { (values: $0.key, cell: $0.value) } }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }

    private func makeCell() -> Cell {
        switch definition.kind {
        case .counter: .counter(CounterCell())
        case .gauge: .gauge(GaugeCell())
        case .histogram(let buckets): .histogram(HistogramCell(bounds: buckets))
        }
    }
}
