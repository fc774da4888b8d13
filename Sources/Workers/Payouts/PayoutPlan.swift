// What a withdrawal on its way asks for: a place in the schedule, the ledger's word that it is sent, one payout at the bank.

import Domain
import Outside
import Wire

enum PayoutPlan {
    /// `withdrawal.held` → the schedule. `withdrawal.sent` → POST payouts; `confirmed` and `returned` →
    /// `withdrawal.settle.v1`.
    ///
    /// The bank hears of a withdrawal only once the ledger says that it is sent: from there on it cannot be cancelled.
    /// - Throws: naming what the event should have said.
    static func plan(_ event: WalletEvent) throws(FieldError) -> Plan {
        switch event.name {
        case Transition.withdrawalHeld.eventName:
            return .schedule(event.command, at: try releaseTime(event))
        case Transition.withdrawalSent.eventName: return .ask(try payout(event))
        default: throw FieldError(.malformed, field: "type")
        }
    }

    /// Of an event from before there were release times, the beginning of time: it is due.
    private static func releaseTime(_ event: WalletEvent) throws(FieldError) -> Timestamp {
        var detail = try event.detail()
        guard let text = try detail.optionalString("release_at", bytesMax: 64) else {
            return Timestamp(microseconds: 0)
        }
        guard let time = Timestamp(rfc3339: text) else { throw detail.malformed("release_at") }
        return time
    }

    private static func payout(_ event: WalletEvent) throws(FieldError) -> Inquiry {
        let withdrawal = event.command
        let wallet = try event.wallet()
        let amount = try event.amount()
        var detail = try event.detail()
        let rib = try detail.string("rib", bytesMax: BodyLimits.ribBytesMax)
        let holderName = try detail.string("holder_name", bytesMax: BodyLimits.nameBytesMax)

        var orders: [String: Order] = [:]
        for step in [SettleWithdrawal.Step.confirmed, .returned] {
            orders[step.name] = settlement(of: withdrawal, wallet, step)
        }
        var body = JSONWriter()
        body.beginObject()
        body.member("rib", rib)
        body.member("amount", amount)
        body.member("holder_name", holderName)
        body.endObject()
        return Inquiry(path: "payouts", idempotencyKey: withdrawal.description, body: body.bytes, orders: orders)
    }

    /// The same step of the same withdrawal is the same command, however often the bank reports it.
    private static func settlement(
        of withdrawal: CommandID, _ wallet: WalletID, _ step: SettleWithdrawal.Step
    ) -> Order {
        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", wallet)
        body.member("step", step.name)
        body.endObject()
        let content = CommandContent(
            type: CommandType.settleWithdrawal.name, target: "withdrawal=\(withdrawal)", body: body.bytes)
        return Order(content, key: "withdrawal/\(withdrawal)/\(step.name)", wallet: wallet)
    }
}
