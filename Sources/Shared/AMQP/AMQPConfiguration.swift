// Where a broker is and how long to wait for it.

/// A broker's address, the credentials, and the limits of one connection.
public struct AMQPConfiguration: Sendable {
    public var host: String
    /// TCP port; when the URL names none 5672, or 5671 with TLS.
    public var port: UInt16
    /// nil speaks plainly.
    public var tls: AMQPTLS?
    public var user: String
    public var password: AMQPSecret
    /// "/" when the URL names none.
    public var virtualHost: String
    /// How long the connect (with TLS its handshake, too) and, after it, the login may take, each. Name look-up has the resolver's own limits.
    public var connectTimeoutSeconds = 5
    /// The interval asked for; the broker may lower it. A peer silent for two intervals counts as lost. 1 to 65,535.
    public var heartbeatSeconds = 2
    /// How long sent bytes may stay unacknowledged by the peer's kernel, or its window shut (`TCP_USER_TIMEOUT`).
    public var tcpUserTimeoutMilliseconds = 5_000
    /// How long a send waits for room in the socket before it gives up with nothing written.
    public var sendTimeoutMilliseconds = 1_000
    /// How long a call that has an answer (declare, bind, consume …) waits for it.
    public var callTimeoutSeconds = 10
    /// How long one call into the C library may last beyond the time it is asked to wait. Then the watchdog shuts the
    /// socket, the call fails with `timedOut` and the connection is gone. A large message has to be sent within it.
    public var watchdogMilliseconds = 10_000
    /// A message that arrives with a larger body ends the connection, since it would be taken into memory whole; one
    /// that is published is refused. RabbitMQ's own limit.
    public var bodyBytesMax = 128 << 20
    /// Events that arrived while something else was waited for, and that nobody has taken: more end the connection.
    /// A prefetch keeps deliveries far below it.
    public var pendingEventsMax = 65_536
    /// The bodies of these events, likewise. A single one may be larger.
    public var pendingBytesMax = 256 << 20
    /// Shown by the broker's management interface.
    public var connectionName = "contacto-wallet"

    public init(
        host: String, port: UInt16? = nil, tls: AMQPTLS? = nil, user: String, password: String,
        virtualHost: String = "/"
    ) {
        self.host = host
        self.port = port ?? (tls == nil ? 5_672 : 5_671)
        self.tls = tls
        self.user = user
        self.password = AMQPSecret(password)
        self.virtualHost = virtualHost
    }

    /// Reads `amqp://user:password@host:port/vhost`, or `amqps://` for TLS (RabbitMQ's URI specification); each part is
    /// percent-decoded.
    ///
    /// Without credentials they are guest and guest. Without a path, or with a lone slash, the virtual host is "/"
    /// (strictly a lone slash would name the virtual host "", which nobody means). With `amqps`, and only there, a
    /// query may follow, of what RabbitMQ's URI query parameters offer for TLS: `cacertfile=`, `certfile=` with
    /// `keyfile=`, `verify=verify_peer`; see `AMQPTLS`.
    ///
    /// - Throws: `AMQPError.invalidURL`, which says what is wrong and shows nothing of the URL.
    public init(url: String) throws(AMQPError) {
        let isSecure = url.hasPrefix("amqps://")
        guard isSecure || url.hasPrefix("amqp://") else {
            throw .invalidURL("it begins neither with amqp:// nor with amqps://")
        }
        guard !url.utf8.contains(UInt8(ascii: "#")) else { throw .invalidURL("it has a fragment") }
        var rest = url.dropFirst(isSecure ? "amqps://".count : "amqp://".count)
        var tls = isSecure ? AMQPTLS() : nil
        if let mark = rest.firstIndex(of: "?") {
            guard isSecure else { throw .invalidURL("it has a query, which only amqps:// may have") }
            tls = try AMQPTLS(query: rest[mark...].dropFirst())
            rest = rest[..<mark]
        }
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
            host: host, port: port, tls: tls, user: user, password: password,
            virtualHost: virtualHost.isEmpty ? "/" : virtualHost)
    }

    private static func splitAddress(_ address: Substring) throws(AMQPError) -> (host: String, port: UInt16?) {
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
        guard let port, !port.isEmpty else { return (try decode(host), nil) }
        guard let number = UInt16(port), number > 0 else { throw .invalidURL("the port is not a number up to 65535") }
        return (try decode(host), number)
    }

    static func decode(_ text: Substring) throws(AMQPError) -> String {
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
