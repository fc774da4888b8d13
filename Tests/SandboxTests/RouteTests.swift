// The stand-ins over HTTP, without a network.

import Domain
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTKit
import Testing
import Wire

@testable import Sandbox

@Suite("The sandbox over HTTP")
struct RouteTests {
    private let key = ES256PrivateKey()

    private func application() throws -> some ApplicationProtocol {
        let now = Timestamp(rfc3339: "2026-11-22T12:00:00Z")!
        let identity = try Identity(privateKeyPEM: key.pemRepresentation, now: { now })
        return Application(router: buildSandboxRouter(identity: identity))
    }

    private func json(_ response: TestResponse) throws -> JSON {
        try JSON(parsing: Array(response.body.readableBytesView))
    }

    private func post(
        _ client: any TestClientProtocol, _ uri: String, key: String?, _ body: String
    ) async throws -> TestResponse {
        var headers: HTTPFields = [:]
        if let key { headers[HTTPField.Name("idempotency-key")!] = key }
        return try await client.execute(
            uri: uri, method: .post, headers: headers, body: ByteBuffer(string: body))
    }

    private func charge(amount: String = "150000", more: String = "") -> String {
        #"{"wallet":"\#(wallet)","amount":{"amount":\#(amount),"currency":"DZD"},"method":"card"\#(more)}"#
    }

    @Test("the same charge under the same key is one charge; another under it is a conflict")
    func charges() async throws {
        try await application().test(.router) { client in
            let first = try await post(client, "/payment/charges", key: "k", charge())
            #expect(first.status == .created)
            #expect(try json(first)["status"]?.text == "captured")
            let again = try await post(
                client, "/payment/charges", key: "k", charge(more: #","payment_method_id":null"#))
            #expect(again.body == first.body)
            let other = try await post(client, "/payment/charges", key: "k", charge(amount: "150001"))
            #expect(other.status == .conflict)
            let look = try await client.execute(uri: "/payment/charges/k", method: .get)
            #expect(look.body == first.body)
            let unknown = try await client.execute(uri: "/payment/charges/l", method: .get)
            #expect(unknown.status == .notFound)
        }
    }

    @Test("time passes on demand, for payouts and charges as for whoever asks what time it is")
    func clock() async throws {
        try await application().test(.router) { client in
            func advance(_ body: String) async throws -> TestResponse {
                try await post(client, "/clock", key: nil, body)
            }
            let late = try await post(
                client, "/payment/charges", key: "k", charge(more: #","payment_method_id":"pm_late""#))
            #expect(try json(late)["status"]?.text == "pending")
            let before = try json(try await client.execute(uri: "/clock", method: .get))
            #expect(before["advanced_seconds"]?.integer == 0)
            let day = try json(try await advance(#"{"advance_seconds":86400}"#))
            #expect(day["advanced_seconds"]?.integer == 86_400)
            let moved = try json(try await advance(#"{"advance_seconds":3600}"#))
            #expect(moved["advanced_seconds"]?.integer == 90_000)
            let times = [before, moved].compactMap { $0["now"]?.text.flatMap { Timestamp(rfc3339: $0) }?.microseconds }
            #expect(times.count == 2 && times[1] - times[0] >= 90_000_000_000)
            let look = try await client.execute(uri: "/payment/charges/k", method: .get)
            #expect(try json(look)["status"]?.text == "captured")
            for wrong in [
                "{}", #"{"advance_seconds":-1}"#, #"{"advance_seconds":1.5}"#, #"{"advance_seconds":99999999999}"#,
            ] {
                let refused = try await advance(wrong)
                let field = try json(refused)["error"]?["field"]?.text
                #expect(refused.status == .badRequest && field == "advance_seconds")
            }
        }
    }

    @Test(
        "the payment method names the scenario",
        arguments: [
            ("card", "pm_at_once", "captured"), ("card", "pm_late", "pending"), ("mobile", "pm_twice", "captured"),
            ("card", "pm_refused", "declined"), ("mobile", "pm_never", "pending"),
        ])
    func paymentScenarios(method: String, paymentMethod: String, status: String) async throws {
        let body = charge(more: #","payment_method_id":"\#(paymentMethod)""#)
            .replacing(#""method":"card""#, with: #""method":"\#(method)""#)
        try await application().test(.router) { client in
            let response = try await post(client, "/payment/charges", key: "k", body)
            #expect(try json(response)["status"]?.text == status)
        }
    }

    @Test(
        "the branch in the RIB names the bank's scenario",
        arguments: [
            ("00001", "confirmed"), ("90001", "pending"), ("90002", "confirmed"), ("90003", "returned"),
            ("90004", "pending"),
        ])
    func bankScenarios(branch: String, status: String) async throws {
        let number = try #require(UInt64("\(branch)0023456789"))
        let check = RIB.key(branchAndAccount: number)
        let rib = "007\(branch)0023456789\(check < 10 ? "0" : "")\(check)"
        let body = #"{"rib":"\#(rib)","amount":{"amount":1,"currency":"DZD"},"holder_name":"Amine"}"#
        try await application().test(.router) { client in
            let response = try await post(client, "/bank/payouts", key: "k", body)
            #expect(response.status == .created)
            #expect(try json(response)["status"]?.text == status)
        }
    }

    @Test(
        "input that is not as it must be is refused, and nothing is remembered of it",
        arguments: [
            ("", nil), ("[]", nil), ("{}", "wallet"), (#"{"wallet":"x"}"#, "wallet"),
        ])
    func malformed(body: String, field: String?) async throws {
        try await application().test(.router) { client in
            let response = try await post(client, "/payment/charges", key: "k", body)
            #expect(response.status == .badRequest)
            #expect(try json(response)["error"]?["code"]?.text == "MALFORMED")
            if let field { #expect(try json(response)["error"]?["field"]?.text == field) }
            let look = try await client.execute(uri: "/payment/charges/k", method: .get)
            #expect(look.status == .notFound)
        }
    }

    @Test("unknown and duplicate fields, floats, a missing or strange key, and a large body are refused")
    func strict() async throws {
        try await application().test(.router) { client in
            for body in [
                charge(more: #","x":1"#), charge(more: #","method":"card""#), charge(amount: "150000.0"),
                charge(amount: "1.5e5"), charge(amount: "0"), charge(amount: "10000000000001"),
            ] {
                let response = try await post(client, "/payment/charges", key: "k", body)
                #expect(response.status == .badRequest)
            }
            let missing = try await post(client, "/payment/charges", key: nil, charge())
            #expect(missing.status == .badRequest)
            let strange = try await post(client, "/payment/charges", key: "a b", charge())
            #expect(strange.status == .badRequest)
            let large = try await post(
                client, "/payment/charges", key: "k", String(repeating: " ", count: 70_000))
            #expect(large.status == .contentTooLarge)
            let wrongRIB = #"{"rib":"00799999002345678942","amount":{"amount":1,"currency":"DZD"},"holder_name":"A"}"#
            let bank = try await post(client, "/bank/payouts", key: "k", wrongRIB)
            #expect(bank.status == .badRequest)
            #expect(try json(bank)["error"]?["code"]?.text == "RIB_INVALID")
            let nowhere = try await client.execute(uri: "/nowhere", method: .get)
            #expect(nowhere.status == .notFound)
            #expect(try json(nowhere)["error"]?["code"]?.text == "NOT_FOUND")
        }
    }

    @Test("a token signed with the private key is verified by the published one")
    func keySet() async throws {
        struct Claims: JWTPayload {
            let sub: SubjectClaim
            func verify(using algorithm: some JWTAlgorithm) throws {}
        }
        let signer = JWTKeyCollection()
        await signer.add(ecdsa: key, kid: JWKIdentifier(string: Identity.keyID))
        let token = try await signer.sign(Claims(sub: "user"), kid: JWKIdentifier(string: Identity.keyID))
        try await application().test(.router) { client in
            let response = try await client.execute(uri: "/identity/jwks.json", method: .get)
            let verifier = JWTKeyCollection()
            try await verifier.add(jwksJSON: String(buffer: response.body))
            let claims = try await verifier.verify(token, as: Claims.self)
            #expect(claims.sub.value == "user")
        }
    }

    @Test("a user is described by level and times, and a sub that is no id is refused")
    func users() async throws {
        try await application().test(.router) { client in
            let response = try await client.execute(
                uri: "/identity/users/21111111-1111-4111-8111-111111111111", method: .get)
            let user = try json(response)
            #expect(user["kyc_level"]?.integer == 2)
            #expect(user["verified_at"]?.text == "2026-10-23T12:00:00.000000Z")
            #expect(user["level_1_verified_at"]?.text == "2026-09-23T12:00:00.000000Z")
            let wrong = try await client.execute(uri: "/identity/users/nobody", method: .get)
            #expect(wrong.status == .badRequest)
            let health = try await client.execute(uri: "/healthz", method: .get)
            #expect(health.status == .ok)
        }
    }
}
