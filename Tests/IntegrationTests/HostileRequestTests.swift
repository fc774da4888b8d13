// Requests that must be refused, each with its code, and that leave nothing behind.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct HostileRequests {
        /// A request and how it must be refused.
        struct Case: Sendable {
            let name: String
            var method = "POST"
            var path: String
            var token: String?
            /// Nil sends the key that all share: a refused request must not use it up.
            var key: String?? = .none
            var body: [UInt8]?
            var headers: [(String, String)] = []
            let status: Int
            let code: String
            /// Nil when the answer need not name one.
            var field: String?
        }

        /// Two people: the attacker has a wallet with money, the victim another, and a beneficiary.
        struct Scene: Sendable {
            let attacker: TestWallet
            let victim: TestWallet
            let victimsBeneficiary: String
            let victimsCommand: CommandID
            let victimsTransaction: String
            let mint: TokenMint

            var token: String { attacker.person.token }
            var good: String { transferJSON(attacker.id, victim.id, 1_00) }

            func post(
                _ name: String, _ path: String, _ body: String, _ status: Int, _ code: String, field: String? = nil
            ) -> Case {
                Case(
                    name: name, path: path, token: token, body: Array(body.utf8), status: status, code: code,
                    field: field)
            }

            /// The bodies that move money, with this in place of the amount's number.
            func movements(_ amount: String, currency: String = "DZD") -> [(path: String, body: String)] {
                let money = #"{"amount":\#(amount),"currency":"\#(currency)"}"#
                let nobody = "00000000-0000-8000-8000-000000000000"
                let transfer = #""from":"\#(attacker.id)","to":{"wallet":"\#(victim.id)"},"amount":\#(money)"#
                let withdrawal = #""wallet":"\#(attacker.id)","beneficiary":"\#(nobody)","amount":\#(money)"#
                return [
                    ("/transfers", "{\(transfer)}"),
                    ("/top-ups", #"{"wallet":"\#(attacker.id)","method":"card","amount":\#(money)}"#),
                    ("/withdrawals", #"{\#(withdrawal),"speed":"standard"}"#),
                    ("/quotes", #"{"type":"transfer",\#(transfer)}"#),
                ]
            }
        }

        @Test("a hostile request gets a 4xx with its code, leaves nothing behind, and does not use up its key")
        func everyOneRefused() async throws {
            try await Stack.with { stack in
                let scene = try await makeScene(stack)
                let before = try await stack.decideTransfer(scene.attacker, scene.victim, 1_00, key: "before")
                let outcomes = try await stack.outcomeCount()
                let journal = try await stack.journal(upTo: before)

                let key = newKey()
                let cases =
                    malformed(scene) + amounts(scene) + wrongTokens(try tokens(scene), scene) + foreign(scene)
                    + protocolErrors(scene) + impossible(scene)
                for hostile in cases {
                    let reply = try await stack.request(
                        hostile.method, hostile.path, token: hostile.token, key: hostile.key ?? key,
                        body: hostile.body, headers: hostile.headers)
                    #expect(
                        reply.status == hostile.status && reply.code == hostile.code, "\(hostile.name): \(reply)")
                    if let field = hostile.field { #expect(reply.field == field, "\(hostile.name): \(reply)") }
                    #expect(reply.json?["success"] == .bool(false), "\(hostile.name)")
                    #expect(reply.json?["request_id"]?.text != nil, "\(hostile.name)")
                }

                let after = try await stack.decideTransfer(scene.attacker, scene.victim, 1_00, key: key)
                #expect(try await stack.outcomeCount() == outcomes + 1)
                #expect(try await stack.journal(upTo: after) == journal + [after.description])
                try await eventually("no message waits") { try await stack.waitingMessages() == 0 }
                #expect(try await stack.number("SELECT count(*) FROM ledger.security_log") == 0)
                try await stack.assertLedgerClean()
                report("5", seed: 0, "\(cases.count) requests refused")
            }
        }

        @Test("a body of 10 MB is refused before it is taken in, announced or not")
        func tenMegabytes() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet()
                let outcomes = try await stack.outcomeCount()
                let body = Array(repeating: UInt8(ascii: " "), count: 10 << 20)
                for path in ["/transfers", "/wallets", "/top-ups", "/beneficiaries", "/withdrawals", "/quotes"] {
                    let reply = try await stack.request(
                        "POST", path, token: wallet.person.token, key: newKey(), body: body)
                    #expect(reply.status == 413 && reply.code == "BODY_TOO_LARGE", "\(path): \(reply)")
                }
                #expect(try await stack.balance(wallet).available == 0)
                #expect(try await stack.outcomeCount() == outcomes)
                try await stack.assertLedgerClean()
            }
        }

        private func makeScene(_ stack: Stack) async throws -> Scene {
            let attacker = try await stack.openWallet(1_000_00)
            let victim = try await stack.openWallet(1_000_00)
            let added = try await stack.post(
                "/beneficiaries", as: victim.person, key: newKey(),
                #"{"wallet":"\#(victim.id)","rib":"\#(testRIB(branch: 10_001))","holder_name":"Victim"}"#)
            try await stack.awaitDecision(of: added, as: victim.person)
            let beneficiary = try #require(added.data?["beneficiary_id"]?.text)
            try await stack.awaitVerification(of: beneficiary, as: victim.person)
            let third = try await stack.openWallet()
            let reply = try await stack.post(
                "/transfers", as: victim.person, key: newKey(), transferJSON(victim.id, third.id, 1_00))
            let decision = try await stack.awaitDecision(of: reply, as: victim.person)
            return Scene(
                attacker: attacker, victim: victim, victimsBeneficiary: beneficiary,
                victimsCommand: try #require(reply.command),
                victimsTransaction: try #require(decision["transaction_id"]?.text), mint: stack.tokens)
        }

        private func tokens(_ scene: Scene) throws -> [(name: String, token: String?)] {
            let subject = scene.attacker.person.id.description
            func token(_ change: (inout TokenMint.Claims) -> Void) throws -> String {
                var claims = TokenMint.Claims()
                change(&claims)
                return try scene.mint.token(subject, claims)
            }
            return [
                ("no token", nil), ("not a token", "hello"), ("two dots", ".."),
                ("expired", try token { $0.secondsToLive = -60 }),
                ("another's signature", try TokenMint.forger().token(subject)),
                ("another audience", try token { $0.audience = "contacto-commerce" }),
                ("another issuer", try token { $0.issuer = "somebody" }),
                ("algorithm none", try token { $0.algorithm = "none" }),
                ("the public key as a secret", try token { $0.algorithm = "HS256" }),
                ("a subject that is no user", try scene.mint.token("root")),
                ("no client", try token { $0.client = "" }),
                ("cut short", String(scene.token.dropLast(2))),
            ]
        }
    }
}

extension Stack {
    /// A transfer that is decided.
    func decideTransfer(
        _ payer: TestWallet, _ payee: TestWallet, _ amount: Int64, key: String
    ) async throws -> CommandID {
        let reply = try await post(
            "/transfers", as: payer.person, key: key, transferJSON(payer.id, payee.id, amount))
        let decision = try await awaitDecision(of: reply, as: payer.person)
        guard decision.standing == "completed OK", let id = reply.command else {
            throw Failure("the transfer failed: \(decision.standing)")
        }
        return id
    }

    func awaitVerification(of beneficiary: String, as person: Person) async throws {
        try await eventually("the beneficiary is verified") {
            try await get("/beneficiaries/\(beneficiary)", as: person).data?["verified"] == .bool(true)
        }
    }
}

/// A RIB with its key, at a branch that names a scenario of the sandbox's bank.
func testRIB(branch: UInt64, account: UInt64 = 23_456_789) -> String {
    func digits(_ number: UInt64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: count - text.utf8.count) + text
    }
    let key = RIB.key(branchAndAccount: branch * 10_000_000_000 + account)
    return "007" + digits(branch, 5) + digits(account, 10) + digits(key, 2)
}
