// Outcomes as CloudEvents: valid, the same bytes for the same outcome, and nothing more than may be told.

import Domain
import Testing
import Wire

@Suite("Events")
struct EventTests {
    private static let command = CommandID(high: 0x1111_2222_3333_8444, low: 0x8555_0000_0000_0001)
    private static let payer = WalletID(high: 1, low: 0x11)
    private static let payee = WalletID(high: 2, low: 0x22)

    private static func snapshot(_ id: WalletID, _ version: Int64, reserve: Int64 = 0) -> WalletSnapshot {
        WalletSnapshot(id: id, currency: .dzd, version: version, available: 500, pending: 20, reserve: reserve)
    }

    private static let entries = [
        Entry(account: .customer(payer, .available), amount: Money(-1_010, .dzd), wallet: snapshot(payer, 3)),
        Entry(
            account: .customer(payee, .available), amount: Money(1_000, .dzd), wallet: snapshot(payee, 1, reserve: 7)),
        Entry(account: .system(.feeRevenue), amount: Money(10, .dzd)),
    ]

    private static func outcome(
        _ transition: Transition, subject: CommandID = command, code: OutcomeCode = .ok, field: String? = nil,
        limit: LimitUse? = nil, entries: Range<Int> = 0..<3
    ) -> Outcome {
        Outcome(
            commandIndex: 0, position: Position(period: 202_611, lane: 3, sequence: 42), commandID: command,
            subject: subject, transition: transition, status: code == .ok ? .completed : .rejected, code: code,
            field: field, wallet: payer, amount: code == .ok ? Money(1_000, .dzd) : nil,
            fee: code == .ok ? Money(10, .dzd) : nil, feeVersion: code == .ok ? 1 : nil, limit: limit,
            time: Sample.acceptedAt, entries: entries)
    }

    private func encode(_ outcome: Outcome, detail: [UInt8]? = nil, traceparent: String? = nil) -> EncodedEvent {
        Events.encode(outcome, entries: Self.entries[outcome.entries], detail: detail, traceparent: traceparent)
    }

    @Test("an event is CloudEvents 1.0, with the extensions of the interfaces")
    func attributes() throws {
        let event = encode(Self.outcome(.transferCompleted), traceparent: "00-ab-cd-01")
        let json = try parse(event.body).get()
        #expect(json["specversion"]?.text == "1.0")
        #expect(json["id"]?.text == event.id && CommandID(event.id) != nil)
        #expect(json["source"]?.text == "/contacto/wallet")
        #expect(json["type"]?.text == "dz.contacto.wallet.transfer.completed.v1")
        #expect(json["subject"]?.text == Self.payer.description)
        #expect(json["time"]?.text == "2026-11-22T18:39:14.123456Z")
        #expect(json["dataschema"]?.text != nil && json["datacontenttype"]?.text == "application/json")
        #expect(json["commandid"]?.text == Self.command.description)
        #expect(json["lane"]?.integer == 3 && json["laneseq"]?.integer == 42)
        #expect(json["traceparent"]?.text == "00-ab-cd-01")
        #expect(event.routingKey == "transfer.completed" && event.commandID == Self.command.description)
        #expect(Events.contentType == "application/cloudevents+json")
    }

    @Test("its data have code, amounts, fee with its version, transaction and every customer wallet once")
    func data() throws {
        let data = try #require(try parse(encode(Self.outcome(.transferCompleted)).body).get()["data"])
        #expect(data["code"]?.text == "OK" && data["status"]?.text == "completed")
        #expect(data["command_id"]?.text == Self.command.description && data["step_command_id"] == nil)
        #expect(data["amount"]?["amount"]?.integer == 1_000 && data["amount"]?["currency"]?.text == "DZD")
        #expect(data["fee"]?["amount"]?.integer == 10 && data["fee"]?["version"]?.integer == 1)
        let position = Position(period: 202_611, lane: 3, sequence: 42)
        #expect(data["transaction_id"]?.text == TransactionID(position).description)
        let wallets = try #require(data["wallets"]?.elements)
        #expect(wallets.map { $0["id"]?.text } == [Self.payer.description, Self.payee.description])
        #expect(wallets.map { $0["version"]?.integer } == [3, 1])
        #expect(wallets.map { $0["available"]?.integer } == [500, 500])
        #expect(wallets.map { $0["pending"]?.integer } == [20, 20])
        #expect(wallets.map { $0["total"]?.integer } == [520, 527])
    }

    @Test("an outcome to which limits were applied tells their version, and no other tells one")
    func limits() throws {
        let limited = Self.outcome(.transferCompleted, limit: LimitUse(version: 4, day: 20_773))
        #expect(try parse(encode(limited).body).get()["data"]?["limit_version"]?.integer == 4)
        let refused = Self.outcome(
            .transferRejected, code: .limitDaily, field: "amount", limit: LimitUse(version: 5), entries: 0..<0)
        #expect(try parse(encode(refused).body).get()["data"]?["limit_version"]?.integer == 5)
        #expect(try parse(encode(Self.outcome(.moveCompleted)).body).get()["data"]?["limit_version"] == nil)
    }

    @Test("a wallet with two entries in a transaction is told once")
    func onceEach() throws {
        let held = [
            Entry(
                account: .customer(Self.payer, .available), amount: Money(-5, .dzd),
                wallet: Self.snapshot(Self.payer, 2)),
            Entry(
                account: .customer(Self.payer, .pending), amount: Money(5, .dzd), wallet: Self.snapshot(Self.payer, 2)),
        ]
        let event = Events.encode(
            Self.outcome(.withdrawalHeld, entries: 0..<2), entries: held, detail: nil, traceparent: nil)
        #expect(try parse(event.body).get()["data"]?["wallets"]?.elements?.count == 1)
    }

    @Test("a step is told as the event of the command that it moves on, with both ids")
    func steps() throws {
        let subject = CommandID(high: 9, low: 9)
        let event = encode(Self.outcome(.withdrawalSent, subject: subject))
        let json = try parse(event.body).get()
        #expect(event.commandID == subject.description && json["commandid"]?.text == subject.description)
        #expect(json["data"]?["command_id"]?.text == subject.description)
        #expect(json["data"]?["step_command_id"]?.text == Self.command.description)
    }

    @Test("a refusal tells code and field, and neither transaction nor fee")
    func refusal() throws {
        let refused = Self.outcome(.transferRejected, code: .insufficientFunds, field: "amount", entries: 0..<0)
        let data = try #require(try parse(encode(refused).body).get()["data"])
        #expect(data["code"]?.text == "INSUFFICIENT_FUNDS" && data["field"]?.text == "amount")
        #expect(data["transaction_id"] == nil && data["fee"] == nil && data["wallets"]?.elements == [])
    }

    @Test(
        "every transition's event is valid JSON under its own name and id, the same each time",
        arguments: Transition.allCases)
    func deterministic(transition: Transition) throws {
        let field = "a\"\\\u{1}é😀"
        let outcome = Self.outcome(transition, field: field)
        let event = encode(outcome, detail: Array(#"{"x":1}"#.utf8), traceparent: "t")
        let again = encode(outcome, detail: Array(#"{"x":1}"#.utf8), traceparent: "t")
        #expect(event.body == again.body && event.id == again.id)
        let json = try parse(event.body).get()
        #expect(json["type"]?.text == "dz.contacto.wallet.\(transition.eventName).v1")
        #expect(json["data"]?["field"]?.text == field && json["data"]?["detail"]?["x"]?.integer == 1)
        // What is not derived from command and transition does not change the id.
        #expect(encode(Self.outcome(transition, entries: 0..<0)).id == event.id)
    }

    @Test("no two events of different commands or transitions have one id")
    func distinct() {
        var ids: Set<String> = []
        for transition in Transition.allCases { ids.insert(encode(Self.outcome(transition)).id) }
        #expect(ids.count == Transition.allCases.count)
        for low in UInt64(0)..<200 {
            let reused = Events.keyReused(
                CommandID(high: 5, low: low), field: "amount", contentDigest: [1], time: Sample.acceptedAt, lane: 0,
                traceparent: nil)
            ids.insert(reused.id)
        }
        #expect(ids.count == Transition.allCases.count + 200)
    }

    @Test("ids stay what they are from one version of the program to the next")
    func stable() {
        #expect(CommandID(client: "app", subject: Sample.user, key: "k").description == Pinned.command)
        #expect(encode(Self.outcome(.transferCompleted)).id == Pinned.event)
        let person = OwnerID(high: 1, low: 0x2a)
        #expect(WalletID(ofPerson: person, .dzd).description == Pinned.wallet)
    }

    @Test("a reused key is told with its field, and the same other content under the same id")
    func keyReused() throws {
        func event(_ digest: [UInt8]) -> EncodedEvent {
            Events.keyReused(
                Self.command, field: "amount.amount", contentDigest: digest, time: Sample.acceptedAt, lane: 3,
                traceparent: nil)
        }
        let json = try parse(event([1]).body).get()
        #expect(json["type"]?.text == "dz.contacto.wallet.command.key_reused.v1")
        #expect(json["data"]?["code"]?.text == "KEY_REUSED" && json["data"]?["field"]?.text == "amount.amount")
        #expect(event([1]).id == event([1]).id && event([1]).id != event([2]).id)
        #expect(event([1]).routingKey == "command.key_reused")
    }

    @Test("details tell what a reader needs of wallets, top-ups, beneficiaries and withdrawals")
    func details() throws {
        let rib = try #require(RIB(Sample.rib))
        let beneficiary = Beneficiary(
            id: BeneficiaryID(high: 1, low: 1), wallet: Self.payer, rib: rib, holderName: "A \"B\"",
            addedAt: Timestamp(microseconds: 0))
        let withdrawal = try parse(OutcomeDetail.withdrawal(.express, to: beneficiary, nil)).get()
        #expect(withdrawal["speed"]?.text == "express" && withdrawal["rib"]?.text == Sample.rib)
        #expect(withdrawal["holder_name"]?.text == "A \"B\"" && withdrawal["release_at"] == nil)
        let release = ReleaseTimes(at: Timestamp(microseconds: 1), expectedBy: Timestamp(microseconds: 2_000_000))
        let scheduled = try parse(OutcomeDetail.withdrawal(.standard, to: beneficiary, release)).get()
        #expect(scheduled["release_at"]?.text == "1970-01-01T00:00:00.000001Z")
        #expect(scheduled["expected_by"]?.text == "1970-01-01T00:00:02.000000Z")
        let topUp = try parse(OutcomeDetail.topUp(.mobile, paymentMethod: "pm\u{2}")).get()
        #expect(topUp["method"]?.text == "mobile" && topUp["payment_method_id"]?.text == "pm\u{2}")
        #expect(try parse(OutcomeDetail.topUp(.card, paymentMethod: nil)).get()["payment_method_id"] == nil)
        #expect(
            try parse(OutcomeDetail.beneficiary(beneficiary)).get()["beneficiary"]?.text == beneficiary.id.description)
    }
}

@Suite("Derived ids")
struct DerivedIDTests {
    @Test("an id is a UUIDv8 of exactly its parts, wherever they are cut")
    func parts() {
        let ids = [("a", "bc", "d"), ("ab", "c", "d"), ("a", "b", "cd"), ("", "abc", "d"), ("abc", "", "d")].map {
            CommandID(client: $0, subject: $1, key: $2)
        }
        #expect(Set(ids).count == ids.count)
        for id in ids {
            let text = Array(id.description)
            #expect(text[14] == "8" && "89ab".contains(text[19]))
        }
    }

    @Test("a wallet's id ends in its owner's last byte, so that both travel in one slot")
    func lastBytes() {
        for byte in UInt64(0)...255 {
            let person = OwnerID(high: 7, low: byte)
            let command = CommandID(high: 3, low: byte)
            let merchant = OwnerID(ofMerchantOpenedBy: command)
            #expect(WalletID(ofPerson: person, .dzd).lastByte == UInt8(byte))
            #expect(WalletID(ofMerchant: merchant, openedBy: command).lastByte == merchant.lastByte)
        }
    }

    @Test("a person has one wallet id in a currency and another in the next")
    func currencies() {
        let person = OwnerID(high: 7, low: 7)
        #expect(Set(Currency.allCases.map { WalletID(ofPerson: person, $0) }).count == Currency.allCases.count)
    }
}

/// Computed with another SHA-256 (Python's hashlib) from the same parts.
enum Pinned {
    static let command = "fcf4a2b5-50b9-81a7-b0f1-45291b0f316e"
    static let event = "7ecb63c4-66ab-87e5-99b4-e407ee1a0bb2"
    static let wallet = "e869007c-4be4-8fa6-9850-48260be0f92a"
}
