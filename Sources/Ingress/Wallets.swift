// Wallets: opening them, and their balances.

import Domain
import Hummingbird
import Ledger
import Postgres
import Telemetry
import Wire

/// `POST /wallets`, `GET /wallets`, `GET /wallets/{id}`
struct Wallets: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/wallets", open)
        routes.get("/wallets", list)
        routes.get("/wallets/{id}", show)
    }

    // MARK: - Opening

    /// Stands in while the body is read, before `identity` is asked.
    private static let anyVerification = Resolved(
        verification: Verification(
            level: 0, expiresAt: Timestamp(microseconds: 0), levelOneExpiresAt: Timestamp(microseconds: 0)))

    @Sendable private func open(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(
            request, context, .openWallet, needing: .manage, standIn: { _ in Self.anyVerification })
        guard case .openWallet(let opening) = draft.request else { throw APIError.anotherRequest }
        let verification: Verification
        do {
            verification = try await backend.identity.verification(
                of: draft.identity.user, trace: draft.trace.child())
        } catch {
            throw APIError.unavailable("identity", cause: error.cause)
        }
        if let code = verification.check(atLeast: opening.type.kycLevelMin, at: acceptance.now) {
            // Whoever was verified when the command was accepted keeps its answer.
            guard await acceptance.isRepeat(draft) else { throw APIError(.outcome(code)) }
        }
        return try await acceptance.submit(draft, resolved: Resolved(verification: verification)) {
            $0.member("wallet_id", opening.walletID)
        }
    }

    // MARK: - Reading

    @Sendable private func list(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let page = try Page(request)
        let wallets: [WalletView]
        do {
            wallets = try await backend.reader.wallets(
                of: identity.user, limit: Int64(page.limit), offset: page.offset)
        } catch {
            throw APIError(reading: error)
        }
        return .list { json in
            for wallet in wallets { json.value(wallet) }
        } page: {
            $0.page(page)
        }
    }

    /// From Redis when that is known to be fresh, otherwise from PostgreSQL.
    @Sendable private func show(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let id = try context.pathID(WalletKind.self, else: .outcome(.walletNotFound))
        try await backend.directory.readable(id, by: identity, field: nil)
        if backend.feed.isSteady, let json = await backend.balances.cached(id) {
            backend.meters.showedBalance(fromRedis: true)
            return .success(json: json)
        }
        backend.meters.showedBalance(fromRedis: false)
        let view: WalletView?
        do {
            view = try await backend.reader.wallet(id)
        } catch {
            throw APIError(reading: error)
        }
        guard let view else { throw APIError(.outcome(.walletNotFound)) }
        await backend.balances.store(view)
        return .success(json: view.json)
    }
}
