// What can go wrong between this process and a broker.

/// Why an AMQP call did not do what was asked. Descriptions show codes and no data.
public enum AMQPError: Error, Equatable, Sendable {
    /// The broker's URL cannot be used.
    case invalidURL(String)
    /// The argument cannot be sent; nothing was written. The text names the argument, not its value.
    case invalidArgument(String)
    /// No TCP connection came about.
    case connectFailed(String)
    /// No TLS came about: a file cannot be used, or the broker's certificate is refused, and why (another host,
    /// unknown authority, expired). Trying again does not help.
    case tlsFailed(String)
    /// The broker closed the channel (404 no such thing, 406 precondition failed …). `reopenChannel()` gives another.
    case channelClosed(code: UInt16, text: String)
    /// The broker closed the connection (320 forced by an operator, 403 wrong credentials, 530 no such virtual host …).
    case connectionClosed(code: UInt16, text: String)
    /// The socket broke or the peer was silent for two heartbeats. Whether the last sends arrived is unknown.
    case connectionLost(String)
    /// The broker did not answer a call in time, or the watchdog ended a send. The connection is given up, since an
    /// answer could still come; what became of a message under way is unknown.
    case timedOut(String)
    /// The socket took nothing for `sendTimeoutMilliseconds`. Nothing was written: the connection can still be used.
    case sendTimedOut
    /// The broker ended the consumer: its queue was deleted or lost its leader.
    case consumerCancelled
    /// What arrived went over a limit of the configuration, which is named. The connection is given up.
    case limitExceeded(String)
    /// The peer broke the protocol.
    case protocolViolation(String)
    /// The connection was closed by this side.
    case closed
}

extension AMQPError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidURL(let reason): "the AMQP URL cannot be used: \(reason)"
        case .invalidArgument(let reason): "an AMQP argument cannot be sent: \(reason)"
        case .connectFailed(let reason): "no connection to the broker: \(reason)"
        case .tlsFailed(let reason): "no TLS with the broker: \(reason)"
        case .channelClosed(let code, let text): "the broker closed the channel: \(code)\(Self.name(text))"
        case .connectionClosed(let code, let text): "the broker closed the connection: \(code)\(Self.name(text))"
        case .connectionLost(let reason): "the connection to the broker was lost: \(reason)"
        case .timedOut(let call): "the broker did not answer in time: \(call)"
        case .sendTimedOut: "the broker's socket took nothing in time; nothing was written"
        case .consumerCancelled: "the broker ended the consumer"
        case .limitExceeded(let limit): "more arrived from the broker than \(limit) allows"
        case .protocolViolation(let reason): "the broker broke the protocol: \(reason)"
        case .closed: "the connection is closed"
        }
    }

    /// A reply text begins with the code's name, " - " and then details that may hold names and values: the name only.
    private static func name(_ text: String) -> String {
        let name = text.utf8.prefix { $0 == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        return name.count < 2 ? "" : " " + String(decoding: name, as: UTF8.self)
    }
}
