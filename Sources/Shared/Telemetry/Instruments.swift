// How the wallet's parts get their instruments: by a metric of the table and its labels' values, from a registry handed in.

public import CoreMetrics

/// Makes instruments for a process, and holds the registry that they record into.
///
/// Each is made once and kept by whoever records. Values are given in the order of the table's labels.
public struct Instruments: Sendable {
    let registry: PrometheusRegistry

    /// - Parameters:
    ///   - program: whose metrics these are, such as `wallet-fleet`; it shows in `wallet_build_info`, as does
    ///   - version: the release.
    public init(program: String, version: String = "unknown") {
        registry = PrometheusRegistry(WalletMetric.table.map(\.definition))
        observe(.buildInfo, program, version, buildConfiguration) { 1 }
        observeProcess()
    }

    /// Everything recorded so far, in the text exposition format.
    public func render() -> [UInt8] { registry.render() }

    public func counter(_ metric: WalletMetric, _ values: String...) -> Counter {
        Counter(label: metric.rawValue, dimensions: dimensions(metric, values), factory: registry)
    }

    public func gauge(_ metric: WalletMetric, _ values: String...) -> Meter {
        Meter(label: metric.rawValue, dimensions: dimensions(metric, values), factory: registry)
    }

    /// A histogram of sizes.
    public func recorder(_ metric: WalletMetric, _ values: String...) -> Recorder {
        Recorder(label: metric.rawValue, dimensions: dimensions(metric, values), aggregate: true, factory: registry)
    }

    /// A histogram of times, in seconds.
    public func timer(_ metric: WalletMetric, _ values: String...) -> CoreMetrics.Timer {
        CoreMetrics.Timer(label: metric.rawValue, dimensions: dimensions(metric, values), factory: registry)
    }

    /// A counter or gauge whose value is asked for whenever the metrics are shown; nil shows nothing.
    public func observe(_ metric: WalletMetric, _ values: String..., read: @escaping @Sendable () -> Double?) {
        registry.observe(metric.rawValue, dimensions(metric, values), read: read)
    }

    private func dimensions(_ metric: WalletMetric, _ values: [String]) -> [(String, String)] {
        let labels = metric.rule.definition.labels
        precondition(labels.count == values.count, "\(metric.rawValue) has the labels \(labels)")
        return Array(zip(labels, values))
    }
}

/// How the program was compiled.
private let buildConfiguration: String = {
    #if DEBUG
        "debug"
    #else
        "release"
    #endif
}()
