// What a pending top-up asks for: one charge at the payment service, and a settlement for each of its final words.

import Domain
import Outside
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

        var orders: [String: Order] = [:]
        for result in SettleTopUp.Result.allCases {
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
            Inquiry(path: "charges", idempotencyKey: topUp.description, body: body.bytes, orders: orders))
    }

    /// What the payment service reported of its own accord: the same command as if it had been asked.
    ///
    /// - Throws: `UNKNOWN_TYPE` for a callback that is another worker's.
    static func plan(_ callback: Callback) throws(FieldError) -> Plan {
        guard case .topUp(let settle) = callback else { throw FieldError(.unknownType, field: "type") }
        return .submit(order(settle))
    }

    /// The same result of the same top-up is the same command, whichever charge it is reported of, and however.
    private static func order(_ settle: SettleTopUp) -> Order {
        Order(CommandContent(settle), key: "topup/\(settle.topUp)/\(settle.result.name)", wallet: settle.wallet)
    }
}
