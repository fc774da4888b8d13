// transfers: P2P transfers waiting in the queues, drained to confirmed outcome events.

import AMQP
import Domain
import Foundation
import Lane
import Ledger
import Logging
import Polling
import Postgres
import Topology
import Wire

struct TransfersScenario {
    let environment: BenchEnvironment
    let commands: Int
    let wallets: Int

    private let topology = Topology()
    private static let balance: Int64 = 1_000_000_00
    private static let subscriber = "bench.subscriber"

    func run() async throws -> BenchResult {
        let database = try PostgresConnection(environment.owner)
        _ = try Schema.migrate(database)
        try prepareBroker()
        note("opening \(wallets) wallets")
        let population = Population(count: wallets)
        try Generator(connection: database, slots: topology.slots).fill(population, amount: Self.balance)
        try database.executeScript("VACUUM ANALYZE")

        note("publishing \(commands) transfers")
        try Load.publish(
            Load.transfers(commands, among: population, key: environment.key), over: environment.ingress)
        note("draining")
        let seconds = try await drain()
        let rejected = try database.execute(
            "SELECT count(*) FROM ledger.outcomes WHERE type = $1 AND code <> 0", typeParameter
        ).int8(0, 0)
        let decided = try database.execute(
            "SELECT count(*) FROM ledger.outcomes WHERE type = $1", typeParameter
        ).int8(0, 0)
        let checker = try verdict(database)
        note("the same through the bare loop")
        let bare = try await BareLoop(environment: environment, population: population, commands: commands).best()
        return BenchResult(
            scenario: "transfers", commands: commands, seconds: seconds, rejected: Int(rejected),
            dropped: commands - Int(decided), checker: checker, limitPerSecond: bare.perSecond, limitLanes: bare.lanes,
            notes: bare.notes)
    }

    private var typeParameter: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.append(int2: CommandType.submitTransfer.rawValue)
        return parameters
    }

    private func prepareBroker() throws {
        let connection = try AMQPConnection(environment.broker)
        try topology.declare(on: connection)
        try connection.declareQueue(
            AMQPQueueDeclaration(
                Self.subscriber,
                arguments: [
                    ("x-queue-type", "quorum"), ("x-max-length-bytes", 2_000_000_000), ("x-overflow", "drop-head"),
                ]))
        try connection.bindQueue(queue: Self.subscriber, exchange: Names.events, routingKey: "#")
        connection.close()
    }

    /// Runs every lane until all commands are announced.
    private func drain() async throws -> Double {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let gate = BatchGate()
        let start = monotonicNanoseconds()
        let workers = try (0..<topology.slots.laneCount).map { lane in
            try LaneWorker(
                LaneConfiguration(
                    lane: Int16(lane), broker: environment.workers, database: environment.lane,
                    keyring: environment.keyring, gate: gate), logger: logger)
        }
        let end = start + 300_000_000_000
        while workers.reduce(0, { $0 + $1.counts.announced }) < commands, monotonicNanoseconds() < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        for worker in workers { await worker.stop() }
        return seconds
    }

    /// The whole ledger, as `walletctl ledger verify` reads it.
    private func verdict(_ database: PostgresConnection) throws -> String {
        note("checking the ledger")
        let report = try Checker.verify(database)
        return report.isClean ? "clean" : "\(report.findings.total) findings"
    }
}
