// Where a database is and how to talk to it.

/// What a connection needs to know. Its description shows neither the URL nor a setting.
public struct PostgresConfiguration: Sendable {
    /// A connection URL or string of libpq, several hosts and `target_session_attrs` included.
    public let url: String
    public let applicationName: String
    /// For each host of the URL.
    public let connectTimeoutSeconds: Int
    /// How long what was sent may go without the peer's acknowledgement before the connection counts as lost.
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

    /// What to try, host by host, as libpq's keywords.
    ///
    /// libpq's own walk over several hosts has no time limit when it does not block, so each host is an attempt of its
    /// own.
    func attempts() throws(PostgresError) -> [[(name: String, value: String)]] {
        guard let given = parseConnectionString(url) else {
            throw .connection("the database URL is not a connection string of libpq")
        }
        // A peer that vanished while nothing is being sent is noticed within 5 + 3 × 2 s, unless the URL says
        // otherwise.
        var keywords = ["keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3"]
        for (name, value) in given { keywords[name] = value }
        keywords["application_name"] = applicationName
        keywords["tcp_user_timeout"] = String(tcpUserTimeoutMilliseconds)
        keywords["client_encoding"] = "UTF8"
        let options = settings.map { "-c \(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        keywords["options"] = ([keywords["options"] ?? ""] + options).filter { !$0.isEmpty }.joined(separator: " ")

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
            return own.map { (name: $0.key, value: $0.value) }
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
