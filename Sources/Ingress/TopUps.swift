// Money from outside into a wallet.

import Domain
import Hummingbird

/// `POST /top-ups`
struct TopUps: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/top-ups", submit)
    }

    @Sendable private func submit(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(request, context, .submitTopUp, needing: .topUp)
        guard case .submitTopUp(let topUp) = draft.request else { throw APIError.anotherRequest }
        try await backend.directory.checkWallet(topUp.wallet, topUp.amount, by: draft.identity)
        return try await acceptance.submit(draft)
    }
}
