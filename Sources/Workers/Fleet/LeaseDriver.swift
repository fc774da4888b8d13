// Does what the lease machine says: one turn is a heartbeat, a look at the fleet, and the actions that follow.

import Domain
import Foundation
import Lane
import Leases
import Ledger
import Logging
import Polling
import Postgres
import Settings

/// The driver of one process's leases. It belongs to the task that turns it.
final class LeaseDriver {
    /// Between heartbeats.
    private static let beat = Duration.seconds(1)
    /// Between looks while another worker is letting go of a lane.
    private static let soon = Duration.milliseconds(100)
    /// How long a lane consumes after the last heartbeat that was answered.
    private static let leaseSeconds: UInt64 = 5
    /// Between two reminders that nothing is consumed.
    private static let reminderSeconds: UInt64 = 60
    /// Between two looks for workers that have long been dead.
    private static let forgetSeconds: UInt64 = 60

    private let configuration: FleetConfiguration
    private let store: LeaseStore
    private let lanes: HeldLanes
    private let logger: Logger
    private let gate: BatchGate
    /// Ends a lane's worker and says so; must not wait for it.
    private let stop: (Int16, LaneWorker) -> Void

    private var holder: LeaseHolder
    /// Lanes that were told to stop and have not said that they did.
    private var stopping: Set<Int16> = []
    private var report: WorkerReport
    private var session: Int32?
    /// From when on the database is known to have been there; nil while the first session lasts.
    private var since: Timestamp?
    private var wanted = WantedState.running
    private var isEnding = false
    private var isAway = false
    private var remindAt: UInt64 = 0
    private var forgetAt: UInt64 = 0

    init(
        _ configuration: FleetConfiguration, _ store: LeaseStore, _ lanes: HeldLanes, logger: Logger,
        stop: @escaping (Int16, LaneWorker) -> Void
    ) {
        let id = WorkerID.random()
        self.configuration = configuration
        self.store = store
        self.lanes = lanes
        self.stop = stop
        var logger = logger
        logger[metadataKey: "worker"] = "\(id)"
        self.logger = logger
        gate = BatchGate(batchesMax: configuration.databaseBatchesMax)
        holder = LeaseHolder(id: id, laneCount: configuration.laneCount)
        report = WorkerReport(
            id: id, host: ProcessInfo.processInfo.hostName, pid: ProcessInfo.processInfo.processIdentifier,
            version: Release.version)
        logger.info("worker started", metadata: ["lanes": "\(configuration.laneCount)"])
    }

    /// Whether there is nothing left to do: it was told to end, or an operator wanted that, and no lane runs.
    var isFinished: Bool { holder.runs.isEmpty && (isEnding || wanted == .ended && holder.isLeaving) }

    /// A heartbeat, a look, and what follows from it.
    ///
    /// - Returns: how long to wait for the next, unless something happens.
    func turn() async -> Duration {
        let sentAt = monotonicNanoseconds()
        do throws(PostgresError) {
            try await beat(sentAt)
            let members = try await store.members(since: since)
            let mine = Set(members.first { $0.id == report.id }?.lanes ?? [])
            let actions = holder.observed(members, at: monotonicNanoseconds())
            for (lane, worker) in lanes.workers where mine.contains(lane) {
                worker.renewLease(until: sentAt + Self.leaseSeconds * 1_000_000_000)
            }
            try await perform(actions, sentAt)
            if isAway { logger.info("the database is back, leases go on") }
            isAway = false
        } catch {
            // Nothing moves without the database: lanes keep what they have, and stop consuming by themselves.
            if !isAway { logger.warning("leases cannot be renewed", metadata: ["error": "\(error)"]) }
            isAway = true
            lanes.setSettled(false)
            return Self.soon
        }
        lanes.setSettled(holder.isSettled)
        let hasNews = report.state != state
        return holder.isAwaiting || !holder.isSettled || hasNews ? Self.soon : Self.beat
    }

    /// A lane has ended, as it was told to.
    func stopped(_ lane: Int16) {
        stopping.remove(lane)
        lanes.remove(lane)
        holder.stopped(lane)
        logger.info("lane given away", metadata: ["lane": "\(lane)"])
    }

    /// The process is to end: every lane is stopped, whether the database is there or not.
    func end() {
        if isEnding { return }
        isEnding = true
        logger.info("worker drains", metadata: ["lanes": "\(holder.runs.count)"])
        start(holder.end())
    }

    /// Whatever still runs is let go at once: its locks end with its sessions.
    func abandonAll() async {
        let workers = lanes.workers.values
        for worker in workers { worker.abandon() }
        for worker in workers { await worker.stop() }
    }

    /// Leaves the fleet. When the database is away the others see it by the heartbeat that does not come.
    func leave() async {
        do throws(PostgresError) { try await store.leave(report.id) } catch {
            logger.warning("the fleet could not be left in order", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Steps

    private func beat(_ now: UInt64) async throws(PostgresError) {
        report.state = state
        let answer = try await store.beat(report)
        if answer.session != session {
            // A session after the first: the database was away, perhaps for all. Nobody is late for that.
            if session != nil { since = answer.at }
            session = answer.session
            try await store.makeLeases(laneCount: configuration.laneCount)
        }
        if answer.wanted != wanted {
            wanted = answer.wanted
            logger.notice("an operator wants another state", metadata: ["wanted": "\(wanted.rawValue)"])
        }
        if now >= forgetAt {
            forgetAt = now + Self.forgetSeconds * 1_000_000_000
            try await store.forgetDead(since: since)
        }
        if holder.isPaused, now >= remindAt {
            remindAt = now + Self.reminderSeconds * 1_000_000_000
            logger.warning("paused by an operator: nothing is taken from the lanes")
        }
        if !holder.isPaused { remindAt = 0 }
    }

    private var state: WorkerReport.State {
        if isEnding { return .draining }
        if holder.isLeaving { return holder.runs.isEmpty ? .drained : .running }
        return holder.isPaused && holder.runs.isEmpty ? .paused : .running
    }

    private func perform(_ actions: [LeaseHolder.Action], _ sentAt: UInt64) async throws(PostgresError) {
        start(actions, leasedUntil: sentAt + Self.leaseSeconds * 1_000_000_000)
        for action in actions {
            switch action {
            case .start, .stop, .abandon: break
            case .take(let wishes):
                let taken = try await store.take(wishes, for: report.id)
                start(holder.took(taken), leasedUntil: sentAt + Self.leaseSeconds * 1_000_000_000)
            case .release(let lanes):
                try await store.release(lanes, of: report.id)
            }
        }
    }

    /// What needs no database.
    private func start(_ actions: [LeaseHolder.Action], leasedUntil: UInt64 = 0) {
        for action in actions {
            switch action {
            case .start(let lane): start(lane, leasedUntil: leasedUntil)
            case .stop(let lane):
                stopOnce(lane)
            case .abandon(let lane):
                logger.warning("a lane is another's now", metadata: ["lane": "\(lane)"])
                lanes[lane]?.abandon()
                stopOnce(lane)
            case .take, .release: break
            }
        }
    }

    private func stopOnce(_ lane: Int16) {
        if let worker = lanes[lane], stopping.insert(lane).inserted { stop(lane, worker) }
    }

    private func start(_ lane: Int16, leasedUntil: UInt64) {
        do {
            var laneConfiguration = LaneConfiguration(
                lane: lane, broker: configuration.laneBroker, database: configuration.laneDatabase,
                keyring: configuration.keyring, gate: gate)
            laneConfiguration.instruments = configuration.instruments
            laneConfiguration.fees = configuration.fees
            laneConfiguration.limits = configuration.limits
            laneConfiguration.withdrawals = configuration.withdrawals
            let worker = try LaneWorker(laneConfiguration, leasedUntil: leasedUntil, logger: logger)
            lanes.insert(worker, lane)
            holder.started(lane)
        } catch {
            // Out of descriptors. The lane stays without a thread until the next turn tries again.
            logger.error("a lane cannot be started", metadata: ["lane": "\(lane)", "error": "\(error)"])
        }
    }
}

extension WorkerID {
    /// A UUIDv4 (RFC 9562 §5.4).
    static func random() -> WorkerID {
        WorkerID(
            high: UInt64.random(in: .min ... .max) & ~0xf000 | 0x4000,
            low: UInt64.random(in: .min ... .max) & 0x3fff_ffff_ffff_ffff | 1 << 63)
    }
}
