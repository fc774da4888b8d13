// The stand-in for `identity`: the key that its tokens are signed with, and how well it knows each user.
//
//   first hex digit of the sub    KYC level
//   f                             0, never verified
//   1                             1, verified three years ago: expired
//   0                             3, verified 30 days ago (level 1: 60 days ago)
//   any other                     2, verified 30 days ago (level 1: 60 days ago)

import Domain
import Hummingbird
import JWTKit
import Settings
import Wire

struct Identity: Sendable {
    /// The key id in every token that `walletctl token` mints.
    static let keyID = "local-1"

    private let publicKeyX: String
    private let publicKeyY: String
    private let now: @Sendable () -> Timestamp

    /// - Throws: when the key is not a P-256 private key in PEM.
    init(privateKeyPEM: String, now: @escaping @Sendable () -> Timestamp) throws {
        guard let parameters = try ES256PrivateKey(pem: privateKeyPEM).parameters else {
            throw SettingError.unusable("WALLET_JWT_KEY")
        }
        publicKeyX = Self.base64URL(parameters.x)
        publicKeyY = Self.base64URL(parameters.y)
        self.now = now
    }

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("identity/jwks.json") { _, _ in keySet() }
        router.get("identity/users/:sub") { _, context in
            let user = try Self.user(try context.parameters.require("sub"))
            let knowledge = Knowledge(of: user, at: now())
            return Response.json(.ok) { json in
                json.member("sub", user)
                json.member("kyc_level", Int64(knowledge.level))
                json.member("verified_at", knowledge.verifiedAt)
                json.member("level_1_verified_at", knowledge.levelOneVerifiedAt)
            }
        }
    }

    /// The user whom a path names.
    static func user(_ sub: String) throws(Refused) -> OwnerID {
        guard let user = OwnerID(sub) else { throw Refused(.badRequest, OutcomeCode.malformed.name, field: "sub") }
        return user
    }

    /// A JSON Web Key Set (RFC 7517) with the one public key.
    private func keySet() -> Response {
        .json(.ok) { json in
            json.array("keys") { json in
                json.beginObject()
                json.member("kty", "EC")
                json.member("crv", "P-256")
                json.member("alg", "ES256")
                json.member("use", "sig")
                json.member("kid", Self.keyID)
                json.member("x", publicKeyX)
                json.member("y", publicKeyY)
                json.endObject()
            }
        }
    }

    /// JWTKit gives coordinates in plain base64; a JWK has them URL-safe and without padding (RFC 7518 §6.2.1).
    static func base64URL(_ base64: String) -> String {
        String(
            base64.compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}

/// What `identity` says of a user.
struct Knowledge: Equatable, Sendable {
    let level: Int16
    let verifiedAt: Timestamp
    let levelOneVerifiedAt: Timestamp

    init(of user: OwnerID, at now: Timestamp) {
        let day: Int64 = 86_400
        switch user.high >> 60 {
        case 0xf:
            level = 0
            verifiedAt = Timestamp(microseconds: 0)
            levelOneVerifiedAt = Timestamp(microseconds: 0)
        case 0x1:
            level = 1
            verifiedAt = now.adding(seconds: -3 * 365 * day)
            levelOneVerifiedAt = verifiedAt
        case let digit:
            level = digit == 0 ? 3 : 2
            verifiedAt = now.adding(seconds: -30 * day)
            levelOneVerifiedAt = now.adding(seconds: -60 * day)
        }
    }
}
