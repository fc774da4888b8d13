// When payer and merchant do not agree about a payment.

import Domain
import Hummingbird
import Ledger
import Wire

/// `POST` and `GET /disputes`, `GET /disputes/{id}`, `POST /disputes/{id}/answer` `/accept` `/reject`
struct Disputes: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/disputes", open)
        routes.get("/disputes", list)
        routes.get("/disputes/{id}", show)
        routes.post("/disputes/{id}/answer") { try await settle($0, $1, .answered) }
        routes.post("/disputes/{id}/accept") { try await settle($0, $1, .accepted) }
        routes.post("/disputes/{id}/reject") { try await settle($0, $1, .rejected) }
    }

    @Sendable private func open(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(request, context, .openDispute, needing: .transfer)
        guard case .openDispute(let dispute) = draft.request else { throw APIError.anotherRequest }
        try await backend.directory.checkWallet(dispute.wallet, nil, by: draft.identity)
        return try await acceptance.submit(draft)
    }

    private func settle(
        _ request: Hummingbird.Request, _ context: IngressContext, _ step: SettleDispute.Step
    ) async throws -> Response {
        let id = try context.pathID(CommandKind.self, else: .outcome(.disputeNotFound))
        let draft = try await acceptance.read(
            request, context, .settleDispute, needing: .transfer, or: .operator,
            target: "dispute=\(id) step=\(step.name)")
        guard case .settleDispute(let settlement) = draft.request else { throw APIError.anotherRequest }
        if !draft.identity.roles.contains(.operator) {
            try await backend.directory.checkWallet(settlement.wallet, nil, by: draft.identity)
        }
        return try await acceptance.submit(draft)
    }

    // MARK: - Reading

    @Sendable private func list(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        guard let wallet = request.text("wallet").flatMap({ WalletID($0) }) else {
            throw APIError(.outcome(.malformed), field: "wallet")
        }
        let page = try Page(request)
        _ = try await backend.directory.readable(wallet, by: identity, field: "wallet")
        let disputes: [DisputeView]
        do {
            disputes = try await backend.reader.disputes(of: wallet, limit: Int64(page.limit), offset: page.offset)
        } catch {
            throw APIError(reading: error)
        }
        return .list { json in
            for dispute in disputes {
                json.beginObject()
                json.dispute(dispute)
                json.endObject()
            }
        } page: {
            $0.page(page)
        }
    }

    /// A dispute's two parties may see it; another's is not told from none.
    @Sendable private func show(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read, or: .operator)
        let id = try context.pathID(CommandKind.self, else: .outcome(.disputeNotFound))
        let found: DisputeView?
        do {
            found = try await backend.reader.dispute(id)
        } catch {
            throw APIError(reading: error)
        }
        guard let found else { throw APIError(.outcome(.disputeNotFound)) }
        if identity.roles.contains(.operator) { return .success { $0.dispute(found) } }
        if try await isReadable(found.wallet, by: identity) { return .success { $0.dispute(found) } }
        if try await isReadable(found.merchant, by: identity) { return .success { $0.dispute(found) } }
        throw APIError(.outcome(.disputeNotFound))
    }

    private func isReadable(_ wallet: WalletID, by identity: Identity) async throws(APIError) -> Bool {
        do {
            try await backend.directory.readable(wallet, by: identity, field: nil)
            return true
        } catch {
            guard error.code == .outcome(.notPermitted) else { throw error }
            return false
        }
    }
}

extension JSONWriter {
    fileprivate mutating func dispute(_ view: DisputeView) {
        member("id", view.id)
        member("payment", view.payment)
        member("wallet", view.wallet)
        member("merchant", view.merchant)
        member("amount", view.amount)
        member("status", view.status.name)
        member("reason", view.reason)
        member("opened_at", view.openedAt)
    }
}
