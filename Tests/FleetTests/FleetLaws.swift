// The laws of processes that die, stop and share: real programs and real signals, under load.
//
// Every test has a wallet of its own and ends with clean books. One runs at a time, because each is several processes.

import TestSupport
import Testing

@Suite(.serialized, .enabled(if: TestEnvironment.isComplete, "needs the servers that deploy/local test starts"))
enum FleetLaws {}

extension FleetLaws {
    /// Everything sent has one outcome, every outcome one event, and the books are clean.
    ///
    /// - Returns: what was counted, for the report.
    static func assertNothingLost(_ stack: Stack, _ load: Load) async throws -> String {
        try await load.awaitDecisions(stack)
        let decided = try await load.decidedTransfers(stack)
        #expect(decided.count == Set(decided).count, "no command has two outcomes")
        #expect(Set(decided) == load.sent)
        let unfinished = try await stack.number("SELECT count(*) FROM ledger.movements WHERE status <> 5")
        #expect(unfinished == 0, "every top-up is completed")
        try await eventually("no message waits") { try await stack.waitingMessages() == 0 }
        let verdict = try await stack.assertStreamComplete()
        try await stack.assertLedgerClean()
        return """
            \(load.sent.count) commands sent, \(decided.count) decided, \(verdict.outcomes) outcomes, \
            \(verdict.read) events read
            """
    }
}
