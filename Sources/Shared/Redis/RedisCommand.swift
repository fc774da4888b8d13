// A command as it goes out: its arguments in one run of bytes, so that sending it takes no further copies.

/// A Redis command with its arguments, binary-safe.
///
///     RedisCommand("SET", .string(key), .bytes(value), "PX", 30_000)
public struct RedisCommand: Sendable, Hashable {
    /// All arguments, the name first, one after the other.
    private(set) var bytes: [UInt8]
    /// The length of each argument in `bytes`.
    private(set) var lengths: [Int]
    /// Whether one connection shared by many callers can carry the command.
    private(set) var isSupported: Bool

    /// Largest command carried, in bytes: one connection is shared, so a larger one would hold everybody up.
    public static let bytesMax = 32 << 20
    /// Redis closes the connection on a command of more arguments than this.
    public static let argumentsMax = 1 << 20

    /// - Parameters:
    ///   - name: such as `GET`; the case of letters does not matter.
    ///   - arguments: literals stand for themselves; a variable is wrapped as `.string(key)`, `.bytes(value)` or
    ///     `.integer(count)`.
    public init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments)
    }

    public init(_ name: String, _ arguments: [RedisArgument]) {
        bytes = Array(name.utf8)
        lengths = [bytes.count]
        lengths.reserveCapacity(arguments.count + 1)
        isSupported = true
        for argument in arguments { append(argument) }
        isSupported = checkSupport(name: name)
    }

    /// A command from its arguments, the name first.
    public init(arguments: [[UInt8]]) {
        bytes = []
        bytes.reserveCapacity(arguments.reduce(0) { $0 + $1.count })
        for argument in arguments { bytes += argument }
        lengths = arguments.map(\.count)
        isSupported = true
        isSupported = checkSupport(name: String(decoding: arguments.first ?? [], as: UTF8.self))
    }

    private mutating func append(_ argument: RedisArgument) {
        let start = bytes.count
        switch argument {
        case .string(let string): bytes += string.utf8
        case .bytes(let content): bytes += content
        case .integer(let integer): bytes += String(integer).utf8
        }
        lengths.append(bytes.count - start)
    }

    private func checkSupport(name: String) -> Bool {
        guard !name.isEmpty, bytes.count <= Self.bytesMax, lengths.count <= Self.argumentsMax else { return false }
        let upperName = name.uppercased()
        if Self.unsupportedNames.contains(upperName) { return false }
        guard upperName == "CLIENT", lengths.count > 1 else { return true }
        let subcommand = bytes[lengths[0]..<(lengths[0] + lengths[1])]
        return String(decoding: subcommand, as: UTF8.self).uppercased() != "REPLY"
    }

    /// Commands that break the rule "one answer each, in order" or change the connection under its other users.
    private static let unsupportedNames: Set<String> = [
        "AUTH", "HELLO", "MONITOR", "PSUBSCRIBE", "PSYNC", "PUNSUBSCRIBE", "QUIT", "RESET", "SELECT", "SSUBSCRIBE",
        "SUBSCRIBE", "SUNSUBSCRIBE", "SYNC", "UNSUBSCRIBE", "UNWATCH", "WATCH",
    ]
}

extension RedisCommand: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of arguments and bytes, never the content.
    public var description: String { "command(\(lengths.count) arguments, \(bytes.count) bytes)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// An argument of a command.
public enum RedisArgument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case string(String)
    case bytes([UInt8])
    /// Sent in decimal.
    case integer(Int64)

    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension RedisArgument: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind, never the content.
    public var description: String {
        switch self {
        case .string: "string"
        case .bytes: "bytes"
        case .integer: "integer"
        }
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
