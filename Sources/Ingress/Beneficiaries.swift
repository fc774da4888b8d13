// Bank accounts to withdraw to.

import Domain
import Hummingbird
import Ledger
import Postgres
import Wire

/// `POST /beneficiaries`, `GET /beneficiaries?wallet=`, `GET /beneficiaries/{id}`, `DELETE /beneficiaries/{id}`
struct Beneficiaries: Resources {
    private let backend: Backend
    private let acceptance: Acceptance

    init(_ backend: Backend, _ acceptance: Acceptance) {
        self.backend = backend
        self.acceptance = acceptance
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/beneficiaries", add)
        routes.get("/beneficiaries", list)
        routes.get("/beneficiaries/{id}", show)
        routes.delete("/beneficiaries/{id}", remove)
    }

    @Sendable private func add(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(request, context, .addBeneficiary, needing: .manage)
        guard case .addBeneficiary(let addition) = draft.request else { throw APIError.anotherRequest }
        _ = try await backend.directory.allow(.manage, of: addition.wallet, by: draft.identity, field: "wallet")
        guard let rib = RIB(addition.rib) else { throw APIError(.outcome(.ribInvalid), field: "rib") }
        guard backend.configuration.withdrawals.banks.contains(rib.bank) else {
            throw APIError(.outcome(.ribInvalid), field: "rib.bank")
        }
        return try await acceptance.submit(draft) { $0.member("beneficiary_id", addition.beneficiary) }
    }

    @Sendable private func list(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        guard let wallet = request.text("wallet").flatMap({ WalletID($0) }) else {
            throw APIError(.outcome(.malformed), field: "wallet")
        }
        let page = try Page(request)
        try await backend.directory.readable(wallet, by: identity, field: "wallet")
        let beneficiaries: [BeneficiaryView]
        do {
            beneficiaries = try await backend.reader.beneficiaries(
                of: wallet, limit: Int64(page.limit), offset: page.offset)
        } catch {
            throw APIError(reading: error)
        }
        return .list { json in
            for beneficiary in beneficiaries {
                json.beginObject()
                json.beneficiary(beneficiary.beneficiary)
                json.endObject()
            }
        } page: {
            $0.page(page)
        }
    }

    @Sendable private func show(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let found = try await find(context)
        do {
            try await backend.directory.readable(found.wallet, by: identity, field: nil)
        } catch {
            throw error.code == .outcome(.notPermitted) ? APIError(.outcome(.beneficiaryNotFound)) : error
        }
        return .success { $0.beneficiary(found) }
    }

    /// The path does not say whose wallet's it is, and the lane has to know: that never changes, so it is looked up and
    /// becomes part of what is asked for.
    @Sendable private func remove(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .manage)
        let found = try await find(context)
        do {
            _ = try await backend.directory.allow(.manage, of: found.wallet, by: identity, field: "wallet")
        } catch {
            throw error.code == .outcome(.notPermitted) ? APIError(.outcome(.beneficiaryNotFound)) : error
        }
        let draft = try await acceptance.read(
            request, context, .removeBeneficiary, needing: .manage,
            target: "beneficiary=\(found.id) wallet=\(found.wallet)")
        return try await acceptance.submit(draft)
    }

    /// The one that the path names. Another's is not told from none.
    private func find(_ context: IngressContext) async throws(APIError) -> Beneficiary {
        let id = try context.pathID(BeneficiaryKind.self, else: .outcome(.beneficiaryNotFound))
        let found: BeneficiaryView?
        do {
            found = try await backend.reader.beneficiary(id)
        } catch {
            throw APIError(reading: error)
        }
        guard let found else { throw APIError(.outcome(.beneficiaryNotFound)) }
        return found.beneficiary
    }
}

extension JSONWriter {
    fileprivate mutating func beneficiary(_ beneficiary: Beneficiary) {
        member("id", beneficiary.id)
        member("wallet", beneficiary.wallet)
        member("rib", beneficiary.rib.digits)
        member("holder_name", beneficiary.holderName)
        member("verified", beneficiary.verifiedAt != nil)
        member("added_at", beneficiary.addedAt)
        if let verifiedAt = beneficiary.verifiedAt { member("verified_at", verifiedAt) }
        if let removedAt = beneficiary.removedAt { member("removed_at", removedAt) }
    }
}
