// What can go wrong between a caller and Redis. No case carries a key, a value or a password.

/// A call to Redis that did not give a value.
public enum RedisError: Error, Equatable, Sendable {
    /// The URL of the configuration cannot be used; the text says which part and shows none of it.
    case invalidURL(String)
    /// There is no usable connection. The command was not sent.
    case unavailable
    /// The server answered the connection's own AUTH, SELECT or PING with this error code (`WRONGPASS`, `NOAUTH`,
    /// `LOADING`). The command was not sent; connecting goes on in the background.
    case refused(code: String)
    /// As many commands or bytes as the configuration allows are waiting already. The command was not sent.
    case overloaded
    /// The client cannot carry this command: it is empty, too large, or changes what the shared connection means
    /// (`SUBSCRIBE`, `SELECT`, `HELLO` and the like). It was not sent.
    case unsupportedCommand
    /// No answer came in time. The command may or may not have been carried out.
    case timedOut
    /// The connection was lost before the answer came. The command may or may not have been carried out.
    case outcomeUnknown
    /// The server answered with an error; its code only (`WRONGTYPE`, `NOSCRIPT`), since the text can quote arguments.
    case reply(code: String)
    /// The process could not get what a client needs from the kernel; the number is an `errno`.
    case system(code: Int32)

    /// Whether the command may have taken effect although no answer came.
    public var mayHaveHappened: Bool {
        switch self {
        case .timedOut, .outcomeUnknown: true
        case .invalidURL, .unavailable, .refused, .overloaded, .unsupportedCommand, .reply, .system: false
        }
    }
}

extension RedisError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidURL(let reason): "the Redis URL is invalid: \(reason)"
        case .unavailable: "Redis is not connected"
        case .refused(let code): "Redis refused the connection with \(code)"
        case .overloaded: "too many Redis commands are waiting"
        case .unsupportedCommand: "the Redis client does not carry this command"
        case .timedOut: "Redis did not answer in time; the outcome is unknown"
        case .outcomeUnknown: "the connection to Redis was lost before the answer; the outcome is unknown"
        case .reply(let code): "Redis answered with the error \(code)"
        case .system(let code): "the Redis client could not start, errno \(code)"
        }
    }
}
