// The laws of command bodies, envelopes and digests under any content.

import Crypto
import Domain
import Foundation
import Testing

@testable import Wire

@Suite("Fuzzing: commands")
struct BodyFuzzTests {
    private static let client = "app"
    private static let id = CommandID(client: client, subject: Bodies.user, key: "k")
    private static let resolved = Resolved(
        verification: Verification(
            level: 2, expiresAt: Timestamp(microseconds: 1_800_000_000_000_000),
            levelOneExpiresAt: Timestamp(microseconds: 1_810_000_000_000_000)))

    private static func read(_ content: CommandContent) -> Result<Request, FieldError> {
        Result { () throws(FieldError) in try content.request(id: id, user: OwnerID(Bodies.user), resolved: resolved) }
    }

    /// Where an error may say that something is wrong.
    private static func isTellable(_ field: String) -> Bool {
        field.utf8.count <= 128 && field.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
    }

    @Test("a body that is accepted has the fields of its type, whole amounts in range, and nothing else")
    func bodies() {
        Fuzzing.hold("bodies") { (random) throws(Counterexample) in
            let type = random.one(of: CommandType.allCases)
            var tree = Bodies.body(type)
            for _ in 0..<random.below(3) { tree = Bodies.changed(tree, &random) }
            let text = Array(Bodies.text(tree, &random).utf8)
            let isCut = random.chance(20)
            let body = isCut ? mutated(text, inserting: JSONTexts.pieces, &random) : text
            let content = CommandContent(type: type.name, target: Bodies.target(type), body: body)
            switch Self.read(content) {
            case .success(let request): try Self.check(request, type, body)
            case .failure(let error):
                guard [.malformed, .amountOutOfRange].contains(error.code), Self.isTellable(error.field) else {
                    throw Counterexample("an error that cannot be told: \(error.code)", body)
                }
                if !isCut, error.field.contains(Bodies.secret) { throw Counterexample("an error that quotes", body) }
            }
        }
    }

    private static func check(_ request: Request, _ type: CommandType, _ body: [UInt8]) throws(Counterexample) {
        guard case .object(let members)? = try? JSON(parsing: body) else {
            throw Counterexample("accepted, though it is not an object", body)
        }
        let keys = Set(members.map(\.key))
        guard keys.isSubset(of: Bodies.allowed(type)), keys.isSuperset(of: Bodies.required(type)) else {
            throw Counterexample("accepted with other fields than \(type) has: \(keys)", body)
        }
        guard Bodies.required(type).contains("amount") else { return }
        guard case .object(let money)? = members.first(where: { $0.key == "amount" })?.value, money.count == 2,
            case .number(let token)? = money.first(where: { $0.key == "amount" })?.value,
            token.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let amount = Int64(token), 1...10_000_000_000_000 ~= amount
        else { throw Counterexample("accepted with an amount that is none", body) }
        guard Bodies.amount(of: request)?.minorUnits == amount else {
            throw Counterexample("accepted as another amount", body)
        }
    }

    @Test("two bodies have one digest exactly when no field differs, whatever the order and the white space")
    func digests() {
        Fuzzing.hold("digests") { (random) throws(Counterexample) in
            let tree = random.chance(50) ? Bodies.body(random.one(of: CommandType.allCases)) : Bodies.any(&random)
            let other = random.chance(50) ? tree : Bodies.changed(tree, &random)
            let (mine, theirs) = (Bodies.text(tree, &random), Bodies.text(Bodies.shuffled(other, &random), &random))
            let contents = [mine, theirs].map { CommandContent(type: "t", body: Array($0.utf8)) }
            let same = contents[0].digest == contents[1].digest
            let field = contents[0].differingField(from: contents[1])
            guard same == (field == nil) else {
                throw Counterexample(
                    "digests \(same ? "agree" : "differ"), field \(field ?? "none")", Array((mine + "\n" + theirs).utf8)
                )
            }
            guard same == (contents[1].differingField(from: contents[0]) == nil) else {
                throw Counterexample("differs one way round only", Array((mine + "\n" + theirs).utf8))
            }
        }
    }

    // MARK: - Envelopes

    private static let key = PublisherKey(
        id: "ingress-1", publisher: "wallet-ingress", secret: SymmetricKey(data: [UInt8](repeating: 7, count: 32)),
        types: nil)
    private static let keyring = Keyring([key])

    private static func envelope(_ type: CommandType, body: [UInt8], signed: Bool = true) -> CommandEnvelope {
        let acceptedAt = Timestamp(microseconds: 1_795_372_754_123_456)
        var envelope = CommandEnvelope(
            content: CommandContent(type: type.name, target: Bodies.target(type), body: body),
            publisher: key.publisher, client: client, subject: Bodies.user, permissions: [.transfer, .manage],
            resolved: resolved, key: "key-1", acceptedAt: acceptedAt, notAfter: acceptedAt.adding(seconds: 60))
        if signed { envelope.sign(with: key) }
        return envelope
    }

    /// Every text of an envelope that the signature covers, and the signature.
    private static func texts() -> [WritableKeyPath<CommandEnvelope, String>] {
        [
            \.messageID, \.publisher, \.client, \.subject, \.granted, \.resolved, \.key, \.acceptedAt, \.notAfter,
            \.proof,
            \.signatureKey, \.signature,
        ]
    }

    private static let pieces: [[UInt8]] = [
        "wallet:transfer", " ", "\u{0}", "app", "a", "{\"kyc\":{}}", "2026-11-22T18:39:14Z", "00", "f", "é", "\u{301}",
    ].map { Array($0.utf8) }

    @Test("a signed envelope is believed exactly as it was signed")
    func forgeries() {
        Fuzzing.hold("forged envelopes") { (random) throws(Counterexample) in
            let type = random.one(of: CommandType.allCases)
            let original = Self.envelope(type, body: Array(Bodies.text(Bodies.body(type), &random).utf8))
            var forged = original
            switch random.below(8) {
            case 0:
                forged.content = Self.content(
                    forged, body: mutated(forged.content.body, inserting: Self.pieces, &random))
            case 1: forged.content = Self.content(forged, type: Self.changed(forged.content.type, &random))
            case 2: forged.content = Self.content(forged, target: Self.changed(forged.content.target, &random))
            case 3:
                // The end of one part moved to the beginning of the next.
                let (first, second) = (forged.client, forged.subject)
                forged.client = String(first.dropLast())
                forged.subject = first.suffix(1) + second
            default:
                let text = random.one(of: Self.texts())
                forged[keyPath: text] = Self.changed(forged[keyPath: text], &random)
            }
            let isSame =
                forged.signedBytes == original.signedBytes && forged.signature == original.signature
                && forged.key == original.key
            let isBelieved = (try? forged.authenticate(handedOverBy: Self.key.publisher, keyring: Self.keyring)) != nil
            guard isSame == isBelieved else {
                throw Counterexample(isBelieved ? "a forgery is believed" : "the original is not", forged.signedBytes)
            }
        }
    }

    @Test("whatever a publisher signs is a command under its own id, or is refused with a reason")
    func signedNonsense() {
        Fuzzing.hold("signed nonsense") { (random) throws(Counterexample) in
            let type = random.one(of: CommandType.allCases)
            var tree = Bodies.body(type)
            for _ in 0..<random.below(3) { tree = Bodies.changed(tree, &random) }
            let body = mutated(Array(Bodies.text(tree, &random).utf8), inserting: JSONTexts.pieces, &random)
            var envelope = Self.envelope(type, body: random.chance(50) ? body : Array(Bodies.text(tree, &random).utf8))
            for _ in 0..<random.below(3) {
                let text = random.one(of: Self.texts())
                envelope[keyPath: text] = Self.changed(envelope[keyPath: text], &random)
            }
            if random.chance(70) {
                envelope.messageID =
                    CommandID(client: envelope.client, subject: envelope.subject, key: envelope.key).description
            }
            envelope.sign(with: Self.key)
            let answer = Result { () throws(Untrusted) in
                try envelope.authenticate(handedOverBy: Self.key.publisher, keyring: Self.keyring)
            }
            switch answer {
            case .success(let command):
                guard command.id.description == envelope.messageID, CommandEnvelope.isValidKey(envelope.key) else {
                    throw Counterexample("accepted under another id", envelope.signedBytes)
                }
                if case .unacceptable(_, let field) = command.request, !Self.isTellable(field) {
                    throw Counterexample("a field that cannot be told", envelope.signedBytes)
                }
            case .failure(let error):
                guard [.malformed, .untrustedPublisher, .badSignature].contains(error.code), !error.reason.isEmpty
                else {
                    throw Counterexample("refused with \(error.code)", envelope.signedBytes)
                }
            }
        }
    }

    private static func changed(_ text: String, _ random: inout Seeded) -> String {
        String(decoding: mutated(Array(text.utf8), inserting: pieces, &random), as: UTF8.self)
    }

    private static func content(
        _ envelope: CommandEnvelope, type: String? = nil, target: String? = nil, body: [UInt8]? = nil
    ) -> CommandContent {
        let content = envelope.content
        return CommandContent(
            type: type ?? content.type, target: target ?? content.target, body: body ?? content.body)
    }
}
