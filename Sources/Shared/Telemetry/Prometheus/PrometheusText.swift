// The text exposition format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).

/// Writes metrics down, line by line.
struct PrometheusText {
    /// What an HTTP answer says of it.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    /// A metric with all its series; nothing of one that has none.
    mutating func append(_ family: MetricFamily) {
        let definition = family.definition
        let series = family.sorted
        if series.isEmpty { return }
        begin(definition)
        for (values, cell) in series {
            switch cell {
            case .counter(let counter): sample(definition, values, counter.value)
            case .gauge(let gauge): sample(definition, values, gauge.value)
            case .histogram(let histogram): append(definition, values, histogram.reading)
            case .observed(let read): if let value = read() { sample(definition, values, value) }
            }
        }
    }

    mutating func begin(_ definition: MetricDefinition) {
        bytes += "# HELP \(definition.name) ".utf8
        escape(definition.help, quotes: false)
        bytes += "\n# TYPE \(definition.name) \(definition.kind.name)\n".utf8
    }

    mutating func sample(_ definition: MetricDefinition, _ values: [String], _ value: Double) {
        line(definition.name, Array(zip(definition.labels, values)), Self.number(value))
    }

    /// Cumulative buckets that end in `+Inf`, then `_sum` and `_count`.
    private mutating func append(
        _ definition: MetricDefinition, _ values: [String], _ reading: HistogramCell.Reading
    ) {
        guard case .histogram(let bounds) = definition.kind else { return }
        let labels = Array(zip(definition.labels, values))
        for (bound, count) in zip(bounds + [.infinity], reading.cumulative) {
            line(definition.name + "_bucket", labels + [("le", Self.number(bound))], "\(count)")
        }
        line(definition.name + "_sum", labels, Self.number(reading.sum))
        line(definition.name + "_count", labels, "\(reading.cumulative[bounds.count])")
    }

    private mutating func line(_ name: String, _ labels: [(name: String, value: String)], _ value: String) {
        bytes += name.utf8
        for (index, label) in labels.enumerated() {
            bytes += (index == 0 ? "{" : ",").utf8
            bytes += "\(label.name)=\"".utf8
            escape(label.value, quotes: true)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += "\(labels.isEmpty ? "" : "}") \(value)\n".utf8
    }

    /// Backslash and line feed, and in a label's value the quotation mark.
    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: bytes += "\\\"".utf8
            default: bytes.append(byte)
            }
        }
    }

    /// As Go's ParseFloat reads it: whole numbers without a point, and the format's words for what is not finite.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }
}

extension PrometheusRegistry {
    /// The media type of `render()`.
    public static let contentType = PrometheusText.contentType
}
