// What becomes of a withdrawal that waits: it is sent when it is due, or given back when that never came to be.

import Domain
import Ledger
import Outside
import Wire

struct ReleasePlan: Sendable {
    /// After so many days of not being sent it is given back.
    let daysMax: Int64

    private static let secondsPerDay: Int64 = 86_400

    /// What to submit for a held withdrawal at a time; nil while it has to wait.
    ///
    /// The key of an order names the attempt: how often the wallet's status changed, and the days that it has been due. So
    /// whoever looks at the same row on the same day asks for the same command, and one that was refused because the
    /// wallet was frozen, or that nobody decided within a day, is not the last.
    func order(for withdrawal: HeldWithdrawal, at now: Timestamp) -> Order? {
        guard withdrawal.dueAt <= now else { return nil }
        let seconds = (now.microseconds - withdrawal.dueAt.microseconds) / 1_000_000
        let days = seconds / Self.secondsPerDay
        let attempt = "\(withdrawal.standingVersion).\(days)"
        if days >= daysMax { return order(.expireWithdrawal, "expired", attempt, withdrawal, step: nil) }
        if withdrawal.isFrozen { return nil }
        return order(.settleWithdrawal, "sent", attempt, withdrawal, step: .sent)
    }

    private func order(
        _ type: CommandType, _ fact: String, _ attempt: String, _ withdrawal: HeldWithdrawal,
        step: SettleWithdrawal.Step?
    ) -> Order {
        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", withdrawal.wallet)
        if let step { body.member("step", step.name) }
        body.endObject()
        return Order(
            CommandContent(type: type.name, target: "withdrawal=\(withdrawal.command)", body: body.bytes),
            key: "withdrawal/\(withdrawal.command)/\(fact)/\(attempt)", wallet: withdrawal.wallet)
    }
}
