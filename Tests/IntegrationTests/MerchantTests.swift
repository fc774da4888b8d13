// Merchants: payments and what comes back of them, teams, moves and bulk transfers, from HTTP to the books.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Merchants {
        @Test("a payment is made once for a reference, given back in parts to the centime, and never more than it was")
        func paymentsAndRefunds() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let shop = try await openBusiness(stack)
                let body = paymentJSON(payer.id, shop.id, 333_33, reference: "INV-1")
                let payment = try await stack.post("/payments", as: payer.person, key: newKey(), body)
                let paid = try await stack.awaitDecision(of: payment, as: payer.person)
                #expect(paid.standing == "completed OK")
                #expect(paid["fee"]?["amount"]?.integer == 0, "the fee is the merchant's")
                // 1.5 % of 33,333 is 499.995.
                #expect(try await stack.balance(shop).available == 333_33 - 5_00)
                let again = try await stack.decide("/payments", as: payer.person, body)
                #expect(again.standing == "rejected REFERENCE_PAID" && again["field"]?.text == "reference")

                let id = try #require(payment.command)
                for amount: Int64 in [111_11, 111_11, 111_11] {
                    let refund = try await stack.decide(
                        "/payments/\(id)/refunds", as: shop.person, refundJSON(shop.id, amount))
                    #expect(refund.standing == "completed OK")
                }
                let more = try await stack.decide("/payments/\(id)/refunds", as: shop.person, refundJSON(shop.id, 1))
                #expect(more.standing == "rejected REFUND_EXCEEDS_PAYMENT")
                #expect(try await stack.balance(payer).available == 1_000_00)
                #expect(try await stack.balance(shop).available == 0)
                #expect(try await stack.systemBalance("fee_revenue") == 0)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("a merchant's code is paid as it says, and once")
        func codes() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let shop = try await openBusiness(stack)
                func make(_ wallet: TestWallet, _ body: String) async throws -> Reply {
                    try await stack.request(
                        "POST", "/wallets/\(wallet.id)/qr-codes", token: wallet.person.token, body: Array(body.utf8))
                }
                let made = try await make(shop, #"{"amount":\#(moneyJSON(250_00)),"reference":"T-12"}"#)
                let code = try #require(made.data?["qr"]?.text)
                #expect(try await make(payer, "{}").json?["error"]?["code"]?.text == "NOT_A_BUSINESS")
                #expect(try await make(shop, #"{"name":"caf\u00e9"}"#).status == 400)
                func pay(_ amount: Int64) -> String {
                    #"{"from":"\#(payer.id)","to":"\#(shop.id)","amount":\#(moneyJSON(amount)),"qr":"\#(code)"}"#
                }
                let other = try await stack.post("/payments", as: payer.person, key: newKey(), pay(249_00))
                #expect(other.status == 400 && other.json?["error"]?["details"]?["field"]?.text == "amount")
                #expect(try await stack.decide("/payments", as: payer.person, pay(250_00)).standing == "completed OK")
                let again = try await stack.decide("/payments", as: payer.person, pay(250_00))
                #expect(again.standing == "rejected REFERENCE_PAID")
                try await stack.assertLedgerClean()
            }
        }

        @Test("a refund that overtakes its payment waits for it, and one of a payment that never comes is refused")
        func overtaking() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let shop = try await openBusiness(stack)
                // The payment's id is known before it is sent: it follows from the key.
                let key = newKey()
                let id = CommandID(client: TokenMint.Claims().client, subject: payer.person.id.description, key: key)
                let refund = try await stack.post(
                    "/payments/\(id)/refunds", as: shop.person, key: newKey(), refundJSON(shop.id, 100_00))
                #expect(refund.status == 202)
                try await eventually("the refund waits") { try await stack.waitingMessages() == 0 }
                let payment = try await stack.decide(
                    "/payments", as: payer.person, key: key, paymentJSON(payer.id, shop.id, 100_00))
                #expect(payment.standing == "completed OK")
                try #require(payment["command_id"]?.text == id.description)
                let refunded = try await stack.awaitDecision(of: refund, as: shop.person)
                #expect(refunded.standing == "completed OK")
                #expect(try await stack.balance(payer).available == 1_000_00)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("an accepted dispute gives back what is left of the payment, once, and an operator may decide it")
        func disputes() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let shop = try await openBusiness(stack)
                let payment = try await stack.post(
                    "/payments", as: payer.person, key: newKey(), paymentJSON(payer.id, shop.id, 200_00))
                try await stack.awaitDecision(of: payment, as: payer.person)
                let id = try #require(payment.command)
                _ = try await stack.decide("/payments/\(id)/refunds", as: shop.person, refundJSON(shop.id, 50_00))

                let opening = #"{"wallet":"\#(payer.id)","payment":"\#(id)","reason":"never came"}"#
                let dispute = try await stack.post("/disputes", as: payer.person, key: newKey(), opening)
                let disputeID = try #require(dispute.command)
                try await eventually("the dispute is open") {
                    try await stack.standing(of: disputeID.description).map { $0.status } == "pending"
                }
                for (person, status) in [(payer.person, 200), (shop.person, 200), (try stack.person(), 404)] {
                    let shown = try await stack.get("/disputes/\(disputeID)", as: person)
                    #expect(shown.status == status)
                    if status == 200 { #expect(shown.data?["amount"]?["amount"]?.integer == 150_00) }
                }
                let ofShop = try await stack.get("/disputes?wallet=\(shop.id)", as: shop.person)
                #expect(ofShop.data?.elements?.map { $0["reason"]?.text } == ["never came"])
                #expect(try await stack.get("/disputes?wallet=\(shop.id)", as: payer.person).status == 403)
                let second = try await stack.decide("/disputes", as: payer.person, opening)
                #expect(second.standing == "rejected DISPUTE_OPEN")
                let close = try await stack.decide("/wallets/\(shop.id)/close", as: shop.person, "{}")
                #expect(close.standing == "rejected WALLET_NOT_EMPTY")

                let step = #"{"wallet":"\#(shop.id)","text":"it was sent on Monday"}"#
                let answer = try await stack.post("/disputes/\(disputeID)/answer", as: shop.person, key: newKey(), step)
                #expect(answer.status == 202)
                try await eventually("the merchant has answered") {
                    try await stack.standing(of: disputeID.description).map { $0.status } == "in_review"
                }
                let mine = try await stack.decide("/disputes/\(disputeID)/reject", as: shop.person, step)
                #expect(mine.standing == "rejected NOT_PERMITTED", "a merchant does not judge its own dispute")
                let judged = try await stack.request(
                    "POST", "/disputes/\(disputeID)/accept", token: try stack.operatorToken("operator"), key: newKey(),
                    body: Array(#"{"wallet":"\#(shop.id)"}"#.utf8))
                #expect(judged.status == 202)
                try await eventually("the dispute is decided") {
                    try await stack.standing(of: disputeID.description).map { $0.status } == "completed"
                }
                #expect(try await stack.balance(payer).available == 1_000_00)
                #expect(try await stack.balance(shop).available == 0)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("a manager moves a merchant's money, a viewer looks at it, and neither once removed")
        func teams() async throws {
            try await Stack.with { stack in
                let shop = try await openBusiness(stack)
                try await stack.topUp(shop, 500_00)
                let other = try await stack.openWallet()
                let helper = try stack.person()
                func transfer() async throws -> Reply {
                    try await stack.post(
                        "/transfers", as: helper, key: newKey(), transferJSON(shop.id, other.id, 10_00))
                }
                func set(_ role: String) async throws {
                    let decision = try await stack.decide(
                        "/wallets/\(shop.id)/members", as: shop.person, #"{"user":"\#(helper.id)","role":"\#(role)"}"#)
                    #expect(decision.standing == "completed OK")
                }
                #expect(try await transfer().status == 403)
                #expect(try await stack.get("/wallets/\(shop.id)", as: helper).status == 403)
                try await set("manager")
                #expect(try await stack.awaitDecision(of: transfer(), as: helper).standing == "completed OK")
                #expect(try await stack.get("/wallets", as: helper).json?["data"]?.elements?.count == 1)
                try await set("viewer")
                #expect(try await stack.get("/wallets/\(shop.id)", as: helper).status == 200)
                #expect(try await transfer().status == 403)
                let listed = try await stack.get("/wallets/\(shop.id)/members", as: helper)
                #expect(listed.data?["members"]?.elements?.compactMap { $0["role"]?.text } == ["owner", "viewer"])
                let manage = try await stack.post("/wallets/\(shop.id)/close", as: helper, key: newKey(), "{}")
                #expect(manage.status == 403)
                let removal = try await stack.request(
                    "DELETE", "/wallets/\(shop.id)/members/\(helper.id)", token: shop.person.token, key: newKey())
                #expect(try await stack.awaitDecision(of: removal, as: shop.person).standing == "completed OK")
                #expect(try await stack.get("/wallets/\(shop.id)", as: helper).status == 403)
                #expect(try await stack.get("/wallets", as: helper).json?["data"]?.elements?.count == 0)
                try await stack.assertLedgerClean()
            }
        }

        @Test("a bulk has an outcome for each leg; all or nothing means that")
        func bulk() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(100_00)
                let payees = [try await stack.openWallet(), try await stack.openWallet(), try await stack.openWallet()]
                func body(_ isAllOrNothing: Bool, _ amount: Int64) -> String {
                    let legs = payees.map { #"{"to":{"wallet":"\#($0.id)"},"amount":\#(moneyJSON(amount))}"# }
                    let list = legs.joined(separator: ",")
                    return #"{"from":"\#(payer.id)","all_or_nothing":\#(isAllOrNothing),"legs":[\#(list)]}"#
                }
                let refused = try await stack.decide("/bulk-transfers", as: payer.person, body(true, 40_00))
                #expect(refused.standing == "rejected INSUFFICIENT_FUNDS")
                #expect(refused["field"]?.text == "legs[2].amount")
                #expect(try await stack.balance(payer).available == 100_00)
                let partly = try await stack.post(
                    "/bulk-transfers", as: payer.person, key: newKey(), body(false, 40_00))
                let decision = try await stack.awaitDecision(of: partly, as: payer.person)
                #expect(decision.standing == "partly_completed OK")
                #expect(try await stack.balance(payer).available == 20_00)
                let id = try #require(partly.command)
                let legs = try await (0..<3).asyncMap { index in
                    try await stack.get("/commands/\(CommandID(ofLeg: index, of: id))", as: payer.person).data?.standing
                }
                #expect(legs == ["completed OK", "completed OK", "rejected INSUFFICIENT_FUNDS"])
                for (payee, amount) in zip(payees, [40_00, 40_00, 0] as [Int64]) {
                    #expect(try await stack.balance(payee).available == amount)
                }
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        private func openBusiness(_ stack: Stack) async throws -> TestWallet {
            let person = try stack.person()
            let reply = try await stack.post(
                "/wallets", as: person, key: newKey(), #"{"type":"business","currency":"DZD","name":"A Shop"}"#)
            let id = try #require(reply.data?["wallet_id"]?.text.flatMap { WalletID($0) })
            #expect(try await stack.awaitDecision(of: reply, as: person).standing == "completed OK")
            return TestWallet(person: person, id: id)
        }

        private func paymentJSON(_ from: WalletID, _ to: WalletID, _ amount: Int64, reference: String? = nil) -> String
        {
            let reference = reference.map { #","reference":"\#($0)""# } ?? ""
            return #"{"from":"\#(from)","to":"\#(to)","amount":\#(moneyJSON(amount))\#(reference)}"#
        }

        private func refundJSON(_ wallet: WalletID, _ amount: Int64) -> String {
            #"{"wallet":"\#(wallet)","amount":\#(moneyJSON(amount)),"reason":"broken"}"#
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
