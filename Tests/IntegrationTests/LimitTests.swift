// The tables of an operator's own, and limits that hold whatever comes at once.

import Domain
import Foundation
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Limits {
        /// One free transfer, then 25.00; level 2 sends 1,000.00 in a day or a month.
        private static let fees = """
            {"fee_tables":[{"version":7,"valid_from":"2026-01-01T00:00:00Z","free_transfers_per_month":1,
            "transfer_flat":2500,"payment_basis_points":150,"negotiated_payment_basis_points":100,
            "card_top_up_basis_points":200,"mobile_top_up_basis_points":150,"express_withdrawal_flat":20000}]}
            """
        private static let limits = """
            {"limit_tables":[{"version":9,"valid_from":"2026-01-01T00:00:00Z",
            "level_1":{"daily":1,"monthly":1},"level_2":{"daily":100000,"monthly":100000},
            "level_3":{"daily":null,"monthly":null}}]}
            """

        /// Runs a test on a wallet that is given these tables.
        private func withTables(_ body: (Stack) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "tables-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            var options = StackOptions()
            options.laneCount = 4
            // Its time is the system's, so that what is held stays held.
            options.extra = ["WALLET_SANDBOX_ADVANCE_SECONDS": "0"]
            for (variable, text) in [("WALLET_FEES", Self.fees), ("WALLET_LIMITS", Self.limits)] {
                let file = folder.appending(path: variable)
                try Data(text.utf8).write(to: file)
                options.extra[variable] = file.path()
            }
            try await Stack.with(options, body)
        }

        private func limits(_ stack: Stack, _ wallet: TestWallet) async throws -> JSON {
            try #require(try await stack.get("/wallets/\(wallet.id)/limits", as: wallet.person).data)
        }

        /// The wallet of a person at level 3, of which the sandbox knows by the id.
        private func openNegotiated(_ stack: Stack, _ amount: Int64) async throws -> TestWallet {
            try await stack.openWallet(amount, as: try stack.person(firstDigit: 0))
        }

        @Test("the tables that WALLET_FEES and WALLET_LIMITS name are applied, and every outcome tells their versions")
        func tables() async throws {
            try await withTables { stack in
                let payer = try await stack.openWallet(5_000_00)
                let payee = try await stack.openWallet()
                func transfer(_ amount: Int64) async throws -> JSON {
                    try await stack.decide(
                        "/transfers", as: payer.person, transferJSON(payer.id, payee.id, amount))
                }
                #expect(try await transfer(400_00)["fee"]?["amount"]?.integer == 0)
                let second = try await transfer(400_00)["fee"]
                #expect(second?["amount"]?.integer == 25_00 && second?["version"]?.integer == 7)
                let tooMuch = try await transfer(200_01)
                #expect(tooMuch.standing == "rejected LIMIT_DAILY" && tooMuch["field"]?.text == "amount")
                let before = try await limits(stack, payer)
                #expect(before["level"]?.integer == 2 && before["version"]?.integer == 9)
                for period in ["daily", "monthly"] {
                    #expect(before[period]?["limit"]?["amount"]?.integer == 1_000_00)
                    #expect(before[period]?["used"]?["amount"]?.integer == 800_00)
                    #expect(before[period]?["remaining"]?["amount"]?.integer == 200_00)
                }
                let reset = try #require(before["daily"]?["resets_at"]?.text)
                #expect(reset.hasSuffix("T23:00:00.000000Z"), "midnight in Algiers, not \(reset)")
                #expect(try await transfer(200_00).standing == "completed OK")
                #expect(try await limits(stack, payer)["daily"]?["remaining"]?["amount"]?.integer == 0)

                let negotiated = try await openNegotiated(stack, 2_000_00)
                let large = try await stack.decide(
                    "/transfers", as: negotiated.person, transferJSON(negotiated.id, payee.id, 1_500_00))
                #expect(large.standing == "completed OK")
                let none = try await limits(stack, negotiated)
                #expect(none["level"]?.integer == 3 && none["daily"]?["used"]?["amount"]?.integer == 1_500_00)
                #expect(none["daily"]?["limit"] == .null && none["monthly"]?["remaining"] == .null)

                let versions = try await stack.number(
                    """
                    SELECT count(*) FROM audit.outcomes WHERE transition LIKE 'transfer.%' AND limit_version = 9
                        AND (code = 'OK' AND fee_version = 7 AND limit_day IS NOT NULL
                            OR code = 'LIMIT_DAILY' AND fee_version IS NULL AND limit_day IS NULL)
                    """)
                #expect(versions == 5)
                let told = try await stack.streamEvents().filter { $0.name.hasPrefix("transfer.") }
                #expect(told.count == 5 && told.allSatisfy { $0.json["data"]?["limit_version"]?.integer == 9 })
                try await readers(stack, payer, payee)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        /// Limits are told to whom may read the wallet.
        private func readers(_ stack: Stack, _ payer: TestWallet, _ other: TestWallet) async throws {
            let foreign = try await stack.get("/wallets/\(payer.id)/limits", as: other.person)
            #expect(foreign.status == 403 && foreign.data == nil)
            let nobodys = try await stack.get(
                "/wallets/\(WalletID(high: 1, low: 1))/limits", as: payer.person)
            #expect(nobodys.status == 404)
        }

        @Test("of 64 commands of an owner at once, in different lanes, exactly those within the limit go through")
        func atOnceInDifferentLanes() async throws {
            try await withTables { stack in
                let root = try await stack.openWallet(6_000_00)
                let payee = try await stack.openWallet()
                let taxes = try await openSubWallet(stack, of: root)
                let move = """
                    {"from":{"wallet":"\(root.id)","bucket":"available"},
                    "to":{"wallet":"\(taxes)","bucket":"available"},"amount":\(moneyJSON(3_000_00))}
                    """
                #expect(try await stack.decide("/moves", as: root.person, move).standing == "completed OK")
                let beneficiary = try await addBeneficiary(stack, root, testRIB(branch: 10_001))
                let amount: Int64 = 30_00
                // Whoever publishes chooses the lane: a command in a lane that is not its wallet's is decided there.
                let withdrawals = try await stack.withCommander { commander in
                    let envelopes = try (0..<64).map { number in
                        let key = "limit-\(number)"
                        if number % 4 == 0 {
                            return try commander.envelope(
                                "withdrawal.submit.v1",
                                withdrawalJSON(root.id, beneficiary, amount, speed: "standard"), as: root.person.id,
                                key: key)
                        }
                        let from = number % 2 == 0 ? root.id : taxes
                        return try commander.envelope(
                            "transfer.submit.v1", transferJSON(from, payee.id, amount), as: root.person.id, key: key)
                    }
                    for round in 1...2 {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for (number, envelope) in envelopes.enumerated() {
                                group.addTask { try await commander.send(envelope, slot: UInt8(number * 4)) }
                            }
                            try await group.waitForAll()
                        }
                        let all = Set(envelopes.map(\.messageID))
                        try await eventually("all are decided, round \(round)") {
                            let isAll = try await decided(stack, all) == 64
                            let waiting = try await stack.waitingMessages()
                            return isAll && waiting == 0
                        }
                    }
                    return envelopes.filter { $0.content.type == "withdrawal.submit.v1" }.map(\.messageID)
                }
                let sent = try await stack.number(
                    """
                    SELECT count(*) FROM audit.outcomes
                    WHERE transition IN ('transfer.completed', 'withdrawal.held') AND limit_day IS NOT NULL
                    """)
                let refused = try await stack.number(
                    "SELECT count(*) FROM audit.outcomes WHERE code LIKE 'LIMIT!_%' ESCAPE '!' AND limit_version = 9")
                #expect(sent == 33 && refused == 31, "990.00 of 1,000.00")
                let lanes = try await stack.number(
                    "SELECT count(DISTINCT lane) FROM audit.outcomes WHERE limit_version IS NOT NULL")
                #expect(lanes == 4)
                #expect(try await limits(stack, root)["monthly"]?["used"]?["amount"]?.integer == 990_00)
                try await giveBack(stack, root, payee, withdrawals, amount)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        private func openSubWallet(_ stack: Stack, of root: TestWallet) async throws -> WalletID {
            let reply = try await stack.post(
                "/wallets/\(root.id)/sub-wallets", as: root.person, key: newKey(), #"{"name":"Taxes"}"#)
            try await stack.awaitDecision(of: reply, as: root.person)
            return try #require(reply.data?["wallet_id"]?.text.flatMap { WalletID($0) })
        }

        private func decided(_ stack: Stack, _ commands: Set<String>) async throws -> Int {
            let ids = commands.map { "'\($0)'" }.joined(separator: ",")
            return try await stack.number("SELECT count(*) FROM audit.commands WHERE command_id IN (\(ids))")
        }

        /// Cancels everything that is held: as much can be sent again, and no more.
        private func giveBack(
            _ stack: Stack, _ root: TestWallet, _ payee: TestWallet, _ withdrawals: [String], _ amount: Int64
        ) async throws {
            var left: Int64 = 10_00
            for withdrawal in withdrawals where try await stack.standing(of: withdrawal)?.status == "held" {
                let cancelled = try await stack.post(
                    "/withdrawals/\(withdrawal)/cancellation", as: root.person, key: newKey(),
                    #"{"wallet":"\#(root.id)"}"#)
                try await stack.awaitDecision(of: cancelled, as: root.person)
                left += amount
            }
            try #require(left > 10_00)
            #expect(try await limits(stack, root)["daily"]?["remaining"]?["amount"]?.integer == left)
            func transfer(_ amount: Int64) async throws -> String {
                try await stack.decide("/transfers", as: root.person, transferJSON(root.id, payee.id, amount)).standing
            }
            #expect(try await transfer(left + 1) == "rejected LIMIT_DAILY")
            #expect(try await transfer(left) == "completed OK")
            #expect(try await transfer(1) == "rejected LIMIT_DAILY")
        }
    }
}
