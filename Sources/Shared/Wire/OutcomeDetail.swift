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

    /// When a withdrawal goes out, and by when it is expected.
    public mutating func release(_ release: ReleaseTimes) {
        member("release_at", release.at)
        member("expected_by", release.expectedBy)
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
            json.member("status_version", wallet.standing.version)
            json.member("id", wallet.id)
            if let parent = wallet.parent { json.member("parent", parent) }
        }
    }

    public static func member(_ request: Request) -> [UInt8]? {
        switch request {
        case .setMember(let member):
            object { json in
                json.member("user", member.user)
                json.member("role", member.role.name)
            }
        case .removeMember(let member): object { $0.member("user", member.user) }
        default: nil
        }
    }

    /// Of a payment: who is paid, and for what.
    public static func payment(merchant: WalletID, reference: String?) -> [UInt8] {
        object { json in
            json.member("to", merchant)
            if let reference { json.member("reference", reference) }
        }
    }

    /// Of what is about a payment.
    public static func payment(_ id: CommandID) -> [UInt8] {
        object { $0.member("payment", id) }
    }

    public static func move(_ move: SubmitMove) -> [UInt8] {
        object { json in
            for (name, place) in [("from", move.from), ("to", move.to)] as [(StaticString, SubmitMove.Place)] {
                json.object(name) { json in
                    json.member("wallet", place.wallet)
                    json.member("bucket", place.bucket.name)
                }
            }
        }
    }

    public static func bulk(_ bulk: SubmitBulk) -> [UInt8] {
        object { json in
            json.member("all_or_nothing", bulk.isAllOrNothing)
            json.member("legs", Int64(bulk.legs.count))
        }
    }

    /// Of a bulk's leg, counted from 0.
    public static func leg(_ index: Int, of bulk: CommandID) -> [UInt8] {
        object { json in
            json.member("bulk", bulk)
            json.member("leg", Int64(index))
        }
    }

    /// Of an entry in the operator's own books.
    public static func booking(_ booking: Booking) -> [UInt8] {
        object { json in
            json.member("account", booking.account.name)
            json.member("reference", booking.reference)
            if booking.counterpart != .omnibus { json.member("against", booking.counterpart.name) }
            switch booking.kind {
            case .settlement(_, let commission): json.member("commission", Money(commission, booking.amount.currency))
            case .line(let direction): json.member("direction", direction.name)
            case .bankCharge, .feeSweep, .ownFunds, .lineReturn, .lineReturnConfirmed: break
            }
        }
    }

    /// Of an adjustment. Who proposed it, who approved it and why is for the operator's own people.
    public static func adjustment(_ direction: ProposeAdjustment.Direction) -> [UInt8] {
        object { $0.member("direction", direction.name) }
    }

    /// - Parameter reference: what the bank transfer has to name.
    public static func topUp(
        _ method: TopUpMethod, paymentMethod: String?, reference: TransferReference? = nil
    ) -> [UInt8] {
        object { json in
            json.member("method", method.name)
            if let paymentMethod { json.member("payment_method_id", paymentMethod) }
            if let reference { json.member("transfer_reference", reference.description) }
        }
    }

    public static func beneficiary(_ beneficiary: Beneficiary) -> [UInt8] {
        object { $0.beneficiary(beneficiary) }
    }

    /// - Parameter release: nil for one that was decided before there were release times.
    public static func withdrawal(
        _ speed: WithdrawalSpeed, to beneficiary: Beneficiary, _ release: ReleaseTimes?
    ) -> [UInt8] {
        object { json in
            json.member("speed", speed.name)
            json.beneficiary(beneficiary)
            if let release { json.release(release) }
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
