// The bodies of commands that move money from wallet to wallet.

public import Domain

extension CommandContent {
    func submitTransfer(_ fields: inout FieldReader, _ resolved: Resolved) throws(FieldError) -> Request {
        let body = try transferBody(&fields)
        var found = PayeesFound(resolved)
        let to = try found.wallet(of: body.to)
        try found.finish()
        return .submitTransfer(SubmitTransfer(from: body.from, to: to, amount: body.amount))
    }

    private func transferBody(
        _ fields: inout FieldReader
    ) throws(FieldError) -> (from: WalletID, to: Payee, amount: Money) {
        let from = try fields.identifier("from", of: WalletKind.self)
        let to = try Payee(&fields, "to")
        let amount = try fields.money("amount")
        _ = try fields.optionalString("description", bytesMax: BodyLimits.descriptionBytesMax)
        try fields.strings("metadata", bytesMax: BodyLimits.metadataBytesMax)
        return (from, to, amount)
    }

    /// The payees that have to be looked up before the command is signed, in the order of the body; empty for most.
    ///
    /// - Throws: the first field that is wrong.
    public func lookups() throws(FieldError) -> [PayeeLookup] {
        switch CommandType(name: type) {
        case .submitTransfer:
            var fields = try FieldReader(body: body)
            let transfer = try transferBody(&fields)
            return [(transfer.to, transfer.amount)].compactMap(PayeeLookup.init)
        case .submitBulk:
            var fields = try FieldReader(body: body)
            return try bulkBody(&fields).legs.compactMap(PayeeLookup.init)
        default: return []
        }
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

    func submitBulk(
        _ fields: inout FieldReader, _ id: CommandID, _ resolved: Resolved
    ) throws(FieldError) -> Request {
        let body = try bulkBody(&fields)
        var found = PayeesFound(resolved)
        var legs: [SubmitBulk.Leg] = []
        legs.reserveCapacity(body.legs.count)
        for (index, leg) in body.legs.enumerated() {
            let to = try found.wallet(of: leg.to)
            legs.append(SubmitBulk.Leg(id: CommandID(ofLeg: index, of: id), to: to, amount: leg.amount))
        }
        try found.finish()
        return .submitBulk(SubmitBulk(from: body.from, isAllOrNothing: body.isAllOrNothing, legs: legs))
    }

    private func bulkBody(
        _ fields: inout FieldReader
    ) throws(FieldError) -> (from: WalletID, isAllOrNothing: Bool, legs: [(to: Payee, amount: Money)]) {
        let from = try fields.identifier("from", of: WalletKind.self)
        guard case .bool(let isAllOrNothing) = try fields.required("all_or_nothing") else {
            throw fields.malformed("all_or_nothing")
        }
        guard let elements = try fields.required("legs").elements, 1...SubmitBulk.legsMax ~= elements.count else {
            throw fields.malformed("legs")
        }
        var legs: [(to: Payee, amount: Money)] = []
        legs.reserveCapacity(elements.count)
        var total: Int64 = 0
        for (index, element) in elements.enumerated() {
            var leg = try FieldReader(element, path: "legs[\(index)]")
            let to = try Payee(&leg, "to")
            let amount = try leg.money("amount")
            _ = try leg.optionalString("reference", bytesMax: BodyLimits.referenceBytesMax)
            try leg.finish()
            // No overflow: each is within the range, and there are at most a thousand.
            total += amount.minorUnits
            legs.append((to, amount))
        }
        guard Money.commandRange.contains(total) else { throw FieldError(.amountOutOfRange, field: "legs") }
        return (from, isAllOrNothing, legs)
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

extension PayeeLookup {
    /// Nil for a payee whose wallet is named.
    fileprivate init?(_ payee: Payee, _ amount: Money) {
        guard case .handle(let handle) = payee else { return nil }
        self.init(handle, amount.currency)
    }
}
