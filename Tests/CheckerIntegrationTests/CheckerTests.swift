// The checker against a real server: no alarm over a ledger as it was written, and none missed over one that was not.

import Domain
import Ledger
import Postgres
import Testing

@Suite("The checker", .serialized, .enabled(if: databaseURL != nil, "WALLET_TEST_DATABASE is not set"))
struct CheckerTests {
    @Test("a ledger with every type of command and refusals in it is clean, however many connections look")
    func clean() async throws {
        try await SampleLedger.shared.withCopy { configuration in
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            let alone = try Checker.verify(connection)
            let together = try Checker.verify(configuration, connections: 3)
            let inStretches = try Checker.verify(configuration, connections: 2, stretchOutcomes: 2)
            for report in [alone, together, inStretches] {
                #expect(report.findings.kept.isEmpty)
                #expect(report.isClean)
                #expect(report.outcomes == Int(report.lanes.reduce(0) { $0 + $1.head }))
                #expect(report.lanes.map(\.lane) == [0, 1])
                #expect(report.wallets == 9)
            }
            #expect(alone.entries == together.entries && alone.entries == inStretches.entries && alone.entries > 300)
            #expect(alone.chainRows == together.chainRows && alone.chainRows == inStretches.chainRows)
            // The session is usable again, outside a transaction.
            #expect(try connection.execute("SELECT count(*) FROM ledger.entries").int8(0, 0) == Int64(alone.entries))
        }
    }

    @Test("the sample holds every way in which a command can end")
    func sampleIsComplete() async throws {
        let met = try await SampleLedger.shared.withCopy { configuration in
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            let rows = try connection.execute("SELECT DISTINCT transition FROM ledger.outcomes")
            return Set(try (0..<rows.count).map { try rows.int2($0, 0) })
        }
        let lateOnly: Set<Transition> = [
            .walletExpired, .topUpExpired, .beneficiaryExpired, .walletChangeExpired,
            .paymentExpired, .refundExpired, .disputeExpired, .moveExpired, .bulkExpired,
            .adjustmentExpired,
        ]
        for transition in Transition.allCases where !lateOnly.contains(transition) {
            #expect(met.contains(transition.rawValue), "\(transition)")
        }
    }

    @Test("an empty ledger is clean")
    func empty() async throws {
        try await SampleLedger.shared.withCopy { configuration in
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            try connection.executeScript(
                """
                SET session_replication_role = replica;
                DELETE FROM ledger.entries; DELETE FROM ledger.outcomes; DELETE FROM ledger.chain;
                DELETE FROM ledger.command_index; DELETE FROM ledger.movements; DELETE FROM ledger.wallets;
                DELETE FROM ledger.system_accounts; DELETE FROM ledger.lanes; DELETE FROM ledger.paid_references;
                DELETE FROM ledger.owners;
                """)
            #expect(try Checker.verify(connection).isClean)
            #expect(try TrialBalance.read(connection).isEmpty)
        }
    }

    @Test("a change behind the ledger's back is found, and named", arguments: Corruption.all)
    func corruption(_ corruption: Corruption) async throws {
        let reports = try await SampleLedger.shared.withCopy { configuration in
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            try connection.executeScript("SET session_replication_role = replica; \(corruption.sql)")
            // In one stretch a lane, and in many: what is wrong at an edge is found as well.
            return [try Checker.verify(connection), try Checker.verify(connection, stretchOutcomes: 3)]
        }
        for report in reports {
            let found = Set(report.findings.counts.keys)
            #expect(corruption.kinds.isSubset(of: found), "found \(found.map(\.rawValue).sorted())")
        }
    }

    @Test("a lane checked alone is found clean, and its neighbour's damage is not its own")
    func oneLane() async throws {
        try await SampleLedger.shared.withCopy { configuration in
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            #expect(try Checker.verify(connection, lane: 1).isClean)
            try connection.executeScript(
                "SET session_replication_role = replica; UPDATE ledger.outcomes SET code = 701 WHERE lane = 0")
            #expect(try Checker.verify(connection, lane: 1).isClean)
            #expect(try Checker.verify(connection, lane: 0).isClean == false)
        }
    }

    @Test("of each kind of finding a hundred are kept and all are counted")
    func manyFindings() async throws {
        try await SampleLedger.shared.withCopy { configuration in
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            try connection.executeScript(
                "SET session_replication_role = replica; UPDATE ledger.outcomes SET body = '{\"a\":1}'")
            let report = try Checker.verify(configuration, connections: 2)
            #expect(report.findings.counts[.contentDigest] == report.outcomes)
            #expect(report.findings.kept.count(where: { $0.kind == .contentDigest }) == Findings.keptPerKindMax)
        }
    }

    @Test("the trial balance adds up, and the identity holds")
    func trialBalance() async throws {
        let books = try await SampleLedger.shared.withCopy { configuration in
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            return try TrialBalance.read(connection)
        }
        let dinars = try #require(books.first)
        #expect(books.count == 1)
        #expect(dinars.currency == .dzd && dinars.isBalanced && dinars.isSafeguarded)
        #expect(dinars.sum(.debit) == dinars.sum(.credit))
        #expect(dinars.lines.first { $0.account == "customers" }?.balance ?? 0 > 0)
    }
}
