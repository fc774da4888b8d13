// Payees found by phone number, e-mail address and user name: told by `identity`, looked up once, signed, and so decided.

import AMQP
import Domain
import PrivateServers
import TestSupport
import Testing
import Topology
import Wire

extension Integration {
    @Suite struct Payees {
        private static let callbacks = "/callbacks/identity"

        /// Numbers are of their test: each has its own directory.
        private func phone(_ number: Int) -> (kind: String, value: String) { ("phone", "+2135500\(10_000 + number)") }

        @Test("a transfer reaches whoever goes by the phone, e-mail address or user name, and its event follows")
        func byHandle() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                try await stack.introduce(
                    payee.person.id,
                    TestProfile("Yacine Brahimi", phone: phone(1).value, email: "Y.Brahimi@Mail.DZ", username: "yacine")
                )
                let handles = [phone(1), ("email", "y.brahimi@mail.dz"), ("username", "Yacine")]
                for (count, handle) in handles.enumerated() {
                    let quote = try await stack.quote(payer, toHandle: handle)
                    #expect(quote.data?["payee_name"]?.text == "Y*** B***", "\(handle): \(quote)")
                    let body = transferJSON(payer.id, toHandle: handle, 10_00)
                    let decision = try await stack.decide("/transfers", as: payer.person, body)
                    #expect(decision.standing == "completed OK", "\(handle)")
                    #expect(try await stack.balance(payee).available == Int64(count + 1) * 10_00)
                }
                // By its wallet's id the payee is called what identity says, not what the wallet is called.
                let byID = try await stack.quote(payer, toHandle: ("wallet", payee.id.description))
                #expect(byID.data?["payee_name"]?.text == "Y*** B***")
                try await bulk(stack, payer, payee)

                _ = try await stack.assertStreamComplete()
                let told = try await stack.streamEvents().filter { event in
                    event.name == "transfer.completed"
                        && event.json["data"]?["wallets"]?.elements?.contains {
                            $0["id"]?.text == payee.id.description
                        } == true
                }
                #expect(Set(told.map(\.id)).count == 5)
                #expect(try await stack.balance(payer).available == 1_000_00 - 50_00)
                try await stack.assertLedgerClean()
            }
        }

        /// Legs by id, by phone, and to nobody: each has its own outcome.
        private func bulk(_ stack: Stack, _ payer: TestWallet, _ payee: TestWallet) async throws {
            let legs = [
                #"{"wallet":"\#(payee.id)"}"#, #"{"email":"nobody@mail.dz"}"#, #"{"phone":"\#(phone(1).value)"}"#,
            ].map { #"{"to":\#($0),"amount":\#(moneyJSON(10_00))}"# }.joined(separator: ",")
            let reply = try await stack.post(
                "/bulk-transfers", as: payer.person, key: newKey(),
                #"{"from":"\#(payer.id)","all_or_nothing":false,"legs":[\#(legs)]}"#)
            let decision = try await stack.awaitDecision(of: reply, as: payer.person)
            #expect(decision.standing == "partly_completed OK")
            let bulk = try #require(reply.command)
            let standings = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for index in 0..<3 {
                    group.addTask {
                        let leg = CommandID(ofLeg: index, of: bulk)
                        let standing = try await stack.standing(of: leg.description)
                        return (index, "\(standing?.status ?? "none") \(standing?.code ?? "none")")
                    }
                }
                return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
            #expect(standings == [0: "completed OK", 1: "rejected PAYEE_NOT_FOUND", 2: "completed OK"])
        }

        @Test("a number that changes hands leads to its new owner, and a repeat is answered as the first time")
        func changedHands() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let (first, second) = (try await stack.openWallet(), try await stack.openWallet())
                func report(_ wallet: TestWallet, _ name: String, _ phone: String?, ago: Int64) async throws -> String?
                {
                    let reply = try await stack.report(
                        wallet.person.id, TestProfile(name, phone: phone), at: secondsFromNow(-ago))
                    #expect(reply.status == 200, "\(reply)")
                    return reply.data?["status"]?.text
                }
                let number = phone(7)
                #expect(try await report(first, "Old Owner", number.value, ago: 3_000) == "applied")
                let key = newKey()
                let body = transferJSON(payer.id, toHandle: number, 10_00)
                let reply = try await stack.post("/transfers", as: payer.person, key: key, body)
                #expect(try await stack.awaitDecision(of: reply, as: payer.person).standing == "completed OK")

                #expect(try await report(second, "New Owner", number.value, ago: 2_000) == "applied")
                #expect(try await stack.quote(payer, toHandle: number).data?["payee_name"]?.text == "N*** O***")
                // What is older moves nothing back, whoever it is about.
                #expect(try await report(first, "Old Owner", number.value, ago: 2_500) == "applied")
                #expect(try await report(second, "Older Name", nil, ago: 2_900) == "superseded")
                #expect(try await stack.quote(payer, toHandle: number).data?["payee_name"]?.text == "N*** O***")
                let next = try await stack.decide(
                    "/transfers", as: payer.person, transferJSON(payer.id, toHandle: number, 20_00))
                #expect(next.standing == "completed OK")

                // The repeat is the first one's, also once nobody goes by the number, and once the payer does.
                for last in [nil, payer] as [TestWallet?] {
                    let again = try await stack.post("/transfers", as: payer.person, key: key, body)
                    #expect(again.status == 202 && again.command == reply.command && again.statusURL == reply.statusURL)
                    #expect(try await stack.awaitDecision(of: again, as: payer.person).standing == "completed OK")
                    if last == nil { #expect(try await report(second, "New Owner", nil, ago: 1_000) == "applied") }
                    if let last {
                        #expect(try await report(last, "Payer Himself", number.value, ago: 900) == "applied")
                    }
                }
                let afterAll = try await stack.post("/transfers", as: payer.person, key: key, body)
                #expect(afterAll.status == 202 && afterAll.command == reply.command)
                #expect(try await stack.awaitDecision(of: afterAll, as: payer.person).standing == "completed OK")
                let anew = try await stack.post("/transfers", as: payer.person, key: newKey(), body)
                #expect("\(anew.status) \(anew.code ?? "")" == "422 SAME_WALLET")

                #expect(try await stack.balance(first).available == 10_00)
                #expect(try await stack.balance(second).available == 20_00)
                #expect(
                    try await stack.number(
                        "SELECT count(*) FROM audit.outcomes WHERE transition = 'transfer.completed'") == 2)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("identity's events may come in any order and twice: everybody is found by what they go by last")
        func anyOrder() async throws {
            var options = StackOptions()
            options.extra = ["WALLET_LOOKUPS_PER_MINUTE": "10000", "WALLET_LOOKUPS_PER_DAY": "10000"]
            options.laneCount = 2
            try await Stack.with(options) { stack in
                let payer = try await stack.openWallet()
                let (one, other) = (try await stack.openWallet().person.id, try await stack.openWallet().person.id)
                for (round, order) in permutations(of: [0, 1, 2, 3]).enumerated() {
                    let (kept, new) = (phone(100 + round), phone(200 + round))
                    let begin = secondsFromNow(-100_000 + Int64(round) * 100)
                    let events: [(OwnerID, TestProfile)] = [
                        (one, TestProfile("One Early", phone: kept.value)),
                        (other, TestProfile("Other Early", phone: kept.value)),
                        (one, TestProfile("Uno Later", phone: new.value)),
                        (other, TestProfile("Latest Name", phone: kept.value)),
                    ]
                    // The first comes once more at the end.
                    for index in order + order.prefix(1) {
                        let reply = try await stack.report(
                            events[index].0, events[index].1, at: begin.adding(seconds: Int64(index)))
                        #expect(reply.status == 200, "\(reply)")
                    }
                    #expect(try await name(stack, payer, kept) == "L*** N***", "\(order)")
                    #expect(try await name(stack, payer, new) == "U*** L***", "\(order)")
                }
                // Who is gone is found by nothing, and an older event does not bring anybody back.
                let (gone, handle) = (try await stack.openWallet().person.id, phone(300))
                let profile = TestProfile("Soon Gone", phone: handle.value, email: "gone@mail.dz", username: "gone")
                for (profile, ago) in [(profile, 300), (nil, 200), (profile, 250)] as [(TestProfile?, Int64)] {
                    #expect(try await stack.report(gone, profile, at: secondsFromNow(-ago)).status == 200)
                }
                #expect(try await stack.quote(payer, toHandle: handle).code == "PAYEE_NOT_FOUND")
                #expect(
                    try await stack.number(
                        """
                        SELECT count(*) FROM directory.people FULL JOIN directory.handles ON person_id = people.id
                        WHERE people.id = '\(gone)' AND num_nonnulls(name, phone, email, username, value) > 0
                        """) == 0)
            }
        }

        private func name(
            _ stack: Stack, _ payer: TestWallet, _ handle: (kind: String, value: String)
        ) async throws -> String? {
            try await stack.quote(payer, toHandle: handle).data?["payee_name"]?.text
        }

        private func permutations(of items: [Int]) -> [[Int]] {
            if items.count < 2 { return [items] }
            return items.flatMap { first in
                permutations(of: items.filter { $0 != first }).map { [first] + $0 }
            }
        }

        @Test("nobody and somebody without a wallet get the same answer, and what is refused leaves nothing")
        func nobody() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let stranger = try await stack.openWallet(1_000_00)
                let known = try stack.person()
                try await stack.introduce(known.id, TestProfile("No Wallet", phone: phone(1).value))
                let gone = try await stack.openWallet()
                try await stack.introduce(gone.person.id, TestProfile("Closed It", phone: phone(3).value))
                let closing = try await stack.decide("/wallets/\(gone.id)/close", as: gone.person, "{}")
                #expect(closing.standing == "completed OK")
                let outcomes = try await stack.outcomeCount()
                /// An answer without what is made anew for each.
                func same(_ reply: Reply) -> String {
                    let id = reply.json?["request_id"]?.text ?? ""
                    return "\(reply.status) " + String(decoding: reply.body, as: UTF8.self).replacing(id, with: "")
                }
                func transfer(_ from: TestWallet, _ handle: (kind: String, value: String)) async throws -> Reply {
                    try await stack.post(
                        "/transfers", as: payer.person, key: newKey(), transferJSON(from.id, toHandle: handle, 1_00))
                }
                let without = try await transfer(payer, phone(1))
                #expect("\(without.status) \(without.code ?? "")" == "422 PAYEE_NOT_FOUND" && without.field == "to")
                #expect(same(without) == same(try await transfer(payer, phone(2))))
                #expect(same(without) == same(try await transfer(payer, phone(3))))
                let quote = try await stack.quote(payer, toHandle: phone(1))
                #expect(quote.code == "PAYEE_NOT_FOUND" && quote.field == "to")
                #expect(same(quote) == same(try await stack.quote(payer, toHandle: phone(2))))
                // Who may not use the wallet does not learn whether there is somebody either.
                let foreign = try await transfer(stranger, phone(1))
                #expect(foreign.code == "NOT_PERMITTED")
                #expect(same(foreign) == same(try await transfer(stranger, phone(2))))
                for (kind, value) in [
                    ("phone", "0555123456"), ("phone", "+213 555 12 34"), ("email", "a@b"), ("username", "a b"),
                ] {
                    let reply = try await transfer(payer, (kind, value))
                    #expect("\(reply.status) \(reply.code ?? "")" == "400 MALFORMED")
                    #expect(reply.field == "to.\(kind)")
                }
                #expect(try await stack.outcomeCount() == outcomes)
                #expect(try await stack.waitingMessages() == 0)
                let figures = try await stack.ingressFigures()
                #expect(figures.sum("wallet_ingress_payee_lookups_total", ["result": "nobody"]) == 5)
            }
        }

        @Test(
            "an event of identity that is unsigned, stale, malformed or of the future gets its code, and nothing stays")
        func hostileEvents() async throws {
            try await Stack.with { stack in
                let person = try stack.person().id
                let identity = try stack.webhookSecrets(of: "IDENTITY")
                let good = personJSON(person, TestProfile("A Name", phone: phone(1).value), at: secondsFromNow(-10))
                func send(_ body: String, _ secrets: WebhookSecrets? = nil, seconds: Int64 = 0) async throws -> Reply {
                    try await stack.callback(
                        Self.callbacks, body, signedBy: secrets ?? identity, secondsFromNow: seconds)
                }
                let late = personJSON(person, TestProfile("A Name"), at: secondsFromNow(400))
                let bank = try stack.webhookSecrets(of: "BANK")
                let bare = try await stack.request("POST", Self.callbacks, token: nil, body: Array(good.utf8))
                let refused: [(String, Reply, String, String?)] = [
                    ("unsigned", bare, "401 BAD_WEBHOOK_SIGNATURE", nil),
                    ("the bank's", try await send(good, bank), "401 BAD_WEBHOOK_SIGNATURE", nil),
                    ("old", try await send(good, seconds: -310), "401 STALE_TIMESTAMP", nil),
                    ("early", try await send(good, seconds: 310), "401 STALE_TIMESTAMP", nil),
                    ("no JSON", try await send("hello"), "400 MALFORMED", ""),
                    (
                        "another type", try await send(good.replacing("user.updated", with: "user.promoted")),
                        "400 MALFORMED", "type"
                    ),
                    ("of the future", try await send(late), "400 MALFORMED", "timestamp"),
                    (
                        "no name", try await send(good.replacing(#""name":"A Name","#, with: "")), "400 MALFORMED",
                        "data.name"
                    ),
                    ("no number", try await send(good.replacing("+213", with: "0")), "400 MALFORMED", "data.phone"),
                ]
                for (name, reply, standing, field) in refused {
                    #expect("\(reply.status) \(reply.code ?? "none")" == standing, "\(name)")
                    if let field { #expect(reply.field == field, "\(name)") }
                }
                #expect(try await stack.number("SELECT count(*) FROM directory.people") == 0)
                #expect(try await stack.number("SELECT count(*) FROM directory.handles") == 0)
                #expect(try await send(good).data?["status"]?.text == "applied")
                #expect(try await send(good).data?["status"]?.text == "superseded")
            }
        }

        @Test("look-ups beyond the day's limit get 429, with Redis, emptied and without it; ids are not counted")
        func limited() async throws {
            var options = StackOptions()
            options.ownsRedis = true
            options.extra = ["WALLET_LOOKUPS_PER_MINUTE": "4", "WALLET_LOOKUPS_PER_DAY": "4"]
            options.laneCount = 2
            try await Stack.with(options) { stack in
                let (payer, payee) = (try await stack.openWallet(1_000_00), try await stack.openWallet())
                let other = try await stack.openWallet(1_000_00)
                try await stack.introduce(payee.person.id, TestProfile("A Payee", phone: phone(1).value))
                let (key, body) = (newKey(), transferJSON(payer.id, toHandle: phone(1), 10_00))
                let first = try await stack.post("/transfers", as: payer.person, key: key, body)
                try await stack.awaitDecision(of: first, as: payer.person)
                // A hit, two misses, of which one is a quote; a bulk asks for more than is left and gets nothing.
                #expect(try await stack.quote(payer, toHandle: phone(2)).code == "PAYEE_NOT_FOUND")
                let legs = (3..<6).map { #"{"to":{"phone":"\#(phone($0).value)"},"amount":\#(moneyJSON(1))}"# }
                let bulk = try await stack.post(
                    "/bulk-transfers", as: payer.person, key: newKey(),
                    #"{"from":"\#(payer.id)","all_or_nothing":false,"legs":[\#(legs.joined(separator: ","))]}"#)
                try expectLimited(bulk, asked: 3)
                #expect(try await stack.quote(payer, toHandle: phone(2)).code == "PAYEE_NOT_FOUND")
                // An emptied Redis forgets; the process does not.
                try await stack.flushRedis()
                #expect(try await stack.quote(payer, toHandle: phone(1)).status == 200)
                try expectLimited(try await stack.quote(payer, toHandle: phone(1)), asked: 1)
                try expectLimited(try await stack.post("/transfers", as: payer.person, key: newKey(), body), asked: 1)
                // What was accepted is not asked for again, and others have their own.
                let again = try await stack.post("/transfers", as: payer.person, key: key, body)
                #expect(again.status == 202 && again.command == first.command)
                let byID = try await stack.decide(
                    "/transfers", as: payer.person, transferJSON(payer.id, payee.id, 10_00))
                #expect(byID.standing == "completed OK")

                try await stack.process("redis-server").kill()
                for _ in 0..<4 { #expect(try await stack.quote(other, toHandle: phone(1)).status == 200) }
                try expectLimited(try await stack.quote(other, toHandle: phone(1)), asked: 1)
                let withoutRedis = try await stack.post("/transfers", as: payer.person, key: key, body)
                #expect(withoutRedis.status == 202 && withoutRedis.command == first.command)

                // A process that is new counts together with those before it.
                try await stack.restartRedis()
                try await eventually("Redis is connected again", within: 10) {
                    try await stack.ingressFigures().sum("wallet_redis_connected") == 1
                }
                let third = try await stack.openWallet(1_000_00)
                for _ in 0..<4 { #expect(try await stack.quote(third, toHandle: phone(1)).status == 200) }
                try await stack.process("wallet-ingress").kill()
                try await stack.startIngress()
                try expectLimited(try await stack.quote(third, toHandle: phone(1)), asked: 1)
                #expect(try await stack.balance(payee).available == 20_00)
                try await stack.assertLedgerClean()
            }
        }

        private func expectLimited(_ reply: Reply, asked: Int64) throws {
            #expect("\(reply.status) \(reply.code ?? "none")" == "429 TOO_MANY_LOOKUPS")
            let details = reply.json?["error"]?["details"]
            #expect(details?["per"]?.text == "day" && details?["limit"]?.integer == 4)
            #expect(details?["asked"]?.integer == asked)
            #expect(1...86_400 ~= (reply.retryAfter.flatMap { Int($0) } ?? 0))
        }

        @Test("a lane believes what its publisher signed, and refuses a phone number that was not looked up")
        func signed() async throws {
            try await Stack.with { stack in
                let (payer, payee) = (try await stack.openWallet(1_000_00), try await stack.openWallet())
                let body = transferJSON(payer.id, toHandle: phone(1), 10_00)
                func envelope(_ commander: Commander, _ key: String, _ resolved: Resolved) throws -> CommandEnvelope {
                    try commander.envelope(
                        "transfer.submit.v1", body, as: payer.person.id, key: key, resolved: resolved)
                }
                let cases: [(key: String, resolved: Resolved, standing: String)] = [
                    ("none", Resolved(), "rejected MALFORMED"),
                    ("two", Resolved(payees: [payee.id, payee.id]), "rejected MALFORMED"),
                    ("nobody", Resolved(payees: [nil]), "rejected PAYEE_NOT_FOUND"),
                    ("found", Resolved(payees: [payee.id]), "completed OK"),
                    // The same key once more: what was decided stands, whoever is found now.
                    ("found", Resolved(payees: [nil]), "completed OK"),
                ]
                for item in cases {
                    let id = try await stack.withCommander { commander in
                        let envelope = try envelope(commander, item.key, item.resolved)
                        return try await commander.send(envelope, slot: payer.id.lastByte)
                    }
                    try await eventually("\(item.key) is decided") {
                        try await stack.standing(of: id.description) != nil
                    }
                    let standing = try await stack.standing(of: id.description)
                    #expect("\(standing?.status ?? "") \(standing?.code ?? "")" == item.standing, "\(item.key)")
                }
                #expect(
                    try await stack.texts(
                        "SELECT field FROM ledger.outcomes WHERE field IS NOT NULL ORDER BY lane_seq") == [
                            "resolved", "resolved", "to",
                        ])
                // Put in by whoever may only hand messages over, it is set aside and leaves no row.
                let stolen = try await stack.withCommander { commander in
                    var envelope = try envelope(commander, "stolen", Resolved(payees: [nil]))
                    envelope.resolved = Resolved(payees: [payee.id]).header
                    return try await commander.send(envelope, slot: payer.id.lastByte)
                }
                let letters = try await stack.take(from: Names.deadLetters) { !$0.isEmpty }
                #expect(letters.first?.properties.headerString("dead-letter-code") == "BAD_SIGNATURE")
                #expect(try await stack.standing(of: stolen.description) == nil)
                #expect(try await stack.balance(payee).available == 10_00)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("without the database a transfer by phone is answered 503 before anything is published")
        func withoutDatabase() async throws {
            var options = StackOptions()
            let proxy = try options.proxyDatabase()
            options.laneCount = 2
            try await Stack.with(options) { stack in
                let (payer, payee) = (try await stack.openWallet(1_000_00), try await stack.openWallet())
                try await stack.introduce(payee.person.id, TestProfile("A Payee", phone: phone(1).value))
                let body = transferJSON(payer.id, toHandle: phone(1), 10_00)
                let first = try await stack.decide("/transfers", as: payer.person, body)
                #expect(first.standing == "completed OK")
                await proxy.stop()

                let reply = try await stack.post("/transfers", as: payer.person, key: newKey(), body)
                #expect("\(reply.status) \(reply.code ?? "none")" == "503 UNAVAILABLE")
                #expect(reply.json?["error"]?["details"]?["missing"]?.elements == [.string("database")])
                #expect(reply.retryAfter != nil)
                let quote = try await stack.quote(payer, toHandle: phone(1))
                #expect(quote.status == 503)
                let event = try await stack.report(payee.person.id, TestProfile("B Payee"), at: secondsFromNow(0))
                #expect(event.status == 503)
                #expect(try await stack.waitingMessages() == 0)
                // By the wallet's id it is accepted as always: that needs no database.
                let accepted = try await stack.post(
                    "/transfers", as: payer.person, key: newKey(), transferJSON(payer.id, payee.id, 10_00))
                #expect(accepted.status == 202)
            }
        }
    }
}
