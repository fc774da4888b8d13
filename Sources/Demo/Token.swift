// The demo's own tokens: it holds the local stack's signing key and plays every user.

import Domain
import JWTKit

/// The claims of a token (spec/interfaces.md §2).
struct Token: JWTPayload {
    static let keyID = "local-1"
    static let lifetimeSeconds = 3600

    let iss: String
    let sub: String
    let aud: String
    let clientID: String
    let scope: String
    /// Of an operator.
    let roles: [String]
    let iat: Int
    let exp: Int

    enum CodingKeys: String, CodingKey {
        case iss, sub, aud, scope, roles, iat, exp
        case clientID = "client_id"
    }

    init(subject: OwnerID, roles: [String] = [], issuedAt: Int) {
        self.roles = roles
        iss = "contacto-identity"
        sub = subject.description
        aud = "contacto-wallet"
        clientID = WalletRequest.client
        scope = "wallet:read wallet:transfer wallet:topup wallet:withdraw wallet:manage"
        iat = issuedAt
        exp = issuedAt + Self.lifetimeSeconds
    }

    /// Signing checks nothing; the ingress checks what it is given.
    func verify(using algorithm: some JWTAlgorithm) {}
}

/// Signs tokens and keeps them until shortly before they run out.
actor Tokens {
    static let keptMax = 50_000
    static let renewedSecondsBefore = 300

    private let keys = JWTKeyCollection()
    private let key: ES256PrivateKey
    private let now: @Sendable () -> Int
    private var isReady = false
    private var kept: [Holder: (text: String, expiresAt: Int)] = [:]

    private struct Holder: Hashable {
        let subject: OwnerID
        let roles: [String]
    }

    /// - Parameter now: seconds since 1970.
    init(pem: String, now: @escaping @Sendable () -> Int) throws {
        key = try ES256PrivateKey(pem: pem)
        self.now = now
    }

    func token(of subject: OwnerID, roles: [String] = []) async throws -> String {
        let time = now()
        let holder = Holder(subject: subject, roles: roles)
        if let token = kept[holder], token.expiresAt - Self.renewedSecondsBefore > time { return token.text }
        if !isReady {
            await keys.add(ecdsa: key, kid: JWKIdentifier(string: Token.keyID))
            isReady = true
        }
        let token = Token(subject: subject, roles: roles, issuedAt: time)
        let text = try await keys.sign(token, kid: JWKIdentifier(string: Token.keyID))
        if kept.count >= Self.keptMax { kept.removeAll() }
        kept[holder] = (text, token.exp)
        return text
    }
}
