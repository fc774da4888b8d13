// Money from outside and to outside, in every way in which the outside world answers.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Scenarios {
        @Test("a top-up reaches its last state however the payment service answers, and the books fit")
        func topUps() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet()
                let amount: Int64 = 10_000_33
                // Fees of spec/wallet.md §2, half to even: 2 % of 1,000,033 is 20,000.66; 1.5 % is 15,000.495.
                let (cardFee, mobileFee): (Int64, Int64) = (200_01, 150_00)
                let never = try await stack.post(
                    "/top-ups", as: wallet.person, key: newKey(),
                    topUpJSON(wallet.id, amount, method: "card", paymentMethod: "pm_never"))
                let cases: [(method: String, paymentMethod: String?, standing: String)] = [
                    ("card", "pm_at_once", "completed OK"), ("card", nil, "completed OK"),
                    ("card", "pm_late", "completed OK"), ("card", "pm_twice", "completed OK"),
                    ("card", "pm_refused", "rejected CHARGE_DECLINED"), ("mobile", "pm_at_once", "completed OK"),
                    ("mobile", "pm_late", "completed OK"), ("bank_transfer", nil, "completed OK"),
                ]
                var replies: [Reply] = []
                for item in cases {
                    replies.append(
                        try await stack.post(
                            "/top-ups", as: wallet.person, key: newKey(),
                            topUpJSON(wallet.id, amount, method: item.method, paymentMethod: item.paymentMethod)))
                }
                for (item, reply) in zip(cases, replies) {
                    let decision = try await stack.awaitDecision(of: reply, as: wallet.person, within: 60)
                    #expect(decision.standing == item.standing, "\(item)")
                }
                let credited = 4 * (amount - cardFee) + 2 * (amount - mobileFee) + amount
                let balance = try await stack.balance(wallet)
                #expect(balance.available == credited && balance.pending == 0)
                #expect(try await stack.systemBalance("card_clearing") == -4 * Int(amount))
                #expect(try await stack.systemBalance("mobile_clearing") == -2 * Int(amount))
                #expect(try await stack.systemBalance("omnibus") == -Int(amount))
                #expect(try await stack.systemBalance("fee_revenue") == Int(4 * cardFee + 2 * mobileFee))
                // What is never answered stays as it is.
                let waiting = try await stack.get(try #require(never.statusURL), as: wallet.person)
                #expect(waiting.data?["status"]?.text == "pending")
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
                report("7", seed: 0, "\(cases.count + 1) top-ups")
            }
        }

        @Test("a withdrawal reaches its last state however the bank answers, and the books fit")
        func withdrawals() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(10_000_00)
                let (amount, express): (Int64, Int64) = (500_00, 200_00)
                // The branch names the scenario: docs/sandbox.md.
                let cases: [(branch: UInt64, speed: String, standing: String)] = [
                    (10_001, "standard", "completed OK"), (10_001, "express", "completed OK"),
                    (90_001, "standard", "completed OK"), (90_002, "standard", "completed OK"),
                    (90_003, "standard", "returned PAYOUT_RETURNED"), (90_003, "express", "returned PAYOUT_RETURNED"),
                    (90_004, "standard", "sent OK"),
                ]
                var beneficiaries: [UInt64: String] = [:]
                for branch in Set(cases.map(\.branch)) {
                    beneficiaries[branch] = try await addBeneficiary(stack, wallet, testRIB(branch: branch))
                }
                var replies: [Reply] = []
                for item in cases {
                    let beneficiary = try #require(beneficiaries[item.branch])
                    replies.append(
                        try await stack.post(
                            "/withdrawals", as: wallet.person, key: newKey(),
                            withdrawalJSON(wallet.id, beneficiary, amount, speed: item.speed)))
                }
                for (item, reply) in zip(cases, replies) {
                    let id = try #require(reply.command).description
                    try await eventually("\(item) is reached", within: 60) {
                        let standing = try await stack.standing(of: id)
                        return standing.map { "\($0.status) \($0.code)" } == item.standing
                    }
                }
                // Four went out, one is on its way, two came back without their fee.
                let balance = try await stack.balance(wallet)
                #expect(balance.available == 10_000_00 - 5 * amount - 2 * express)
                #expect(balance.pending == 0)
                #expect(try await stack.systemBalance("payout_clearing") == Int(amount))
                #expect(try await stack.systemBalance("omnibus") == -Int(10_000_00 - 4 * amount))
                #expect(try await stack.systemBalance("fee_revenue") == 2 * Int(express))
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
                report("7", seed: 0, "\(cases.count) withdrawals to \(beneficiaries.count) beneficiaries")
            }
        }

        @Test("a bank account that identity does not verify receives nothing")
        func unverified() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let added = try await stack.post(
                    "/beneficiaries", as: wallet.person, key: newKey(),
                    #"{"wallet":"\#(wallet.id)","rib":"\#(testRIB(branch: 10_001))","holder_name":"Refuse Me"}"#)
                try await stack.awaitDecision(of: added, as: wallet.person)
                let beneficiary = try #require(added.data?["beneficiary_id"]?.text)
                let refused = try await stack.decide(
                    "/withdrawals", as: wallet.person,
                    withdrawalJSON(wallet.id, beneficiary, 100_00, speed: "standard"))
                #expect(refused.standing == "rejected BENEFICIARY_NOT_VERIFIED")
                #expect(try await stack.balance(wallet).available == 1_000_00)
                try await stack.assertLedgerClean()
            }
        }
    }
}
