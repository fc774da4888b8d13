// Where a database is and how to talk to it.

/// What a connection needs to know. Its description shows neither the URL nor a setting.
public struct PostgresConfiguration: Sendable {
    /// A connection URL or string of libpq, several hosts, `target_session_attrs` and `sslmode` included.
    public let url: String
    public let applicationName: String
    /// For each address of each host, at least 1. The URL's `connect_timeout` comes before it.
    public let connectTimeoutSeconds: Int
    /// How long what was sent may go without the peer's acknowledgement before the connection counts as lost. The
    /// URL's `tcp_user_timeout` comes before it.
    public let tcpUserTimeoutMilliseconds: Int
    /// Server settings of the session from its first moment, for example `("lock_timeout", "3s")`.
    public let settings: [(name: String, value: String)]

    public init(
        url: String, applicationName: String, connectTimeoutSeconds: Int = 5, tcpUserTimeoutMilliseconds: Int = 5000,
        settings: [(String, String)] = []
    ) {
        self.url = url
        self.applicationName = applicationName
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.tcpUserTimeoutMilliseconds = tcpUserTimeoutMilliseconds
        self.settings = settings.map { (name: $0.0, value: $0.1) }
    }

    /// Whether libpq understands the URL. What is at its end is not asked.
    public var isUsable: Bool { (try? hosts()) != nil }

    /// One host to try.
    struct Host {
        /// For libpq.
        var keywords: [String: String]
        let timeoutSeconds: Int

        /// As error messages name it.
        var name: String {
            let host = [keywords["host"], keywords["hostaddr"]].compactMap { $0 }.joined(separator: " ")
            return "\(host.isEmpty ? "the default host" : host), port \(keywords["port"] ?? "by default")"
        }

        /// The host itself, or one for each of its name's addresses, in the order in which the system gives them.
        func addresses(_ resolve: (String) -> [String]) -> [Host] {
            // A path is a socket's. With an address given nothing is looked up, and what cannot be found libpq tells.
            guard keywords["hostaddr"]?.isEmpty != false, let name = keywords["host"], name.first != "/" else {
                return [self]
            }
            let addresses = resolve(name)
            if addresses.count < 2 { return [self] }
            return addresses.map { address in
                var host = self
                host.keywords["hostaddr"] = address
                return host
            }
        }
    }

    /// What to try, in order.
    ///
    /// libpq's own walk over several hosts has no time limit when it does not block, so each host is an attempt of its
    /// own.
    func hosts() throws(PostgresError) -> [Host] {
        guard let given = parseConnectionString(url) else {
            throw .connection("the database URL is not a connection string of libpq")
        }
        // A peer that vanished while nothing is being sent is noticed within 5 + 3 × 2 s, unless the URL says
        // otherwise.
        var keywords = ["keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3"]
        for (name, value) in given { keywords[name] = value }
        keywords["application_name"] = applicationName
        if keywords["tcp_user_timeout"] == nil { keywords["tcp_user_timeout"] = String(tcpUserTimeoutMilliseconds) }
        keywords["client_encoding"] = "UTF8"
        // libpq keeps to its limit only when it blocks; 0 and what it cannot read mean none to it.
        let limit = keywords["connect_timeout"].flatMap { Int($0) } ?? 0
        let timeoutSeconds = limit > 0 ? limit : connectTimeoutSeconds
        let options = settings.map { "-c \(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        keywords["options"] = ([keywords["options"] ?? ""] + options).filter { !$0.isEmpty }.joined(separator: " ")

        if !keywords.values.allSatisfy(isCString) { throw .connection("a setting holds a zero byte") }

        let perHost = ["host", "hostaddr", "port"].compactMap { name in
            keywords[name].map { (name, $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)) }
        }
        let hosts = perHost.filter { $0.0 != "port" }.map(\.1.count).max() ?? 1
        return (0..<hosts).map { index in
            var own = keywords
            for (name, values) in perHost {
                // One port stands for all hosts.
                own[name] = index < values.count ? values[index] : name == "port" ? values.first : nil
            }
            return Host(keywords: own, timeoutSeconds: timeoutSeconds)
        }
    }

    /// In `options`, white space divides and a backslash escapes.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if character.isWhitespace || character == "\\" { result.append("\\") }
            result.append(character)
        }
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "PostgresConfiguration(\(applicationName), url: ‹redacted›)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
