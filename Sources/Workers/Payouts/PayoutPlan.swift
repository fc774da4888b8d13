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
            orders[step.name] = order(SettleWithdrawal(withdrawal: withdrawal, wallet: wallet, step: step))
        }
        var body = JSONWriter()
        body.beginObject()
        body.member("rib", rib)
        body.member("amount", amount)
        body.member("holder_name", holderName)
        body.endObject()
        return Inquiry(
            path: "payouts", claim: Claim(command: withdrawal, wallet: wallet, amount: amount, rib: rib),
            body: body.bytes, orders: orders, refusal: SettleWithdrawal.Step.returned.name)
    }

    /// What the bank reported of its own accord: the same command as if it had been asked.
    ///
    /// - Throws: `UNKNOWN_TYPE` for a callback that is another worker's.
    static func plan(_ callback: Callback) throws(FieldError) -> Plan {
        // That it is sent is ours to say.
        guard case .withdrawal(let settle) = callback, settle.step != .sent else {
            throw FieldError(.unknownType, field: "type")
        }
        return .submit(order(settle))
    }

    /// The same step of the same withdrawal is the same command, however, and however often, the bank reports it.
    private static func order(_ settle: SettleWithdrawal) -> Order {
        Order(
            CommandContent(settle), key: "withdrawal/\(settle.withdrawal)/\(settle.step.name)", wallet: settle.wallet)
    }
}
