// Money from one wallet to another.

import Domain
import Hummingbird
import Ledger
import Wire

/// `POST /transfers`, `POST /bulk-transfers`, `POST /moves`
struct Transfers: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/transfers", submit)
        routes.post("/bulk-transfers", submitBulk)
        routes.post("/moves", submitMove)
    }

    @Sendable private func submit(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(
            request, context, .submitTransfer, needing: .transfer, standIn: Resolved.standIn)
        guard case .submitTransfer(let transfer) = draft.request else { throw APIError.anotherRequest }
        guard let to = transfer.to else { return try await submitByHandle(transfer, draft) }
        _ = try await backend.directory.checkTransfer(
            from: transfer.from, to: to, transfer.amount, by: draft.identity)
        return try await acceptance.submit(draft)
    }

    /// To whoever goes by what the body says. A repeat is sent on whoever that is by now: what it is answered with is
    /// what was decided first, and if nothing was, who is found now is as good as who was found then.
    private func submitByHandle(_ transfer: SubmitTransfer, _ draft: Draft) async throws -> Response {
        // Who may not use this wallet finds nobody either.
        _ = try await backend.directory.allow(.moveMoney, of: transfer.from, by: draft.identity, field: "from")
        let isRepeat = await acceptance.isRepeat(draft)
        let found = try await found(draft, isRepeat)
        if !isRepeat {
            guard let to = found[0]?.wallet else { throw APIError(.outcome(.payeeNotFound), field: "to") }
            _ = try await backend.directory.checkTransfer(
                from: transfer.from, to: to, transfer.amount, by: draft.identity)
        }
        return try await acceptance.submit(draft, resolved: Resolved(payees: found.map { $0?.wallet }))
    }

    /// The payees of a body that have to be looked up. What was accepted once is not counted again.
    private func found(_ draft: Draft, _ isRepeat: Bool) async throws -> [PayeeFound?] {
        let lookups: [PayeeLookup]
        do { lookups = try draft.content.lookups() } catch { throw APIError(error) }
        return try await backend.payees.find(lookups, for: draft.identity, isCounted: !isRepeat)
    }

    /// Payees are left to the lane, those too whom nobody knows: each leg has an outcome of its own.
    @Sendable private func submitBulk(
        _ request: Hummingbird.Request, _ context: IngressContext
    ) async throws -> Response {
        let draft = try await acceptance.read(
            request, context, .submitBulk, needing: .transfer, standIn: Resolved.standIn)
        guard case .submitBulk(let bulk) = draft.request else { throw APIError.anotherRequest }
        _ = try await backend.directory.allow(.moveMoney, of: bulk.from, by: draft.identity, field: "from")
        guard bulk.legs.contains(where: { $0.to == nil }) else { return try await acceptance.submit(draft) }
        let found = try await found(draft, await acceptance.isRepeat(draft))
        return try await acceptance.submit(draft, resolved: Resolved(payees: found.map { $0?.wallet }))
    }

    @Sendable private func submitMove(
        _ request: Hummingbird.Request, _ context: IngressContext
    ) async throws -> Response {
        let draft = try await acceptance.read(request, context, .submitMove, needing: .transfer, or: .operator)
        guard case .submitMove(let move) = draft.request else { throw APIError.anotherRequest }
        if !draft.identity.roles.contains(.operator) {
            _ = try await backend.directory.allow(
                .moveMoney, of: move.from.wallet, by: draft.identity, field: "from.wallet")
        }
        return try await acceptance.submit(draft)
    }
}

extension WalletDirectory {
    /// What is known of a transfer before it is made, in the order in which the lane checks it.
    ///
    /// - Returns: the payee, if it is known.
    func checkTransfer(
        from: WalletID, to: WalletID, _ amount: Money, by identity: Identity, use: WalletUse = .moveMoney
    ) async throws(APIError) -> WalletFacts? {
        let (payer, payee) = try await wallets(from, to)
        let own = try await allow(use, of: from, payer, by: identity, field: "from")
        if from == to { throw APIError(.outcome(.sameWallet), field: "to") }
        if case .absent = payee { throw APIError(.outcome(.payeeNotFound), field: "to") }
        if let own, own.currency != amount.currency {
            throw APIError(.outcome(.currencyMismatch), field: "amount.currency")
        }
        guard case .known(let other) = payee else { return nil }
        if other.currency != amount.currency { throw APIError(.outcome(.currencyMismatch), field: "to") }
        return other
    }

    /// What is known of a wallet that one amount comes into or goes out of.
    func checkWallet(_ id: WalletID, _ amount: Money?, by identity: Identity) async throws(APIError) {
        let facts = try await allow(.moveMoney, of: id, by: identity, field: "wallet")
        if let facts, let amount, facts.currency != amount.currency {
            throw APIError(.outcome(.currencyMismatch), field: "amount.currency")
        }
    }
}
