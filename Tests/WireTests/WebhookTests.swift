// Webhooks are believed by their signature and by nothing else, and callbacks carry what was signed.

import Domain
import Testing
import Wire

@Suite("Webhooks")
struct WebhookTests {
    private let first = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let second = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    /// The example of the specification's reference libraries.
    private let message = WebhookMessage(
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", body: Array(#"{"test": 2432232314}"#.utf8))
    private let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private let now = Timestamp(microseconds: 1_614_265_330_000_000)

    private func refusal(
        _ secrets: WebhookSecrets, _ message: WebhookMessage, _ signatures: String, at now: Timestamp
    ) -> WebhookRefusal? {
        do throws(WebhookRefusal) {
            try secrets.check(message, signatures: signatures, at: now)
            return nil
        } catch { return error }
    }

    @Test("a signature is the one that the specification's example has")
    func example() throws {
        let secrets = try #require(WebhookSecrets(first))
        #expect(secrets.signature(of: message) == signature)
        #expect(refusal(secrets, message, signature, at: now) == nil)
    }

    @Test("during a rotation the old secret and the new are believed, whichever of several signatures is right")
    func rotation() throws {
        let (old, new) = (try #require(WebhookSecrets(first)), try #require(WebhookSecrets(second)))
        let both = try #require(WebhookSecrets("\(second),\(first)"))
        #expect(both.signature(of: message) == new.signature(of: message))
        #expect(refusal(both, message, old.signature(of: message), at: now) == nil)
        #expect(refusal(both, message, new.signature(of: message), at: now) == nil)
        let several = "v1a,abc v1,AAAA \(old.signature(of: message))"
        #expect(refusal(both, message, several, at: now) == nil)
        #expect(refusal(new, message, several, at: now) == .badSignature)
    }

    @Test("any part that was changed is told, and so is a signature of another version alone")
    func changes() throws {
        let secrets = try #require(WebhookSecrets(first))
        var changed: [WebhookMessage] = [
            WebhookMessage(id: message.id + "x", timestamp: message.timestamp, body: message.body),
            WebhookMessage(id: message.id, timestamp: "1614265331", body: message.body),
            WebhookMessage(id: message.id, timestamp: message.timestamp, body: []),
        ]
        for index in message.body.indices {
            var body = message.body
            body[index] ^= 1
            changed.append(WebhookMessage(id: message.id, timestamp: message.timestamp, body: body))
        }
        for other in changed { #expect(refusal(secrets, other, signature, at: now) == .badSignature) }
        for wrong in [signature.replacing("v1,", with: "v1a,"), "v1,", "v1,AAAA", "v2,x", "nonsense"] {
            #expect(refusal(secrets, message, wrong, at: now) == .badSignature, "\(wrong)")
        }
    }

    @Test("300 seconds either way are tolerated and 301 are not, of a right signature only")
    func tolerance() throws {
        let secrets = try #require(WebhookSecrets(first))
        for seconds: Int64 in [-300, -1, 0, 1, 300] {
            #expect(refusal(secrets, message, signature, at: now.adding(seconds: seconds)) == nil)
        }
        for seconds: Int64 in [-301, 301, 86_400] {
            let later = now.adding(seconds: seconds)
            #expect(refusal(secrets, message, signature, at: later) == .staleTimestamp)
            #expect(refusal(secrets, message, "v1,AAAA", at: later) == .badSignature)
        }
    }

    @Test("headers that are not of their form are named before anything is computed")
    func malformed() throws {
        let secrets = try #require(WebhookSecrets(first))
        for id in ["", "a b", String(repeating: "x", count: 129), "é"] {
            let message = WebhookMessage(id: id, timestamp: "1614265330", body: [])
            #expect(refusal(secrets, message, signature, at: now) == .malformed(header: "webhook-id"))
        }
        for timestamp in ["", "-1", "+1", "1.5", "1614265330 ", "9999999999999", "0x1"] {
            let message = WebhookMessage(id: "msg_1", timestamp: timestamp, body: [])
            #expect(refusal(secrets, message, signature, at: now) == .malformed(header: "webhook-timestamp"))
        }
        for signatures in ["", " ", Array(repeating: signature, count: 17).joined(separator: " ")] {
            #expect(refusal(secrets, message, signatures, at: now) == .malformed(header: "webhook-signature"))
        }
    }

    @Test(
        "a secret is whsec_ and base64 of 24 to 64 bytes, one to four of them",
        arguments: [
            "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8G", "whsec_!!!!",
            "whsec_" + String(repeating: "AAAA", count: 22),
            Array(repeating: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", count: 5).joined(separator: ","),
        ])
    func unusableSecrets(text: String) {
        #expect(WebhookSecrets(text) == nil)
    }

    @Test("secrets are not printed")
    func redacted() throws {
        let secrets = try #require(WebhookSecrets(first))
        var dumped = ""
        dump(secrets, to: &dumped)
        for text in ["\(secrets)", String(reflecting: secrets), dumped] {
            #expect(!text.contains("MfKQ") && !text.contains("SymmetricKey"))
        }
    }
}

@Suite("Callbacks on their way to a worker")
struct CallbackTests {
    private let id = CommandID(high: 0x0102_0304_0506_8708, low: 0x890a_0b0c_0d0e_0f10)
    private let wallet = WalletID(high: 0x1122_3344_5566_8788, low: 0x99aa_bbcc_ddee_ff9f)

    @Test("what was handed on is what is read")
    func roundTrip() throws {
        for result in SettleTopUp.Result.allCases {
            let sent = Callback.topUp(
                SettleTopUp(topUp: id, wallet: wallet, result: result, amount: Money(150_000, .dzd)))
            #expect(sent.content.type == Callback.paymentType && Callback.isCallback(type: sent.content.type))
            guard case .topUp(let read) = try Callback(sent.content) else {
                Issue.record("it is no top-up's")
                return
            }
            #expect(read.topUp == id && read.wallet == wallet && read.result == result)
            #expect(read.amount == Money(150_000, .dzd))
        }
        for step in SettleWithdrawal.Step.allCases {
            let sent = Callback.withdrawal(SettleWithdrawal(withdrawal: id, wallet: wallet, step: step))
            #expect(sent.content.type == Callback.payoutType)
            guard case .withdrawal(let read) = try Callback(sent.content) else {
                Issue.record("it is no withdrawal's")
                return
            }
            #expect(read.withdrawal == id && read.wallet == wallet && read.step == step)
        }
    }

    @Test("a command is no callback, and one that is not of its form names the field")
    func malformed() {
        let settle = CommandContent(
            SettleTopUp(topUp: id, wallet: wallet, result: .captured, amount: Money(1, .dzd)))
        #expect(throws: FieldError(.unknownType, field: "type")) { try Callback(settle) }
        for (target, body, field) in [
            ("topup=\(id)", "{}", "wallet"), ("", #"{"wallet":"\#(wallet)"}"#, "target.topup"),
            ("topup=\(id)", #"{"wallet":"\#(wallet)","result":"pending"}"#, "result"),
        ] {
            let content = CommandContent(type: Callback.paymentType, target: target, body: Array(body.utf8))
            #expect(throws: FieldError(.malformed, field: field)) { try Callback(content) }
        }
    }
}
