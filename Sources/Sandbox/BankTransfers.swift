// The other half of the stand-in for the bank: whoever was given a reference pays at once, and the bank reports the line.
//
// Real payers read the reference in the app. The sandbox hears of it by subscribing to `topup.pending`.

import AMQP
import Domain
import Outside
import Polling
import Topology
import Wire

struct BankTransfers: Sendable {
    static let queue = "bank.transfers"
    /// Beyond it the oldest events are dropped: a subscriber that is away may not fill the broker's disk.
    static let queueBytesMax: Int64 = 64 << 20

    let desk: CallbackDesk
    let line: CallbackLine

    /// A worker that books a line for every reference that is given out.
    func worker(_ configuration: OutsideConfiguration) throws(SystemError) -> OutsideWorker {
        try OutsideWorker(
            configuration, queue: Self.queue, declare: Self.declare,
            plan: { event throws(FieldError) in
                for letter in try letters(event) { desk.leave(letter) }
                return .nothing
            })
    }

    /// A subscriber's queue is the subscriber's to declare; the exchange is the ledger's.
    private static func declare(_ connection: AMQPConnection) throws(AMQPError) {
        let arguments: AMQPTable = [
            ("x-queue-type", "quorum"), ("x-max-length-bytes", .int64(queueBytesMax)), ("x-overflow", "drop-head"),
        ]
        try connection.declareQueue(AMQPQueueDeclaration(queue, arguments: arguments))
        try connection.bindQueue(queue: queue, exchange: Names.events, routingKey: Transition.topUpPending.eventName)
    }

    /// The lines that the bank reports of a top-up; none of one that is no bank transfer.
    func letters(_ event: WalletEvent) throws(FieldError) -> [CallbackDesk.Letter] {
        var detail = try event.detail()
        guard let reference = try detail.optionalString("transfer_reference", bytesMax: 64) else { return [] }
        let paymentMethod = try detail.optionalString(
            "payment_method_id", bytesMax: BodyLimits.paymentMethodBytesMax)
        let amount = try event.amount()
        let id = "ln_\(event.command)"
        // Who pays names the reference as people do.
        let text = "VIR RECU \(reference.lowercased().replacing("-", with: " ")) MERCI"
        switch paymentMethod {
        case "pm_never": return []
        case "pm_late": return [letter(id, amount, text, after: Scenario.lateAfter)]
        case "pm_twice": return [letter(id, amount, text), letter(id, amount, text, after: Scenario.lateAfter)]
        case "pm_two_lines":
            return [letter(id, amount, text), letter(id + "_2", amount, text, after: Scenario.lateAfter)]
        case "pm_wrong_amount": return [letter(id, Money(amount.minorUnits + 1, amount.currency), text)]
        default: return [letter(id, amount, text)]
        }
    }

    private func letter(
        _ id: String, _ amount: Money, _ text: String, after delay: Duration = .zero
    ) -> CallbackDesk.Letter {
        var body = JSONWriter()
        body.beginObject()
        body.member("type", "line.booked")
        body.member("timestamp", systemTime())
        body.object("data") { json in
            json.member("line", id)
            json.member("amount", amount)
            json.member("text", text)
        }
        body.endObject()
        return CallbackDesk.Letter(line: line, body: body.bytes, delay: delay, isRightlySigned: true, whenTaken: {})
    }
}
