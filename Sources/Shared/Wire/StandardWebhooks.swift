// Webhooks signed as Standard Webhooks says (standardwebhooks.com, specification 1.0.0), to send and to check.

import Crypto
public import Domain

/// A webhook as its signature sees it: the headers `webhook-id` and `webhook-timestamp`, and the body as sent.
public struct WebhookMessage: Sendable {
    /// 1 to 128 visible ASCII characters; the same however often it is sent.
    public let id: String
    /// Seconds since 1970, in decimal digits: when it was sent this time.
    public let timestamp: String
    public let body: [UInt8]

    public init(id: String, timestamp: String, body: [UInt8]) {
        self.id = id
        self.timestamp = timestamp
        self.body = body
    }

    var signedBytes: [UInt8] { Array("\(id).\(timestamp).".utf8) + body }
}

/// Why a webhook is not believed.
public enum WebhookRefusal: Error, Hashable, Sendable {
    /// Id, timestamp or the list of signatures is not of its form: the header's name.
    case malformed(header: String)
    /// None of the signatures is that of one of the secrets over this message.
    case badSignature
    /// Rightly signed, and more than `WebhookSecrets.toleranceSeconds` from now, before or after.
    case staleTimestamp
}

/// The secrets that one sender signs its webhooks with. They are not printed.
public struct WebhookSecrets: Sendable {
    /// How far a webhook's timestamp may be from the receiver's clock, either way.
    public static let toleranceSeconds: Int64 = 300
    /// Two during a rotation, and some to spare.
    public static let secretsMax = 4
    public static let secretBytes = 24...64
    /// Signatures that are looked at; more are refused before anything is computed.
    public static let signaturesMax = 16

    public static let idHeader = "webhook-id"
    public static let timestampHeader = "webhook-timestamp"
    public static let signatureHeader = "webhook-signature"

    private static let prefix = "whsec_"
    private static let version = "v1,"

    private let keys: [SymmetricKey]

    /// Reads `whsec_` followed by base64 of 24 to 64 bytes, once or more, separated by commas or spaces.
    ///
    /// - Returns: nil for anything else. The first of them signs; all of them are believed.
    public init?(_ text: String) {
        let parts = text.split { $0 == "," || $0 == " " }
        guard 1...Self.secretsMax ~= parts.count else { return nil }
        var keys: [SymmetricKey] = []
        for part in parts {
            guard part.hasPrefix(Self.prefix), let bytes = decodeBase64(String(part.dropFirst(Self.prefix.count))),
                Self.secretBytes ~= bytes.count
            else { return nil }
            keys.append(SymmetricKey(data: bytes))
        }
        self.keys = keys
    }

    /// The value of `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
    public func signature(of message: WebhookMessage) -> String {
        Self.version + encodeBase64(Array(HMAC<SHA256>.authenticationCode(for: message.signedBytes, using: keys[0])))
    }

    /// Checks that one of the signatures is right, in constant time, and only then that the message is of now.
    ///
    /// - Parameter signatures: separated by spaces; those of other versions than `v1` are passed over.
    public func check(
        _ message: WebhookMessage, signatures: String, at now: Timestamp
    ) throws(WebhookRefusal) {
        guard CommandEnvelope.isValidKey(message.id) else { throw .malformed(header: Self.idHeader) }
        guard 1...12 ~= message.timestamp.utf8.count,
            message.timestamp.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let seconds = Int64(message.timestamp)
        else { throw .malformed(header: Self.timestampHeader) }
        let parts = signatures.split(separator: " ")
        guard 1...Self.signaturesMax ~= parts.count else { throw .malformed(header: Self.signatureHeader) }

        let signed = message.signedBytes
        let codes = parts.filter { $0.hasPrefix(Self.version) }
            .compactMap { decodeBase64(String($0.dropFirst(Self.version.count))) }
        let isSigned = codes.contains { code in
            // The comparison inside takes the same time whatever is wrong.
            keys.contains { HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: $0) }
        }
        guard isSigned else { throw .badSignature }
        // Only who can sign learns that it came too late.
        let age = now.microseconds / 1_000_000 - seconds
        guard -Self.toleranceSeconds...Self.toleranceSeconds ~= age else { throw .staleTimestamp }
    }
}

extension WebhookSecrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
