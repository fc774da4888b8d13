// The stand-in for `payment`: charges by card and mobile. Of bank transfers it never hears.
//
//   payment_method_id      the charge
//   none, `pm_at_once`     is captured with the first answer
//   `pm_late`              is pending, and captured 2 s later
//   `pm_twice`             is captured with the first answer, and again under another charge id for whoever polls
//   `pm_refused`           is declined
//   `pm_never`             stays pending
//   any other              as `pm_at_once`, or one of those with callbacks and silence: docs/sandbox.md

import Domain
import Hummingbird
import Wire

struct Payment: Sendable {
    struct Charge: StandInRequest {
        let wallet: WalletID
        let amount: Money
        let method: TopUpMethod
        let paymentMethod: String?

        init(_ fields: inout FieldReader) throws(FieldError) {
            wallet = try fields.identifier("wallet", of: WalletKind.self)
            amount = try fields.money("amount")
            method = try fields.choice("method", \.name)
            // `null` says the same as leaving it out.
            if fields.optional("payment_method_id") == .null {
                paymentMethod = nil
            } else {
                paymentMethod = try fields.optionalString(
                    "payment_method_id", bytesMax: BodyLimits.paymentMethodBytesMax)
            }
            try fields.finish()
        }

        var scenario: Scenario {
            paymentMethod.flatMap { Payment.scenarios[$0] } ?? .atOnce
        }
    }

    static let scenarios: [String: Scenario] = [
        "pm_late": .late, "pm_twice": .twice, "pm_refused": .refused, "pm_never": .never, "pm_slow": .slow,
        "pm_timeout": .timeout, "pm_callback": .callback, "pm_callback_first": .callbackFirst,
        "pm_callback_twice": .callbackTwice, "pm_wrong_order": .wrongOrder, "pm_wrong_signature": .wrongSignature,
        "pm_silent": .silent, "pm_unacceptable": .unacceptable,
    ]

    let charges: StandIn<Charge>

    /// - Parameter callbacks: nil sends none.
    init(clock: SandboxClock, callbacks: (desk: CallbackDesk, line: CallbackLine)? = nil) {
        charges = StandIn(
            book: RequestBook(idPrefix: "ch_"), notFound: "CHARGE_NOT_FOUND", reportType: "charge.updated",
            word: { Self.word($0) }, clock: clock, callbacks: callbacks)
    }

    func addRoutes(to router: Router<some RequestContext>) {
        router.post("payment/charges") { request, _ in try await charges.take(request) }
        router.get("payment/charges/:key") { _, context in
            try charges.look(key: try context.parameters.require("key"))
        }
    }

    static func word(_ standing: Standing) -> String {
        switch standing {
        case .pending: "pending"
        case .done: SettleTopUp.Result.captured.name
        case .refused: SettleTopUp.Result.declined.name
        }
    }
}
