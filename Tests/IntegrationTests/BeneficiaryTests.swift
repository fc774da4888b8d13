// Bank accounts that money may not go to: each is told why, and nothing is left behind.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Accounts {
        private func beneficiaryJSON(_ wallet: WalletID, _ rib: String) -> String {
            #"{"wallet":"\#(wallet)","rib":"\#(rib)","holder_name":"A Holder"}"#
        }

        @Test(
            "a wrong key, an unknown bank and an account too new for express are refused by name, and nothing is left")
        func refusals() async throws {
            var options = StackOptions()
            options.laneCount = 2
            options.extra = ["WALLET_EXPRESS_BENEFICIARY_HOURS": "24"]
            try await Stack.with(options) { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let right = testRIB(branch: 10_001)
                let wrongKey = String(right.dropLast(2)) + "98"
                let unknownBank = "999" + right.dropFirst(3)
                for (rib, field) in [(wrongKey, "rib"), (unknownBank, "rib.bank")] {
                    let refused = try await stack.post(
                        "/beneficiaries", as: wallet.person, key: newKey(), beneficiaryJSON(wallet.id, rib))
                    #expect(refused.status == 422 && refused.code == "RIB_INVALID" && refused.field == field)
                    // Past the ingress the lane says the same.
                    try await stack.withCommander { commander in
                        let envelope = try commander.envelope(
                            "beneficiary.add.v1", beneficiaryJSON(wallet.id, rib), as: wallet.person.id, key: newKey())
                        let id = try await commander.send(envelope, slot: wallet.id.lastByte)
                        try await eventually("it is refused", within: 20) {
                            try await stack.standing(of: id.description)?.code == "RIB_INVALID"
                        }
                    }
                }
                #expect(try await stack.number("SELECT count(*) FROM ledger.beneficiaries") == 0)

                let new = try await addBeneficiary(stack, wallet, right)
                let express = try await stack.decide(
                    "/withdrawals", as: wallet.person, withdrawalJSON(wallet.id, new, 100_00, speed: "express"))
                #expect(express.standing == "rejected BENEFICIARY_TOO_NEW" && express["field"]?.text == "beneficiary")
                #expect(try await stack.number("SELECT count(*) FROM ledger.movements WHERE kind = 2") == 0)
                let balance = try await stack.balance(wallet)
                #expect(balance.available == 1_000_00 && balance.pending == 0)
                let standard = try await stack.decide(
                    "/withdrawals", as: wallet.person, withdrawalJSON(wallet.id, new, 100_00, speed: "standard"))
                #expect(standard.standing == "completed OK")
                try await stack.assertLedgerClean()
            }
        }

        @Test("an account that was removed takes nothing new, and what is held for it goes out")
        func removal() async throws {
            var options = StackOptions()
            options.laneCount = 2
            options.extra = ["WALLET_SANDBOX_ADVANCE_SECONDS": "0"]
            try await Stack.with(options) { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let stranger = try await stack.openWallet()
                let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                let held = try await stack.post(
                    "/withdrawals", as: wallet.person, key: newKey(),
                    withdrawalJSON(wallet.id, beneficiary, 100_00, speed: "standard"))
                let path = "/beneficiaries/\(beneficiary)"
                let foreign = try await stack.request("DELETE", path, token: stranger.person.token, key: newKey())
                #expect(foreign.status == 404 && foreign.code == "BENEFICIARY_NOT_FOUND")
                let key = newKey()
                let removed = try await stack.request("DELETE", path, token: wallet.person.token, key: key)
                let decision = try await stack.awaitDecision(of: removed, as: wallet.person)
                #expect(decision.standing == "completed OK")
                let again = try await stack.request("DELETE", path, token: wallet.person.token, key: key)
                #expect(again.status == 202 && again.command == removed.command)
                let twice = try await stack.request("DELETE", path, token: wallet.person.token, key: newKey())
                let refused = try await stack.awaitDecision(of: twice, as: wallet.person)
                #expect(refused.standing == "rejected BENEFICIARY_NOT_FOUND")

                let list = try await stack.get("/beneficiaries?wallet=\(wallet.id)", as: wallet.person)
                #expect(list.status == 200 && list.data?.elements?.isEmpty == true)
                let shown = try await stack.get(path, as: wallet.person)
                #expect(shown.data?["removed_at"] != nil)
                let late = try await stack.decide(
                    "/withdrawals", as: wallet.person, withdrawalJSON(wallet.id, beneficiary, 1_00, speed: "standard"))
                #expect(late.standing == "rejected BENEFICIARY_NOT_FOUND")
                try await stack.letPass(days: 8)
                let id = try #require(held.command).description
                try await eventually("it goes out", within: 20) {
                    try await stack.standing(of: id)?.status == "completed"
                }
                try await stack.assertLedgerClean()
            }
        }
    }
}
