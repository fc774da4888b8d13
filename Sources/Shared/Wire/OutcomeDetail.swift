// What an event tells beside the postings, kept with the outcome so that the event can be made again from its row.

public import Domain

extension JSONWriter {
    public mutating func member<Kind>(_ key: StaticString, _ id: Identifier<Kind>) {
        member(key) { id.appendUUID(to: &$0) }
    }

    public mutating func member(_ key: StaticString, _ time: Timestamp) {
        member(key) { time.appendRFC3339(to: &$0) }
    }

    public mutating func member(_ key: StaticString, _ money: Money) {
        object(key) { json in
            json.member("amount", money.minorUnits)
            json.member("currency", money.currency.code)
        }
    }

    /// A wallet as an outcome left it, the element of a `wallets` list.
    public mutating func value(_ wallet: WalletSnapshot) {
        beginObject()
        member("id", wallet.id)
        member("version", wallet.version)
        member("available", wallet.available)
        member("pending", wallet.pending)
        if wallet.reserve != 0 { member("reserve", wallet.reserve) }
        member("total", wallet.total)
        member("currency", wallet.currency.code)
        endObject()
    }
}

/// The further facts of an outcome, as a JSON object.
public enum OutcomeDetail {
    public static func wallet(_ wallet: Wallet) -> [UInt8] {
        object { json in
            json.member("type", wallet.type.name)
            json.member("owner", wallet.owner)
            json.member("currency", wallet.currency.code)
            json.member("status", wallet.status.name)
        }
    }

    public static func topUp(_ method: TopUpMethod, paymentMethod: String?) -> [UInt8] {
        object { json in
            json.member("method", method.name)
            if let paymentMethod { json.member("payment_method_id", paymentMethod) }
        }
    }

    public static func beneficiary(_ beneficiary: Beneficiary) -> [UInt8] {
        object { $0.beneficiary(beneficiary) }
    }

    public static func withdrawal(_ speed: WithdrawalSpeed, to beneficiary: Beneficiary) -> [UInt8] {
        object { json in
            json.member("speed", speed.name)
            json.beneficiary(beneficiary)
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
    fileprivate mutating func beneficiary(_ beneficiary: Beneficiary) {
        member("beneficiary", beneficiary.id)
        member("rib", beneficiary.rib.digits)
        member("holder_name", beneficiary.holderName)
    }
}
