// Where Redis is and how long to wait for it, read once from a URL.

/// The server to talk to, and the limits of talking to it.
public struct RedisConfiguration: Sendable {
    public let host: String
    public let port: Int32
    /// The database number that `SELECT` takes.
    public let database: Int
    let user: String?
    let password: String?

    /// How long opening a connection, and then its AUTH, SELECT and PING together, may take each.
    public var connectTimeoutMilliseconds = 1_000
    /// How long a command may wait for its answer, counted from the call. One late answer holds up all behind it, so
    /// it ends the connection.
    public var commandTimeoutMilliseconds = 500
    /// Commands queued or without an answer; further ones are refused at once.
    public var pendingMax = 10_000
    /// Bytes of such commands.
    public var pendingBytesMax = 64 << 20
    /// The wait before the first attempt to connect again; it doubles with each failure.
    public var reconnectMillisecondsMin = 50
    /// The wait does not grow beyond this.
    public var reconnectMillisecondsMax = 2_000

    /// Reads `redis://[[user]:password@]host[:port][/database]`.
    ///
    /// The host is a name, an IPv4 address or an IPv6 address in brackets; user and password may be percent-encoded.
    /// `rediss` is refused: hiredis 0.14 has no TLS.
    ///
    /// - Throws: `RedisError.invalidURL`, naming the part at fault without showing it.
    public init(url: String) throws(RedisError) {
        let scheme = "redis://"
        guard url.hasPrefix(scheme) else { throw .invalidURL("it has to begin with redis://") }
        var rest = url.dropFirst(scheme.count)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw .invalidURL("it has a query or a fragment")
        }

        (user, password) = try Self.takeCredentials(from: &rest)

        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, !parts[1].isEmpty {
            guard let number = Self.decimal(parts[1], max: 1_000_000) else { throw .invalidURL("the database") }
            database = number
        } else {
            database = 0
        }
        (host, port) = try Self.readAuthority(parts[0])
    }

    private static func takeCredentials(from rest: inout Substring) throws(RedisError) -> (String?, String?) {
        guard let at = rest.lastIndex(of: "@") else { return (nil, nil) }
        let credentials = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        rest = rest[rest.index(after: at)...]
        guard credentials.count == 2 else { throw .invalidURL("a user without a password") }
        guard let user = percentDecoded(credentials[0]), let password = percentDecoded(credentials[1]) else {
            throw .invalidURL("the percent-encoding of user or password")
        }
        guard !password.isEmpty else { throw .invalidURL("the password is empty") }
        return (user.isEmpty ? nil : user, password)
    }

    private static func readAuthority(_ authority: Substring) throws(RedisError) -> (String, Int32) {
        let defaultPort: Int32 = 6379
        var host = authority
        var portPart: Substring?
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .invalidURL("the host's bracket") }
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            let after = authority[authority.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .invalidURL("the port") }
            portPart = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            portPart = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, !host.utf8.contains(0) else { throw .invalidURL("the host") }
        guard let portPart else { return (String(host), defaultPort) }
        guard let port = decimal(portPart, max: 65_535), port > 0 else { throw .invalidURL("the port") }
        return (String(host), Int32(port))
    }

    private static func decimal(_ text: Substring, max: Int) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
            return nil
        }
        return number <= max ? number : nil
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var decoded: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = bytes.next().flatMap(hexDigit), let low = bytes.next().flatMap(hexDigit) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
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

extension RedisConfiguration {
    /// What a new connection sends before anybody else may use it. The PING shows that the server really answers: a
    /// stopped one still takes connections.
    var greeting: [RedisCommand] {
        var commands: [[String]] = []
        if let password { commands.append(["AUTH"] + (user.map { [$0] } ?? []) + [password]) }
        if database != 0 { commands.append(["SELECT", String(database)]) }
        commands.append(["PING"])
        return commands.map { arguments in RedisCommand(arguments: arguments.map { Array($0.utf8) }) }
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The server without user and password.
    public var description: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "redis://\(password == nil ? "" : "‹redacted›@")\(shownHost):\(port)/\(database)"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
