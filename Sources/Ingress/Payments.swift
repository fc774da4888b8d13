// Money to a merchant and back.

import Domain
import Hummingbird
import Ledger
import Wire

/// `POST /payments`, `POST /payments/{id}/refunds`
struct Payments: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/payments", submit)
        routes.post("/payments/{id}/refunds", refund)
    }

    @Sendable private func submit(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(request, context, .submitPayment, needing: .transfer)
        guard case .submitPayment(let payment) = draft.request else { throw APIError.anotherRequest }
        let merchant = try await backend.directory.checkTransfer(
            from: payment.from, to: payment.to, payment.amount, by: draft.identity)
        if let merchant, merchant.type != .business { throw APIError(.outcome(.notABusiness), field: "to") }
        return try await acceptance.submit(draft)
    }

    /// Whether there is such a payment is for the lane to say: it may be on its way in another.
    @Sendable private func refund(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let id = try context.pathID(CommandKind.self, else: .outcome(.paymentNotFound))
        let draft = try await acceptance.read(
            request, context, .submitRefund, needing: .transfer, target: "payment=\(id)")
        guard case .submitRefund(let refund) = draft.request else { throw APIError.anotherRequest }
        try await backend.directory.checkWallet(refund.wallet, refund.amount, by: draft.identity)
        return try await acceptance.submit(draft)
    }
}
