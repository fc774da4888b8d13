// The stand-in for `payment`: charges by card and mobile, and bank transfers, which are there at once.
//
//   payment_method_id      the charge
//   none, `pm_at_once`     is captured with the first answer
//   `pm_late`              is pending, and captured 2 s later
//   `pm_twice`             is captured with the first answer, and again under another charge id for whoever polls
//   `pm_refused`           is declined
//   `pm_never`             stays pending
//   any other              as `pm_at_once`
//
// A bank transfer is captured at once whatever its payment method is called.

import Domain
import Hummingbird
import Wire

struct Payment: Sendable {
    struct Charge: Equatable, Sendable {
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
            if method == .bankTransfer { return .atOnce }
            return switch paymentMethod {
            case "pm_late": .late
            case "pm_twice": .twice
            case "pm_refused": .refused
            case "pm_never": .never
            default: .atOnce
            }
        }
    }

    let clock: SandboxClock
    let charges = RequestBook<Charge>(idPrefix: "ch_")

    func addRoutes(to router: Router<some RequestContext>) {
        router.post("payment/charges") { request, _ in
            let key = try request.idempotencyKey()
            var fields = try await request.fields()
            let charge = try Charge(&fields)
            switch charges.receive(charge, key: key, scenario: charge.scenario, at: clock.now) {
            case .answered(let answer): return Self.response(.created, answer)
            case .otherContent: throw Refused(.conflict, OutcomeCode.keyReused.name, field: "idempotency-key")
            }
        }
        router.get("payment/charges/:key") { _, context in
            guard let answer = charges.look(key: try context.parameters.require("key"), at: clock.now) else {
                throw Refused(.notFound, "CHARGE_NOT_FOUND", field: "key")
            }
            return Self.response(.ok, answer)
        }
    }

    static func word(_ standing: Standing) -> String {
        switch standing {
        case .pending: "pending"
        case .done: SettleTopUp.Result.captured.name
        case .refused: SettleTopUp.Result.declined.name
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ answer: StandInAnswer) -> Response {
        .json(status) { json in
            json.member("id", answer.id)
            json.member("status", word(answer.standing))
        }
    }
}
