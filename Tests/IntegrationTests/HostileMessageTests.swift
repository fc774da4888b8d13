// Messages put straight on a lane's queue by somebody who may publish: what is not authentic is set aside.

import AMQP
import Domain
import TestSupport
import Testing
import Topology
import Wire

extension Integration {
    @Suite struct HostileMessages {
        /// A message, and the code with which it must be set aside.
        struct Hostile: Sendable {
            let name: String
            private(set) var message: AMQPMessage
            let code: String

            init(name: String, message: AMQPMessage, code: String) {
                self.name = name
                self.message = message
                self.code = code
                // By this it is known again among the dead letters.
                self.message.properties.appID = name
            }
        }

        @Test("messages that are not authentic are set aside with their reason, and the command behind each is decided")
        func setAside() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                let outcomes = try await stack.outcomeCount()
                let slot = payer.id.lastByte
                let (hostile, goods) = try await stack.withCommander { commander in
                    let messages = try hostileMessages(commander, payer, payee)
                    var goods: [CommandID] = []
                    for (number, hostile) in messages.enumerated() {
                        try await commander.publish(hostile.message, slot: slot)
                        let good = try commander.envelope(
                            "transfer.submit.v1", transferJSON(payer.id, payee.id, 1_00), as: payer.person.id,
                            key: "good-\(number)")
                        goods.append(try await commander.send(good, slot: slot))
                    }
                    return (messages, goods)
                }
                for good in goods {
                    try await eventually("a command behind a hostile message is decided") {
                        try await stack.standing(of: good.description)?.status == "completed"
                    }
                }
                // A dead letter may come twice, like everything that is announced.
                let letters = try await stack.take(from: Names.deadLetters) { letters in
                    Set(letters.compactMap(\.properties.appID)).count == hostile.count
                }
                for hostile in hostile {
                    let letter = try #require(letters.first { $0.properties.appID == hostile.message.properties.appID })
                    let properties = letter.properties
                    #expect(properties.headerString("dead-letter-code") == hostile.code, "\(hostile.name)")
                    #expect(properties.headerString("dead-letter-reason")?.isEmpty == false, "\(hostile.name)")
                    #expect(
                        properties.headerString("dead-letter-queue") == Names.lane(stack.lane(of: slot)),
                        "\(hostile.name)")
                    #expect(letter.body == hostile.message.body, "\(hostile.name)")
                }
                let logged = try await stack.counts(
                    """
                    SELECT names.name, count(*) FROM ledger.security_log
                    JOIN ledger.names ON names.kind = 'code' AND names.number = security_log.code GROUP BY 1
                    """)
                let expected = Dictionary(hostile.map { ($0.code, 1) }, uniquingKeysWith: +)
                #expect(logged == expected)
                #expect(try await stack.outcomeCount() == outcomes + goods.count)
                try await eventually("no message waits") { try await stack.waitingMessages() == 0 }
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
                report("6", seed: 0, "\(hostile.count) messages set aside, \(goods.count) commands behind them decided")
            }
        }

        @Test("an event that the ledger did not announce moves nothing outside, and is set aside")
        func forgedEvents() async throws {
            try await Stack.with { stack in
                let wallet = try await stack.openWallet(1_000_00)
                let thief = testRIB(branch: 10_002)
                let rib = testRIB(branch: 10_001)
                let beneficiary = try await addBeneficiary(stack, wallet, rib)
                let reply = try await stack.post(
                    "/withdrawals", as: wallet.person, key: newKey(),
                    withdrawalJSON(wallet.id, beneficiary, 100_00, speed: "standard"))
                let sent = try #require(reply.command)
                try await eventually("it is paid out", within: 30) {
                    try await stack.standing(of: sent.description)?.status == "completed"
                }
                let unknown = CommandID(client: "nobody", subject: "nobody", key: newKey())
                let forged: [(queue: String, transition: Transition, command: CommandID, amount: Int64, rib: String)] =
                    [
                        (Names.payouts, .withdrawalSent, unknown, 100_00, thief),
                        (Names.payouts, .withdrawalSent, sent, 100_01, rib),
                        (Names.payouts, .withdrawalSent, sent, 100_00, thief),
                        (Names.payments, .topUpPending, unknown, 100_00, rib),
                        (Names.payments, .topUpPending, sent, 100_00, rib),
                    ]
                func asked() throws -> Int {
                    try stack.process("wallet-sandbox").log.split(separator: "\n").count { line in
                        ["method=POST route=/bank/payouts", "method=POST route=/payment/charges"].contains {
                            line.contains($0)
                        }
                    }
                }
                let before = try asked()
                try await stack.withCommander { commander in
                    for event in forged {
                        try await commander.publish(
                            try self.event(event.transition, event.command, wallet.id, event.amount, event.rib),
                            exchange: Names.work, routingKey: event.queue)
                    }
                }
                let letters = try await stack.take(from: Names.deadLetters) { $0.count == forged.count }
                for letter in letters {
                    #expect(
                        letter.properties.headerString("reason") == "the ledger has decided nothing of the kind")
                }
                #expect(try asked() == before)
                try await stack.assertLedgerClean()
            }
        }

        /// As the ledger announces it, but for who decided it.
        private func event(
            _ transition: Transition, _ command: CommandID, _ wallet: WalletID, _ amount: Int64, _ rib: String
        ) throws -> AMQPMessage {
            let outcome = Outcome(
                commandIndex: 0, position: Position(period: 202_611, lane: 0, sequence: 1_000_000), commandID: command,
                subject: command, transition: transition, status: .sent, code: .ok, field: nil, wallet: wallet,
                amount: Money(amount, .dzd), fee: nil, feeVersion: nil, time: secondsFromNow(0), entries: 0..<0)
            let beneficiary = Beneficiary(
                id: BeneficiaryID(high: 1, low: 1), wallet: wallet, rib: try #require(RIB(rib)), holderName: "A Test",
                addedAt: secondsFromNow(0), verifiedAt: secondsFromNow(0), removedAt: nil)
            let detail =
                transition == .withdrawalSent
                ? OutcomeDetail.withdrawal(.standard, to: beneficiary, nil)
                : OutcomeDetail.topUp(.card, paymentMethod: nil)
            return AMQPMessage(Events.encode(outcome, entries: [Entry](), detail: detail, traceparent: nil))
        }

        @Test("a message whose headers leave no room for more is set aside too, and the lane goes on")
        func headersThatFillTheirFrame() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                var message = AMQPMessage(body: Array("full".utf8))
                message.properties.headers = [("padding", .string(String(repeating: "p", count: 131_000)))]
                let full = message
                let good = try await stack.withCommander { commander in
                    try await commander.publish(full, slot: payer.id.lastByte)
                    return try await commander.send(
                        try commander.envelope(
                            "transfer.submit.v1", transferJSON(payer.id, payee.id, 1_00), as: payer.person.id,
                            key: "behind"), slot: payer.id.lastByte)
                }
                let letters = try await stack.take(from: Names.deadLetters) { !$0.isEmpty }
                #expect(letters.first?.body == full.body)
                #expect(letters.first?.properties.headerString("dead-letter-code") == "MALFORMED")
                try await eventually("the command behind it is decided") {
                    try await stack.standing(of: good.description)?.status == "completed"
                }
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        @Test("a message that comes again is counted in the security log, not listed again")
        func counted() async throws {
            try await Stack.with { stack in
                let message = AMQPMessage(body: Array("nonsense".utf8))
                try await stack.withCommander { commander in
                    for _ in 0..<3 { try await commander.publish(message, slot: 7) }
                }
                _ = try await stack.take(from: Names.deadLetters) { $0.count >= 3 }
                #expect(try await stack.number("SELECT count(*) FROM ledger.security_log") == 1)
                #expect(try await stack.number("SELECT sum(times)::bigint FROM ledger.security_log") == 3)
                try await stack.assertLedgerClean()
            }
        }

        @Test("an authentic command with a wrong body is refused under its own id")
        func authenticButMalformed() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(1_000_00)
                let wrong: [(type: String, body: String, code: String)] = [
                    ("transfer.submit.v1", "{", "MALFORMED"), ("transfer.submit.v1", "{}", "MALFORMED"),
                    (
                        "transfer.submit.v1", transferJSON(payer.id, payer.id, 1).replacing(":1,", with: ":1.0,"),
                        "MALFORMED"
                    ),
                    ("transfer.submit.v1", transferJSON(payer.id, payer.id, 0), "AMOUNT_OUT_OF_RANGE"),
                    ("transfer.submit.v1", transferJSON(payer.id, payer.id, .max), "AMOUNT_OUT_OF_RANGE"),
                    ("transfer.submit.v2", transferJSON(payer.id, payer.id, 1), "UNKNOWN_TYPE"),
                    ("wallet.open.v1", #"{"type":"personal","currency":"DZD"}"#, "MALFORMED"),
                ]
                for (number, wrong) in wrong.enumerated() {
                    let id = try await stack.withCommander { commander in
                        try await commander.send(
                            try commander.envelope(wrong.type, wrong.body, as: payer.person.id, key: "wrong-\(number)"),
                            slot: payer.id.lastByte)
                    }
                    try await eventually("\(wrong.type) is refused") {
                        try await stack.standing(of: id.description) != nil
                    }
                    let standing = try await stack.standing(of: id.description)
                    #expect(standing?.status == "rejected" && standing?.code == wrong.code, "\(wrong)")
                }
                #expect(try await stack.balance(payer).available == 1_000_00)
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        private func hostileMessages(
            _ commander: Commander, _ payer: TestWallet, _ payee: TestWallet
        ) throws -> [Hostile] {
            let body = transferJSON(payer.id, payee.id, 500_00)
            func signed(by signer: String? = nil, type: String = "transfer.submit.v1") throws -> CommandEnvelope {
                try commander.envelope(type, body, as: payer.person.id, key: newKey(), signedBy: signer)
            }
            func altered(_ change: (inout CommandEnvelope) -> Void) throws -> AMQPMessage {
                var envelope = try signed()
                change(&envelope)
                return AMQPMessage(envelope, seconds: 1)
            }
            func changed(_ change: (inout AMQPMessage) -> Void) throws -> AMQPMessage {
                var message = AMQPMessage(try signed(), seconds: 1)
                change(&message)
                return message
            }
            var anonymous = AMQPMessage(try signed(), seconds: 1)
            anonymous.properties.userID = nil
            return [
                Hostile(name: "nothing", message: AMQPMessage(body: []), code: "MALFORMED"),
                Hostile(name: "no headers", message: AMQPMessage(body: Array(body.utf8)), code: "MALFORMED"),
                Hostile(
                    name: "a megabyte of noise",
                    message: AMQPMessage(body: (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 167) }),
                    code: "MALFORMED"),
                Hostile(
                    name: "a header that is no text",
                    message: try changed { $0.properties.headers = [("scope", 5), ("key", .bytes([0xff, 0]))] },
                    code: "MALFORMED"),
                Hostile(
                    name: "no message id", message: try changed { $0.properties.messageID = nil }, code: "MALFORMED"),
                Hostile(
                    name: "unsigned", message: try altered { ($0.signature, $0.signatureKey) = ("", "") },
                    code: "BAD_SIGNATURE"),
                Hostile(
                    name: "a signature that is no hexadecimal", message: try altered { $0.signature = "xyz" },
                    code: "BAD_SIGNATURE"),
                Hostile(
                    name: "an unknown key", message: try altered { $0.signatureKey = "ingress-2" },
                    code: "BAD_SIGNATURE"),
                Hostile(
                    name: "another body",
                    message: try changed { $0.body = Array(transferJSON(payer.id, payee.id, 1).utf8) },
                    code: "BAD_SIGNATURE"),
                Hostile(
                    name: "another subject", message: try altered { $0.subject = "\(payee.person.id)" },
                    code: "BAD_SIGNATURE"),
                Hostile(
                    name: "more granted", message: try altered { $0.granted += " service" }, code: "BAD_SIGNATURE"),
                Hostile(
                    name: "a later end", message: try altered { $0.notAfter = "2099-01-01T00:00:00Z" },
                    code: "BAD_SIGNATURE"),
                Hostile(
                    name: "another's command id", message: try altered { $0.messageID = "\(payee.id)" },
                    code: "BAD_SIGNATURE"),
                Hostile(
                    name: "another's key",
                    message: AMQPMessage(try signed(by: "topups"), seconds: 1).from("wallet-ingress"),
                    code: "UNTRUSTED_PUBLISHER"),
                Hostile(name: "handed over by nobody", message: anonymous, code: "UNTRUSTED_PUBLISHER"),
                Hostile(
                    name: "a huge header",
                    message: try changed {
                        $0.properties.headers.append("padding", .string(String(repeating: "p", count: 100_000)))
                        $0.properties.headers.append("signature", "")
                        $0.body = []
                    }, code: "BAD_SIGNATURE"),
                Hostile(
                    name: "many headers",
                    message: try changed {
                        $0.properties.headers = AMQPTable(
                            (0..<5_000).map { AMQPTable.Entry(key: "header-\($0)", value: .int64(Int64($0))) })
                    }, code: "MALFORMED"),
            ]
        }
    }
}

extension AMQPMessage {
    /// The same message under the name of the user whose connection publishes it: the broker refuses another's.
    fileprivate func from(_ user: String) -> AMQPMessage {
        var message = self
        message.properties.userID = user
        return message
    }
}
