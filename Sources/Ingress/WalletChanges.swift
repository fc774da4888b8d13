// What changes of a wallet without money: sub-wallets, stopping and closing, and who is in its team.

import Domain
import Hummingbird
import Ledger
import Postgres
import Wire

/// `POST /wallets/{id}/sub-wallets` `/freeze` `/unfreeze` `/close`, `GET` and `POST /wallets/{id}/members`,
/// `DELETE /wallets/{id}/members/{user}`
struct WalletChanges: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/wallets/{id}/sub-wallets", openSubWallet)
        routes.post("/wallets/{id}/freeze") { try await change($0, $1, .freezeWallet, or: .compliance) }
        routes.post("/wallets/{id}/unfreeze") { try await change($0, $1, .unfreezeWallet, or: .compliance) }
        routes.post("/wallets/{id}/close") { try await change($0, $1, .closeWallet, or: nil) }
        routes.get("/wallets/{id}/members", listMembers)
        routes.post("/wallets/{id}/members") { try await change($0, $1, .setMember, or: nil) }
        routes.delete("/wallets/{id}/members/{user}", removeMember)
    }

    @Sendable private func openSubWallet(
        _ request: Hummingbird.Request, _ context: IngressContext
    ) async throws -> Response {
        let draft = try await draft(request, context, .openSubWallet, or: nil)
        guard case .openSubWallet(let opening) = draft.request else { throw APIError.anotherRequest }
        return try await acceptance.submit(draft) { $0.member("wallet_id", opening.walletID) }
    }

    private func change(
        _ request: Hummingbird.Request, _ context: IngressContext, _ type: CommandType, or role: OperatorRole?
    ) async throws -> Response {
        try await acceptance.submit(draft(request, context, type, or: role))
    }

    /// A command about the wallet in the path, by its owner or somebody with the role.
    private func draft(
        _ request: Hummingbird.Request, _ context: IngressContext, _ type: CommandType, or role: OperatorRole?,
        alsoTargeting other: String = ""
    ) async throws -> Draft {
        let id = try context.pathID(WalletKind.self, else: .outcome(.walletNotFound))
        let draft = try await acceptance.read(
            request, context, type, needing: .manage, or: role, target: "\(other)wallet=\(id)")
        if let role, draft.identity.roles.contains(role) { return draft }
        _ = try await backend.directory.allow(.manage, of: id, by: draft.identity, field: nil)
        return draft
    }

    // MARK: - Members

    @Sendable private func removeMember(
        _ request: Hummingbird.Request, _ context: IngressContext
    ) async throws -> Response {
        let user = try context.pathID("user", OwnerKind.self, else: .outcome(.memberNotFound))
        return try await acceptance.submit(
            draft(request, context, .removeMember, or: nil, alsoTargeting: "user=\(user) "))
    }

    @Sendable private func listMembers(
        _ request: Hummingbird.Request, _ context: IngressContext
    ) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let id = try context.pathID(WalletKind.self, else: .outcome(.walletNotFound))
        let facts = try await backend.directory.readable(id, by: identity, field: nil)
        let team: [OwnerID: TeamRole]?
        do {
            team = try await backend.reader.team(of: id)
        } catch {
            throw APIError(reading: error)
        }
        return .success { json in
            json.array("members") { json in
                json.member(facts.controller, role: "owner")
                for (user, role) in (team ?? [:]).sorted(by: { $0.key < $1.key }) {
                    json.member(user, role: role.name)
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ user: OwnerID, role: String) {
        beginObject()
        member("user", user)
        member("role", role)
        endObject()
    }
}
