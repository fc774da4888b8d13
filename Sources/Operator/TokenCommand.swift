// walletctl token: a bearer token, as identity would issue it. Works where identity's private key lies: a local stack.

import ArgumentParser
import Domain
import Foundation
import JWTKit
import Wire

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Mints a bearer token with identity's key (local stack only).",
        discussion: "The key is the ES256 private key in the PEM file that WALLET_JWT_KEY names.")

    @Option(help: "The user's or the service's id.")
    var sub: String

    @Option(help: "The app through which it acts.")
    var client = "demo-app"

    @Option(help: "What it may do, words separated by spaces.")
    var scope = LocalToken.allScopes

    @Option(name: .customLong("role"), help: "An operator's role; may be given several times.")
    var roles: [String] = []

    @Option(help: "Seconds until it expires.")
    var ttl = 3600

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if sub.isEmpty || client.isEmpty { throw ValidationError("--sub and --client may not be empty") }
        if !(1...86_400).contains(ttl) { throw ValidationError("--ttl is 1 to 86400 seconds") }
    }

    func run() async throws {
        let claims = LocalToken(
            subject: sub, client: client, scope: scope, roles: roles, issuedAt: Date(), lifetimeSeconds: ttl)
        let token = try await claims.signed(keyFile: try Environment.required("WALLET_JWT_KEY"))
        guard output.isJSON else { return print(token) }
        output.print { json in
            json.member("token", token)
            json.member("expires_at", Timestamp(microseconds: claims.expiresAtSeconds * 1_000_000))
        }
    }
}

/// The claims of spec/interfaces.md §2.
struct LocalToken: JWTPayload {
    static let allScopes = Permissions.words.map(\.word).filter { $0.hasPrefix("wallet:") }.joined(separator: " ")
    /// The id under which the sandbox publishes the key.
    private static let keyID = JWKIdentifier(string: "local-1")

    private let iss: IssuerClaim
    private let aud: AudienceClaim
    private let sub: SubjectClaim
    private let clientID: String
    private let scope: String
    private let roles: [String]
    private let iat: IssuedAtClaim
    private let exp: ExpirationClaim

    private enum CodingKeys: String, CodingKey {
        case iss, aud, sub, scope, roles, iat, exp
        case clientID = "client_id"
    }

    init(subject: String, client: String, scope: String, roles: [String], issuedAt: Date, lifetimeSeconds: Int) {
        iss = "contacto-identity"
        aud = "contacto-wallet"
        sub = SubjectClaim(value: subject)
        clientID = client
        self.scope = scope
        self.roles = roles
        // Whole seconds, which every reader of tokens takes.
        let seconds = issuedAt.timeIntervalSince1970.rounded(.down)
        iat = IssuedAtClaim(value: Date(timeIntervalSince1970: seconds))
        exp = ExpirationClaim(value: Date(timeIntervalSince1970: seconds + TimeInterval(lifetimeSeconds)))
    }

    var expiresAtSeconds: Int64 { Int64(exp.value.timeIntervalSince1970) }

    /// What JWTKit asks of a token that it reads; these are only ever written.
    func verify(using algorithm: some JWTAlgorithm) throws { try exp.verifyNotExpired() }

    /// - Throws: when the file cannot be read or holds no P-256 private key.
    func signed(keyFile: String) async throws -> String {
        guard let pem = try? String(contentsOfFile: keyFile, encoding: .utf8) else {
            throw OperatorError("the file that WALLET_JWT_KEY names cannot be read")
        }
        guard let key = try? ES256PrivateKey(pem: pem) else {
            throw OperatorError("the file that WALLET_JWT_KEY names holds no P-256 private key in PEM form")
        }
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key, kid: Self.keyID)
        return try await keys.sign(self, kid: Self.keyID)
    }
}
