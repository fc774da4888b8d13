// What a pending top-up asks for: one charge at the payment service, and a settlement for each of its final words.

import Domain
import Ledger
import Outside
import Topology
import Wire

enum TopUpPlan {
    /// `topup.pending` → POST charges; `captured` and `declined` → `topup.settle.v1`.
    ///
    /// - Throws: naming what the event should have said.
    static func plan(_ event: WalletEvent) throws(FieldError) -> Plan {
        guard event.name == Transition.topUpPending.eventName else { throw FieldError(.malformed, field: "type") }
        let topUp = event.command
        let wallet = try event.wallet()
        let amount = try event.amount()
        var detail = try event.detail()
        let method: TopUpMethod = try detail.choice("method", \.name)
        let paymentMethod = try detail.optionalString(
            "payment_method_id", bytesMax: BodyLimits.paymentMethodBytesMax)
        // The bank tells when it is there: nobody is asked.
        if detail.optional("transfer_reference") != nil { return .nothing }

        var orders: [String: Order] = [:]
        for result in SettleTopUp.Result.ofCharges {
            orders[result.name] = order(SettleTopUp(topUp: topUp, wallet: wallet, result: result, amount: amount))
        }
        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", wallet)
        body.member("amount", amount)
        body.member("method", method.name)
        if let paymentMethod { body.member("payment_method_id", paymentMethod) }
        body.endObject()
        return .ask(
            Inquiry(
                path: "charges", claim: Claim(command: topUp, wallet: wallet, amount: amount), body: body.bytes,
                orders: orders,
                refusal: SettleTopUp.Result.declined.name))
    }

    /// What the payment service or the bank reported of its own accord: of a charge the same command as if it had been
    /// asked.
    ///
    /// - Throws: `UNKNOWN_TYPE` for a callback that is another worker's, or while the ledger knows no command for it.
    static func plan(_ callback: Callback) throws(FieldError) -> Plan {
        switch callback {
        case .topUp(let settle): return .submit(order(settle))
        case .unexplained(let line): return .submit(try order(line))
        case .withdrawal: throw FieldError(.unknownType, field: "type")
        }
    }

    /// The same result of the same top-up is the same command, whichever charge it is reported of, and however.
    ///
    /// A line of the bank's has one key whatever it is found to be, so that it is booked once: as a top-up's money or as
    /// money not yet explained.
    private static func order(_ settle: SettleTopUp) -> Order {
        let key = settle.line.map { Self.key(ofLine: $0) } ?? "topup/\(settle.topUp)/\(settle.result.name)"
        return Order(CommandContent(settle), key: key, wallet: settle.wallet)
    }

    /// What becomes of a bank transfer that nobody made.
    static func order(_ unpaid: UnpaidTransfer) -> Order {
        order(SettleTopUp(topUp: unpaid.command, wallet: unpaid.wallet, result: .expired, amount: unpaid.amount))
    }

    private static func order(_ line: BankLine) throws(FieldError) -> Order {
        let (content, key) = (line.record, Self.key(ofLine: line.id))
        let id = CommandID(client: TopUpsWorker.publisher, subject: TopUpsWorker.publisher, key: key)
        let request = try content.request(id: id, user: nil, resolved: Resolved())
        guard let slot = Slots.slot(of: request) else { throw FieldError(.malformed, field: "target") }
        return Order(content, key: key, slot: slot)
    }

    private static func key(ofLine id: String) -> String { "line/\(id)" }
}
