// The operator's own books, adjustments by hand and chargebacks, of the admin API.

import Domain
import Hummingbird
import Ledger
import Postgres
import Wire

/// `POST /settlements` `/bank-charges` `/fee-sweeps` `/own-funds` `/lines` `/line-returns` `/line-returns/confirmations`,
/// `GET` and `POST /adjustments`, `POST /adjustments/{id}/approval` `/rejection`, `POST /top-ups/{id}/chargeback`
/// `/chargeback/reversal`
struct OperatorBooks: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend) {
        self.backend = backend
        acceptance = Acceptance(backend, statusPath: "/admin/v1/commands")
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/settlements") { try await submit($0, $1, .recordSettlement) }
        routes.post("/bank-charges") { try await submit($0, $1, .recordBankCharge) }
        routes.post("/fee-sweeps") { try await submit($0, $1, .sweepFees) }
        routes.post("/own-funds") { try await submit($0, $1, .addOwnFunds) }
        routes.post("/lines") { try await submit($0, $1, .recordLine) }
        routes.post("/line-returns") { try await submit($0, $1, .returnLine) }
        routes.post("/line-returns/confirmations") { try await submit($0, $1, .confirmLineReturn) }
        routes.post("/adjustments") { try await submit($0, $1, .proposeAdjustment) }
        routes.get("/adjustments", listAdjustments)
        routes.post("/adjustments/{id}/approval") { try await settle($0, $1, .approved) }
        routes.post("/adjustments/{id}/rejection") { try await settle($0, $1, .rejected) }
        routes.post("/top-ups/{id}/chargeback") { try await chargeBack($0, $1, .recordChargeback) }
        routes.post("/top-ups/{id}/chargeback/reversal") { try await chargeBack($0, $1, .winChargeback) }
    }

    private func submit(
        _ request: Hummingbird.Request, _ context: IngressContext, _ type: CommandType,
        by role: OperatorRole = .operator, target: String = ""
    ) async throws -> Response {
        _ = try context.identity(in: [role])
        return try await acceptance.submit(
            acceptance.read(request, context, type, needing: role.permission, or: role, target: target))
    }

    /// Who approves is not who proposed: the lane sees to that, from the signed subjects of both.
    private func settle(
        _ request: Hummingbird.Request, _ context: IngressContext, _ step: SettleAdjustment.Step
    ) async throws -> Response {
        let identity = try context.identity(in: step == .approved ? [.approver] : [.approver, .operator])
        let id = try context.pathID(CommandKind.self, else: .outcome(.adjustmentNotFound))
        return try await submit(
            request, context, .settleAdjustment, by: identity.roles.contains(.approver) ? .approver : .operator,
            target: "adjustment=\(id) step=\(step.name)")
    }

    private func chargeBack(
        _ request: Hummingbird.Request, _ context: IngressContext, _ type: CommandType
    ) async throws -> Response {
        let id = try context.pathID(CommandKind.self, else: .outcome(.topUpNotFound))
        return try await submit(request, context, type, target: "topup=\(id)")
    }

    @Sendable private func listAdjustments(
        _ request: Hummingbird.Request, _ context: IngressContext
    ) async throws -> Response {
        _ = try context.identity(in: [.reader, .operator, .approver, .auditor])
        let page = try Page(request)
        let adjustments: [AdjustmentView]
        do {
            adjustments = try await backend.reader.adjustments(limit: Int64(page.limit), offset: page.offset)
        } catch {
            throw APIError(reading: error)
        }
        return .list { json in
            for adjustment in adjustments { json.value(adjustment) }
        } page: { json in
            json.page(page)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ adjustment: AdjustmentView) {
        beginObject()
        member("id", adjustment.id)
        member("wallet", adjustment.wallet)
        member("direction", adjustment.direction.name)
        member("amount", adjustment.amount)
        member("reason", adjustment.reason)
        member("proposed_by", adjustment.proposer)
        member("status", adjustment.status.name)
        member("proposed_at", adjustment.proposedAt)
        endObject()
    }
}
