// The operator's own books, adjustments by hand and chargebacks, from the admin API to the ledger.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct OperatorsBooks {
        @Test("an emptied wallet's chargeback freezes it, later credits pay the claim first, and it is won back once")
        func chargebacks() async throws {
            try await Stack.with { stack in
                let (payer, friend) = (try await stack.openWallet(), try await stack.openWallet())
                let topUp = try await stack.post(
                    "/top-ups", as: payer.person, key: newKey(), topUpJSON(payer.id, 1_000_00, method: "card"))
                #expect(try await stack.awaitDecision(of: topUp, as: payer.person).standing == "completed OK")
                let id = try #require(topUp.command)
                _ = try await stack.decide("/transfers", as: payer.person, transferJSON(payer.id, friend.id, 700_00))

                let body = #"{"wallet":"\#(payer.id)"}"#
                let chargeback = try await stack.decideAsOperator("/top-ups/\(id)/chargeback", body)
                #expect(chargeback.standing == "returned CHARGED_BACK")
                #expect(try await stack.get("/wallets/\(payer.id)", as: payer.person).data?["status"]?.text == "frozen")
                #expect(try await stack.systemBalance("chargebacks") == -720_00)
                let shown = try await stack.get("/commands/\(id)", as: payer.person).data
                #expect(shown?["status"]?.text == "returned" && shown?["code"]?.text == "CHARGED_BACK")
                let again = try await stack.decideAsOperator("/top-ups/\(id)/chargeback", body)
                #expect(again.standing == "rejected ALREADY_FINAL")

                _ = try await stack.decide("/transfers", as: friend.person, transferJSON(friend.id, payer.id, 500_00))
                #expect(try await stack.balance(payer).available == 0)
                #expect(try await stack.systemBalance("chargebacks") == -220_00)
                let won = try await stack.decideAsOperator("/top-ups/\(id)/chargeback/reversal", body)
                #expect(won.standing == "completed CHARGEBACK_WON")
                #expect(try await stack.balance(payer).available == 780_00)
                #expect(try await stack.systemBalance("chargebacks") == 0)
                let twice = try await stack.decideAsOperator("/top-ups/\(id)/chargeback/reversal", body)
                #expect(twice.standing == "rejected ALREADY_FINAL")
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("an adjustment moves money when another operator approves it, and walletctl says so by its exit code")
        func adjustments() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(100_00)
                func adjust(_ arguments: String...) async throws -> (code: Int32, output: String) {
                    try await stack.walletctl(["adjust"] + arguments)
                }
                let (anna, omar) = (
                    "00000000-0000-4000-8000-0000000000a1", "00000000-0000-4000-8000-0000000000a2"
                )
                let proposal = try await adjust(
                    "propose", "\(wallet.id)", "credit", "4250", "--reason", "counted twice", "--sub", anna, "--json")
                try #require(proposal.code == 0, "\(proposal.output)")
                let id = try #require(try JSON(parsing: Array(proposal.output.utf8))["command_id"]?.text)
                #expect(try await stack.balance(wallet).available == 100_00)
                let own = try await adjust("approve", id, "\(wallet.id)", "--yes", "--sub", anna)
                #expect(own.code == 1 && own.output.contains("SAME_OPERATOR"))
                let list = try await adjust("list")
                #expect(list.output.contains(id) && list.output.contains("counted twice"))
                let approval = try await adjust("approve", id, "\(wallet.id)", "--yes", "--sub", omar)
                #expect(approval.code == 0 && approval.output.contains("completed OK"), "\(approval.output)")
                #expect(try await stack.balance(wallet).available == 142_50)
                #expect(try await stack.systemBalance("suspense") == -42_50)
                let late = try await adjust("reject", id, "\(wallet.id)", "--sub", anna)
                #expect(late.code == 1 && late.output.contains("ALREADY_FINAL"))
                try await stack.assertLedgerClean()
            }
        }

        @Test("what the bank and the networks do is booked, and fees leave only as far as customers stay covered")
        func books() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet()
                _ = try await stack.decide(
                    "/top-ups", as: wallet.person, topUpJSON(wallet.id, 1_000_00, method: "card"))
                func book(_ path: String, _ amount: Int64, _ more: String = #""reference":"r-1""#) async throws
                    -> String
                {
                    try await stack.decideAsOperator(path, #"{"amount":\#(moneyJSON(amount)),\#(more)}"#).standing
                }
                let settlement = """
                    "account":"card_clearing","commission":\(moneyJSON(12_00)),"reference":"SATIM-7"
                    """
                #expect(try await book("/settlements", 1_000_00, settlement) == "completed OK")
                #expect(try await book("/bank-charges", 1_00) == "completed OK")
                #expect(try await book("/fee-sweeps", 7_01) == "rejected SAFEGUARDING")
                #expect(try await book("/fee-sweeps", 7_00) == "completed OK")
                // It came in as a line that nobody could explain.
                let explained = #""reference":"2026-11-22/8","against":"suspense""#
                #expect(try await book("/own-funds", 5_00, explained) == "rejected INSUFFICIENT_FUNDS")
                #expect(
                    try await book("/lines", 5_00, #""direction":"credit","line":"2026-11-22/8""#) == "completed OK")
                #expect(try await book("/own-funds", 5_00, explained) == "completed OK")
                #expect(
                    try await book("/lines", 3_00, #""direction":"credit","line":"2026-11-22/9""#) == "completed OK")
                #expect(
                    try await book("/line-returns", 3_01, #""reference":"9","reason":"?""#)
                        == "rejected INSUFFICIENT_FUNDS")
                #expect(try await book("/line-returns", 3_00, #""reference":"9","reason":"?""#) == "completed OK")
                #expect(try await book("/line-returns/confirmations", 3_00) == "completed OK")
                for (account, balance) in [
                    ("card_clearing", 0), ("bank_charges", -13_00), ("fee_revenue", 13_00), ("own_funds", 5_00),
                    ("suspense", 0), ("payout_clearing", 0), ("omnibus", -985_00),
                ] {
                    #expect(try await stack.systemBalance(account) == balance, "\(account)")
                }
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("who has not the role, or asks for what cannot be, is told so and leaves nothing behind")
        func refusals() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet()
                let before = try await stack.outcomeCount()
                let money = moneyJSON(1_00)
                func settlement(_ account: String = "card_clearing", _ more: String = "") -> String {
                    #"{"account":"\#(account)","amount":\#(money),\#(more)"reference":"r"}"#
                }
                let named = #"{"wallet":"\#(wallet.id)"}"#
                let tooMuch = settlement("card_clearing", #""commission":\#(moneyJSON(1_01)),"#)
                let noReason = #"{"wallet":"\#(wallet.id)","direction":"credit","amount":\#(money)}"#
                for (role, path, body, status, field) in [
                    ("reader", "/settlements", settlement(), 403, nil),
                    ("approver", "/fee-sweeps", settlement(), 403, nil),
                    ("operator", "/adjustments/\(wallet.id)/approval", named, 403, nil),
                    ("operator", "/settlements", settlement("omnibus"), 400, "account"),
                    ("operator", "/settlements", tooMuch, 400, "commission.amount"),
                    ("operator", "/lines", #"{"direction":"sideways","amount":\#(money)}"#, 400, "direction"),
                    ("operator", "/own-funds", #"{"amount":\#(moneyJSON(0)),"reference":"r"}"#, 400, "amount.amount"),
                    ("operator", "/adjustments", noReason, 400, "reason"),
                    ("operator", "/top-ups/nonsense/chargeback", named, 404, nil),
                ] as [(String, String, String, Int, String?)] {
                    let reply = try await stack.adminRequest(
                        "POST", path, token: try stack.operatorToken(role), key: newKey(), body: Array(body.utf8))
                    #expect(reply.status == status, "\(path) by \(role): \(reply)")
                    let blamed = reply.json?["error"]?["details"]?["field"]?.text
                    if let field { #expect(blamed == field, "\(path): \(reply)") }
                }
                let user = try await stack.adminRequest(
                    "POST", "/own-funds", token: wallet.person.token, key: newKey(), body: Array(settlement().utf8))
                #expect(user.status == 403)
                #expect(try await stack.outcomeCount() == before)
            }
        }
    }
}

extension Stack {
    /// Submits a command through the admin API and follows it until it is decided.
    fileprivate func decideAsOperator(_ path: String, _ body: String) async throws -> JSON {
        let token = try operatorToken("operator")
        let reply = try await adminRequest("POST", path, token: token, key: newKey(), body: Array(body.utf8))
        guard reply.status == 202, let id = reply.command else { throw Failure("not accepted: \(reply)") }
        var last: JSON?
        try await eventually("\(path) is decided") {
            last = try await adminRequest("GET", "/commands/\(id)?wait=5", token: token).data
            return last?["decided_at"] != nil
        }
        guard let last else { throw Failure("no status") }
        return last
    }
}
