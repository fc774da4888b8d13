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
            orders[result.name] = settlement(of: topUp, wallet, amount, result)
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

    /// The same result of the same top-up is the same command, whichever charge it is reported of.
    private static func settlement(
        of topUp: CommandID, _ wallet: WalletID, _ amount: Money, _ result: SettleTopUp.Result
    ) -> Order {
        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", wallet)
        body.member("result", result.name)
        body.member("amount", amount)
        body.endObject()
        let content = CommandContent(
            type: CommandType.settleTopUp.name, target: "topup=\(topUp)", body: body.bytes)
        return Order(content, key: "topup/\(topUp)/\(result.name)", wallet: wallet)
    }
}
