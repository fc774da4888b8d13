// Money out of a wallet to a bank account.

import Domain
import Hummingbird

/// `POST /withdrawals`, `POST /withdrawals/{id}/cancellation`
struct Withdrawals: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/withdrawals", submit)
        routes.post("/withdrawals/{id}/cancellation", cancel)
    }

    @Sendable private func submit(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(request, context, .submitWithdrawal, needing: .withdraw)
        guard case .submitWithdrawal(let withdrawal) = draft.request else { throw APIError.anotherRequest }
        try await backend.directory.checkWallet(withdrawal.wallet, withdrawal.amount, by: draft.identity)
        // Whether it is verified can change while the command is on its way, so that is left to the lane.
        switch try await backend.directory.wallet(of: withdrawal.beneficiary) {
        case .unknown: break
        case .known(let wallet) where wallet == withdrawal.wallet: break
        case .known, .absent: throw APIError(.outcome(.beneficiaryNotFound), field: "beneficiary")
        }
        return try await acceptance.submit(draft)
    }

    /// Whether it is still held is for the lane to say.
    @Sendable private func cancel(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let id = try context.pathID(CommandKind.self, else: .outcome(.withdrawalNotFound))
        let draft = try await acceptance.read(
            request, context, .cancelWithdrawal, needing: .withdraw, target: "withdrawal=\(id)")
        guard case .cancelWithdrawal(let cancellation) = draft.request else { throw APIError.anotherRequest }
        try await backend.directory.checkWallet(cancellation.wallet, nil, by: draft.identity)
        return try await acceptance.submit(draft)
    }
}
