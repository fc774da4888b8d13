// A command as it travels: the content, who asks, until when it holds, and the signature over all of it.

public import Crypto
public import Domain

/// A command message, independent of what carries it. Every text is exactly what was signed.
public struct CommandEnvelope: Sendable {
    public var messageID: String
    public var content: CommandContent
    /// The publisher's name, which is its broker user.
    public var publisher: String
    public var client: String
    /// The user's or the service's id.
    public var subject: String
    /// OAuth scopes and roles, separated by spaces.
    public var granted: String
    public var resolved: String
    public var key: String
    /// RFC 3339, UTC.
    public var acceptedAt: String
    public var notAfter: String
    /// The signed statement of a proof that the ingress checked; empty without one.
    public var proof: String
    /// W3C trace context; not signed, because nothing depends on it.
    public var traceparent: String?
    public var signatureKey: String
    /// Lower-case hex of the HMAC-SHA256.
    public var signature: String

    public init(
        messageID: String, content: CommandContent, publisher: String, client: String, subject: String,
        granted: String, resolved: String, key: String, acceptedAt: String, notAfter: String, proof: String = "",
        traceparent: String? = nil, signatureKey: String = "", signature: String = ""
    ) {
        self.messageID = messageID
        self.content = content
        self.publisher = publisher
        self.client = client
        self.subject = subject
        self.granted = granted
        self.resolved = resolved
        self.key = key
        self.acceptedAt = acceptedAt
        self.notAfter = notAfter
        self.proof = proof
        self.traceparent = traceparent
        self.signatureKey = signatureKey
        self.signature = signature
    }

    /// Makes an unsigned envelope for a new command.
    public init(
        content: CommandContent, publisher: String, client: String, subject: String, permissions: Permissions,
        resolved: Resolved = Resolved(), key: String, acceptedAt: Timestamp, notAfter: Timestamp,
        traceparent: String? = nil
    ) {
        let id = CommandID(client: client, subject: subject, key: key)
        self.init(
            messageID: id.description, content: content, publisher: publisher, client: client, subject: subject,
            granted: permissions.header, resolved: resolved.header, key: key, acceptedAt: acceptedAt.description,
            notAfter: notAfter.description, traceparent: traceparent)
    }

    /// The bytes that the signature covers: each part behind its length, in the order of spec/wallet.md §4.
    var signedBytes: [UInt8] {
        var input = LengthPrefixed(capacity: content.body.count + 512)
        for part in [
            signatureKey, messageID, content.type, publisher, client, subject, granted, content.target, resolved,
            acceptedAt, notAfter, proof,
        ] { input.append(part) }
        input.append(content.body)
        return input.bytes
    }

    /// Signs in the name of the key's publisher.
    public mutating func sign(with key: PublisherKey) {
        signatureKey = key.id
        publisher = key.publisher
        signature = hex(key.authenticationCode(for: signedBytes))
    }
}

extension Permissions {
    /// The `granted` header: the words of what is granted, separated by spaces.
    public var header: String {
        Self.words.filter { contains($0.permission) }.map(\.word).joined(separator: " ")
    }

    /// Reads OAuth scopes; words that mean nothing here grant nothing.
    public init(header: String) {
        self = []
        for word in header.split(separator: " ") {
            if let match = Self.words.first(where: { $0.word == word }) { insert(match.permission) }
        }
    }
}

/// A publisher's signing key. Its secret is not printed.
public struct PublisherKey: Sendable, CustomStringConvertible {
    public let id: String
    public let publisher: String
    /// Keyed and waiting for a message: a copy of it saves hashing the key each time.
    private let authenticator: HMAC<SHA256>
    /// The command types that the publisher may sign; nil means every type.
    public let types: Set<String>?

    public init(id: String, publisher: String, secret: SymmetricKey, types: Set<String>?) {
        self.id = id
        self.publisher = publisher
        authenticator = HMAC(key: secret)
        self.types = types
    }

    func authenticationCode(for message: [UInt8]) -> HMAC<SHA256>.MAC {
        var authenticator = authenticator
        authenticator.update(data: message)
        return authenticator.finalize()
    }

    public var description: String { "PublisherKey(\(id) of \(publisher), secret ‹redacted›)" }
}

/// The signing keys that a process knows, by their ids.
public struct Keyring: Sendable {
    private let keys: [String: PublisherKey]

    public init(_ keys: [PublisherKey]) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public func key(_ id: String) -> PublisherKey? { keys[id] }

    /// A key in the name of a publisher: the last by id, so that a new key is used as soon as it is there.
    public func signingKey(of publisher: String) -> PublisherKey? {
        keys.values.filter { $0.publisher == publisher }.max { $0.id < $1.id }
    }
}

extension Keyring {
    /// Reads `{"keys":[{"id","publisher","secret": base64 of at least 32 bytes,"types":["*"]|[…]}]}`.
    public init(json bytes: [UInt8]) throws(FieldError) {
        var root = try FieldReader(body: bytes)
        guard let elements = try root.required("keys").elements else { throw root.malformed("keys") }
        try root.finish()
        var keys: [PublisherKey] = []
        for (index, element) in elements.enumerated() {
            var fields = try FieldReader(element, path: "keys[\(index)]")
            let id = try fields.string("id", bytesMax: 64)
            let publisher = try fields.string("publisher", bytesMax: 64)
            guard let secret = decodeBase64(try fields.string("secret", bytesMax: 256)), secret.count >= 32 else {
                throw fields.malformed("secret")
            }
            guard let types = try fields.required("types").elements?.compactMap(\.text), !types.isEmpty else {
                throw fields.malformed("types")
            }
            try fields.finish()
            keys.append(
                PublisherKey(
                    id: id, publisher: publisher, secret: SymmetricKey(data: secret),
                    types: types.contains("*") ? nil : Set(types)))
        }
        self.init(keys)
    }
}

/// Why an envelope is not what it says it is. Nothing of it may be recorded under its command id.
public struct Untrusted: Error, Equatable, Sendable {
    /// `MALFORMED`, `UNTRUSTED_PUBLISHER` or `BAD_SIGNATURE`.
    public let code: OutcomeCode
    /// What was found, without data of the message.
    public let reason: String

    public init(_ code: OutcomeCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

extension CommandEnvelope {
    /// Longest idempotency key (spec/interfaces.md §2).
    public static let keyBytesMax = 128

    public static func isValidKey(_ key: String) -> Bool {
        1...keyBytesMax ~= key.utf8.count && key.utf8.allSatisfy { 0x21...0x7e ~= $0 }
    }

    /// Checks signature, publisher and identity, then reads the content.
    ///
    /// - Parameters:
    ///   - handedOverBy: the user id that the broker validated.
    ///   - replayers: broker users who may hand over what others have signed.
    /// - Returns: the command; when its content is not well-formed, one whose request is `.unacceptable`.
    /// - Throws: when the message is not authentic.
    public func authenticate(
        handedOverBy user: String, replayers: Set<String> = [], keyring: Keyring
    ) throws(Untrusted) -> Command {
        try authenticateWithDigest(handedOverBy: user, replayers: replayers, keyring: keyring).command
    }

    /// The same, with the content's digest, which costs little while the body is being read.
    public func authenticateWithDigest(
        handedOverBy user: String, replayers: Set<String> = [], keyring: Keyring
    ) throws(Untrusted) -> (command: Command, contentDigest: [UInt8]) {
        let id = try verify(handedOverBy: user, replayers: replayers, keyring: keyring)
        guard let notAfter = Timestamp(rfc3339: notAfter), let acceptedAt = Timestamp(rfc3339: acceptedAt) else {
            throw Untrusted(.malformed, "a time is not RFC 3339")
        }
        let json = content.readBody()
        return (command(id, acceptedAt, notAfter, json), Array(content.digest(reading: json)))
    }

    /// Checks signature, publisher and identity of a message, whatever its content.
    ///
    /// - Returns: the message's id, as derived from scope and key.
    /// - Throws: when the message is not authentic.
    @discardableResult
    public func verify(
        handedOverBy user: String, replayers: Set<String> = [], keyring: Keyring
    ) throws(Untrusted) -> CommandID {
        guard let key = keyring.key(signatureKey) else { throw Untrusted(.badSignature, "the signing key is unknown") }
        guard key.publisher == publisher, user == publisher || replayers.contains(user) else {
            throw Untrusted(.untrustedPublisher, "broker user, publisher and signing key are not of one name")
        }
        guard let code = unhex(signature),
            // A comparison in constant time.
            key.authenticationCode(for: signedBytes) == code
        else { throw Untrusted(.badSignature, "the signature does not fit the message") }
        if let types = key.types, !types.contains(content.type) {
            throw Untrusted(.untrustedPublisher, "the publisher may not send commands of this type")
        }
        guard Self.isValidKey(self.key) else { throw Untrusted(.malformed, "the idempotency key is not of its form") }
        let id = CommandID(client: client, subject: subject, key: self.key)
        guard messageID == id.description else {
            throw Untrusted(.badSignature, "the message id is not that of scope and key")
        }
        return id
    }

    private func command(
        _ id: CommandID, _ acceptedAt: Timestamp, _ notAfter: Timestamp, _ json: Result<JSON, FieldError>
    ) -> Command {
        let user = OwnerID(subject)
        let request: Request
        do throws(FieldError) {
            request = try content.request(
                reading: json, id: id, user: user, resolved: Resolved(header: resolved))
        } catch {
            request = .unacceptable(error.code, field: error.field)
        }
        let caller = Caller(client: client, user: user, permissions: Permissions(header: granted))
        return Command(
            id: id, type: CommandType(name: content.type), caller: caller, acceptedAt: acceptedAt, notAfter: notAfter,
            request: request)
    }
}
