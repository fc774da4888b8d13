// Only what is rightly signed, and handed over by whom it was signed for, is a command.

import Crypto
import Domain
import Testing
import Wire

@Suite("Envelopes")
struct EnvelopeTests {
    private func authenticate(
        _ envelope: CommandEnvelope, by user: String = "wallet-ingress"
    ) -> Result<Command, Untrusted> {
        Result { () throws(Untrusted) in try envelope.authenticate(handedOverBy: user, keyring: Sample.keyring) }
    }

    @Test("what is signed is authentic, for every type", arguments: CommandType.allCases)
    func authentic(type: CommandType) throws {
        let envelope = Sample.envelope(type)
        let command = try authenticate(envelope).get()
        #expect(command.type == type)
        #expect(command.id.description == envelope.messageID)
        #expect(command.id == CommandID(client: "app", subject: Sample.user, key: "key-1"))
        #expect(command.caller.client == "app" && command.caller.user == OwnerID(Sample.user))
        #expect(command.caller.permissions == [.transfer, .manage])
        #expect(command.notAfter == Sample.notAfter)
        if case .unacceptable(let code, let field) = command.request { Issue.record("\(code) of \(field)") }
    }

    /// Every part that the signature covers, changed, and how the message is refused then.
    private static let alterations:
        [(name: String, code: OutcomeCode, change: @Sendable (inout CommandEnvelope) -> Void)] =
            [
                ("signature key", .badSignature, { $0.signatureKey = "ingress-2" }),
                ("another's signature key", .untrustedPublisher, { $0.signatureKey = "topups-1" }),
                ("message id", .badSignature, { $0.messageID = Sample.command }),
                ("type", .badSignature, { $0.content = Sample.changed($0.content, type: "topup.submit.v1") }),
                ("unknown type", .badSignature, { $0.content = Sample.changed($0.content, type: "x") }),
                ("publisher", .untrustedPublisher, { $0.publisher = "topups" }),
                ("client", .badSignature, { $0.client = "other" }),
                ("subject", .badSignature, { $0.subject = Sample.payee }),
                (
                    "client and subject, cut elsewhere", .badSignature,
                    {
                        $0.client = "ap"
                        $0.subject = "p" + Sample.user
                    }
                ),
                ("granted", .badSignature, { $0.granted += " wallet:withdraw" }),
                (
                    "target", .badSignature,
                    { $0.content = Sample.changed($0.content, target: "topup=\(Sample.command)") }
                ),
                ("resolved", .badSignature, { $0.resolved = Resolved(verification: Sample.verification).header }),
                ("key", .badSignature, { $0.key = "key-2" }),
                ("accepted-at", .badSignature, { $0.acceptedAt = "2026-11-22T18:39:14Z" }),
                ("not-after", .badSignature, { $0.notAfter = "2036-11-22T18:39:14Z" }),
                ("proof", .badSignature, { $0.proof = "{}" }),
                ("body", .badSignature, { $0.content = Sample.changed($0.content, body: $0.content.body + [0x20]) }),
                (
                    "body and proof, cut elsewhere", .badSignature,
                    {
                        $0.proof = "{"
                        $0.content = Sample.changed($0.content, body: Array($0.content.body.dropFirst()))
                    }
                ),
                ("no signature", .badSignature, { $0.signature = "" }),
                ("signature in upper case", .badSignature, { $0.signature = $0.signature.uppercased() }),
                ("shorter signature", .badSignature, { $0.signature.removeLast(2) }),
                ("odd signature", .badSignature, { $0.signature.removeLast() }),
            ]

    @Test("any signed part altered is told, and nothing of the message is believed", arguments: alterations.indices)
    func altered(index: Int) {
        let (name, code, change) = Self.alterations[index]
        var envelope = Sample.envelope()
        change(&envelope)
        #expect(authenticate(envelope).failure?.code == code, "\(name)")
    }

    @Test("each bit of the signature counts")
    func signatureBits() {
        let envelope = Sample.envelope()
        for index in 0..<64 {
            var changed = Array(envelope.signature.utf8)
            changed[index] = changed[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            var forged = envelope
            forged.signature = String(decoding: changed, as: UTF8.self)
            #expect(authenticate(forged).failure?.code == .badSignature)
        }
    }

    @Test("the trace context is not signed, because nothing depends on it")
    func trace() {
        var envelope = Sample.envelope()
        envelope.traceparent = nil
        #expect(authenticate(envelope).failure == nil)
    }

    @Test("a message handed over by another broker user is refused", arguments: ["", "topups", "wallet-workers"])
    func wrongUser(user: String) {
        #expect(authenticate(Sample.envelope(), by: user).failure?.code == .untrustedPublisher)
    }

    @Test("a publisher may sign only the types that are its own")
    func foreignType() {
        let settled = Sample.envelope(.settleTopUp, signedWith: Sample.topUps)
        let transfer = Sample.envelope(.submitTransfer, signedWith: Sample.topUps)
        #expect(authenticate(settled, by: "topups").failure == nil)
        #expect(authenticate(transfer, by: "topups").failure?.code == .untrustedPublisher)
    }

    @Test("a key with the same id and another secret signs nothing for us")
    func otherSecret() {
        var envelope = Sample.envelope()
        envelope.sign(
            with: PublisherKey(
                id: "ingress-1", publisher: "wallet-ingress", secret: SymmetricKey(size: .bits256), types: nil))
        #expect(authenticate(envelope).failure?.code == .badSignature)
    }

    @Test("a message id that is not that of scope and key is refused, though it is signed")
    func burntKey() {
        var envelope = Sample.envelope()
        envelope.messageID = Sample.command
        envelope.sign(with: Sample.ingress)
        #expect(authenticate(envelope).failure?.code == .badSignature)
    }

    @Test(
        "an idempotency key is 1 to 128 visible ASCII characters",
        arguments: ["", " ", "a b", "é", "a\n", "\u{7f}", String(repeating: "k", count: 129)])
    func keys(key: String) {
        #expect(!CommandEnvelope.isValidKey(key))
        var envelope = Sample.envelope()
        envelope.key = key
        envelope.messageID = CommandID(client: envelope.client, subject: envelope.subject, key: key).description
        envelope.sign(with: Sample.ingress)
        #expect(authenticate(envelope).failure?.code == .malformed)
    }

    @Test("the longest and the shortest key are keys", arguments: ["!", "~", String(repeating: "k", count: 128)])
    func validKeys(key: String) {
        #expect(CommandEnvelope.isValidKey(key))
    }

    @Test("times that are not RFC 3339 are malformed, though they are signed")
    func times() {
        for change in [{ $0.notAfter = "tomorrow" }, { $0.acceptedAt = "" }] as [(inout CommandEnvelope) -> Void] {
            var envelope = Sample.envelope()
            change(&envelope)
            envelope.sign(with: Sample.ingress)
            #expect(authenticate(envelope).failure?.code == .malformed)
        }
    }

    @Test("authentic and not well-formed is a command that is refused under its id, with the field to blame")
    func unacceptable() throws {
        var envelope = Sample.envelope()
        envelope.content = Sample.changed(envelope.content, body: Array(#"{"from":"x"}"#.utf8))
        envelope.sign(with: Sample.ingress)
        guard case .unacceptable(let code, let field) = try authenticate(envelope).get().request else {
            Issue.record("a malformed body was accepted")
            return
        }
        #expect(code == .malformed && field == "from")
    }

    @Test("a service's subject is no user, and its word grants no scope")
    func services() throws {
        var envelope = CommandEnvelope(
            content: Sample.content(.settleTopUp), publisher: "topups", client: "topups", subject: "topups",
            permissions: .service, key: "topup/1/captured", acceptedAt: Sample.acceptedAt, notAfter: Sample.notAfter)
        envelope.sign(with: Sample.topUps)
        let command = try authenticate(envelope, by: "topups").get()
        #expect(command.caller.user == nil && command.caller.permissions == .service)
    }

    @Test("granted words lead back to permissions, and unknown words grant nothing")
    func granted() {
        let all: Permissions = [.read, .transfer, .topUp, .withdraw, .manage, .service]
        #expect(Permissions(header: all.header) == all)
        #expect(Permissions(header: "") == [] && Permissions(header: "wallet:all WALLET:READ *") == [])
        #expect(Permissions(header: "  wallet:read   wallet:transfer ") == [.read, .transfer])
    }
}

extension Sample {
    static func changed(
        _ content: CommandContent, type: String? = nil, target: String? = nil, body: [UInt8]? = nil
    ) -> CommandContent {
        CommandContent(type: type ?? content.type, target: target ?? content.target, body: body ?? content.body)
    }
}

@Suite("Keyrings")
struct KeyringTests {
    private static let secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    private func read(_ text: String) -> Result<Keyring, FieldError> {
        Result { () throws(FieldError) in try Keyring(json: Array(text.utf8)) }
    }

    private func key(_ id: String, _ publisher: String, secret: String = secret, types: String = #"["*"]"#) -> String {
        #"{"id":"\#(id)","publisher":"\#(publisher)","secret":"\#(secret)","types":\#(types)}"#
    }

    @Test("a process signs with the newest of its keys, by id")
    func newest() throws {
        let ring = try read(#"{"keys":[\#(key("b-2", "b")),\#(key("b-1", "b")),\#(key("c-9", "c"))]}"#).get()
        #expect(ring.signingKey(of: "b")?.id == "b-2")
        #expect(ring.signingKey(of: "nobody") == nil)
        #expect(ring.key("b-1")?.publisher == "b")
        #expect(ring.key("b-1")?.types == nil)
    }

    @Test("a key without the star may sign what is listed")
    func types() throws {
        let ring = try read(#"{"keys":[\#(key("a-1", "a", types: #"["topup.settle.v1"]"#))]}"#).get()
        #expect(ring.key("a-1")?.types == ["topup.settle.v1"])
    }

    @Test(
        "a keyring of another form is refused by the field",
        arguments: [
            ("{}", "keys"), (#"{"keys":{}}"#, "keys"), (#"{"keys":[],"more":1}"#, "more"),
            (#"{"keys":[{}]}"#, "keys[0].id"),
        ])
    func refused(text: String, field: String) {
        #expect(read(text).failure == FieldError(.malformed, field: field))
    }

    @Test("a secret is base64 of at least 32 bytes")
    func secrets() {
        for secret in ["AAAA", "%", String(Self.secret.dropLast(3)) + "="] {
            let failure = read(#"{"keys":[\#(key("a-1", "a", secret: secret))]}"#).failure
            #expect(failure == FieldError(.malformed, field: "keys[0].secret"))
        }
    }

    @Test("a key is printed without its secret")
    func redacted() {
        #expect("\(Sample.ingress)".contains("‹redacted›"))
    }
}
