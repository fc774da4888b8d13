// What is known of a metric before anything is recorded: one line of a table.

/// A metric by name: what it counts or measures, in which unit, and which labels tell its series apart.
public struct MetricDefinition: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Only ever goes up, and begins at 0 with the process.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts values by size.
        ///
        /// - Parameter buckets: upper bounds, each included, ascending, without infinity.
        case histogram(buckets: [Double])

        /// The word of the exposition format.
        public var name: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; a counter's ends in `_total`.
    public let name: String
    public let kind: Kind
    /// A base unit, such as `seconds` or `bytes`, or what is counted.
    public let unit: String
    /// In the order in which series show them.
    public let labels: [String]
    public let help: String

    /// Describes a metric.
    ///
    /// A definition that the format has no way of showing is a mistake in the program, and ends it.
    public init(_ name: String, _ kind: Kind, unit: String, labels: [String] = [], help: String) {
        precondition(Self.isName(name, mayHaveColons: true), "\(name) is no name of a metric")
        precondition((kind == .counter) == name.hasSuffix("_total"), "\(name): counters, and only they, end in _total")
        precondition(labels.allSatisfy { Self.isName($0, mayHaveColons: false) }, "\(name) has a label without a name")
        precondition(!labels.contains("le") && !labels.contains { $0.hasPrefix("__") }, "\(name) has a reserved label")
        precondition(Set(labels).count == labels.count, "\(name) has a label twice")
        if case .histogram(let buckets) = kind {
            precondition(!buckets.isEmpty && buckets.allSatisfy(\.isFinite), "\(name) has no finite buckets")
            precondition(zip(buckets, buckets.dropFirst()).allSatisfy(<), "\(name): buckets ascend")
        }
        self.name = name
        self.kind = kind
        self.unit = unit
        self.labels = labels
        self.help = help
    }

    private static func isName(_ name: String, mayHaveColons: Bool) -> Bool {
        let isLetter: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: ":"): mayHaveColons
            default: false
            }
        }
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
