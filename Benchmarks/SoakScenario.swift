// soak: the shipped processes at a share of their full rate for a long time, then at rest. What must not grow is memory
// and latency; what must not be lost is anything; and who has nothing to do must do next to nothing.

import AMQP
import Domain
import Ledger
import Polling
import Postgres
import Synchronization
import Topology
import Wire

struct SoakScenario {
    static let secondsStandard = 600
    static let shareOfFullRate = 0.7
    static let warmSeconds = 10
    static let fullRateSeconds = 30
    static let sampleSeconds = 5
    static let settleSeconds = 10
    static let restSeconds = 60
    /// Of a core, all processes of wallet-fleet together.
    static let restPercentMax = 2.0

    let environment: BenchEnvironment
    let wallets: Int
    let seconds: Int

    private static let balance: Int64 = 1_000_000_00

    /// What the thread of the load has come to.
    private struct Loaded {
        let fullPerSecond: Double
        let stretch: SoakLoad.Stretch
        let latencies: SoakLatencies
        let published: Int
        let repeated: Int
    }

    func run() async throws -> SoakResult {
        guard let folder = environment.processes else { throw BenchEnvironment.Missing(name: "WALLET_BENCH_RUN") }
        let sampler = try ProcessSampler(folder: folder)
        let database = try PostgresConnection(environment.owner)
        note("opening \(wallets) wallets")
        let population = Population(count: wallets)
        let topology = Topology()
        try Generator(connection: database, slots: topology.slots).fill(population, amount: Self.balance)
        try database.executeScript("VACUUM ANALYZE")
        try subscribe()
        let (loaded, samples) = try await load(population, sampler)
        try unsubscribe()

        let decided = try count(database, "SELECT count(*) FROM ledger.outcomes WHERE type = $1")
        let rejected = try count(database, "SELECT count(*) FROM ledger.outcomes WHERE type = $1 AND code <> 0")
        note("checking the ledger")
        let report = try Checker.verify(environment.owner)
        let sharedMegabytes = try database.execute(
            "SELECT setting::bigint FROM pg_settings WHERE name = 'shared_memory_size'", PostgresParameters()
        ).int8(0, 0)
        note("at rest for \(Self.restSeconds) s")
        try await Task.sleep(for: .seconds(Self.settleSeconds))
        let before = try sampler.sample()
        try await Task.sleep(for: .seconds(Self.restSeconds))
        let after = try sampler.sample()
        return SoakResult(
            seconds: seconds, fullPerSecond: loaded.fullPerSecond, stretch: loaded.stretch,
            latencies: loaded.latencies, rejected: rejected, dropped: loaded.published - decided,
            repeated: loaded.repeated, checker: report.isClean ? "clean" : "\(report.findings.total) findings",
            samples: samples, sharedMegabytes: Double(sharedMegabytes), rest: (before, after))
    }

    private func count(_ database: PostgresConnection, _ query: String) throws -> Int {
        var parameters = PostgresParameters()
        parameters.append(int2: CommandType.submitTransfer.rawValue)
        return Int(try database.execute(query, parameters).int8(0, 0))
    }

    /// A subscriber as others would have one: a quorum queue with a limit.
    private func subscribe() throws {
        let connection = try AMQPConnection(environment.broker)
        try connection.declareQueue(
            AMQPQueueDeclaration(
                SoakLoad.subscriber,
                arguments: [
                    ("x-queue-type", "quorum"), ("x-max-length-bytes", 2_000_000_000), ("x-overflow", "drop-head"),
                ]))
        try connection.bindQueue(queue: SoakLoad.subscriber, exchange: Names.events, routingKey: "#")
        connection.close()
    }

    private func unsubscribe() throws {
        let connection = try AMQPConnection(environment.broker)
        try connection.deleteQueue(SoakLoad.subscriber)
        connection.close()
    }

    /// Runs the load on its thread, and looks at the processes meanwhile.
    private func load(
        _ population: Population, _ sampler: ProcessSampler
    ) async throws -> (Loaded, [ProcessSample]) {
        let box = Box<Loaded>()
        let (environment, seconds) = (environment, seconds)
        let thread = PollingThread(name: "soak") {
            box.set(
                Result {
                    var load = try SoakLoad(environment, population: population)
                    defer { load.close() }
                    note("measuring the full rate")
                    let full = try load.fullRate(warmSeconds: Self.warmSeconds, seconds: Self.fullRateSeconds)
                    let rate = full * Self.shareOfFullRate
                    note("full rate \(Int(full)) per second; \(Int(rate)) per second for \(seconds) s")
                    let (stretch, latencies) = try load.pace(perSecond: rate, seconds: seconds)
                    return Loaded(
                        fullPerSecond: full, stretch: stretch, latencies: latencies, published: load.published,
                        repeated: load.repeated)
                })
        }
        var samples: [ProcessSample] = []
        while box.value == nil {
            samples.append(try sampler.sample())
            try await Task.sleep(for: .seconds(Self.sampleSeconds))
        }
        await thread.join()
        guard let loaded = try box.value?.get() else { throw SoakLoad.Failure.overtaken }
        let end = loaded.stretch.start + UInt64(seconds) * 1_000_000_000
        return (loaded, samples.filter { $0.time >= loaded.stretch.start && $0.time <= end })
    }

    /// One result, handed from a thread to whoever waits for it.
    private final class Box<Value: Sendable>: Sendable {
        private let result = Mutex<Result<Value, any Error>?>(nil)
        var value: Result<Value, any Error>? { result.withLock { $0 } }
        func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
    }
}
