// Withdrawals wait until they are due, whatever becomes of Redis, and then go out once.

import Domain
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Release {
        /// A wallet whose time is the system's until the test lets days pass.
        private func options(scanSeconds: Int = 60) -> StackOptions {
            var options = StackOptions()
            options.laneCount = 2
            options.extra = [
                "WALLET_SANDBOX_ADVANCE_SECONDS": "0", "WALLET_RELEASE_SCAN_SECONDS": "\(scanSeconds)",
            ]
            return options
        }

        /// More than there are days in a row on which no bank works.
        private static let daysUntilDue: Int64 = 8

        private func hold(
            _ stack: Stack, _ wallet: TestWallet, _ beneficiary: String, _ amount: Int64 = 10_00
        ) async throws -> String {
            let reply = try await stack.post(
                "/withdrawals", as: wallet.person, key: newKey(),
                withdrawalJSON(wallet.id, beneficiary, amount, speed: "standard"))
            let id = try #require(reply.command).description
            try await expect(stack, id, "held OK")
            return id
        }

        private func expect(
            _ stack: Stack, _ withdrawal: String, _ standing: String, within seconds: Double = 20
        ) async throws {
            try await eventually("\(withdrawal) is \(standing)", within: seconds) {
                try await stack.standing(of: withdrawal).map { "\($0.status) \($0.code)" } == standing
            }
        }

        private func count(_ stack: Stack, _ transition: String) async throws -> Int {
            try await stack.number("SELECT count(*) FROM audit.outcomes WHERE transition = '\(transition)'")
        }

        /// Holds many, loses Redis by `lose`, lets time pass, and sees each of them go out once.
        ///
        /// - Parameter seconds: how long all of them may take: less than until the next regular look at everything.
        private func expectAllGoOut(
            _ options: StackOptions, within seconds: Double, _ lose: (Stack) async throws -> Void
        ) async throws {
            try await Stack.with(options) { stack in
                let number = 24
                var withdrawals: [String] = []
                for _ in 0..<3 {
                    let wallet = try await stack.openWallet(1_000_00)
                    let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                    for _ in 0..<(number / 3) { withdrawals.append(try await hold(stack, wallet, beneficiary)) }
                }
                #expect(try await count(stack, "withdrawal.sent") == 0)
                try await lose(stack)
                try await stack.letPass(days: Self.daysUntilDue)
                let start = ContinuousClock.now
                try await eventually("all of them are confirmed", within: seconds) {
                    try await count(stack, "withdrawal.completed") == number
                }
                let time = ContinuousClock.now - start
                for withdrawal in withdrawals { try await expect(stack, withdrawal, "completed OK") }
                #expect(try await count(stack, "withdrawal.sent") == number)
                #expect(try await stack.systemBalance("payout_clearing") == 0)
                #expect(try await stack.systemBalance("omnibus") == -(3_000_00 - number * 10_00))
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
                report("release", seed: 0, "\(number) withdrawals confirmed \(time) after they were due")
            }
        }

        @Test("a chargeback against an emptied wallet stops its held withdrawals, and nothing of them goes to the bank")
        func chargeback() async throws {
            try await Stack.with(options()) { stack in
                let wallet = try await stack.openWallet()
                let topUp = try await stack.post(
                    "/top-ups", as: wallet.person, key: newKey(), topUpJSON(wallet.id, 1_000_00, method: "card"))
                #expect(try await stack.awaitDecision(of: topUp, as: wallet.person).standing == "completed OK")
                let id = try #require(topUp.command)
                let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                // 980.00 arrived, and none of it is available any more.
                let held = [
                    try await hold(stack, wallet, beneficiary, 900_00),
                    try await hold(stack, wallet, beneficiary, 80_00),
                ]
                let token = try stack.operatorToken("operator")
                let reply = try await stack.adminRequest(
                    "POST", "/top-ups/\(id)/chargeback", token: token, key: newKey(),
                    body: Array(#"{"wallet":"\#(wallet.id)"}"#.utf8))
                #expect(reply.status == 202)
                for withdrawal in held { try await expect(stack, withdrawal, "cancelled CANCELLED") }
                try await expect(stack, id.description, "returned CHARGED_BACK")
                let balance = try await stack.balance(wallet)
                #expect(balance.available == 0 && balance.pending == 0)
                // What the fee took of the top-up is a claim.
                #expect(try await stack.systemBalance("chargebacks") == -20_00)
                // Due as they were, so when it has come to its end nothing was sent of them either.
                let other = try await stack.openWallet(500_00)
                let last = try await hold(stack, other, try await addBeneficiary(stack, other, testRIB(branch: 10_001)))
                try await stack.letPass(days: Self.daysUntilDue)
                try await expect(stack, last, "completed OK")
                #expect(try await count(stack, "withdrawal.sent") == 1)
                #expect(try await stack.systemBalance("payout_clearing") == 0)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test(
            "a bank transfer that nobody makes is given up after thirty days, and what comes later waits for a person")
        func unpaid() async throws {
            try await Stack.with(options(scanSeconds: 1)) { stack in
                let wallet = try await stack.openWallet()
                let topUp = try await stack.post(
                    "/top-ups", as: wallet.person, key: newKey(),
                    topUpJSON(wallet.id, 100_00, paymentMethod: "pm_never"))
                let url = try #require(topUp.statusURL)
                try await eventually("it has a reference") {
                    try await stack.get(url, as: wallet.person).data?["transfer_reference"] != nil
                }
                let pending = try await stack.get(url, as: wallet.person).data
                let reference = try #require(pending?["transfer_reference"]?.text)
                let closing = try await stack.decide("/wallets/\(wallet.id)/close", as: wallet.person, "{}")
                #expect(closing.standing == "rejected WALLET_NOT_EMPTY")
                try await stack.letPass(days: 29)
                let other = try await stack.openWallet(100_00)
                #expect(try await stack.get(url, as: wallet.person).data?["status"]?.text == "pending")
                try await stack.letPass(days: 2)
                try await expect(stack, try #require(topUp.command).description, "expired NOT_PAID")
                let line = """
                    {"type":"line.booked","timestamp":"2026-11-22T12:00:00Z",\
                    "data":{"line":"LN-1","amount":\(moneyJSON(100_00)),"text":"\(reference)"}}
                    """
                let bank = try stack.webhookSecrets(of: "BANK")
                #expect(try await stack.callback("/callbacks/payouts", line, signedBy: bank).status == 202)
                try await stack.awaitSuspense(100_00)
                #expect(try await stack.balance(other).available == 100_00)
                let closed = try await stack.decide("/wallets/\(wallet.id)/close", as: wallet.person, "{}")
                #expect(closed.standing == "completed OK")
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("Redis flushed while withdrawals wait: all of them still go out on time, once")
        func flushed() async throws {
            var options = options()
            options.fleetCount = 2
            try await expectAllGoOut(options, within: 20) { try await $0.flushRedis() }
        }

        @Test("Redis gone while withdrawals wait: all of them still go out, once")
        func away() async throws {
            var options = options()
            options.ownsRedis = true
            try await expectAllGoOut(options, within: 30) { try await $0.process("redis-server").kill() }
        }

        @Test("a fleet that starts anew finds what waits, though Redis knows nothing")
        func restarted() async throws {
            try await expectAllGoOut(options(), within: 20) { stack in
                try await stack.stopFleets()
                try await stack.flushRedis()
                try await stack.startFleet()
            }
        }

        @Test("who withdraws is told when it goes out, in the quote as in the command")
        func told() async throws {
            try await Stack.with(options()) { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                let quote = try await stack.request(
                    "POST", "/quotes", token: wallet.person.token,
                    body: Array(
                        #"{"type":"withdrawal","wallet":"\#(wallet.id)","speed":"standard","amount":\#(moneyJSON(1_00))}"#
                            .utf8))
                let withdrawal = try await hold(stack, wallet, beneficiary)
                let command = try await stack.get("/commands/\(withdrawal)", as: wallet.person)
                for data in [quote.data, command.data] {
                    let times = ["release_at", "expected_by"].map { data?[$0]?.text.flatMap { Timestamp(rfc3339: $0) } }
                    let release = try #require(times[0], "\(quote) \(command)")
                    #expect(BusinessCalendar().isBusinessDay(release.dayInAlgiers))
                    #expect(try #require(times[1]) > release)
                }
                #expect(quote.data?["release_at"] == command.data?["release_at"])
            }
        }

        @Test("freezing in mid-withdrawal holds it, unfreezing lets it go, and what never can is given back")
        func frozen() async throws {
            try await Stack.with(options(scanSeconds: 1)) { stack in
                var wallets: [TestWallet] = []
                var waiting: [String] = []
                for _ in 0..<3 {
                    let wallet = try await stack.openWallet(1_000_00)
                    let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                    wallets.append(wallet)
                    waiting.append(try await hold(stack, wallet, beneficiary))
                }
                func change(_ wallet: TestWallet, _ verb: String) async throws {
                    let decision = try await stack.decide("/wallets/\(wallet.id)/\(verb)", as: wallet.person, "{}")
                    #expect(decision.standing == "completed OK")
                }
                // The first is frozen for a while, the second never, the third for good.
                try await change(wallets[0], "freeze")
                try await change(wallets[2], "freeze")
                try await stack.letPass(days: Self.daysUntilDue)
                try await expect(stack, waiting[1], "completed OK")
                try await expect(stack, waiting[0], "held OK")
                try await change(wallets[0], "unfreeze")
                try await expect(stack, waiting[0], "completed OK")
                try await expect(stack, waiting[2], "held OK")
                try await stack.letPass(days: 60)
                try await expect(stack, waiting[2], "expired NOT_SENT")
                let balance = try await stack.balance(wallets[2])
                #expect(balance.available == 1_000_00 && balance.pending == 0)
                #expect(try await count(stack, "withdrawal.sent") == 2)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("a refusal while the wallet is frozen does not use up the withdrawal's command for ever")
        func refusedOnce() async throws {
            try await Stack.with(options(scanSeconds: 1)) { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                let withdrawal = try await hold(stack, wallet, beneficiary)
                _ = try await stack.decide("/wallets/\(wallet.id)/freeze", as: wallet.person, "{}")
                // As a worker would that had not seen the freeze, on each of the days that pass below.
                for day in 0...Self.daysUntilDue {
                    let key = "withdrawal/\(withdrawal)/sent/0.\(day)"
                    try await settle(stack, wallet, withdrawal, "sent", key: key)
                }
                try await eventually("each of them is refused", within: 20) {
                    try await count(stack, "withdrawal.settlement_rejected") == Int(Self.daysUntilDue) + 1
                }
                try await stack.letPass(days: Self.daysUntilDue)
                _ = try await stack.decide("/wallets/\(wallet.id)/unfreeze", as: wallet.person, "{}")
                try await expect(stack, withdrawal, "completed OK")
                try await stack.assertLedgerClean()
            }
        }

        private func settle(
            _ stack: Stack, _ wallet: TestWallet, _ withdrawal: String, _ step: String, key: String
        ) async throws {
            try await stack.withCommander("payouts") { commander in
                let envelope = try commander.envelope(
                    "withdrawal.settle.v1", target: "withdrawal=\(withdrawal)",
                    #"{"wallet":"\#(wallet.id)","step":"\#(step)"}"#, as: wallet.person.id, key: key,
                    permissions: .service, service: commander.publisher)
                try await commander.send(envelope, slot: wallet.id.lastByte)
            }
        }

        @Test(
            "a payout returned after completion gives the money back once, and a wallet with one under way stays open")
        func returned() async throws {
            var options = StackOptions()
            options.laneCount = 2
            try await Stack.with(options) { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let beneficiary = try await addBeneficiary(stack, wallet, testRIB(branch: 10_001))
                let reply = try await stack.post(
                    "/withdrawals", as: wallet.person, key: newKey(),
                    withdrawalJSON(wallet.id, beneficiary, 400_00, speed: "express"))
                let withdrawal = try #require(reply.command).description
                try await expect(stack, withdrawal, "completed OK")
                for number in 1...3 {
                    try await settle(stack, wallet, withdrawal, "returned", key: "returned-\(number)")
                }
                try await expect(stack, withdrawal, "returned PAYOUT_RETURNED")
                try await eventually("the others are refused", within: 20) {
                    try await count(stack, "withdrawal.settlement_rejected") == 2
                }
                // The amount came back, the fee stayed.
                #expect(try await stack.balance(wallet).available == 800_00)

                let never = try await addBeneficiary(stack, wallet, testRIB(branch: 90_004))
                let sent = try await stack.post(
                    "/withdrawals", as: wallet.person, key: newKey(),
                    withdrawalJSON(wallet.id, never, 800_00, speed: "standard"))
                try await expect(stack, try #require(sent.command).description, "sent OK")
                let closing = try await stack.decide("/wallets/\(wallet.id)/close", as: wallet.person, "{}")
                #expect(closing.standing == "rejected WALLET_NOT_EMPTY" && closing["field"]?.text == "under_way")
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }
    }
}
