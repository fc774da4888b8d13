// Whether a charge that an event asks for is the ledger's.

import Domain
import Ledger
import Outside
import Postgres

extension LedgerReader {
    /// Whether there is a top-up as the claim says.
    func testimony(toCharge claim: Claim) async -> Testimony {
        guard isAvailable else { return .unknown }
        do throws(PostgresError) {
            guard let topUp = try await movement(claim.command), case .topUp = topUp.kind else { return .isNotSo }
            return topUp.wallet == claim.wallet && topUp.amount == claim.amount ? .isSo : .isNotSo
        } catch {
            return .unknown
        }
    }
}
