// What must hold of the books after every test, and when there is nothing left to happen.

import Postgres
import Wire

extension Stack {
    /// Waits until every lane has announced what it decided and knows that it has.
    public func awaitAnnouncements(within seconds: Double = 30) async throws {
        try await eventually("every outcome is announced", within: seconds) {
            try await number("SELECT count(*) FROM ledger.lanes WHERE published <> head") == 0
        }
    }

    /// Each lane's epoch, which rises whenever a session takes the lane.
    public func epochs() async throws -> [Int64: Int64] {
        try await numbers("SELECT lane, epoch FROM ledger.lanes")
    }

    /// The checker finds nothing, debits equal credits, and every balance is what the entries say it is.
    public func assertLedgerClean() async throws {
        let (code, output) = try await walletctl("ledger", "verify")
        guard code == 0 else { throw Failure("the checker ended with \(code):\n\(output)") }
        let unequal = try await number("SELECT count(*) FROM audit.trial_balance WHERE debits <> credits")
        guard unequal == 0 else { throw Failure("debits are not equal to credits in \(unequal) currencies") }
        let wrong = try await number("SELECT count(*) FROM audit.balances WHERE balance <> derived_balance")
        guard wrong == 0 else { throw Failure("\(wrong) balances are not what the entries say") }
    }

    /// A system account's balance, credits positive.
    public func systemBalance(_ account: String) async throws -> Int {
        try await number(
            """
            SELECT coalesce(sum(balance), 0)::bigint FROM audit.balances
            WHERE wallet_id IS NULL AND bucket = '\(account)'
            """)
    }

    /// Waits until so much is not explained yet.
    public func awaitSuspense(_ minorUnits: Int) async throws {
        try await eventually("\(minorUnits) in suspense") { try await systemBalance("suspense") == minorUnits }
    }

    /// The status and code of a command as an auditor sees it; nil when there is no row of it.
    public func standing(of command: String) async throws -> (status: String, code: String)? {
        let rows = try await query(
            "SELECT status, code FROM audit.commands WHERE command_id = '\(command)'")
        guard rows.count == 1 else { return nil }
        return (try rows.text(0, 0), try rows.text(0, 1))
    }
}
