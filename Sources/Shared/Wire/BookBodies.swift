// The bodies of commands about the operator's own books, adjustments and chargebacks.

public import Domain

extension CommandContent {
    /// SATIM's or BaridiMob's payment: how much of what it owed is settled, and the commission it kept of that.
    func recordSettlement(_ fields: inout FieldReader) throws(FieldError) -> Request {
        let account: SystemAccount = try fields.choice("account", \.name)
        guard account == .cardClearing || account == .mobileClearing else { throw fields.malformed("account") }
        let amount = try fields.money("amount")
        let commission = try fields.optionalMoney("commission") ?? .zero(amount.currency)
        guard commission.currency == amount.currency else {
            throw FieldError(.malformed, field: "commission.currency")
        }
        guard commission.minorUnits <= amount.minorUnits else {
            throw FieldError(.amountOutOfRange, field: "commission.amount")
        }
        return .book(
            Booking(
                .settlement(from: account, commission: commission.minorUnits), amount,
                reference: try fields.string("reference", bytesMax: BodyLimits.referenceBytesMax),
                against: try counterpart(&fields)))
    }

    func recordBankCharge(_ fields: inout FieldReader) throws(FieldError) -> Request {
        try booking(.bankCharge, &fields)
    }

    func sweepFees(_ fields: inout FieldReader) throws(FieldError) -> Request {
        try booking(.feeSweep, &fields)
    }

    func addOwnFunds(_ fields: inout FieldReader) throws(FieldError) -> Request {
        try booking(.ownFunds, &fields)
    }

    /// A line of the bank's statement: its number there, which way its money went, and what it says.
    func recordLine(_ fields: inout FieldReader) throws(FieldError) -> Request {
        let direction: Booking.LineDirection = try fields.choice("direction", \.name)
        _ = try fields.optionalString("text", bytesMax: BodyLimits.lineTextBytesMax)
        return .book(
            Booking(
                .line(direction), try fields.money("amount"),
                reference: try fields.string("line", bytesMax: BodyLimits.referenceBytesMax)))
    }

    func returnLine(_ fields: inout FieldReader) throws(FieldError) -> Request {
        _ = try fields.string("reason", bytesMax: BodyLimits.descriptionBytesMax)
        return .book(
            Booking(
                .lineReturn, try fields.money("amount"),
                reference: try fields.string("reference", bytesMax: BodyLimits.referenceBytesMax)))
    }

    func confirmLineReturn(_ fields: inout FieldReader) throws(FieldError) -> Request {
        try booking(.lineReturnConfirmed, &fields)
    }

    private func booking(_ kind: Booking.Kind, _ fields: inout FieldReader) throws(FieldError) -> Request {
        .book(
            Booking(
                kind, try fields.money("amount"),
                reference: try fields.string("reference", bytesMax: BodyLimits.referenceBytesMax),
                against: try counterpart(&fields)))
    }

    /// `suspense` when the line of it is in the books already.
    private func counterpart(_ fields: inout FieldReader) throws(FieldError) -> SystemAccount {
        guard fields.has("against") else { return .omnibus }
        let account: SystemAccount = try fields.choice("against", \.name)
        guard account == .omnibus || account == .suspense else { throw fields.malformed("against") }
        return account
    }

    // MARK: - Adjustments

    func proposeAdjustment(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .proposeAdjustment(
            ProposeAdjustment(
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                direction: try fields.choice("direction", \.name), amount: try fields.money("amount"),
                reason: try fields.string("reason", bytesMax: BodyLimits.descriptionBytesMax)))
    }

    func settleAdjustment(_ fields: inout FieldReader) throws(FieldError) -> Request {
        _ = try fields.optionalString("reason", bytesMax: BodyLimits.descriptionBytesMax)
        return .settleAdjustment(
            SettleAdjustment(
                adjustment: try targetIdentifier("adjustment", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self), step: try targetChoice("step", \.name)))
    }

    // MARK: - Chargebacks

    func recordChargeback(_ fields: inout FieldReader, _ id: CommandID) throws(FieldError) -> Request {
        .recordChargeback(
            RecordChargeback(
                topUp: try targetIdentifier("topup", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                parts: (0...RecordChargeback.cancellationsMax).map { CommandID(ofLeg: $0, of: id) }))
    }

    func winChargeback(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .winChargeback(
            WinChargeback(
                topUp: try targetIdentifier("topup", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self)))
    }

    /// What is kept of a part of a chargeback, as if it had been sent by itself.
    ///
    /// - Parameter withdrawal: the one that the part cancels; nil for the part that freezes the wallet.
    public static func part(
        _ index: Int, ofChargeback chargeback: CommandID, cancelling withdrawal: CommandID?, of wallet: WalletID
    ) -> CommandContent {
        var json = JSONWriter()
        json.beginObject()
        json.member("wallet", wallet)
        if let withdrawal { json.member("withdrawal", withdrawal) }
        json.endObject()
        let type: CommandType = withdrawal == nil ? .freezeWallet : .cancelWithdrawal
        return CommandContent(type: type.name, target: "chargeback=\(chargeback) part=\(index)", body: json.bytes)
    }
}
