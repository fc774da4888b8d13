// The yardstick: the least that a lane must do, and nothing that makes it safe. No check, no signature, no chain, no
// outcome that could be told again: take from a quorum queue, decode, write command, entries, balances and lane head in two
// round trips and one commit, publish one event each with confirms to a stream and a subscriber's queue, acknowledge.

import AMQP
import Domain
import Foundation
import Ledger
import Polling
import Postgres
import Synchronization
import Wire

struct BareLoop {
    struct Best {
        let perSecond: Double
        let lanes: Int
        let notes: [String]
    }

    let environment: BenchEnvironment
    let population: Population
    let commands: Int

    static let laneCounts = [1, 2, 4]
    private static let exchange = "bare.events"

    /// The best of the lane counts, each over the same load on fresh tables.
    func best() async throws -> Best {
        let connection = try AMQPConnection(environment.broker)
        try connection.declareExchange(AMQPExchangeDeclaration(Self.exchange, type: "fanout"))
        for (queue, type) in [("bare.events.log", "stream"), ("bare.subscriber", "quorum")] {
            try connection.declareQueue(
                AMQPQueueDeclaration(queue, arguments: [("x-queue-type", .string(type))]))
            try connection.bindQueue(queue: queue, exchange: Self.exchange, routingKey: "")
        }
        var results: [(lanes: Int, perSecond: Double)] = []
        for lanes in Self.laneCounts {
            try prepareTables()
            for lane in 0..<lanes {
                try connection.declareQueue(
                    AMQPQueueDeclaration(Self.queue(lane, of: lanes), arguments: [("x-queue-type", "quorum")]))
            }
            try Load.publish(load(lanes), over: environment.ingress)
            let seconds = try await drain(lanes)
            results.append((lanes, Double(commands) / seconds))
            for lane in 0..<lanes { try connection.deleteQueue(Self.queue(lane, of: lanes)) }
        }
        connection.close()
        let best = results.max { $0.perSecond < $1.perSecond } ?? (1, 1)
        return Best(
            perSecond: best.1, lanes: best.0,
            notes: results.map { "bare loop with \($0.lanes) lanes: \(Int($0.perSecond)) per second" })
    }

    static func queue(_ lane: Int, of lanes: Int) -> String { "bare.commands.\(lanes).\(lane)" }

    private func prepareTables() throws {
        let database = try PostgresConnection(environment.owner)
        try database.executeScript(
            """
            DROP SCHEMA IF EXISTS bare CASCADE;
            CREATE SCHEMA bare;
            CREATE TABLE bare.commands (id uuid PRIMARY KEY, body bytea NOT NULL);
            CREATE TABLE bare.entries (lane smallint, seq bigint, ordinal smallint, account uuid, amount bigint,
                balance bigint, PRIMARY KEY (lane, seq, ordinal));
            CREATE TABLE bare.balances (id uuid PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 60);
            CREATE TABLE bare.lanes (lane smallint PRIMARY KEY, head bigint NOT NULL) WITH (fillfactor = 20);
            INSERT INTO bare.lanes SELECT lane, 0 FROM generate_series(0, 15) AS lane;
            """)
        for start in stride(from: 0, to: population.wallets.count, by: 5_000) {
            var parameters = PostgresParameters()
            parameters.appendUUIDArray(
                population.wallets[start..<min(start + 5_000, population.wallets.count)].map(\.uuid))
            try database.execute(
                "INSERT INTO bare.balances SELECT id, 100000000 FROM unnest($1::uuid[]) AS id", parameters)
        }
        try database.executeScript("VACUUM ANALYZE bare.balances")
    }

    private func load(_ lanes: Int) -> some Sequence<LoadMessage> {
        Load.transfers(commands, among: population, key: environment.key).lazy.map { load in
            let slot = Int(load.routingKey, radix: 16) ?? 0
            return LoadMessage(
                message: load.message, exchange: "", routingKey: Self.queue(slot * lanes / 256, of: lanes))
        }
    }

    private func drain(_ lanes: Int) async throws -> Double {
        let announced = Counter()
        let stopping = Counter()
        let start = monotonicNanoseconds()
        let threads = (0..<lanes).map { lane in
            PollingThread(name: "bare-\(lane)") {
                do {
                    try BareLane(
                        lane: Int16(lane), queue: Self.queue(lane, of: lanes), environment: environment,
                        exchange: Self.exchange
                    ).run(announced: announced, stopping: stopping)
                } catch {
                    note("a bare lane ended: \(error)")
                }
            }
        }
        let end = start + 300_000_000_000
        while announced.value < commands, monotonicNanoseconds() < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        stopping.add(1)
        for thread in threads { await thread.join() }
        return seconds
    }
}

/// A number that several threads add to.
final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add(_ amount: Int) { count.add(amount, ordering: .relaxed) }
}
