// Tokens that are right, and all the ways in which they are not.

import Crypto
import Domain
import Foundation
import JWTKit
import Synchronization
import Testing
import Wire

@testable import Ingress

private let user = "20000000-0000-4000-8000-000000000001"
private let start = Timestamp(microseconds: 1_800_000_000_000_000)

/// Claims as a token may hold them, right or wrong.
private struct Claims: JWTPayload {
    var iss = "contacto-identity"
    var aud = "contacto-wallet"
    var sub: String? = user
    var clientID: String? = "demo-app"
    var scope: String? = "wallet:read wallet:transfer"
    var exp: Int? = 1_800_000_060
    var nbf: Int?

    enum CodingKeys: String, CodingKey {
        case iss, aud, sub, scope, exp, nbf
        case clientID = "client_id"
    }

    func verify(using algorithm: some JWTAlgorithm) {}
}

/// A checker that knows one ES256 key under the id `local-1`, and how often it has fetched.
private struct Fixture {
    let key = ES256PrivateKey()
    let fetches = Counter()
    let time = Clock()
    let checker: TokenChecker

    init(keySet: (@Sendable () async throws -> [UInt8])? = nil) throws {
        let coordinates = try #require(key.publicKey.parameters)
        var json = JSONWriter()
        json.beginObject()
        json.array("keys") { json in
            json.value(
                .object([.init("kty", .string("oct")), .init("kid", .string("hmac")), .init("k", .string("eA"))]))
            json.value(
                .object([
                    .init("kty", .string("EC")), .init("crv", .string("P-256")), .init("kid", .string("local-1")),
                    .init("alg", .string("ES256")), .init("x", .string(coordinates.x)),
                    .init("y", .string(coordinates.y)),
                ]))
        }
        json.endObject()
        let now: @Sendable () -> UInt64 = { [time] in UInt64(time.now.microseconds) * 1000 }
        let keys = KeySource(now: now) { [fetches, bytes = json.bytes] in
            fetches.increment()
            return try await keySet?() ?? bytes
        }
        checker = TokenChecker(rules: TokenRules(), keys: keys) { [time] in time.now }
    }

    func token(_ claims: Claims = Claims(), kid: String = "local-1") async throws -> String {
        let signers = await JWTKeyCollection().add(ecdsa: key, kid: JWKIdentifier(string: kid))
        return try await signers.sign(claims, kid: JWKIdentifier(string: kid))
    }

    func code(_ token: String) async -> ErrorCode? {
        do throws(APIError) {
            _ = try await checker.identity(ofToken: token)
            return nil
        } catch {
            return error.code
        }
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func increment() { value.withLock { $0 += 1 } }
}

private final class Clock: Sendable {
    private let value = Mutex(start)
    var now: Timestamp { value.withLock { $0 } }
    func advance(seconds: Int64) { value.withLock { $0 = $0.adding(seconds: seconds) } }
}

@Suite("Tokens")
struct TokenTests {
    @Test("a right token says who asks and what is granted")
    func rightToken() async throws {
        let fixture = try Fixture()
        let identity = try await fixture.checker.identity(ofToken: fixture.token())
        #expect(identity.client == "demo-app")
        #expect(identity.subject == user)
        #expect(identity.permissions == [.read, .transfer])
    }

    @Test("no scope makes a user's token a service's or an operator's")
    func noService() async throws {
        let fixture = try Fixture()
        let identity = try await fixture.checker.identity(
            ofToken: fixture.token(Claims(scope: "service wallet:read other role:compliance role:operator")))
        #expect(identity.permissions == [.read] && identity.granted == [.read])
    }

    @Test("a token holds until five seconds after its time, also when it is remembered")
    func expiry() async throws {
        let fixture = try Fixture()
        let token = try await fixture.token()
        fixture.time.advance(seconds: 64)
        #expect(await fixture.code(token) == nil)
        fixture.time.advance(seconds: 1)
        #expect(await fixture.code(token) == .ingress(.unauthenticated))
    }

    @Test(
        "a claim that is missing or foreign is refused",
        arguments: [
            Claims(iss: "somebody"), Claims(aud: "another-api"), Claims(sub: nil), Claims(sub: "topups"),
            Claims(sub: "2000000A-0000-4000-8000-000000000001"), Claims(clientID: nil), Claims(clientID: ""),
            Claims(clientID: "a b"), Claims(clientID: String(repeating: "a", count: 65)), Claims(exp: nil),
            Claims(nbf: 1_800_000_006),
        ])
    private func wrongClaims(_ claims: Claims) async throws {
        let fixture = try Fixture()
        #expect(await fixture.code(try fixture.token(claims)) == .ingress(.unauthenticated))
    }

    @Test("a token that another key signed, or that was changed, is refused")
    func forged() async throws {
        let fixture = try Fixture()
        #expect(await fixture.code(try Fixture().token()) == .ingress(.unauthenticated))
        let parts = try await fixture.token().split(separator: ".")
        let other = try await fixture.token(Claims(scope: "wallet:manage")).split(separator: ".")
        #expect(await fixture.code("\(parts[0]).\(other[1]).\(parts[2])") == .ingress(.unauthenticated))
    }

    @Test("neither none nor a symmetric algorithm is an algorithm", arguments: ["none", "None", "HS256", "ES384"])
    func algorithms(_ algorithm: String) async throws {
        let fixture = try Fixture()
        let payload = try await fixture.token().split(separator: ".")[1]
        let header = encodeBase64URL(Array(#"{"alg":"\#(algorithm)","kid":"local-1"}"#.utf8))
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(header).\(payload)".utf8), using: SymmetricKey(data: Data("x".utf8)))
        for signature in ["", encodeBase64URL(Array(code))] {
            #expect(await fixture.code("\(header).\(payload).\(signature)") == .ingress(.unauthenticated))
        }
        #expect(fixture.fetches.count == 0)
    }

    @Test("what is not a token is refused", arguments: ["", "a", "a.b", "a.b.c", "a.b.c.d", "....", "\u{0}.é.💰"])
    func notTokens(_ text: String) async throws {
        #expect(await (try Fixture()).code(text) == .ingress(.unauthenticated))
    }

    @Test("unknown key ids make one fetch in ten seconds, however many come")
    func unknownKeys() async throws {
        let fixture = try Fixture()
        for id in ["a", "b", "hmac"] {
            #expect(await fixture.code(try fixture.token(kid: id)) == .ingress(.unauthenticated))
            #expect(fixture.fetches.count == 1)
        }
        fixture.time.advance(seconds: 10)
        for id in ["a", "b"] {
            #expect(await fixture.code(try fixture.token(kid: id)) == .ingress(.unauthenticated))
            #expect(fixture.fetches.count == 2)
        }
        #expect(await fixture.code(try fixture.token()) == nil)
    }

    @Test("while identity is away a token is neither right nor wrong")
    func identityAway() async throws {
        struct Away: Error {}
        let fixture = try Fixture { throw Away() }
        #expect(await fixture.code(try fixture.token()) == .ingress(.unavailable))
        #expect(fixture.fetches.count == 1)
    }
}
