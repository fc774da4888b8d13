// The stand-in for the bank: payouts to bank accounts.
//
//   branch in the RIB    the payout
//   90001                is pending, and confirmed 2 s later
//   90002                is confirmed with the first answer, and again under another id for whoever polls
//   90003                is returned
//   90004                stays pending
//   any other            is confirmed with the first answer

import Domain
import Hummingbird
import Wire

struct Bank: Sendable {
    struct Payout: Equatable, Sendable {
        let rib: RIB
        let amount: Money
        let holderName: String

        init(_ fields: inout FieldReader) throws(FieldError) {
            guard let rib = RIB(try fields.string("rib", bytesMax: BodyLimits.ribBytesMax)) else {
                throw FieldError(.ribInvalid, field: fields.field("rib"))
            }
            self.rib = rib
            amount = try fields.money("amount")
            holderName = try fields.string("holder_name", bytesMax: BodyLimits.nameBytesMax)
            try fields.finish()
        }

        var scenario: Scenario {
            switch rib.branch {
            case "90001": .late
            case "90002": .twice
            case "90003": .refused
            case "90004": .never
            default: .atOnce
            }
        }
    }

    let clock: SandboxClock
    let payouts = RequestBook<Payout>(idPrefix: "po_")

    func addRoutes(to router: Router<some RequestContext>) {
        router.post("bank/payouts") { request, _ in
            let key = try request.idempotencyKey()
            var fields = try await request.fields()
            let payout = try Payout(&fields)
            switch payouts.receive(payout, key: key, scenario: payout.scenario, at: clock.now) {
            case .answered(let answer): return Self.response(.created, answer)
            case .otherContent: throw Refused(.conflict, OutcomeCode.keyReused.name, field: "idempotency-key")
            }
        }
        router.get("bank/payouts/:key") { _, context in
            guard let answer = payouts.look(key: try context.parameters.require("key"), at: clock.now) else {
                throw Refused(.notFound, "PAYOUT_NOT_FOUND", field: "key")
            }
            return Self.response(.ok, answer)
        }
    }

    static func word(_ standing: Standing) -> String {
        switch standing {
        case .pending: "pending"
        case .done: SettleWithdrawal.Step.confirmed.name
        case .refused: SettleWithdrawal.Step.returned.name
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ answer: StandInAnswer) -> Response {
        .json(status) { json in
            json.member("id", answer.id)
            json.member("status", word(answer.standing))
        }
    }
}
