// How a payee may be named, in which form it is kept, and what the publisher's look-up makes of it.

import Domain
import Testing
import Wire

@Suite("Handles")
struct HandleTests {
    @Test(
        "what a person goes by has one form, whoever writes it",
        arguments: [
            (Handle.Kind.phone, "+213555123456", "+213555123456"), (.phone, "+2901234", "+2901234"),
            (.phone, "+123456789012345", "+123456789012345"),
            (.email, "Y.Brahimi+Shop@Mail.Example.DZ", "y.brahimi+shop@mail.example.dz"),
            (.email, "a@b.c", "a@b.c"), (.email, "o'neil_99@x-y.dz", "o'neil_99@x-y.dz"),
            (.email, "\(String(repeating: "l", count: 64))@b.dz", "\(String(repeating: "l", count: 64))@b.dz"),
            (.username, "Yacine.B_9-x", "yacine.b_9-x"), (.username, "abc", "abc"),
            (.username, String(repeating: "U", count: 32), String(repeating: "u", count: 32)),
        ])
    func normal(kind: Handle.Kind, text: String, value: String) {
        #expect(Handle(kind, text)?.value == value)
        #expect(Handle(kind, value) == Handle(kind, text))
    }

    @Test(
        "what is not of its form is nothing: no number is guessed, no address repaired",
        arguments: [
            (
                Handle.Kind.phone,
                [
                    "", "+", "0555123456", "00213555123456", "+0213555123456", "+213 555 123 456", "+213-555-123456",
                    "213555123456", "+123456", "+1234567890123456", "+21355512345a", "+٢١٣٥٥٥١٢٣٤٥٦", " +213555123456",
                    "+213555123456\n", "++213555123456", "tel:+213555123456",
                ]
            ),
            (
                .email,
                [
                    "", "@", "a@", "@b.dz", "a@b", "a@b.", "a@.dz", "a.@b.dz", ".a@b.dz", "a..b@b.dz", "a@b..dz",
                    "a@-b.dz", "a@b-.dz", "a@b_c.dz", "a b@b.dz", "a@b.dz ", "a@b@c.dz", "\"a\"@b.dz", "a@[10.0.0.1]",
                    "é@b.dz", "a@é.dz", "a@b.dz\u{0}", "A Name <a@b.dz>",
                    "\(String(repeating: "l", count: 65))@b.dz", "a@\(String(repeating: "l", count: 64)).dz",
                    "a@\(String(repeating: "label.", count: 42))dz",
                ]
            ),
            (
                .username,
                [
                    "", "ab", String(repeating: "u", count: 33), "a b", "a@b", "é-user", "user\n", "ｕｓｅｒ", "a/b",
                    "us\u{200b}er",
                ]
            ),
        ])
    func nothing(kind: Handle.Kind, texts: [String]) {
        for text in texts { #expect(Handle(kind, text) == nil, "\(text)") }
    }

    @Test("a handle is not printed")
    func redacted() throws {
        let handle = try #require(Handle(.phone, "+213555123456"))
        var dumped = ""
        dump(PayeeLookup(handle, .dzd), to: &dumped)
        for text in ["\(handle)", String(reflecting: handle), "\(Payee.handle(handle))", dumped] {
            #expect(!text.contains("555"), "\(text)")
        }
    }
}

@Suite("Payees")
struct PayeeTests {
    private static let other = "0b0b0b0b-0000-8000-8000-000000000033"
    private static let phone = #"{"phone":"+213555123456"}"#
    private static let byID = #"{"wallet":"\#(Sample.payee)"}"#

    private static func transfer(_ to: String) -> CommandContent {
        Sample.content(.submitTransfer, body: #"{"from":"\#(Sample.wallet)","to":\#(to),"amount":\#(Sample.money)}"#)
    }

    private static func bulk(_ payees: [String]) -> CommandContent {
        let legs = payees.map { #"{"to":\#($0),"amount":\#(Sample.money)}"# }.joined(separator: ",")
        return Sample.content(
            .submitBulk, body: #"{"from":"\#(Sample.wallet)","all_or_nothing":false,"legs":[\#(legs)]}"#)
    }

    private static func read(_ content: CommandContent, _ payees: [WalletID?]?) -> Result<Request, FieldError> {
        let id = CommandID(client: "app", subject: Sample.user, key: "k")
        return Result { () throws(FieldError) in
            try content.request(id: id, user: OwnerID(Sample.user), resolved: Resolved(payees: payees))
        }
    }

    /// Whom a transfer, or each leg of a bulk, goes to.
    private static func payees(_ result: Result<Request, FieldError>) throws -> [WalletID?] {
        switch try result.get() {
        case .submitTransfer(let transfer): [transfer.to]
        case .submitBulk(let bulk): bulk.legs.map(\.to)
        default: []
        }
    }

    @Test(
        "a payee is named in one of four ways, and the field that is wrong is told",
        arguments: [
            ("{}", "to.wallet"), (#"{"wallet":"x"}"#, "to.wallet"), (#"{"phone":"0555"}"#, "to.phone"),
            (#"{"phone":213555123456}"#, "to.phone"), (#"{"phone":null}"#, "to.phone"),
            (#"{"email":"a@b"}"#, "to.email"), (#"{"username":"a"}"#, "to.username"),
            (#"{"wallet":"\#(Sample.payee)","phone":"+213555123456"}"#, "to.phone"),
            (#"{"phone":"+213555123456","email":"a@b.dz"}"#, "to.email"),
            (#"{"username":"yacine","wallet":"\#(Sample.payee)"}"#, "to.username"),
            (#"{"phone":"+213555123456","nickname":"y"}"#, "to.nickname"), (#""+213555123456""#, "to"), ("[]", "to"),
        ])
    func wrongPayee(to: String, field: String) {
        for content in [Self.transfer(to), Self.bulk([to])] {
            let path = content.type == CommandType.submitBulk.name ? "legs[0].\(field)" : field
            #expect(Self.read(content, [nil]).failure == FieldError(.malformed, field: path))
            #expect(Self.read(content, nil).failure == FieldError(.malformed, field: path))
            let lookups = Result { () throws(FieldError) in try content.lookups() }
            #expect(lookups.failure == FieldError(.malformed, field: path))
        }
    }

    @Test("what was found takes the place of what the client said, in the order of the body")
    func found() throws {
        let (one, two) = (try #require(WalletID(Sample.payee)), try #require(WalletID(Self.other)))
        #expect(try Self.payees(Self.read(Self.transfer(Self.phone), [two])) == [two])
        #expect(try Self.payees(Self.read(Self.transfer(Self.phone), [nil])) == [nil])
        #expect(try Self.payees(Self.read(Self.transfer(Self.byID), nil)) == [one])
        let bulk = Self.bulk([Self.phone, Self.byID, #"{"email":"A@B.DZ"}"#, #"{"username":"yacine"}"#, Self.byID])
        #expect(try Self.payees(Self.read(bulk, [two, nil, one])) == [two, one, nil, one, one])
        let lookups = try bulk.lookups()
        #expect(lookups.map(\.handle.kind) == [.phone, .email, .username])
        #expect(lookups.map(\.handle.value) == ["+213555123456", "a@b.dz", "yacine"])
        #expect(lookups.allSatisfy { $0.currency == .dzd })
        #expect(try Self.transfer(Self.byID).lookups().isEmpty)
        #expect(try Sample.content(.submitTopUp).lookups().isEmpty)
    }

    @Test("a payee that was not looked up is refused, and so is a look-up that nobody asked for")
    func notLookedUp() throws {
        let one = try #require(WalletID(Sample.payee))
        let missing = FieldError(.malformed, field: "resolved")
        for payees in [nil, [one, one]] as [[WalletID?]?] {
            #expect(Self.read(Self.transfer(Self.phone), payees).failure == missing)
        }
        #expect(Self.read(Self.transfer(Self.byID), [one]).failure == missing)
        for payees in [nil, [one], [one, nil, one]] as [[WalletID?]?] {
            #expect(Self.read(Self.bulk([Self.phone, Self.byID, Self.phone]), payees).failure == missing)
        }
        #expect(Self.read(Self.bulk([Self.byID]), [nil]).failure == missing)
    }

    @Test("what stands in for the look-up lets every other field be read")
    func standIn() throws {
        for content in [Self.transfer(Self.phone), Self.transfer(Self.byID), Self.bulk([Self.phone, Self.byID])] {
            let resolved = try Resolved.standIn(for: content)
            let id = CommandID(client: "app", subject: Sample.user, key: "k")
            _ = try content.request(id: id, user: nil, resolved: resolved)
        }
    }

    @Test("what was found is no content: a repeat is the same whoever is found")
    func noContent() throws {
        let content = Self.transfer(Self.phone)
        func digest(_ payees: [WalletID?]) throws -> [UInt8] {
            var envelope = CommandEnvelope(
                content: content, publisher: Sample.ingress.publisher, client: "app", subject: Sample.user,
                permissions: .transfer, resolved: Resolved(payees: payees), key: "k", acceptedAt: Sample.acceptedAt,
                notAfter: Sample.notAfter)
            envelope.sign(with: Sample.ingress)
            return try envelope.authenticateWithDigest(handedOverBy: "wallet-ingress", keyring: Sample.keyring)
                .contentDigest
        }
        #expect(try digest([WalletID(Sample.payee)]) == digest([nil]))
    }

    @Test("payees that were looked up are read as they were written, with what else was")
    func header() throws {
        let one = try #require(WalletID(Sample.payee))
        let all = [
            Resolved(payees: [one]), Resolved(payees: [nil]), Resolved(payees: [one, nil, one]),
            Resolved(verification: Sample.verification, payees: [one]),
            Resolved(payees: Array(repeating: one, count: SubmitBulk.legsMax)),
        ]
        for resolved in all { #expect(try Resolved(header: resolved.header) == resolved) }
        // A full frame has 128 KiB, and the other headers need a few hundred bytes of it.
        #expect(try #require(all.last).header.utf8.count < 64 * 1024)
    }

    @Test(
        "payees of another form are malformed",
        arguments: [
            (#"{"payees":[]}"#, "resolved.payees"), (#"{"payees":{}}"#, "resolved.payees"),
            (#"{"payees":null}"#, "resolved.payees"), (#"{"payees":["x"]}"#, "resolved.payees[0]"),
            (#"{"payees":[null,1]}"#, "resolved.payees[1]"), (#"{"payees":[null],"more":1}"#, "more"),
            (#"{"payees":[null],"kyc":{}}"#, "resolved.kyc.level"),
            (#"{"payees":[\#(String(repeating: "null,", count: 1_000))null]}"#, "resolved.payees"),
        ])
    func wrongHeader(header: String, field: String) {
        let result = Result { () throws(FieldError) in try Resolved(header: header) }
        #expect(result.failure == FieldError(.malformed, field: field))
    }
}
