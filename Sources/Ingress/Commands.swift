// What became of a command.

import Domain
import Hummingbird
import Ledger
import Polling
import Postgres
import Wire

/// `GET /commands/{id}`
struct Commands: Resources {
    static let waitSecondsMax = 30
    /// How often to look while nobody wakes us.
    static let lookIntervalNanoseconds: UInt64 = 250_000_000

    private let backend: Backend
    private let roles: Set<OperatorRole>

    /// - Parameter roles: of whom the caller must have one, on the admin API; empty where users ask.
    init(_ backend: Backend, roles: Set<OperatorRole> = []) {
        self.backend = backend
        self.roles = roles
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.get("/commands/{id}", show)
    }

    /// Where a command stands, as far as it can be known.
    private enum Standing {
        case found(CommandView)
        case accepted(at: Timestamp)

        var isDecided: Bool {
            guard case .found(let view) = self else { return false }
            return view.status.isDecided
        }
    }

    @Sendable private func show(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try roles.isEmpty ? context.identity(granted: .read) : context.identity(in: roles)
        let id = try context.pathID(CommandKind.self, else: .ingress(.commandNotFound))
        let seconds = try request.integer("wait", in: 0...Self.waitSecondsMax) ?? 0
        let receipt = request.text("receipt").flatMap {
            Receipt($0, command: id, caller: identity.subject, key: backend.configuration.receiptKey)
        }
        var standing = try await look(id, identity, receipt)
        if seconds > 0, !standing.isDecided {
            standing = try await wait(UInt64(seconds), for: id, standing) { () async throws(APIError) in
                try await look(id, identity, receipt)
            }
        }
        return answer(id, standing)
    }

    // MARK: - Looking

    /// One look: the database, then the receipt, then the hint.
    private func look(
        _ id: CommandID, _ identity: Identity, _ receipt: Receipt?
    ) async throws(APIError) -> Standing {
        var cause: PostgresError?
        if backend.reader.isAvailable {
            var view: CommandView?
            do {
                view = try await backend.reader.command(id, seenBy: identity.user)
            } catch {
                guard error.isUnavailable else { throw APIError(reading: error) }
                cause = error
            }
            if let view { return .found(try await checked(view, id, identity, receipt)) }
        }
        if let receipt { return .accepted(at: receipt.acceptedAt) }
        if let hint = await backend.hints.hint(for: id), hint.subject == identity.subject {
            return .accepted(at: hint.acceptedAt)
        }
        guard cause == nil, backend.reader.isAvailable else {
            throw .unavailable("database", cause: cause?.description)
        }
        throw APIError(.commandNotFound)
    }

    /// Whether the caller may see the command, and whether it is the one of the receipt.
    private func checked(
        _ view: CommandView, _ id: CommandID, _ identity: Identity, _ receipt: Receipt?
    ) async throws(APIError) -> CommandView {
        guard view.caller == identity.subject || view.ownVersion != nil else { throw APIError(.commandNotFound) }
        if let receipt, receipt.contentDigest != view.contentDigest {
            // The receipt has the other content's digest only; a hint may still have the content.
            let hint = await backend.hints.hint(for: id)
            let other = hint?.digest == receipt.contentDigest ? hint?.content : nil
            throw APIError(.outcome(.keyReused), field: other.flatMap { $0.differingField(from: view.content) })
        }
        // Whoever sees this must not see an older balance afterwards.
        if let wallet = view.wallet, let version = view.ownVersion {
            backend.balances.see(wallet, Balances.Versions(money: version, status: 0))
        }
        for wallet in view.ownWallets { backend.balances.note(wallet, at: view.lastAt) }
        return view
    }

    // MARK: - Waiting

    /// Looks again whenever there is news, until the command is decided or the time is over.
    private func wait(
        _ seconds: UInt64, for id: CommandID, _ first: Standing, _ look: () async throws(APIError) -> Standing
    ) async throws(APIError) -> Standing {
        // Too many wait already: who asks again later finds out as well.
        guard let waiter = backend.feed.waiters.add(id) else { return first }
        defer { backend.feed.waiters.remove(waiter) }
        let deadline = monotonicNanoseconds() + seconds * 1_000_000_000
        while true {
            // Once after the waiter was added, so that what happened in between is not missed.
            let standing = try await look()
            let now = monotonicNanoseconds()
            if standing.isDecided || now >= deadline { return standing }
            let canRelyOnNews = backend.feed.isConsuming && backend.reader.isAvailable
            let pause = canRelyOnNews ? deadline - now : min(deadline - now, Self.lookIntervalNanoseconds)
            if await waiter.wait(.nanoseconds(pause)) == .stopped { return standing }
        }
    }

    // MARK: - The answer

    private func answer(_ id: CommandID, _ standing: Standing) -> Response {
        .success { json in
            json.member("command_id", id)
            switch standing {
            case .accepted(let time):
                json.member("status", "accepted")
                json.array("wallets") { _ in }
                json.member("accepted_at", time)
            case .found(let view):
                json.command(view)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func command(_ view: CommandView) {
        member("type", view.content.type)
        member("status", view.status.name)
        member("code", view.code.name)
        if let field = view.field { member("field", field) }
        if let fee = view.fee, let version = view.feeVersion {
            // A payment costs who makes it nothing: its fee is the merchant's.
            let isPayment = view.content.type == CommandType.submitPayment.name
            self.fee(isPayment ? .zero(fee.currency) : fee, version: version)
        }
        if let id = view.transactionID { member("transaction_id", id) }
        if let reference = view.transferReference { member("transfer_reference", reference.description) }
        if let wallet = view.wallet { member("wallet_id", wallet) }
        if let release = view.release { self.release(release) }
        array("wallets") { json in
            for wallet in view.ownWallets { json.value(wallet) }
        }
        member("accepted_at", view.acceptedAt)
        if view.status.isDecided { member("decided_at", view.lastAt) }
    }
}
