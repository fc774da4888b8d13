// The lanes of this process as one service, and the file that says they stand.

import Foundation
import Lane
import Logging
import ServiceLifecycle

struct LanesService: Service {
    private let configuration: FleetConfiguration
    private let logger: Logger

    init(_ configuration: FleetConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs every lane until graceful shutdown, and drains them all at once.
    func run() async throws {
        let gate = BatchGate(batchesMax: configuration.databaseBatchesMax)
        let workers = try (0..<configuration.laneCount).map { lane in
            try LaneWorker(
                LaneConfiguration(
                    lane: Int16(lane), broker: configuration.laneBroker, database: configuration.laneDatabase,
                    keyring: configuration.keyring, gate: gate), logger: logger)
        }
        logger.info("lanes started", metadata: ["count": "\(workers.count)"])
        await cancelWhenGracefulShutdown {
            await announceReadiness(of: workers)
        }
        try await gracefulShutdown()
        await withTaskGroup { group in
            for worker in workers { group.addTask { await worker.stop() } }
        }
        logger.info("lanes drained", metadata: ["messages": "\(workers.reduce(0) { $0 + $1.counts.committed })"])
    }

    /// Writes the ready file once every lane has its connections. Readiness is asked for from outside, so looking now
    /// and then is enough.
    private func announceReadiness(of workers: [LaneWorker]) async {
        while !workers.allSatisfy(\.isReady) {
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return }
        }
        logger.info("lanes ready")
        guard let path = configuration.readyFile else { return }
        if !FileManager.default.createFile(atPath: path, contents: Data("ready\n".utf8)) {
            logger.error("the ready file cannot be written", metadata: ["path": "\(path)"])
        }
    }
}
