// The hostile requests themselves, by what is wrong with them.

import Domain
import TestSupport
import Wire

extension Integration.HostileRequests {
    /// Bodies that are not JSON, or not the JSON that was asked for.
    func malformed(_ scene: Scene) -> [Case] {
        let routes = ["/wallets", "/transfers", "/top-ups", "/beneficiaries", "/withdrawals", "/quotes"]
        let bodies: [(String, [UInt8])] = [
            ("nothing", []), ("a brace", Array("{".utf8)), ("an array", Array("[]".utf8)),
            ("null", Array("null".utf8)), ("not UTF-8", Array(#"{"from":""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8)),
            ("a lone surrogate", Array(#"{"from":"\ud800"}"#.utf8)), ("NaN", Array(#"{"amount":NaN}"#.utf8)),
            ("too deep", Array(String(repeating: "[", count: 10_000).utf8)),
            ("an unknown field alone", Array(#"{"unknown":1}"#.utf8)),
        ]
        var cases = routes.flatMap { path in
            bodies.map { name, body in
                Case(
                    name: "\(path): \(name)", path: path, token: scene.token, body: body, status: 400,
                    code: "MALFORMED")
            }
        }
        let good = scene.good
        cases += [
            scene.post("text after the end", "/transfers", good + "x", 400, "MALFORMED"),
            scene.post(
                "an unknown field", "/transfers", good.dropLast() + #","fee":0}"#, 400, "MALFORMED", field: "fee"),
            scene.post(
                "a field twice", "/transfers", good.dropLast() + #","from":"\#(scene.attacker.id)"}"#, 400,
                "MALFORMED", field: "from"),
            scene.post(
                "an amount's field twice", "/transfers",
                good.replacing(#""amount":100,"#, with: #""amount":100,"amount":1,"#), 400, "MALFORMED"),
            scene.post(
                "an id in upper case", "/transfers",
                good.replacing("\(scene.attacker.id)", with: "\(scene.attacker.id)".uppercased()), 400, "MALFORMED",
                field: "from"),
            scene.post(
                "a payee named twice", "/transfers",
                good.replacing(#""to":{"#, with: #""to":{"phone":"+213555000000","#), 400, "MALFORMED",
                field: "to.phone"),
            scene.post(
                "metadata of 3 KB", "/transfers",
                good.dropLast() + #","metadata":{"a":"\#(String(repeating: "m", count: 3_000))"}}"#, 400, "MALFORMED",
                field: "metadata"),
        ]
        return cases
    }

    /// Numbers that are no amounts.
    func amounts(_ scene: Scene) -> [Case] {
        let notWhole = ["1.0", "100.00", "1e5", "1E2", "-1.5", "\"5\"", "null", "true", "[5]"]
        let outOfRange = ["0", "-0", "-1", "10000000000001", "9223372036854775808", "-9223372036854775809"]
        let wrong =
            notWhole.map { ($0, "MALFORMED") } + outOfRange.map { ($0, "AMOUNT_OUT_OF_RANGE") }
        var cases = wrong.flatMap { amount, code in
            scene.movements(amount).map { path, body in
                scene.post("\(path): amount \(amount)", path, body, 400, code, field: "amount.amount")
            }
        }
        for amount in ["01", "+1", "0x10", "1,000", ".5", "1."] {
            cases += scene.movements(amount).map { path, body in
                scene.post("\(path): amount \(amount)", path, body, 400, "MALFORMED")
            }
        }
        cases += scene.movements("100", currency: "XYZ").map { path, body in
            scene.post("\(path): no such currency", path, body, 400, "MALFORMED", field: "amount.currency")
        }
        cases += scene.movements("100", currency: "EUR").filter { $0.path != "/withdrawals" }.map { path, body in
            scene.post("\(path): another currency", path, body, 422, "CURRENCY_MISMATCH", field: "amount.currency")
        }
        return cases
    }

    /// Everything asked with a token that must not be believed.
    func wrongTokens(_ tokens: [(name: String, token: String?)], _ scene: Scene) -> [Case] {
        let good = Array(scene.good.utf8)
        let routes: [(method: String, path: String, body: [UInt8]?)] = [
            ("POST", "/transfers", good), ("POST", "/wallets", good), ("POST", "/top-ups", good),
            ("POST", "/beneficiaries", good), ("POST", "/withdrawals", good), ("POST", "/quotes", good),
            ("GET", "/wallets", nil), ("GET", "/wallets/\(scene.attacker.id)", nil),
            ("GET", "/wallets/\(scene.attacker.id)/transactions", nil),
            ("GET", "/commands/\(scene.victimsCommand)", nil),
        ]
        return tokens.flatMap { name, token in
            routes.map { method, path, body in
                Case(
                    name: "\(method) \(path): \(name)", method: method, path: path, token: token, body: body,
                    status: 401, code: "UNAUTHENTICATED")
            }
        }
    }

    /// A right token, and what belongs to somebody else.
    func foreign(_ scene: Scene) -> [Case] {
        let (mine, theirs) = (scene.attacker.id, scene.victim.id)
        func get(_ path: String, _ status: Int, _ code: String) -> Case {
            Case(
                name: "GET \(path)", method: "GET", path: path, token: scene.token, body: nil, status: status,
                code: code)
        }
        return [
            scene.post("pay from", "/transfers", transferJSON(theirs, mine, 1_00), 403, "NOT_PERMITTED", field: "from"),
            scene.post("top up", "/top-ups", topUpJSON(theirs, 1_00), 403, "NOT_PERMITTED", field: "wallet"),
            scene.post(
                "name a bank account", "/beneficiaries",
                #"{"wallet":"\#(theirs)","rib":"\#(testRIB(branch: 10_001))","holder_name":"Me"}"#, 403,
                "NOT_PERMITTED", field: "wallet"),
            scene.post(
                "withdraw", "/withdrawals",
                withdrawalJSON(theirs, scene.victimsBeneficiary, 1_00, speed: "standard"), 403, "NOT_PERMITTED",
                field: "wallet"),
            scene.post(
                "withdraw to another's account", "/withdrawals",
                withdrawalJSON(mine, scene.victimsBeneficiary, 1_00, speed: "standard"), 404,
                "BENEFICIARY_NOT_FOUND"),
            scene.post(
                "quote", "/quotes",
                #"{"type":"transfer","from":"\#(theirs)","to":{"wallet":"\#(mine)"},"amount":\#(moneyJSON(100))}"#, 403,
                "NOT_PERMITTED"),
            get("/wallets/\(theirs)", 403, "NOT_PERMITTED"),
            get("/wallets/\(theirs)/transactions", 403, "NOT_PERMITTED"),
            get("/beneficiaries?wallet=\(theirs)", 403, "NOT_PERMITTED"),
            get("/beneficiaries/\(scene.victimsBeneficiary)", 404, "BENEFICIARY_NOT_FOUND"),
            get("/commands/\(scene.victimsCommand)", 404, "COMMAND_NOT_FOUND"),
            get(
                "/commands/\(scene.victimsCommand)?receipt=\(String(repeating: "A", count: 75))", 404,
                "COMMAND_NOT_FOUND"),
            get("/transactions/\(scene.victimsTransaction)", 404, "TRANSACTION_NOT_FOUND"),
        ]
    }

    /// Headers and paths.
    func protocolErrors(_ scene: Scene) -> [Case] {
        let good = Array(scene.good.utf8)
        func transfer(
            _ name: String, key: String?? = .none, headers: [(String, String)] = [], _ status: Int, _ code: String
        ) -> Case {
            Case(
                name: name, path: "/transfers", token: scene.token, key: key, body: good, headers: headers,
                status: status, code: code)
        }
        func get(_ path: String, _ status: Int, _ code: String) -> Case {
            Case(
                name: "GET \(path)", method: "GET", path: path, token: scene.token, body: nil, status: status,
                code: code)
        }
        return [
            transfer("no key", key: .some(nil), 400, "IDEMPOTENCY_KEY_MISSING"),
            transfer("an empty key", key: "", 400, "IDEMPOTENCY_KEY_INVALID"),
            transfer("a key with a space", key: "a key", 400, "IDEMPOTENCY_KEY_INVALID"),
            transfer(
                "a key of 129 bytes", key: String(repeating: "k", count: 129), 400, "IDEMPOTENCY_KEY_INVALID"),
            transfer(
                "a form", headers: [("content-type", "application/x-www-form-urlencoded")], 415,
                "UNSUPPORTED_MEDIA_TYPE"),
            transfer("plain text", headers: [("content-type", "text/plain")], 415, "UNSUPPORTED_MEDIA_TYPE"),
            get("/nothing", 404, "NOT_FOUND"), get("/transfers", 405, "METHOD_NOT_ALLOWED"),
            get("/wallets/00000000-0000-8000-8000-000000000001", 404, "WALLET_NOT_FOUND"),
            get("/wallets/not-an-id", 404, "WALLET_NOT_FOUND"),
            get("/commands/00000000-0000-8000-8000-000000000001", 404, "COMMAND_NOT_FOUND"),
            get("/wallets/\(scene.attacker.id)/transactions?limit=0", 400, "MALFORMED"),
            get("/wallets/\(scene.attacker.id)/transactions?limit=101", 400, "MALFORMED"),
            get("/wallets/\(scene.attacker.id)/transactions?cursor=x", 400, "MALFORMED"),
            get("/commands/\(scene.victimsCommand)?wait=31", 400, "MALFORMED"),
        ]
    }

    /// Well-formed, and impossible as far as the ingress can know.
    func impossible(_ scene: Scene) -> [Case] {
        let mine = scene.attacker.id
        let nobody = WalletID(high: 0x8000, low: 1 << 63 | 1)
        var wrongKey = Array(testRIB(branch: 10_001).utf8)
        wrongKey[19] = wrongKey[19] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        var cases = [
            scene.post("pay oneself", "/transfers", transferJSON(mine, mine, 1_00), 422, "SAME_WALLET"),
            scene.post("pay nobody", "/transfers", transferJSON(mine, nobody, 1_00), 422, "PAYEE_NOT_FOUND"),
            scene.post("nobody pays", "/transfers", transferJSON(nobody, mine, 1_00), 404, "WALLET_NOT_FOUND"),
            scene.post(
                "a RIB with a wrong key", "/beneficiaries",
                #"{"wallet":"\#(mine)","rib":"\#(String(decoding: wrongKey, as: UTF8.self))","holder_name":"Me"}"#, 422,
                "RIB_INVALID", field: "rib"),
            scene.post(
                "no such beneficiary", "/withdrawals",
                withdrawalJSON(mine, "\(nobody)", 1_00, speed: "standard"), 404, "BENEFICIARY_NOT_FOUND"),
        ]
        // Identity knows these too little: see docs/sandbox.md.
        for (digit, code) in [("f", "KYC_LEVEL_TOO_LOW"), ("1", "KYC_EXPIRED")] {
            let subject = digit + scene.attacker.person.id.description.dropFirst()
            // A token that cannot be made would be refused with another code, so the case fails rather than passes.
            let token = (try? scene.mint.token(subject)) ?? ""
            cases.append(
                Case(
                    name: "a wallet for \(digit)…", path: "/wallets", token: token,
                    body: Array(#"{"type":"personal","currency":"DZD"}"#.utf8), status: 422, code: code))
        }
        // Each thing needs its own word in the token's scope.
        var reader = TokenMint.Claims()
        reader.scope = "wallet:read"
        let readOnly = (try? scene.mint.token(scene.attacker.person.id.description, reader)) ?? ""
        for path in ["/transfers", "/wallets", "/top-ups", "/beneficiaries", "/withdrawals"] {
            cases.append(
                Case(
                    name: "\(path): a token that may only read", path: path, token: readOnly,
                    body: Array(scene.good.utf8), status: 403, code: "NOT_PERMITTED"))
        }
        return cases
    }
}
