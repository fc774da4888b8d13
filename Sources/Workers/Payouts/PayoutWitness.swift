// Whether a payout that an event asks for is the ledger's.

import Domain
import Ledger
import Outside
import Postgres

extension LedgerReader {
    /// Whether a withdrawal as the claim says was sent, and to there. One that is only held may still be taken back.
    func testimony(toPayout claim: Claim) async -> Testimony {
        guard isAvailable else { return .unknown }
        do throws(PostgresError) {
            guard let withdrawal = try await movement(claim.command),
                case .withdrawal(_, let id) = withdrawal.kind, withdrawal.wallet == claim.wallet,
                withdrawal.amount == claim.amount, [.sent, .completed, .returned].contains(withdrawal.status)
            else { return .isNotSo }
            return try await beneficiary(id)?.beneficiary.rib.digits == claim.rib ? .isSo : .isNotSo
        } catch {
            return .unknown
        }
    }
}
