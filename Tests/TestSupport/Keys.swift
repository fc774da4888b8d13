// The keys of a test's wallet: who signs which commands, and identity's key with the tokens that it signs.

import Crypto
import Domain
import Foundation
import Wire

/// Made anew for each test.
struct StackKeys: Sendable {
    let keyringJSON: String
    let keyring: Keyring
    let receiptKey: String
    /// What `payment`, the bank and `identity` sign their callbacks with.
    let paymentSecret = "whsec_\(Self.secret())"
    let bankSecret = "whsec_\(Self.secret())"
    let identitySecret = "whsec_\(Self.secret())"
    let tokens: TokenMint

    init() throws {
        let publishers = [
            ("ingress-1", "wallet-ingress", ["*"]), ("topups-1", "topups", ["topup.settle.v1", "line.record.v1"]),
            ("payouts-1", "payouts", ["withdrawal.settle.v1", "withdrawal.expire.v1"]),
            ("identity-1", "identity", ["beneficiary.verify.v1"]),
        ]
        let keys = publishers.map { id, publisher, types in
            let list = types.map { "\"\($0)\"" }.joined(separator: ",")
            return #"{"id":"\#(id)","publisher":"\#(publisher)","secret":"\#(Self.secret())","types":[\#(list)]}"#
        }
        keyringJSON = #"{"keys":[\#(keys.joined(separator: ","))]}"#
        keyring = try Keyring(json: Array(keyringJSON.utf8))
        receiptKey = (0..<32).map { _ in
            let byte = UInt8.random(in: 0...255)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        tokens = TokenMint(key: P256.Signing.PrivateKey())
    }

    private static func secret() -> String {
        encodeBase64URL((0..<32).map { _ in UInt8.random(in: 0...255) })
    }
}

/// Makes tokens as identity would, and as a forger might.
public struct TokenMint: Sendable {
    /// The id under which the sandbox publishes its key.
    public static let keyID = "local-1"
    public static let allScopes = "wallet:read wallet:transfer wallet:topup wallet:withdraw wallet:manage"

    private let key: P256.Signing.PrivateKey

    init(key: P256.Signing.PrivateKey) { self.key = key }

    var pem: String { key.pemRepresentation }

    /// Another key under the same id.
    public static func forger() -> TokenMint { TokenMint(key: P256.Signing.PrivateKey()) }

    /// What a token says; change a copy to make a wrong one.
    public struct Claims: Sendable {
        public var issuer = "contacto-identity"
        public var audience = "contacto-wallet"
        public var client = "demo-app"
        public var scope = TokenMint.allScopes
        public var roles: [String] = []
        public var secondsToLive: Int64 = 3600
        public var algorithm = "ES256"

        public init() {}
    }

    /// A JWS in compact form (RFC 7515), signed with ES256 unless the claims name another algorithm.
    public func token(_ subject: String, _ claims: Claims = Claims()) throws -> String {
        let now = Int64(Date().timeIntervalSince1970)
        var header = JSONWriter()
        header.beginObject()
        header.member("alg", claims.algorithm)
        header.member("typ", "JWT")
        header.member("kid", Self.keyID)
        header.endObject()
        var payload = JSONWriter()
        payload.beginObject()
        payload.member("iss", claims.issuer)
        payload.member("aud", claims.audience)
        payload.member("sub", subject)
        payload.member("client_id", claims.client)
        payload.member("scope", claims.scope)
        if !claims.roles.isEmpty {
            payload.array("roles") { json in
                for role in claims.roles { json.value(role) }
            }
        }
        payload.member("iat", now)
        payload.member("exp", now + claims.secondsToLive)
        payload.endObject()
        let signed = encodeBase64URL(header.bytes) + "." + encodeBase64URL(payload.bytes)
        let signature: [UInt8] =
            switch claims.algorithm {
            case "none": []
            case "HS256":
                // The public key as a shared secret: the confusion of RFC 8725 §2.1.
                Array(
                    HMAC<SHA256>.authenticationCode(
                        for: Data(signed.utf8),
                        using: SymmetricKey(data: Data(key.publicKey.pemRepresentation.utf8))))
            default: Array(try key.signature(for: Data(signed.utf8)).rawRepresentation)
            }
        return signed + "." + encodeBase64URL(signature)
    }
}

extension Stack {
    /// A user whom identity knows at level 2, or at another level by its first digit (see docs/sandbox.md).
    public func person(firstDigit: UInt64 = 5) throws -> Person {
        let id = OwnerID(
            high: UInt64.random(in: .min ... .max) & 0x0fff_ffff_ffff_0fff | firstDigit << 60 | 0x4000,
            low: UInt64.random(in: .min ... .max) & 0x3fff_ffff_ffff_ffff | 1 << 63)
        return Person(id: id, token: try keys.tokens.token(id.description))
    }

    /// What makes tokens for this wallet.
    public var tokens: TokenMint { keys.tokens }
}
