// The stand-in for the bank: payouts to bank accounts.
//
//   branch in the RIB    the payout
//   90001                is pending, and confirmed 2 s later
//   90002                is confirmed with the first answer, and again under another id for whoever polls
//   90003                is returned
//   90004                stays pending
//   any other            is confirmed with the first answer, or one of those with callbacks and silence: docs/sandbox.md

import Domain
import Hummingbird
import Wire

struct Bank: Sendable {
    struct Payout: StandInRequest {
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

        var scenario: Scenario { Bank.scenarios[String(rib.branch)] ?? .atOnce }
    }

    static let scenarios: [String: Scenario] = [
        "90001": .late, "90002": .twice, "90003": .refused, "90004": .never, "90005": .slow, "90006": .timeout,
        "90007": .callback, "90008": .callbackFirst, "90009": .callbackTwice, "90010": .wrongOrder,
        "90011": .wrongSignature, "90012": .takenBack, "90013": .silent, "90014": .takenBackFirst,
        "90015": .unacceptable,
    ]

    let payouts: StandIn<Payout>

    /// - Parameter callbacks: nil sends none.
    init(clock: SandboxClock, callbacks: (desk: CallbackDesk, line: CallbackLine)? = nil) {
        payouts = StandIn(
            book: RequestBook(idPrefix: "po_"), notFound: "PAYOUT_NOT_FOUND", reportType: "payout.updated",
            word: { Self.word($0) }, clock: clock, callbacks: callbacks)
    }

    func addRoutes(to router: Router<some RequestContext>) {
        router.post("bank/payouts") { request, _ in try await payouts.take(request) }
        router.get("bank/payouts/:key") { _, context in
            try payouts.look(key: try context.parameters.require("key"))
        }
    }

    static func word(_ standing: Standing) -> String {
        switch standing {
        case .pending: "pending"
        case .done: SettleWithdrawal.Step.confirmed.name
        case .refused: SettleWithdrawal.Step.returned.name
        }
    }
}
