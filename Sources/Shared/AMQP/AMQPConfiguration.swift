// Where a broker is and how long to wait for it.

/// A broker's address, the credentials, and the limits of one connection.
public struct AMQPConfiguration: Sendable {
    public var host: String
    /// TCP port; 5672 when the URL names none.
    public var port: UInt16
    public var user: String
    public var password: AMQPSecret
    /// "/" when the URL names none.
    public var virtualHost: String
    /// How long the connect and, after it, the login may take, each. Name look-up has the resolver's own limits.
    public var connectTimeoutSeconds = 5
    /// The interval asked for; the broker may lower it. A peer silent for two intervals counts as lost. At least 1.
    public var heartbeatSeconds = 2
    /// How long sent bytes may stay unacknowledged by the peer's kernel, or its window shut (`TCP_USER_TIMEOUT`).
    public var tcpUserTimeoutMilliseconds = 5_000
    /// How long a send waits for room in the socket before it gives up with nothing written.
    public var sendTimeoutMilliseconds = 1_000
    /// How long a call that has an answer (declare, bind, consume …) waits for it.
    public var callTimeoutSeconds = 10
    /// Shown by the broker's management interface.
    public var connectionName = "contacto-wallet"

    public init(host: String, port: UInt16 = 5672, user: String, password: String, virtualHost: String = "/") {
        self.host = host
        self.port = port
        self.user = user
        self.password = AMQPSecret(password)
        self.virtualHost = virtualHost
    }

    /// Reads `amqp://user:password@host:port/vhost` (RabbitMQ's URI specification); each part is percent-decoded.
    ///
    /// Without credentials they are guest and guest. Without a path, or with a lone slash, the virtual host is "/"
    /// (strictly a lone slash would name the virtual host "", which nobody means). A query is not understood.
    ///
    /// - Throws: `AMQPError.invalidURL`, which says what is wrong and shows nothing of the URL.
    public init(url: String) throws(AMQPError) {
        guard !url.hasPrefix("amqps:") else { throw .invalidURL("TLS is not supported") }
        guard url.hasPrefix("amqp://") else { throw .invalidURL("it does not begin with amqp://") }
        guard !url.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
            throw .invalidURL("it has a query or a fragment")
        }
        let rest = url.dropFirst("amqp://".count)
        let slash = rest.firstIndex(of: "/")
        let authority = rest[..<(slash ?? rest.endIndex)]
        let virtualHost = try Self.decode(rest[(slash ?? rest.endIndex)...].dropFirst())

        var user = "guest"
        var password = "guest"
        var address = authority
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at]
            address = authority[authority.index(after: at)...]
            let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
            user = try Self.decode(credentials[..<colon])
            password = try Self.decode(credentials[colon...].dropFirst())
        }
        let (host, port) = try Self.splitAddress(address)
        self.init(
            host: host, port: port, user: user, password: password, virtualHost: virtualHost.isEmpty ? "/" : virtualHost
        )
    }

    private static func splitAddress(_ address: Substring) throws(AMQPError) -> (host: String, port: UInt16) {
        var host = address
        var port: Substring?
        if address.hasPrefix("[") {
            guard let end = address.firstIndex(of: "]") else { throw .invalidURL("the IPv6 address has no end") }
            host = address[address.index(after: address.startIndex)..<end]
            let tail = address[address.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw .invalidURL("the IPv6 address has a tail") }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = address.lastIndex(of: ":") {
            host = address[..<colon]
            port = address[address.index(after: colon)...]
        }
        guard !host.isEmpty else { throw .invalidURL("it names no host") }
        guard let port, !port.isEmpty else { return (try decode(host), 5672) }
        guard let number = UInt16(port), number > 0 else { throw .invalidURL("the port is not a number up to 65535") }
        return (try decode(host), number)
    }

    private static func decode(_ text: Substring) throws(AMQPError) -> String {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexDigit), let low = iterator.next().flatMap(hexDigit) else {
                throw .invalidURL("a percent sign is not followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .invalidURL("a part is not UTF-8") }
        guard !bytes.contains(0) else { throw .invalidURL("a part holds a zero byte") }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// A text that prints as ‹redacted›, wherever it is printed.
public struct AMQPSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    public init(_ text: String) { self.text = text }

    public var description: String { "‹redacted›" }
    public var debugDescription: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
