// TLS of a connection: whom to trust, and who to say we are.

/// How a connection is secured. Always TLS 1.2 or later, and always with the peer's certificate verified: its chain
/// ends in a known authority, its time is not over, and it is for the host of the configuration (a DNS name or an IP
/// address among its alternative names; RFC 6125). There is no way to turn that off.
public struct AMQPTLS: Sendable, Equatable {
    /// A client's certificate (PEM, with what leads to the authority) and its unencrypted key (PEM), for brokers that
    /// ask for one.
    public struct Client: Sendable, Equatable {
        public var certificateFile: String
        public var keyFile: String

        public init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// A file of authorities (PEM) to trust, and no others; nil trusts the system's.
    public var authoritiesFile: String?
    public var client: Client?

    public init(authoritiesFile: String? = nil, client: Client? = nil) {
        self.authoritiesFile = authoritiesFile
        self.client = client
    }

    /// Reads the parameters that RabbitMQ's clients take in an `amqps` URL: `cacertfile`, `certfile` with `keyfile`,
    /// and `verify`, which can be `verify_peer` only. Each may occur once.
    init(query: Substring) throws(AMQPError) {
        var values: [Substring: String] = [:]
        for parameter in query.split(separator: "&", omittingEmptySubsequences: false) {
            let equals = parameter.firstIndex(of: "=") ?? parameter.endIndex
            let name = parameter[..<equals]
            guard ["cacertfile", "certfile", "keyfile", "verify"].contains(name) else {
                throw .invalidURL("a parameter is not known")
            }
            let value = try AMQPConfiguration.decode(parameter[equals...].dropFirst())
            guard !value.isEmpty, values.updateValue(value, forKey: name) == nil else {
                throw .invalidURL("a parameter is empty or comes twice")
            }
        }
        guard values["verify"] ?? "verify_peer" == "verify_peer" else {
            throw .invalidURL("a peer that is not verified is not offered")
        }
        authoritiesFile = values["cacertfile"]
        switch (values["certfile"], values["keyfile"]) {
        case (let certificate?, let key?): client = Client(certificateFile: certificate, keyFile: key)
        case (nil, nil): client = nil
        default: throw .invalidURL("certfile and keyfile come together")
        }
    }
}
