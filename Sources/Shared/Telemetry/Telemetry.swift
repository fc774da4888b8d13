// Where a program's log goes, decided once at its start.

public import Logging

/// How log lines are written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for collectors.
    case json
    /// For people at a terminal.
    case text

    /// `WALLET_LOG_FORMAT` is neither `json` nor `text`.
    public struct Unknown: Error, CustomStringConvertible {
        public var description: String { "WALLET_LOG_FORMAT has to be json or text" }
    }

    /// Reads `WALLET_LOG_FORMAT` from the process's environment; without it lines are JSON.
    public init(environment: [String: String]) throws(Unknown) {
        guard let name = environment["WALLET_LOG_FORMAT"] else {
            self = .json
            return
        }
        guard let format = LogFormat(rawValue: name) else { throw Unknown() }
        self = format
    }
}

public enum Telemetry {
    /// Sends every logger made from now on to standard error. Once per process, before the first logger is made.
    ///
    /// - Parameters:
    ///   - service: which program writes, such as `wallet-ingress`.
    ///   - level: the least severe level that loggers write unless they are given another.
    public static func bootstrapLogging(service: String, level: Logger.Level = .info, format: LogFormat = .json) {
        let sink = LogSink.standardError
        let factory: @Sendable (String, Logger.MetadataProvider?) -> any LogHandler = { label, provider in
            var handler: any LogHandler =
                switch format {
                case .json: JSONLogHandler(service: service, label: label, sink: sink)
                case .text: TextLogHandler(service: service, label: label, sink: sink)
                }
            handler.logLevel = level
            handler.metadataProvider = provider
            return handler
        }
        LoggingSystem.bootstrap(factory, metadataProvider: LoggingSystem.metadataProvider)
    }
}
