// Bearer tokens: who signed them, for whom, until when, and what they grant.

import Crypto
import Domain
import Foundation
import JWTKit
import Wire

/// What a token must say.
struct TokenRules: Sendable {
    var issuer = "contacto-identity"
    var audience = "contacto-wallet"
    /// How far clocks may differ.
    var leewaySeconds: Int64 = 5
    static let tokenBytesMax = 8_192
    static let clientBytesMax = 64
    /// Symmetric algorithms and `none` are not among them, whatever the key set holds.
    static let algorithms: Set<String> = ["ES256", "RS256"]
}

/// The claims that count here (spec/interfaces.md §2).
struct WalletClaims: JWTPayload {
    let iss: String
    let aud: AudienceClaim
    let sub: String
    let clientID: String
    let scope: String?
    let roles: [String]?
    let exp: ExpirationClaim
    let nbf: NotBeforeClaim?

    enum CodingKeys: String, CodingKey {
        case iss, aud, sub, scope, roles, exp, nbf
        case clientID = "client_id"
    }

    /// The signature is checked when this is called; what the claims must say is in `identity(rules:at:)`.
    func verify(using algorithm: some JWTAlgorithm) {}

    /// Who asks, by claims whose signature was right.
    ///
    /// - Returns: nil when a rule is broken.
    func identity(rules: TokenRules, at now: Timestamp) -> (identity: Identity, expiresAt: Timestamp)? {
        let expiresAt = Self.time(exp.value).adding(seconds: rules.leewaySeconds)
        guard iss == rules.issuer, aud.value.contains(rules.audience), now < expiresAt,
            nbf.map({ Self.time($0.value) <= now.adding(seconds: rules.leewaySeconds) }) ?? true,
            let user = OwnerID(sub), 1...TokenRules.clientBytesMax ~= clientID.utf8.count,
            clientID.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        else { return nil }
        // A user's scope never makes its bearer a service or an operator, whatever it says.
        let permissions = Permissions(header: scope ?? "").intersection(.scopes)
        let roles = Set((roles ?? []).compactMap(OperatorRole.init(rawValue:)))
        return (Identity(client: clientID, user: user, permissions: permissions, roles: roles), expiresAt)
    }

    private static func time(_ date: Date) -> Timestamp {
        let seconds = min(max(date.timeIntervalSince1970, 0), 100_000_000_000)
        return Timestamp(microseconds: Int64(seconds) * 1_000_000)
    }
}

/// Checks tokens, and remembers those that were right until they expire: a signature costs about 100 µs.
struct TokenChecker: Sendable {
    static let rememberedMax = 50_000

    private let rules: TokenRules
    private let keys: KeySource
    private let clock: @Sendable () -> Timestamp
    private let remembered = BoundedCache<SHA256Digest, (identity: Identity, expiresAt: Timestamp)>(
        countMax: rememberedMax)

    init(rules: TokenRules, keys: KeySource, clock: @escaping @Sendable () -> Timestamp) {
        self.rules = rules
        self.keys = keys
        self.clock = clock
    }

    /// - Throws: `UNAUTHENTICATED`, or `UNAVAILABLE` when the key set cannot be had.
    func identity(ofToken token: String) async throws(APIError) -> Identity {
        guard token.utf8.count <= TokenRules.tokenBytesMax else { throw APIError(.unauthenticated) }
        let digest = SHA256.hash(data: Array(token.utf8))
        let now = clock()
        if let known = remembered.value(digest), now < known.expiresAt { return known.identity }

        guard let header = TokenHeader(token), TokenRules.algorithms.contains(header.algorithm) else {
            throw APIError(.unauthenticated)
        }
        let keys = try await keys.keys(with: header.keyID)
        let claims: WalletClaims
        do {
            claims = try await keys.verify(token, as: WalletClaims.self)
        } catch {
            throw APIError(.unauthenticated)
        }
        guard let checked = claims.identity(rules: rules, at: now) else { throw APIError(.unauthenticated) }
        remembered.set(checked, for: digest)
        return checked.identity
    }
}

/// What a token's header says, before anything of it is believed.
struct TokenHeader: Equatable {
    let algorithm: String
    let keyID: String

    /// Nil for what is not a token of ours: not three parts, a header that is not JSON, no key id, critical extensions.
    init?(_ token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = decodeBase64(String(parts[0])), let json = try? JSON(parsing: bytes),
            let algorithm = json["alg"]?.text, let keyID = json["kid"]?.text, json["crit"] == nil
        else { return nil }
        self.algorithm = algorithm
        self.keyID = keyID
    }
}
