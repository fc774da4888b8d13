// What people read is what was decided, whatever Redis holds and whoever is away.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Reading {
        @Test("a wallet shows what its last command said, with Redis full, flushed, forged or gone")
        func sameBalanceEverywhere() async throws {
            var options = StackOptions()
            options.ownsRedis = true
            try await Stack.with(options) { stack in
                let payer = try await stack.openWallet(10_000_00)
                let payee = try await stack.openWallet()
                var transfers = 0
                func transferAndCompare(_ circumstance: String) async throws {
                    let decision = try await stack.decide(
                        "/transfers", as: payer.person, transferJSON(payer.id, payee.id, 10_00))
                    transfers += 1
                    let told = try #require(ShownBalance(decision["wallets"]?.elements?.first), "\(circumstance)")
                    let shown = try await stack.balance(payer)
                    #expect(shown == told, "\(circumstance)")
                    #expect(decision["wallets"]?.elements?.count == 1, "only the caller's own wallet is shown")
                    // Who has not been told of it yet may read a balance of a moment ago from Redis.
                    try await eventually("the payee's balance follows, \(circumstance)", within: 5) {
                        try await stack.balance(payee).available == Int64(transfers) * 10_00
                    }
                }
                for _ in 0..<5 { try await transferAndCompare("with Redis") }
                for _ in 0..<3 {
                    try await stack.flushRedis()
                    try await transferAndCompare("flushed")
                }
                try await stack.process("redis-server").kill()
                for _ in 0..<3 { try await transferAndCompare("without Redis") }
                try await stack.restartRedis()
                for _ in 0..<3 { try await transferAndCompare("Redis is back") }

                try await believesRedisOnlyWhenFresh(stack, payer, payee)
                transfers += 1
                try await transferAndCompare("at the end")
                try await stack.assertLedgerClean()
                report("8", seed: 0, "\(transfers) transfers compared")
            }
        }

        /// Waits until balances are answered from Redis, and then forges an old one.
        private func believesRedisOnlyWhenFresh(
            _ stack: Stack, _ payer: TestWallet, _ payee: TestWallet
        ) async throws {
            let key = "wallet:balance:\(payer.id)"
            try await eventually("a balance is answered from Redis", within: 60) {
                _ = try await stack.balance(payer)
                guard let cached = try await stack.getFromRedis(key) else { return false }
                // A member that only Redis can have put there.
                try await stack.setInRedis(key, cached.replacing("\"version\"", with: "\"marked\":1,\"version\""))
                return try await stack.get("/wallets/\(payer.id)", as: payer.person).data?["marked"] != nil
            }
            let old = try #require(try await stack.getFromRedis(key))
            let decision = try await stack.decide(
                "/transfers", as: payer.person, transferJSON(payer.id, payee.id, 10_00))
            try await stack.setInRedis(key, old)
            let told = try #require(ShownBalance(decision["wallets"]?.elements?.first))
            #expect(try await stack.balance(payer) == told, "an older balance in Redis is not shown")
        }

        @Test("a receipt shows that a command was accepted before there is any row of it, to its caller alone")
        func receipts() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                try await stack.stopFleets()
                let outcomes = try await stack.outcomeCount()

                let reply = try await stack.post(
                    "/transfers", as: payer.person, key: "receipt", transferJSON(payer.id, payee.id, 100_00))
                #expect(reply.status == 202)
                let url = try #require(reply.statusURL)
                let bare = try #require(url.split(separator: "?").first.map(String.init))
                // Without a receipt the hint in Redis says as much.
                #expect(try await stack.get(bare, as: payer.person).data?["status"]?.text == "accepted")
                try await stack.flushRedis()
                let answer = try await stack.get(url, as: payer.person)
                #expect(answer.status == 200)
                #expect(answer.data?["status"]?.text == "accepted")
                #expect(answer.data?["wallets"]?.elements?.isEmpty == true)
                #expect(answer.data?["accepted_at"]?.text != nil)
                #expect(try await stack.get(bare, as: payer.person).status == 404)

                let foreign = try await stack.get(url, as: payee.person)
                #expect(foreign.status == 404 && foreign.code == "COMMAND_NOT_FOUND")
                for forged in forgeries(of: url) {
                    #expect(try await stack.get(forged, as: payer.person).status == 404, "\(forged)")
                }
                // Waiting does not decide anything, and ends in time.
                let waited = try await stack.get(url + "&wait=1", as: payer.person)
                #expect(waited.data?["status"]?.text == "accepted")
                #expect(try await stack.outcomeCount() == outcomes)

                try await stack.startFleet()
                let decision = try await stack.awaitDecision(of: reply, as: payer.person)
                #expect(decision.standing == "completed OK")
                #expect(decision["accepted_at"] == answer.data?["accepted_at"])
                // The payee sees the transfer in its history; the command stays its caller's.
                #expect(try await stack.get(url, as: payee.person).status == 404)
                try await stack.assertLedgerClean()
            }
        }

        @Test("who waits for a step of another's command is woken by its outcome, not by the end of the wait")
        func steps() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet()
                let topUp = try await stack.post(
                    "/top-ups", as: payer.person, key: newKey(), topUpJSON(payer.id, 1_000_00, method: "card"))
                #expect(try await stack.awaitDecision(of: topUp, as: payer.person).standing == "completed OK")
                let id = try #require(topUp.command)
                let began = ContinuousClock.now
                let token = try stack.operatorToken("operator")
                let step = try await stack.adminRequest(
                    "POST", "/top-ups/\(id)/chargeback", token: token, key: newKey(),
                    body: Array(#"{"wallet":"\#(payer.id)"}"#.utf8))
                let command = try #require(step.command)
                let answer = try await stack.adminRequest("GET", "/commands/\(command)?wait=30", token: token)
                #expect(answer.data?["code"]?.text == "CHARGED_BACK")
                #expect(ContinuousClock.now - began < .seconds(20))
                try await stack.assertLedgerClean()
            }
        }

        /// The receipt with one character changed at a time, in its time, its digest and its code.
        private func forgeries(of url: String) -> [String] {
            guard let start = url.firstRange(of: "receipt=")?.upperBound else { return [] }
            return [0, 5, 20, 60, 70].compactMap { offset in
                guard let index = url.index(start, offsetBy: offset, limitedBy: url.index(before: url.endIndex)) else {
                    return nil
                }
                let other: Character = url[index] == "A" ? "B" : "A"
                return String(url[..<index]) + String(other) + url[url.index(after: index)...]
            }
        }

        @Test("a history lists each transaction once, page by page, and adds up to the balance")
        func history() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                for number in 1...7 {
                    _ = try await stack.decide(
                        "/transfers", as: payer.person, transferJSON(payer.id, payee.id, Int64(number) * 1_00))
                }
                var items: [JSON] = []
                var cursor: String?
                repeat {
                    let query = "?limit=3" + (cursor.map { "&cursor=\($0)" } ?? "")
                    let page = try await stack.get("/wallets/\(payer.id)/transactions\(query)", as: payer.person)
                    #expect(page.status == 200)
                    items += page.data?.elements ?? []
                    cursor = page.json?["page"]?["next_cursor"]?.text
                } while cursor != nil && items.count < 20
                #expect(items.count == 8)
                #expect(items.compactMap { $0["version"]?.integer } == (1...8).reversed().map { Int64($0) })
                let balance = try await stack.balance(payer)
                #expect(items.compactMap { $0["amount"]?["amount"]?.integer }.reduce(0, +) == balance.available)
                #expect(items.first?["balance_after"]?["available"]?.integer == balance.available)

                let id = try #require(items.first?["transaction_id"]?.text)
                let mine = try await stack.get("/transactions/\(id)", as: payer.person)
                #expect(mine.data?["entries"]?.elements?.count == 1)
                #expect(mine.data?["fee"]?["amount"]?.integer == 10_00, "the last of seven, of which five are free")
                let theirs = try await stack.get("/transactions/\(id)", as: payee.person)
                #expect(theirs.data?["entries"]?.elements?.first?["wallet"]?.text == payee.id.description)
                #expect(theirs.data?["fee"] == nil, "the fee is the payer's")
                try await quotes(stack, payer, payee)
                try await stack.assertLedgerClean()
            }
        }

        private func quotes(_ stack: Stack, _ payer: TestWallet, _ payee: TestWallet) async throws {
            let outcomes = try await stack.outcomeCount()
            func quote(_ body: String) async throws -> Reply {
                try await stack.request("POST", "/quotes", token: payer.person.token, body: Array(body.utf8))
            }
            let transfer = try await quote(
                #"{"type":"transfer","# + transferJSON(payer.id, payee.id, 5_00).dropFirst())
            #expect(transfer.data?["fee"]?["amount"]?.integer == 10_00)
            #expect(transfer.data?["free_transfers_left"]?.integer == 0)
            #expect(transfer.data?["total"]?["amount"]?.integer == 15_00)
            #expect(transfer.data?["payee_name"]?.text == "A*** T***")
            let topUp = try await quote(
                #"{"type":"top_up","wallet":"\#(payer.id)","method":"card","amount":\#(moneyJSON(100_00))}"#)
            #expect(topUp.data?["fee"]?["amount"]?.integer == 2_00)
            let withdrawal = try await quote(
                #"{"type":"withdrawal","wallet":"\#(payer.id)","speed":"express","amount":\#(moneyJSON(5_00))}"#)
            #expect(withdrawal.data?["fee"]?["amount"]?.integer == 200_00)
            #expect(try await stack.outcomeCount() == outcomes)
        }
    }
}
