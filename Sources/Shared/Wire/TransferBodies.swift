// The bodies of commands that move money from wallet to wallet.

public import Domain

extension CommandContent {
    func submitTransfer(_ fields: inout FieldReader) throws(FieldError) -> Request {
        let from = try fields.identifier("from", of: WalletKind.self)
        let to = try payee(&fields)
        let amount = try fields.money("amount")
        _ = try fields.optionalString("description", bytesMax: BodyLimits.descriptionBytesMax)
        try fields.strings("metadata", bytesMax: BodyLimits.metadataBytesMax)
        return .submitTransfer(SubmitTransfer(from: from, to: to, amount: amount))
    }

    private func payee(_ fields: inout FieldReader) throws(FieldError) -> WalletID {
        var payee = try FieldReader(fields.required("to"), path: fields.field("to"))
        let to = try payee.identifier("wallet", of: WalletKind.self)
        try payee.finish()
        return to
    }

    func submitPayment(_ fields: inout FieldReader) throws(FieldError) -> Request {
        let from = try fields.identifier("from", of: WalletKind.self)
        let to = try fields.identifier("to", of: WalletKind.self)
        let amount = try fields.money("amount")
        var reference = try fields.optionalString("reference", bytesMax: BodyLimits.referenceBytesMax)
        if let text = try fields.optionalString("qr", bytesMax: PaymentQR.charactersMax) {
            reference = try checked(text, to, amount, reference) ?? reference
        }
        try fields.strings("metadata", bytesMax: BodyLimits.metadataBytesMax)
        return .submitPayment(SubmitPayment(from: from, to: to, amount: amount, reference: reference))
    }

    /// A scanned code says whom to pay, perhaps how much and for what: the payment says the same.
    ///
    /// - Returns: the code's reference.
    private func checked(
        _ text: String, _ to: WalletID, _ amount: Money, _ reference: String?
    ) throws(FieldError) -> String? {
        let code: PaymentQR
        do { code = try PaymentQR(text) } catch { throw FieldError(.malformed, field: "qr") }
        guard code.walletID == to else { throw FieldError(.malformed, field: "to") }
        switch code.amount {
        case .open(let currency):
            guard currency == amount.currency else { throw FieldError(.malformed, field: "amount.currency") }
        case .fixed(let fixed):
            guard fixed == amount else { throw FieldError(.malformed, field: "amount") }
        }
        if let reference, let coded = code.reference, reference != coded {
            throw FieldError(.malformed, field: "reference")
        }
        return code.reference
    }

    func submitRefund(_ fields: inout FieldReader) throws(FieldError) -> Request {
        _ = try fields.string("reason", bytesMax: BodyLimits.descriptionBytesMax)
        return .submitRefund(
            SubmitRefund(
                payment: try targetIdentifier("payment", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self), amount: try fields.money("amount")))
    }

    func openDispute(_ fields: inout FieldReader) throws(FieldError) -> Request {
        _ = try fields.string("reason", bytesMax: BodyLimits.descriptionBytesMax)
        return .openDispute(
            OpenDispute(
                payment: try fields.identifier("payment", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self)))
    }

    func settleDispute(_ fields: inout FieldReader) throws(FieldError) -> Request {
        let step: SettleDispute.Step = try targetChoice("step", \.name)
        if step == .accepted {
            _ = try fields.optionalString("text", bytesMax: BodyLimits.descriptionBytesMax)
        } else {
            _ = try fields.string("text", bytesMax: BodyLimits.descriptionBytesMax)
        }
        return .settleDispute(
            SettleDispute(
                dispute: try targetIdentifier("dispute", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self), step: step))
    }

    func submitMove(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .submitMove(
            SubmitMove(
                from: try place(&fields, "from"), to: try place(&fields, "to"), amount: try fields.money("amount")))
    }

    private func place(_ fields: inout FieldReader, _ name: String) throws(FieldError) -> SubmitMove.Place {
        var place = try FieldReader(fields.required(name), path: name)
        let wallet = try place.identifier("wallet", of: WalletKind.self)
        let bucket: Bucket = try place.choice("bucket", \.name)
        // Holds end with what they were made for, never by a move.
        if bucket == .pending { throw place.malformed("bucket") }
        try place.finish()
        return SubmitMove.Place(wallet: wallet, bucket: bucket)
    }

    func submitBulk(_ fields: inout FieldReader, _ id: CommandID) throws(FieldError) -> Request {
        let from = try fields.identifier("from", of: WalletKind.self)
        guard case .bool(let isAllOrNothing) = try fields.required("all_or_nothing") else {
            throw fields.malformed("all_or_nothing")
        }
        guard let elements = try fields.required("legs").elements, 1...SubmitBulk.legsMax ~= elements.count else {
            throw fields.malformed("legs")
        }
        var legs: [SubmitBulk.Leg] = []
        legs.reserveCapacity(elements.count)
        var total: Int64 = 0
        for (index, element) in elements.enumerated() {
            var leg = try FieldReader(element, path: "legs[\(index)]")
            let to = try payee(&leg)
            let amount = try leg.money("amount")
            _ = try leg.optionalString("reference", bytesMax: BodyLimits.referenceBytesMax)
            try leg.finish()
            // No overflow: each is within the range, and there are at most a thousand.
            total += amount.minorUnits
            legs.append(SubmitBulk.Leg(id: CommandID(ofLeg: index, of: id), to: to, amount: amount))
        }
        guard Money.commandRange.contains(total) else { throw FieldError(.amountOutOfRange, field: "legs") }
        return .submitBulk(SubmitBulk(from: from, isAllOrNothing: isAllOrNothing, legs: legs))
    }

    /// What is kept of a bulk's legs, each as if it had been sent by itself: its type, where it stands, and its element.
    public func legs(of bulk: CommandID) -> [CommandContent] {
        let elements = (try? JSON(parsing: body))?["legs"]?.elements ?? []
        return elements.enumerated().map { index, element in
            var json = JSONWriter()
            json.value(element)
            return CommandContent(
                type: CommandType.submitTransfer.name, target: "bulk=\(bulk) leg=\(index)", body: json.bytes)
        }
    }
}
