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

    /// Each lane's events are in the stream in the order in which it decided, and each wallet's versions rise by one.
    static func assertOrderKept(_ stack: Stack, _ load: Load) async throws {
        var seen: Set<String> = []
        var sequences: [Int64: Int64] = [:]
        var versions: [String: Set<Int64>] = [:]
        for event in try await stack.streamEvents() where seen.insert(event.id).inserted {
            guard let position = event.position else { continue }
            // Repeats aside.
            #expect(position.sequence == sequences[position.lane, default: 0] + 1, "lane \(position.lane)")
            sequences[position.lane] = position.sequence
            for wallet in event.wallets {
                #expect(versions[wallet.id, default: []].insert(wallet.version).inserted)
            }
        }
        #expect(sequences.count == 8)
        #expect(versions.count == load.accounts.count)
        for (wallet, versions) in versions {
            #expect(versions == Set(1...Int64(versions.count)), "the versions of \(wallet) have no gaps")
        }
    }
}

extension Stack {
    /// The database's clock, in microseconds since 1970.
    func microseconds() async throws -> Int64 {
        Int64(try await number("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
    }

    /// The last outcome's number of each lane.
    func heads() async throws -> [Int64: Int64] { try await lanes("head") }

    private func lanes(_ column: String) async throws -> [Int64: Int64] {
        try await numbers("SELECT lane, \(column) FROM ledger.lanes")
    }

    /// When each lane decided for the first time after these heads, in microseconds since 1970.
    func firstOutcomes(after heads: [Int64: Int64]) async throws -> [Int64: Int64] {
        let firsts = heads.map { "(\($0.key)::smallint, \($0.value + 1)::bigint)" }.joined(separator: ",")
        return try await numbers(
            """
            SELECT lane, (extract(epoch FROM at) * 1000000)::bigint FROM ledger.outcomes
            WHERE (lane, lane_seq) IN (VALUES \(firsts))
            """)
    }
}
