// The bodies of the commands: what each must have, may have, and may not.

import Domain
import Testing
import Wire

@Suite("Bodies")
struct BodyTests {
    @Test("a body with every field that it may have is read", arguments: CommandType.allCases)
    func whole(type: CommandType) {
        #expect(Sample.read(type).failure == nil)
    }

    @Test("what is read is what was sent")
    func values() throws {
        guard case .submitTransfer(let transfer) = try Sample.read(.submitTransfer).get(),
            case .submitWithdrawal(let withdrawal) = try Sample.read(.submitWithdrawal).get(),
            case .settleTopUp(let settled) = try Sample.read(.settleTopUp).get(),
            case .openWallet(let opened) = try Sample.read(.openWallet).get()
        else {
            Issue.record("a body is read as another type's")
            return
        }
        #expect(transfer.from == WalletID(Sample.wallet) && transfer.to == WalletID(Sample.payee))
        #expect(transfer.amount == Money(150_000, .dzd))
        #expect(withdrawal.speed == .express && withdrawal.beneficiary == BeneficiaryID(Sample.beneficiary))
        #expect(settled.topUp == CommandID(Sample.command) && settled.result == .captured)
        #expect(opened.ownerID == OwnerID(Sample.user) && opened.name == "Home")
        #expect(opened.verification == Sample.verification)
    }

    @Test("every field but the optional ones is needed", arguments: CommandType.allCases)
    func missing(type: CommandType) throws {
        var optional: Set<String> = ["description", "metadata", "payment_method_id", "against"]
        let more: [CommandType: String] = [
            .openWallet: "name", .submitPayment: "reference", .recordSettlement: "commission", .recordLine: "text",
            .freezeWallet: "reason", .unfreezeWallet: "reason", .closeWallet: "reason", .settleAdjustment: "reason",
        ]
        if let field = more[type] { optional.insert(field) }
        guard case .object(let members) = try parse(Sample.body(type)).get() else { return }
        for left in members {
            let rest = JSON.object(members.filter { $0 != left })
            let failure = Sample.read(type, text(rest)).failure
            #expect(failure == (optional.contains(left.key) ? nil : FieldError(.malformed, field: left.key)))
        }
    }

    @Test("a field of another kind is refused by its name, and null is no value", arguments: CommandType.allCases)
    func wrongKinds(type: CommandType) throws {
        guard case .object(let members) = try parse(Sample.body(type)).get() else { return }
        for index in members.indices {
            for wrong in [JSON.null, .number("1"), .bool(true), .array([]), .string("")] {
                if case (.bool, .bool) = (members[index].value, wrong) { continue }
                var changed = members
                changed[index] = JSON.Member(members[index].key, wrong)
                let failure = Sample.read(type, text(.object(changed))).failure
                #expect(failure == FieldError(.malformed, field: members[index].key), "\(wrong)")
            }
        }
    }

    @Test("a field that nobody asked for is refused by its name", arguments: CommandType.allCases)
    func unknown(type: CommandType) throws {
        guard case .object(let members) = try parse(Sample.body(type)).get() else { return }
        let more = JSON.object(members + [JSON.Member("user_id", .string("x"))])
        #expect(Sample.read(type, text(more)).failure == FieldError(.malformed, field: "user_id"))
    }

    @Test(
        "an unknown field is named with its path, as long as its name can be told",
        arguments: [
            (#"{"wallet":"\#(Sample.payee)","phone":"1"}"#, "to.phone"),
            (#"{"wallet":"\#(Sample.payee)","a\u0000b":"1"}"#, "to.?"),
            (#"{"wallet":"\#(Sample.payee)","\#(String(repeating: "k", count: 65))":"1"}"#, "to.?"),
        ])
    func unknownPath(payee: String, field: String) {
        let body = #"{"from":"\#(Sample.wallet)","to":\#(payee),"amount":\#(Sample.money)}"#
        #expect(Sample.read(.submitTransfer, body).failure == FieldError(.malformed, field: field))
    }

    @Test("a key that is there twice is refused by its name")
    func twice() {
        let body = #"{"wallet":"\#(Sample.wallet)","wallet":"\#(Sample.wallet)"}"#
        #expect(Sample.read(.verifyBeneficiary, body).failure == FieldError(.malformed, field: "wallet"))
    }

    @Test("a body that is not an object is malformed", arguments: ["", "[]", "null", "1", "\"x\"", "{", "{}x"])
    func notAnObject(body: String) {
        #expect(Sample.read(.verifyBeneficiary, body).failure?.code == .malformed)
    }

    @Test(
        "an unknown type is told as such",
        arguments: ["", "transfer.submit.v2", "transfer.submit", "TRANSFER.SUBMIT.V1"])
    func unknownType(type: String) throws {
        let content = CommandContent(type: type, body: Array("{}".utf8))
        let id = CommandID(client: "", subject: "", key: "k")
        let result = Result { () throws(FieldError) in
            try content.request(id: id, user: nil, resolved: Resolved())
        }
        #expect(result.failure == FieldError(.unknownType, field: "type"))
    }

    @Test(
        "an id is a lower-case UUID",
        arguments: ["0B0B0B0B-0000-8000-8000-000000000011", "0b0b0b0b000080008000000000000011", "x", ""])
    func ids(text: String) {
        let failure = Sample.read(.verifyBeneficiary, #"{"wallet":"\#(text)"}"#).failure
        #expect(failure == FieldError(.malformed, field: "wallet"))
    }

    @Test(
        "the path of a step must name what it is a step of",
        arguments: ["", "topup=", "topup=x", "withdrawal=\(Sample.command)", "topup=\(Sample.command) a=b"])
    func targets(target: String) {
        let content = CommandContent(
            type: "topup.settle.v1", target: target, body: Array(Sample.body(.settleTopUp).utf8))
        let result = Result { () throws(FieldError) in
            try content.request(id: CommandID(high: 0, low: 0), user: nil, resolved: Resolved())
        }
        #expect(result.failure == FieldError(.malformed, field: "target.topup"))
    }

    @Test("texts have a length and no control characters")
    func texts() {
        func open(_ name: String) -> FieldError? {
            Sample.read(.openWallet, #"{"type":"personal","currency":"DZD","name":"\#(name)"}"#).failure
        }
        #expect(open(String(repeating: "n", count: BodyLimits.nameBytesMax)) == nil)
        #expect(open("تسوق 🛒") == nil)
        for name in ["", String(repeating: "n", count: BodyLimits.nameBytesMax + 1), #"a\u0000"#, #"a\nb"#, "a\u{7f}"] {
            #expect(open(name) == FieldError(.malformed, field: "name"))
        }
    }

    @Test("metadata are the caller's own strings, up to 2 KB, the names counted")
    func metadata() {
        func transfer(_ metadata: String) -> FieldError? {
            Sample.read(
                .submitTransfer,
                #"{"from":"\#(Sample.wallet)","to":{"wallet":"\#(Sample.payee)"},"amount":\#(Sample.money),"#
                    + #""metadata":\#(metadata)}"#
            ).failure
        }
        let longest = String(repeating: "v", count: BodyLimits.metadataBytesMax - 1)
        #expect(transfer("{}") == nil)
        #expect(transfer(#"{"k":"\#(longest)"}"#) == nil)
        #expect(transfer(#"{"kk":"\#(longest)"}"#) == FieldError(.malformed, field: "metadata"))
        #expect(transfer(#"{"k":1}"#) == FieldError(.malformed, field: "metadata.k"))
        #expect(transfer(#"{"k":{}}"#) == FieldError(.malformed, field: "metadata.k"))
        #expect(transfer("[]") == FieldError(.malformed, field: "metadata"))
    }

    private func text(_ json: JSON) -> String {
        var writer = JSONWriter()
        writer.value(json)
        return writer.text
    }
}

@Suite("Money on the wire")
struct MoneyTokenTests {
    private func read(_ amount: String, _ currency: String = #""DZD""#) -> Result<Request, FieldError> {
        let money = #"{"amount":\#(amount),"currency":\#(currency)}"#
        return Sample.read(.submitTopUp, #"{"wallet":"\#(Sample.wallet)","method":"card","amount":\#(money)}"#)
    }

    @Test("1 to 10^13 minor units are read", arguments: ["1", "150000", "10000000000000"])
    func inRange(token: String) throws {
        guard case .submitTopUp(let topUp) = try read(token).get() else { return }
        #expect(String(topUp.amount.minorUnits) == token)
    }

    @Test(
        "a whole number outside of that is out of range, however long",
        arguments: [
            "0", "-0", "-1", "10000000000001", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
            "18446744073709551617", String(repeating: "9", count: 400),
        ])
    func outOfRange(token: String) {
        #expect(read(token).failure == FieldError(.amountOutOfRange, field: "amount.amount"))
    }

    @Test(
        "what is not written as a whole number is malformed, even when its value is one",
        arguments: ["1.0", "150000.0", "1e5", "1.5e5", "1E0", "\"5\"", "null", "true", "[1]", "{}", "0.0", "1e400"])
    func notWhole(token: String) {
        #expect(read(token).failure == FieldError(.malformed, field: "amount.amount"))
    }

    @Test(
        "what is not JSON is malformed as a whole", arguments: ["01", "+5", "--1", "5.", ".5", "0x5", "٥", "5_000", ""])
    func notJSON(token: String) {
        #expect(read(token).failure == FieldError(.malformed, field: ""))
    }

    @Test(
        "a currency is an ISO 4217 code that the ledger keeps", arguments: ["\"dzd\"", "\"XXX\"", "\"\"", "12", "null"])
    func currency(token: String) {
        #expect(read("5", token).failure == FieldError(.malformed, field: "amount.currency"))
    }

    @Test(
        "money is an amount and a currency and nothing else",
        arguments: [
            (#"{"amount":5}"#, "amount.currency"), (#"{"currency":"DZD"}"#, "amount.amount"),
            (#"{"amount":5,"currency":"DZD","scale":2}"#, "amount.scale"), ("5", "amount"), (#""5 DZD""#, "amount"),
        ])
    func shape(money: String, field: String) {
        let body = #"{"wallet":"\#(Sample.wallet)","method":"card","amount":\#(money)}"#
        #expect(Sample.read(.submitTopUp, body).failure == FieldError(.malformed, field: field))
    }
}

@Suite("Look-ups")
struct ResolvedTests {
    @Test("what the publisher looked up is read as it was written")
    func roundTrip() throws {
        let resolved = Resolved(verification: Sample.verification)
        #expect(try Resolved(header: resolved.header) == resolved)
        #expect(try Resolved(header: "") == Resolved())
        #expect(Resolved().header.isEmpty)
    }

    @Test(
        "a look-up of another form is malformed",
        arguments: [
            "x", "[]", "{}", #"{"kyc":{}}"#, #"{"kyc":{"level":1},"more":1}"#,
            #"{"kyc":{"level":4,"expires_at":"2026-01-01T00:00:00Z","level_1_expires_at":"2026-01-01T00:00:00Z"}}"#,
            #"{"kyc":{"level":1,"expires_at":"soon","level_1_expires_at":"2026-01-01T00:00:00Z"}}"#,
        ])
    func refused(header: String) {
        let result = Result { () throws(FieldError) in try Resolved(header: header) }
        #expect(result.failure?.code == .malformed)
        #expect(
            result.failure?.field.hasPrefix("resolved") == true || result.failure?.field == "kyc"
                || result.failure?.field == "more")
    }

    @Test("a payment says what the code says that was scanned, and takes its reference from there")
    func scannedCodes() throws {
        let merchant = try #require(WalletID(Sample.payee))
        func read(_ code: PaymentQR, reference: String = "") -> Result<Request, FieldError> {
            let parts = #""from":"\#(Sample.wallet)","to":"\#(Sample.payee)","amount":\#(Sample.money)"#
            return Sample.read(.submitPayment, #"{\#(parts)\#(reference),"qr":"\#(code.text)"}"#)
        }
        func code(_ amount: PaymentQR.Amount, reference: String? = "INV-7", wallet: WalletID? = nil) throws -> PaymentQR
        {
            try PaymentQR(
                walletID: wallet ?? merchant, amount: amount, reference: reference, merchantName: "A Shop")
        }
        for amount in [PaymentQR.Amount.open(.dzd), .fixed(Money(150_000, .dzd))] {
            guard case .submitPayment(let payment) = try read(try code(amount)).get() else {
                Issue.record("not read as a payment")
                continue
            }
            #expect(payment.reference == "INV-7")
        }
        #expect(try read(code(.fixed(Money(150_001, .dzd)))).failure?.field == "amount")
        #expect(try read(code(.open(.eur))).failure?.field == "amount.currency")
        #expect(try read(code(.open(.dzd)), reference: #","reference":"INV-8""#).failure?.field == "reference")
        #expect(try read(code(.open(.dzd), wallet: WalletID(Sample.wallet))).failure?.field == "to")
        let broken = String(try code(.open(.dzd)).text.dropLast()) + "g"
        let body = #"{"from":"\#(Sample.wallet)","to":"\#(Sample.payee)","amount":\#(Sample.money),"qr":"\#(broken)"}"#
        #expect(Sample.read(.submitPayment, body).failure?.field == "qr")
    }
}
