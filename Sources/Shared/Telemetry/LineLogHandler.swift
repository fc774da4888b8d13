// The log handler: gathers what belongs to a line and hands it to a format and a sink.

public import Logging

/// What one log line says, before it is written down.
public struct LogEntry: Sendable {
    public var time: LogTime
    public var level: Logger.Level
    public var service: String
    public var label: String
    public var message: String
    /// The metadata, nested names joined by dots, in the order of the names.
    public var fields: [(name: String, value: String)]
    /// Lines that could not be written since the last one that could.
    public var lostLines: Int
}

/// Writes an entry down as one line.
public protocol LogLineFormat: Sendable {
    /// The line with its newline; no other newline is in it.
    static func render(_ entry: LogEntry) -> [UInt8]
}

/// A handler that writes JSON lines.
public typealias JSONLogHandler = LineLogHandler<JSONLines>
/// A handler that writes lines for people.
public typealias TextLogHandler = LineLogHandler<TextLines>

/// A swift-log handler that writes one line per event.
public struct LineLogHandler<Format: LogLineFormat>: LogHandler {
    public var logLevel: Logger.Level = .info
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let service: String
    private let label: String
    private let sink: LogSink
    private let now: @Sendable () -> LogTime

    public init(
        service: String, label: String, sink: LogSink = .standardError,
        now: @escaping @Sendable () -> LogTime = LogTime.now
    ) {
        self.service = service
        self.label = label
        self.sink = sink
        self.now = now
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, newer in newer } }
        if let own = event.metadata { merged.merge(own) { _, newer in newer } }
        if let error = event.error {
            merged["error.message"] = .string("\(error)")
            merged["error.type"] = .string(String(reflecting: type(of: error)))
        }
        let fields = flattened(merged)
        sink.emit { lostLines in
            Format.render(
                LogEntry(
                    time: now(), level: event.level, service: service, label: label,
                    message: shortened(event.message.description), fields: fields, lostLines: lostLines))
        }
    }
}

/// Longest message or value written, in bytes of UTF-8.
let logValueBytesMax = 4_096
/// Most metadata values written of one event.
let logFieldsMax = 64

/// Metadata as a flat list: `["a": ["b": "1"], "c": ["x", "y"]]` becomes `a.b`, `c.0`, `c.1`.
func flattened(_ metadata: Logger.Metadata) -> [(name: String, value: String)] {
    var fields: [String: String] = [:]

    func add(_ name: String, _ value: Logger.Metadata.Value) {
        guard fields.count < logFieldsMax else { return }
        switch value {
        case .string(let text): fields[name] = shortened(text)
        case .stringConvertible(let other): fields[name] = shortened(other.description)
        case .dictionary(let nested): addAll(nested, below: name + ".")
        case .array(let elements):
            for (index, element) in elements.enumerated() { add("\(name).\(index)", element) }
        }
    }

    func addAll(_ metadata: Logger.Metadata, below prefix: String) {
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) { add(prefix + name, value) }
    }

    addAll(metadata, below: "")
    return fields.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
}

private func shortened(_ text: String) -> String {
    guard text.utf8.count > logValueBytesMax else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: logValueBytesMax)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "…"
}
