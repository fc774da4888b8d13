// Bank accounts to withdraw to.

import Domain
import Hummingbird
import Ledger
import Postgres
import Wire

/// `POST /beneficiaries`, `GET /beneficiaries?wallet=`, `GET /beneficiaries/{id}`
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
    }

    @Sendable private func add(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let draft = try await acceptance.read(request, context, .addBeneficiary, needing: .manage)
        guard case .addBeneficiary(let addition) = draft.request else { throw APIError.anotherRequest }
        _ = try await backend.directory.allow(.manage, of: addition.wallet, by: draft.identity, field: "wallet")
        guard RIB(addition.rib) != nil else { throw APIError(.outcome(.ribInvalid), field: "rib") }
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
                json.beneficiary(beneficiary)
                json.endObject()
            }
        } page: {
            $0.page(page)
        }
    }

    @Sendable private func show(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let id = try context.pathID(BeneficiaryKind.self, else: .outcome(.beneficiaryNotFound))
        let found: BeneficiaryView?
        do {
            found = try await backend.reader.beneficiary(id)
        } catch {
            throw APIError(reading: error)
        }
        // Another's is not told from none.
        guard let found else { throw APIError(.outcome(.beneficiaryNotFound)) }
        do {
            try await backend.directory.readable(found.beneficiary.wallet, by: identity, field: nil)
        } catch {
            throw error.code == .outcome(.notPermitted) ? APIError(.outcome(.beneficiaryNotFound)) : error
        }
        return .success { $0.beneficiary(found) }
    }
}

extension JSONWriter {
    fileprivate mutating func beneficiary(_ view: BeneficiaryView) {
        member("id", view.beneficiary.id)
        member("wallet", view.beneficiary.wallet)
        member("rib", view.beneficiary.rib.digits)
        member("holder_name", view.beneficiary.holderName)
        member("verified", view.beneficiary.verifiedAt != nil)
        member("added_at", view.addedAt)
        if let verifiedAt = view.beneficiary.verifiedAt { member("verified_at", verifiedAt) }
    }
}
