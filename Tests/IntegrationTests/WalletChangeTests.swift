// Wallets that are stopped, released, divided and closed, from HTTP to the books.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct WalletChanges {
        @Test("a frozen wallet takes money and gives none, and whom compliance stopped its owner cannot release")
        func freezing() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(100_00)
                let other = try await stack.openWallet(100_00)
                func change(_ act: String) async throws -> String {
                    try await stack.decide("/wallets/\(wallet.id)/\(act)", as: wallet.person, "{}").standing
                }
                func transfer(_ from: TestWallet, _ to: TestWallet) async throws -> String {
                    try await stack.decide("/transfers", as: from.person, transferJSON(from.id, to.id, 10_00)).standing
                }
                func comply(_ act: String) async throws {
                    let reply = try await stack.request(
                        "POST", "/wallets/\(wallet.id)/\(act)", token: try stack.operatorToken("compliance"),
                        key: newKey(), body: Array(#"{"reason":"suspicious turnover"}"#.utf8))
                    #expect(reply.status == 202)
                    let id = try #require(reply.command)
                    try await eventually("\(act) is decided") {
                        try await stack.standing(of: id.description).map { $0.code } == "OK"
                    }
                }
                #expect(try await change("freeze") == "completed OK")
                #expect(
                    try await stack.get("/wallets/\(wallet.id)", as: wallet.person).data?["status"]?.text == "frozen")
                #expect(try await transfer(wallet, other) == "rejected WALLET_FROZEN")
                #expect(try await transfer(other, wallet) == "completed OK")
                #expect(try await change("unfreeze") == "completed OK")
                #expect(try await transfer(wallet, other) == "completed OK")
                #expect(try await change("unfreeze") == "rejected WALLET_NOT_FROZEN")
                try await comply("freeze")
                #expect(try await change("unfreeze") == "rejected NOT_PERMITTED")
                try await comply("unfreeze")
                #expect(
                    try await stack.get("/wallets/\(wallet.id)", as: wallet.person).data?["status"]?.text == "active")
                let events = try await stack.streamEvents()
                let texts = events.map { String(decoding: $0.body, as: UTF8.self) }
                #expect(texts.contains { $0.contains("wallet.frozen") })
                #expect(!texts.contains { $0.contains("suspicious") }, "no event tells why a wallet was frozen")
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("what the cache holds is not shown after the wallet's status has changed")
        func cachedStatus() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(100_00)
                for act in ["freeze", "unfreeze", "freeze"] {
                    _ = try await stack.get("/wallets/\(wallet.id)", as: wallet.person)
                    _ = try await stack.decide("/wallets/\(wallet.id)/\(act)", as: wallet.person, "{}")
                    let expected = act == "freeze" ? "frozen" : "active"
                    try await eventually("the status is \(expected)", within: 2) {
                        try await stack.get("/wallets/\(wallet.id)", as: wallet.person).data?["status"]?.text
                            == expected
                    }
                }
                try await stack.assertLedgerClean()
            }
        }

        @Test("a root wallet is closed last and empty, and what is closed stays closed")
        func subWalletsAndClosing() async throws {
            try await Stack.with { stack in
                let root = try await stack.openWallet(100_00)
                let opening = try await stack.post(
                    "/wallets/\(root.id)/sub-wallets", as: root.person, key: newKey(), #"{"name":"Taxes"}"#)
                #expect(try await stack.awaitDecision(of: opening, as: root.person).standing == "completed OK")
                let id = try #require(opening.data?["wallet_id"]?.text.flatMap { WalletID($0) })
                let taxes = TestWallet(person: root.person, id: id)
                func move(_ from: WalletID, _ to: WalletID, _ amount: Int64) async throws -> String {
                    let places = #""from":{"wallet":"\#(from)","bucket":"available"},"#
                    let rest = #""to":{"wallet":"\#(to)","bucket":"available"},"amount":\#(moneyJSON(amount))"#
                    return try await stack.decide("/moves", as: root.person, "{\(places)\(rest)}").standing
                }
                func close(_ wallet: TestWallet) async throws -> String {
                    try await stack.decide("/wallets/\(wallet.id)/close", as: wallet.person, "{}").standing
                }
                #expect(try await move(root.id, id, 100_00) == "completed OK")
                #expect(try await stack.balance(taxes).available == 100_00)
                #expect(try await stack.get("/wallets", as: root.person).json?["data"]?.elements?.count == 2)
                #expect(try await close(root) == "rejected WALLET_NOT_EMPTY")
                #expect(try await close(taxes) == "rejected WALLET_NOT_EMPTY")
                let other = try await stack.openWallet()
                let spent = try await stack.decide(
                    "/transfers", as: root.person, transferJSON(taxes.id, other.id, 100_00))
                #expect(spent.standing == "completed OK")
                #expect(try await close(taxes) == "completed OK")
                #expect(try await close(root) == "completed OK")
                #expect(try await close(root) == "rejected WALLET_CLOSED")
                let late = try await stack.decide("/transfers", as: other.person, transferJSON(other.id, root.id, 1_00))
                #expect(late.standing == "rejected WALLET_CLOSED")
                try await stack.assertLedgerClean()
            }
        }

        @Test("a withdrawal cancelled while it is being sent ends in exactly one of the two")
        func cancellation() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                let fates = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<12 { group.addTask { try await race(stack, wallet, beneficiary) } }
                    return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
                }
                #expect(
                    Set(fates.keys).isSubset(of: [
                        "cancelled CANCELLED, cancelled CANCELLED", "rejected ALREADY_FINAL, completed OK",
                    ]))
                let completed = fates["rejected ALREADY_FINAL, completed OK", default: 0]
                let balance = try await stack.balance(wallet)
                #expect(balance.available == 1_000_00 - Int64(completed) * 10_00 && balance.pending == 0)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
                report("cancellation", seed: 0, "\(12 - completed) of 12 taken back")
            }
        }

        /// A withdrawal and its cancellation, one right after the other.
        private func race(_ stack: Stack, _ wallet: TestWallet, _ beneficiary: String) async throws -> String {
            let withdrawal = try await stack.post(
                "/withdrawals", as: wallet.person, key: newKey(),
                withdrawalJSON(wallet.id, beneficiary, 10_00, speed: "standard"))
            let id = try #require(withdrawal.command)
            let cancellation = try await stack.post(
                "/withdrawals/\(id)/cancellation", as: wallet.person, key: newKey(), #"{"wallet":"\#(wallet.id)"}"#)
            let decision = try await stack.awaitDecision(of: cancellation, as: wallet.person)
            let fate = try await stack.awaitDecision(of: withdrawal, as: wallet.person)
            return "\(decision.standing), \(fate.standing)"
        }
    }
}
