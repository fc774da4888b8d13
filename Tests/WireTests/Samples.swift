// A signed command of each type, and short ways to read and write bodies.

import Crypto
import Domain
import Wire

enum Sample {
    static let user = "0a0a0a0a-0000-4000-8000-000000000011"
    static let wallet = "0b0b0b0b-0000-8000-8000-000000000011"
    static let payee = "0b0b0b0b-0000-8000-8000-000000000022"
    static let command = "0c0c0c0c-0000-8000-8000-000000000001"
    static let beneficiary = "0d0d0d0d-0000-8000-8000-000000000001"
    static let rib = "00799999002345678941"
    static let acceptedAt = Timestamp(microseconds: 1_795_372_754_123_456)
    static let notAfter = acceptedAt.adding(seconds: 86_400)

    static let ingress = PublisherKey(
        id: "ingress-1", publisher: "wallet-ingress", secret: SymmetricKey(data: [UInt8](repeating: 1, count: 32)),
        types: nil)
    static let topUps = PublisherKey(
        id: "topups-1", publisher: "topups", secret: SymmetricKey(data: [UInt8](repeating: 2, count: 32)),
        types: ["topup.settle.v1"])
    static let keyring = Keyring([ingress, topUps])

    static let verification = Verification(
        level: 2, expiresAt: Timestamp(microseconds: 1_800_000_000_000_000),
        levelOneExpiresAt: Timestamp(microseconds: 1_810_000_000_000_000))

    static let money = #"{"amount":150000,"currency":"DZD"}"#

    /// The body of a command of each type, with every field that it may have.
    static func body(_ type: CommandType) -> String {
        switch type {
        case .openWallet: #"{"type":"personal","currency":"DZD","name":"Home"}"#
        case .submitTransfer:
            #"{"from":"\#(wallet)","to":{"wallet":"\#(payee)"},"amount":\#(money),"description":"Rent","#
                + #""metadata":{"order":"17"}}"#
        case .submitTopUp: #"{"wallet":"\#(wallet)","method":"card","amount":\#(money),"payment_method_id":"pm_1"}"#
        case .settleTopUp: #"{"wallet":"\#(wallet)","result":"captured","amount":\#(money)}"#
        case .addBeneficiary: #"{"wallet":"\#(wallet)","rib":"\#(rib)","holder_name":"Amina"}"#
        case .verifyBeneficiary: #"{"wallet":"\#(wallet)"}"#
        case .submitWithdrawal:
            #"{"wallet":"\#(wallet)","beneficiary":"\#(beneficiary)","speed":"express","amount":\#(money)}"#
        case .settleWithdrawal: #"{"wallet":"\#(wallet)","step":"sent"}"#
        case .openSubWallet: #"{"name":"Taxes"}"#
        case .freezeWallet, .unfreezeWallet, .closeWallet: #"{"reason":"phone lost"}"#
        case .setMember: #"{"user":"\#(user)","role":"manager"}"#
        case .removeMember: "{}"
        case .submitPayment:
            #"{"from":"\#(wallet)","to":"\#(payee)","amount":\#(money),"reference":"INV-1","#
                + #""metadata":{"order":"17"}}"#
        case .submitRefund: #"{"wallet":"\#(wallet)","amount":\#(money),"reason":"broken"}"#
        case .openDispute: #"{"wallet":"\#(wallet)","payment":"\#(command)","reason":"never came"}"#
        case .settleDispute: #"{"wallet":"\#(wallet)","text":"it was sent"}"#
        case .submitMove:
            #"{"from":{"wallet":"\#(wallet)","bucket":"available"},"#
                + #""to":{"wallet":"\#(wallet)","bucket":"reserve"},"amount":\#(money)}"#
        case .submitBulk:
            #"{"from":"\#(wallet)","all_or_nothing":true,"#
                + #""legs":[{"to":{"wallet":"\#(payee)"},"amount":\#(money),"reference":"May"}]}"#
        case .cancelWithdrawal, .expireWithdrawal, .recordChargeback, .winChargeback: #"{"wallet":"\#(wallet)"}"#
        case .recordSettlement:
            #"{"account":"card_clearing","amount":\#(money),"commission":\#(money),"#
                + #""reference":"SATIM-7","against":"suspense"}"#
        case .recordBankCharge, .sweepFees, .addOwnFunds, .confirmLineReturn:
            #"{"amount":\#(money),"reference":"2026-11-22/7","against":"omnibus"}"#
        case .recordLine: #"{"direction":"credit","amount":\#(money),"line":"2026-11-22/7","text":"of a friend"}"#
        case .returnLine: #"{"amount":\#(money),"reference":"2026-11-22/7","reason":"nobody's"}"#
        case .proposeAdjustment:
            #"{"wallet":"\#(wallet)","direction":"debit","amount":\#(money),"reason":"counted twice"}"#
        case .settleAdjustment: #"{"wallet":"\#(wallet)","reason":"as agreed"}"#
        case .removeBeneficiary: "{}"
        }
    }

    static func target(_ type: CommandType) -> String {
        switch type {
        case .settleTopUp, .recordChargeback, .winChargeback: "topup=\(command)"
        case .settleAdjustment: "adjustment=\(command) step=approved"
        case .verifyBeneficiary: "beneficiary=\(beneficiary)"
        case .settleWithdrawal, .cancelWithdrawal, .expireWithdrawal: "withdrawal=\(command)"
        case .removeBeneficiary: "beneficiary=\(beneficiary) wallet=\(wallet)"
        case .openSubWallet, .freezeWallet, .unfreezeWallet, .closeWallet, .setMember: "wallet=\(wallet)"
        case .removeMember: "user=\(user) wallet=\(wallet)"
        case .submitRefund: "payment=\(command)"
        case .settleDispute: "dispute=\(command) step=answer"
        default: ""
        }
    }

    static func content(_ type: CommandType, body text: String? = nil) -> CommandContent {
        CommandContent(type: type.name, target: target(type), body: Array((text ?? body(type)).utf8))
    }

    static func resolved(_ type: CommandType) -> Resolved {
        Resolved(verification: type == .openWallet ? verification : nil)
    }

    /// The request that a body reads as, or the field to blame.
    static func read(_ type: CommandType, _ body: String? = nil) -> Result<Request, FieldError> {
        let content = content(type, body: body)
        let id = CommandID(client: "app", subject: user, key: "k")
        return Result { () throws(FieldError) in
            try content.request(id: id, user: OwnerID(user), resolved: resolved(type))
        }
    }

    static func envelope(_ type: CommandType = .submitTransfer, signedWith key: PublisherKey = ingress)
        -> CommandEnvelope
    {
        var envelope = CommandEnvelope(
            content: content(type), publisher: key.publisher, client: "app", subject: user,
            permissions: [.transfer, .manage], resolved: resolved(type), key: "key-1", acceptedAt: acceptedAt,
            notAfter: notAfter, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        envelope.sign(with: key)
        return envelope
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }
}

/// What a text reads as, or why it does not.
func parse(_ text: String) -> Result<JSON, JSONError> { parse(Array(text.utf8)) }

func parse(_ bytes: [UInt8]) -> Result<JSON, JSONError> {
    Result { () throws(JSONError) in try JSON(parsing: bytes) }
}
