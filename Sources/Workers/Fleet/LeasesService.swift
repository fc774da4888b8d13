// The lanes of this process as one service: it beats, asks which lanes are its own, and starts and stops them.

import Foundation
import Lane
import Leases
import Ledger
import Logging
import Polling
import Postgres
import ServiceLifecycle

struct LeasesService: Service {
    /// What the service waits for: a lane that has stopped, or the end.
    private enum Event: Sendable {
        case due
        case stopped(Int16)
        case shutdown(at: UInt64)
    }

    /// From the request to end until what is left is let go. With a last statement that is not answered, under 10 s.
    private static let drainMillisecondsMax: UInt64 = 8_300

    let lanes = HeldLanes()
    private let configuration: FleetConfiguration
    private let pool: PostgresPool
    private let logger: Logger

    init(_ configuration: FleetConfiguration, logger: Logger) throws(PostgresError) {
        self.configuration = configuration
        self.logger = logger
        pool = try PostgresPool(
            PostgresPoolConfiguration(
                PostgresConfiguration(
                    url: configuration.laneDatabase.url, applicationName: "wallet-fleet leases",
                    connectTimeoutSeconds: 2, settings: LeaseStore.sessionSettings),
                connectionsMax: 1, queryTimeoutMilliseconds: 1_500, reconnectDelayMillisecondsMax: 500))
    }

    /// Runs lanes until graceful shutdown, or until an operator wants the process to end.
    func run() async throws {
        pool.start()
        let (events, sender) = AsyncStream<Event>.makeStream()
        await withGracefulShutdownHandler {
            let driver = LeaseDriver(configuration, LeaseStore(pool), lanes, logger: logger) { lane, worker in
                Task {
                    await worker.stop()
                    sender.yield(.stopped(lane))
                }
            }
            let readiness = Task { await announceReadiness() }
            await drive(driver, events, sender)
            readiness.cancel()
        } onGracefulShutdown: {
            sender.yield(.shutdown(at: monotonicNanoseconds()))
        }
        await pool.stop()
        logger.info("lanes drained", metadata: ["messages": "\(lanes.committed)"])
    }

    /// One turn after another, until there is nothing left to do.
    private func drive(
        _ driver: LeaseDriver, _ events: AsyncStream<Event>, _ sender: AsyncStream<Event>.Continuation
    ) async {
        var iterator = events.makeAsyncIterator()
        var endsAt: UInt64?
        while true {
            let pause = await driver.turn()
            if driver.isFinished { break }
            if let endsAt, monotonicNanoseconds() >= endsAt { break }
            let timer = Task {
                try await Task.sleep(for: pause)
                sender.yield(.due)
            }
            defer { timer.cancel() }
            switch await iterator.next() {
            case .due: break
            case .stopped(let lane): driver.stopped(lane)
            case .shutdown(let askedAt):
                driver.end()
                endsAt = askedAt + Self.drainMillisecondsMax * 1_000_000
            case nil: return
            }
        }
        await driver.abandonAll()
        await driver.leave()
    }

    /// Writes the ready file once every lane stands. Readiness is asked for from outside, so looking now and then is
    /// enough.
    private func announceReadiness() async {
        while !lanes.isReady {
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return }
        }
        logger.info("lanes ready")
        guard let path = configuration.readyFile else { return }
        if !FileManager.default.createFile(atPath: path, contents: Data("ready\n".utf8)) {
            logger.error("the ready file cannot be written", metadata: ["path": "\(path)"])
        }
    }
}
