// What outside services report of their own accord, over the whole road: believed when signed, and leading to one command.

import Domain
import Glibc
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Callbacks {
        private let stranger = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

        /// What a callback could leave behind.
        private func traces(_ stack: Stack) async throws -> [Int] {
            [
                try await stack.number("SELECT count(*) FROM ledger.outcomes"),
                try await stack.number("SELECT count(*) FROM ledger.security_log"), try await stack.waitingMessages(),
            ]
        }

        /// A refused callback.
        private struct Refused {
            let name: String
            let reply: Reply
            let standing: String
            let field: String?

            init(_ name: String, _ standing: String, _ reply: Reply, field: String? = nil) {
                self.name = name
                self.standing = standing
                self.reply = reply
                self.field = field
            }
        }

        private static let payments = "/callbacks/payments"

        private func unsigned(_ stack: Stack, _ body: String, token: String) async throws -> [Refused] {
            let payment = try stack.webhookSecrets(of: "PAYMENT")
            let wrong = try #require(WebhookSecrets(stranger))
            func send(_ secrets: WebhookSecrets, _ seconds: Int64 = 0) async throws -> Reply {
                try await stack.callback(Self.payments, body, signedBy: secrets, secondsFromNow: seconds)
            }
            let bare = try await stack.request("POST", Self.payments, token: nil, body: Array(body.utf8))
            let withToken = try await stack.request("POST", Self.payments, token: token, body: Array(body.utf8))
            return [
                Refused("unsigned", "401 BAD_WEBHOOK_SIGNATURE", bare),
                Refused("a token", "401 BAD_WEBHOOK_SIGNATURE", withToken),
                Refused("a stranger's", "401 BAD_WEBHOOK_SIGNATURE", try await send(wrong)),
                Refused("the bank's", "401 BAD_WEBHOOK_SIGNATURE", try await send(stack.webhookSecrets(of: "BANK"))),
                Refused("old", "401 STALE_TIMESTAMP", try await send(payment, -310)),
                Refused("early", "401 STALE_TIMESTAMP", try await send(payment, 310)),
            ]
        }

        private func wrong(_ stack: Stack, _ good: String, _ pending: CommandID) async throws -> [Refused] {
            let payment = try stack.webhookSecrets(of: "PAYMENT")
            let unknown = CommandID(high: 0x0102_0304_0506_8708, low: 0x890a_0b0c_0d0e_0f10)
            func send(_ body: String) async throws -> Reply {
                try await stack.callback(Self.payments, body, signedBy: payment)
            }
            let unknownCharge = reportJSON("charge.updated", of: unknown, status: "captured", amount: 1)
            let unknownPayout = reportJSON("payout.updated", of: unknown, status: "confirmed", amount: 1)
            let otherAmount = reportJSON("charge.updated", of: pending, status: "captured", amount: 100_01)
            let payout = try await stack.callback(
                "/callbacks/payouts", unknownPayout, signedBy: stack.webhookSecrets(of: "BANK"))
            let key = "data.idempotency_key"
            return [
                Refused("no JSON", "400 MALFORMED", try await send("captured"), field: ""),
                Refused("no time", "400 MALFORMED", try await send(#"{"type":"charge.updated"}"#), field: "timestamp"),
                Refused(
                    "a strange word", "400 MALFORMED", try await send(good.replacing("captured", with: "taken")),
                    field: "data.status"),
                Refused(
                    "a float", "400 MALFORMED", try await send(good.replacing("10000,", with: "10000.0,")),
                    field: "data.amount.amount"),
                Refused("an unknown charge", "404 TOP_UP_NOT_FOUND", try await send(unknownCharge), field: key),
                Refused("an unknown payout", "404 WITHDRAWAL_NOT_FOUND", payout, field: key),
                Refused("another amount", "422 AMOUNT_MISMATCH", try await send(otherAmount), field: "data.amount"),
            ]
        }

        @Test("a callback that is unsigned, stale, malformed or about nothing gets its code and leaves nothing")
        func hostile() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let topUp = try await stack.post(
                    "/top-ups", as: wallet.person, key: newKey(),
                    topUpJSON(wallet.id, 100_00, method: "card", paymentMethod: "pm_never"))
                let pending = try #require(topUp.command)
                try await eventually("the top-up is pending", within: 30) {
                    try await stack.standing(of: pending.description)?.status == "pending"
                }
                let good = reportJSON("charge.updated", of: pending, status: "captured", amount: 100_00)
                let before = try await traces(stack)
                let refused =
                    try await unsigned(stack, good, token: wallet.person.token)
                    + (try await wrong(stack, good, pending))
                for item in refused {
                    #expect("\(item.reply.status) \(item.reply.code ?? "none")" == item.standing, "\(item.name)")
                    if let field = item.field { #expect(item.reply.field == field, "\(item.name)") }
                }
                #expect(try await traces(stack) == before)

                // None of them used the key up that the true word needs.
                let payment = try stack.webhookSecrets(of: "PAYMENT")
                for _ in 0..<2 {
                    let taken = try await stack.callback(Self.payments, good, signedBy: payment, id: "msg_same")
                    #expect(taken.status == 202 && taken.data?["status"]?.text == "accepted")
                }
                let decision = try await stack.awaitDecision(of: topUp, as: wallet.person)
                #expect(decision.standing == "completed OK")
                let late = reportJSON("charge.updated", of: pending, status: "declined", amount: 100_00)
                #expect(try await stack.callback(Self.payments, late, signedBy: payment).status == 202)
                try await eventually("the contradiction is refused", within: 30) {
                    try await stack.number(
                        "SELECT count(*) FROM audit.outcomes WHERE transition = 'topup.settlement_rejected'") == 1
                }
                #expect(try await stack.standing(of: pending.description)?.status == "completed")
                #expect(try await stack.balance(wallet).available == 1_000_00 + 98_00)
                try await stack.assertLedgerClean()
            }
        }

        @Test("every scenario of the payment stand-in with callbacks, delays and lost answers ends in one credit")
        func topUps() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet()
                let methods = [
                    "pm_slow", "pm_timeout", "pm_callback", "pm_callback_first", "pm_callback_twice", "pm_wrong_order",
                    "pm_wrong_signature",
                ]
                var replies: [Reply] = []
                for method in methods {
                    replies.append(
                        try await stack.post(
                            "/top-ups", as: wallet.person, key: newKey(),
                            topUpJSON(wallet.id, 100_00, method: "card", paymentMethod: method)))
                }
                for (method, reply) in zip(methods, replies) {
                    let decision = try await stack.awaitDecision(of: reply, as: wallet.person, within: 60)
                    #expect(decision.standing == "completed OK", "\(method)")
                }
                let silent = try await stack.post(
                    "/top-ups", as: wallet.person, key: newKey(),
                    topUpJSON(wallet.id, 100_00, method: "card", paymentMethod: "pm_silent"))
                let unacceptable = try await stack.decide(
                    "/top-ups", as: wallet.person,
                    topUpJSON(wallet.id, 100_00, method: "card", paymentMethod: "pm_unacceptable"))
                #expect(unacceptable.standing == "rejected CHARGE_DECLINED")
                // 2 % of 100.00 each.
                #expect(try await stack.balance(wallet).available == Int64(methods.count) * 98_00)
                let figures = try await stack.ingressFigures()
                let route = ["route": "/api/v1/callbacks/payments"]
                func answered(_ status: String) -> Double {
                    figures.sum("wallet_http_requests_total", route.merging(["status": status]) { $1 })
                }
                #expect(answered("4xx") == 1)
                // One, one, two, and one with the older word after it.
                try await eventually("all callbacks are sent", within: 30) {
                    try await stack.ingressFigures().sum(
                        "wallet_http_requests_total", route.merging(["status": "2xx"]) { $1 }) == 6
                }
                #expect(try await stack.standing(of: try #require(silent.command).description)?.status != "completed")
                try await stack.assertLedgerClean()
            }
        }

        @Test("every scenario of the bank's stand-in with callbacks, delays and lost answers pays out once")
        func withdrawals() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(10_000_00)
                let cases: [(branch: UInt64, standing: String)] = [
                    (90_005, "completed OK"), (90_006, "completed OK"), (90_007, "completed OK"),
                    (90_008, "completed OK"), (90_009, "completed OK"), (90_010, "completed OK"),
                    (90_011, "completed OK"), (90_012, "returned PAYOUT_RETURNED"),
                    (90_014, "returned PAYOUT_RETURNED"), (90_015, "returned PAYOUT_RETURNED"), (90_013, "sent OK"),
                ]
                var commands: [String] = []
                for item in cases {
                    let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: item.branch))
                    let reply = try await stack.post(
                        "/withdrawals", as: wallet.person, key: newKey(),
                        withdrawalJSON(wallet.id, beneficiary, 500_00, speed: "standard"))
                    commands.append(try #require(reply.command).description)
                }
                for (item, command) in zip(cases, commands) {
                    try await eventually("\(item) is reached", within: 90) {
                        let standing = try await stack.standing(of: command)
                        return standing.map { "\($0.status) \($0.code)" } == item.standing
                    }
                }
                // Three came back, one is on its way, seven are paid.
                #expect(try await stack.balance(wallet).total == 10_000_00 - 8 * 500_00)
                #expect(try await stack.systemBalance("payout_clearing") == 500_00)
                try await stack.assertLedgerClean()
            }
        }

        @Test("a bank transfer settles by the line that names its reference, once, and other money is not explained")
        func bankTransfers() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet()
                func topUp(_ method: String?) async throws -> Reply {
                    try await stack.post(
                        "/top-ups", as: wallet.person, key: newKey(),
                        topUpJSON(wallet.id, 100_00, paymentMethod: method))
                }
                for method in [nil, "pm_late", "pm_twice", "pm_two_lines"] {
                    let reply = try await topUp(method)
                    let decision = try await stack.awaitDecision(of: reply, as: wallet.person, within: 60)
                    #expect(decision.standing == "completed OK", "\(method ?? "none")")
                    let reference = try #require(decision["transfer_reference"]?.text)
                    #expect(TransferReference(reference)?.description == reference)
                }
                let open = [try await topUp("pm_wrong_amount"), try await topUp("pm_never")]
                // The second line, and the one of another amount.
                try await stack.awaitSuspense(100_00 + 100_01)
                #expect(try await stack.balance(wallet).available == 4 * 100_00)
                #expect(try await stack.systemBalance("omnibus") == -(4 * 100_00 + 100_00 + 100_01))
                for reply in open {
                    let waiting = try await stack.get(try #require(reply.statusURL), as: wallet.person)
                    #expect(waiting.data?["status"]?.text == "pending")
                }

                // The bank tells by itself, however the payer wrote it; the same line again is the same command.
                let never = try #require(open.last)
                let answer = try await stack.get(try #require(never.statusURL), as: wallet.person)
                let reference = try #require(answer.data?["transfer_reference"]?.text)
                let text = "virement \(reference.lowercased().replacing("-", with: "")) merci"
                let line = """
                    {"type":"line.booked","timestamp":"2026-11-22T12:00:00Z",\
                    "data":{"line":"LN-1","amount":\(moneyJSON(100_00)),"text":"\(text)"}}
                    """
                let bank = try stack.webhookSecrets(of: "BANK")
                for _ in 0..<2 {
                    #expect(try await stack.callback("/callbacks/payouts", line, signedBy: bank).status == 202)
                }
                #expect(try await stack.awaitDecision(of: never, as: wallet.person).standing == "completed OK")
                #expect(try await stack.callback("/callbacks/payouts", line, signedBy: bank).status == 202)
                let stray = line.replacing("LN-1", with: "LN-2").replacing(text, with: "pour le loyer")
                #expect(try await stack.callback("/callbacks/payouts", stray, signedBy: bank).status == 202)
                try await stack.awaitSuspense(100_00 + 100_01 + 100_00)
                #expect(try await stack.balance(wallet).available == 5 * 100_00)
                try await stack.assertLedgerClean()
            }
        }

        @Test("whatever order answers, callbacks, polls and crashes come in, each top-up is credited once")
        func crashes() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet()
                let methods = [
                    "pm_callback", "pm_late", "pm_timeout", "pm_callback_twice", "pm_at_once", "pm_wrong_order",
                ]
                var replies: [Reply] = []
                for _ in 0..<3 {
                    for method in methods {
                        replies.append(
                            try await stack.post(
                                "/top-ups", as: wallet.person, key: newKey(),
                                topUpJSON(wallet.id, 100_00, method: "card", paymentMethod: method)))
                    }
                    let fleet = try stack.process("wallet-fleet")
                    fleet.signal(SIGKILL)
                    _ = try await fleet.awaitEnd(within: 10)
                    try await stack.startFleet()
                }
                for (index, reply) in replies.enumerated() {
                    let decision = try await stack.awaitDecision(of: reply, as: wallet.person, within: 90)
                    #expect(decision.standing == "completed OK", "\(methods[index % methods.count])")
                }
                #expect(try await stack.balance(wallet).available == Int64(replies.count) * 98_00)
                #expect(try await stack.systemBalance("card_clearing") == -replies.count * 100_00)
                try await stack.assertLedgerClean()
            }
        }
    }
}
