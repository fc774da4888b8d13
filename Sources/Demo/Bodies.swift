// The bodies of the requests (spec/interfaces.md §2), right ones and, on purpose, wrong ones.

import Domain
import Wire

enum Body {
    static func openWallet(_ type: WalletType, name: String?) -> [UInt8] {
        object { json in
            json.member("type", type.name)
            json.member("currency", Currency.dzd.code)
            if let name { json.member("name", name) }
        }
    }

    static func topUp(_ wallet: WalletID, _ method: TopUpMethod, _ amount: Int64, paymentMethod: String?) -> [UInt8] {
        object { json in
            json.member("wallet", wallet.description)
            json.member("method", method.name)
            json.money("amount", amount, .dzd)
            if let paymentMethod { json.member("payment_method_id", paymentMethod) }
        }
    }

    static func transfer(
        from payer: WalletID, to payee: WalletID, _ amount: Int64, _ currency: Currency = .dzd
    ) -> [UInt8] {
        object { json in
            json.member("from", payer.description)
            json.object("to") { $0.member("wallet", payee.description) }
            json.money("amount", amount, currency)
        }
    }

    /// To whoever goes by the phone number.
    static func transfer(from payer: WalletID, toPhone phone: String, _ amount: Int64) -> [UInt8] {
        object { json in
            json.member("from", payer.description)
            json.object("to") { $0.member("phone", phone) }
            json.money("amount", amount, .dzd)
        }
    }

    /// What the stand-in for `identity` is to tell of a person.
    static func introduction(_ participant: Participant) -> [UInt8] {
        object { json in
            json.member("name", participant.name)
            json.member("phone", participant.phone)
        }
    }

    static func payment(from payer: WalletID, to merchant: WalletID, _ amount: Int64, reference: String?) -> [UInt8] {
        object { json in
            json.member("from", payer.description)
            json.member("to", merchant.description)
            json.money("amount", amount, .dzd)
            if let reference { json.member("reference", reference) }
        }
    }

    static func refund(from merchant: WalletID, _ amount: Int64) -> [UInt8] {
        object { json in
            json.member("wallet", merchant.description)
            json.money("amount", amount, .dzd)
            json.member("reason", "not as ordered")
        }
    }

    static func beneficiary(_ wallet: WalletID, rib: String, holderName: String) -> [UInt8] {
        object { json in
            json.member("wallet", wallet.description)
            json.member("rib", rib)
            json.member("holder_name", holderName)
        }
    }

    static func withdrawal(
        _ wallet: WalletID, to beneficiary: BeneficiaryID, _ speed: WithdrawalSpeed, _ amount: Int64
    ) -> [UInt8] {
        object { json in
            json.member("wallet", wallet.description)
            json.member("beneficiary", beneficiary.description)
            json.member("speed", speed.name)
            json.money("amount", amount, .dzd)
        }
    }

    // MARK: - Wallets, teams, many payees

    static func named(_ name: String) -> [UInt8] { object { $0.member("name", name) } }
    static func reason(_ reason: String) -> [UInt8] { object { $0.member("reason", reason) } }
    static func wallet(_ wallet: WalletID) -> [UInt8] { object { $0.member("wallet", wallet) } }

    static func member(_ user: OwnerID, _ role: TeamRole) -> [UInt8] {
        object { json in
            json.member("user", user)
            json.member("role", role.name)
        }
    }

    static func move(
        from source: (wallet: WalletID, bucket: Bucket), to target: (wallet: WalletID, bucket: Bucket), _ amount: Int64
    ) -> [UInt8] {
        object { json in
            json.object("from") { $0.place(source.wallet, source.bucket) }
            json.object("to") { $0.place(target.wallet, target.bucket) }
            json.money("amount", amount, .dzd)
        }
    }

    static func bulk(
        from payer: WalletID, _ legs: [(wallet: WalletID, amount: Int64)], isAllOrNothing: Bool
    ) -> [UInt8] {
        object { json in
            json.member("from", payer)
            json.member("all_or_nothing", isAllOrNothing)
            json.array("legs") { json in
                for leg in legs {
                    json.beginObject()
                    json.object("to") { $0.member("wallet", leg.wallet) }
                    json.money("amount", leg.amount, .dzd)
                    json.endObject()
                }
            }
        }
    }

    static func dispute(_ payment: CommandID, _ wallet: WalletID) -> [UInt8] {
        object { json in
            json.member("payment", payment)
            json.member("wallet", wallet)
            json.member("reason", "it never came")
        }
    }

    static func settleDispute(_ merchant: WalletID) -> [UInt8] {
        object { json in
            json.member("wallet", merchant)
            json.member("text", "as we find it")
        }
    }

    // MARK: - The operator's books

    static func booking(_ resource: Resource, _ amount: Int64, reference: String) -> [UInt8] {
        object { json in
            json.money("amount", amount, .dzd)
            switch resource {
            case .settlements:
                json.member("account", SystemAccount.cardClearing.name)
                // 0.8 % of it is the network's.
                json.money("commission", amount / 125, .dzd)
            case .lines: json.member("direction", Booking.LineDirection.credit.name)
            case .lineReturns: json.member("reason", "nobody knows whose it is")
            default: break
            }
            json.member(resource == .lines ? "line" : "reference", reference)
        }
    }

    static func adjustment(_ wallet: WalletID, _ amount: Int64) -> [UInt8] {
        object { json in
            json.member("wallet", wallet)
            json.member("direction", ProposeAdjustment.Direction.credit.name)
            json.money("amount", amount, .dzd)
            json.member("reason", "a line that was hers")
        }
    }

    private static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func place(_ wallet: WalletID, _ bucket: Bucket) {
        member("wallet", wallet)
        member("bucket", bucket.name)
    }

    fileprivate mutating func money(_ key: StaticString, _ amount: Int64, _ currency: Currency) {
        object(key) { json in
            json.member("amount", amount)
            json.member("currency", currency.code)
        }
    }
}

/// A transfer whose body breaks one rule, and the code it must be refused with.
enum BrokenTransfer: CaseIterable, Sendable {
    case cutShort
    case fraction
    case exponent
    case nothing
    case negative
    case tooMuch
    case beyondInt64
    case unknownField
    case fieldTwice
    case noPayee
    case unknownCurrency

    var code: OutcomeCode {
        switch self {
        case .nothing, .negative, .tooMuch, .beyondInt64: .amountOutOfRange
        default: .malformed
        }
    }

    func body(from payer: WalletID, to payee: WalletID) -> [UInt8] {
        let ends = "\"from\":\"\(payer)\",\"to\":{\"wallet\":\"\(payee)\"}"
        func money(_ amount: String, _ currency: String = "DZD") -> String {
            "\"amount\":{\"amount\":\(amount),\"currency\":\"\(currency)\"}"
        }
        let text =
            switch self {
            case .cutShort: "{\(ends),\(money("5000"))"
            case .fraction: "{\(ends),\(money("5000.0"))}"
            case .exponent: "{\(ends),\(money("5e3"))}"
            case .nothing: "{\(ends),\(money("0"))}"
            case .negative: "{\(ends),\(money("-1"))}"
            case .tooMuch: "{\(ends),\(money("10000000000001"))}"
            case .beyondInt64: "{\(ends),\(money("9223372036854775808"))}"
            case .unknownField: "{\(ends),\(money("5000")),\"note\":\"x\"}"
            case .fieldTwice: "{\(ends),\(money("5000")),\(money("5000"))}"
            case .noPayee: "{\"from\":\"\(payer)\",\(money("5000"))}"
            case .unknownCurrency: "{\(ends),\(money("5000", "XAU"))}"
            }
        return Array(text.utf8)
    }
}
