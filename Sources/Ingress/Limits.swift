// What a wallet's owner may send out, and what of it is left.

import Domain
import Hummingbird
import Ledger
import Wire

/// `GET /wallets/{id}/limits`
///
/// The limits are the owner's, over all of its wallets: each of them tells the same.
struct Limits: Resources {
    private let backend: Backend

    init(_ backend: Backend) { self.backend = backend }

    func addRoutes(to routes: inout RouteTable) {
        routes.get("/wallets/{id}/limits", show)
    }

    @Sendable private func show(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let id = try context.pathID(WalletKind.self, else: .outcome(.walletNotFound))
        try await backend.directory.readable(id, by: identity, field: nil)
        let view: LimitsView?
        do {
            view = try await backend.reader.limits(of: id)
        } catch {
            throw APIError(reading: error)
        }
        guard let view else { throw APIError(.outcome(.walletNotFound)) }
        return .success { $0.limits(of: view, backend.configuration.limits, at: backend.clock()) }
    }
}

extension JSONWriter {
    /// What applies at a time, by the level that counts then.
    mutating func limits(of view: LimitsView, _ schedule: LimitSchedule, at now: Timestamp) {
        let table = schedule.table(at: now)
        let level = view.verification.effectiveLevel(at: now)
        let figures = table.figures(ofLevel: level)
        let spent = view.spending.on(now.dayInAlgiers)
        member("level", Int64(level))
        member("version", Int64(table.version))
        object("daily") {
            $0.limit(figures.daily, used: spent.inDay, until: .beginning(ofDayInAlgiers: spent.day + 1))
        }
        object("monthly") {
            $0.limit(figures.monthly, used: spent.inMonth, until: .beginning(ofMonthInAlgiersAfterDay: spent.day))
        }
        member("as_of", now)
    }

    /// - Parameters: in minor units; a limit of nil is none.
    private mutating func limit(_ limit: Int64?, used: Int64, until end: Timestamp) {
        let currency = LimitTable.currency
        if let limit {
            member("limit", Money(limit, currency))
            member("used", Money(used, currency))
            // Whoever sent more before the limit was lowered has nothing left.
            member("remaining", Money(max(0, limit - used), currency))
        } else {
            member("limit", json: Array("null".utf8))
            member("used", Money(used, currency))
            member("remaining", json: Array("null".utf8))
        }
        member("resets_at", end)
    }
}
