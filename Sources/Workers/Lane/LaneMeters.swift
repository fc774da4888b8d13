// What a lane records of its work. The loop says what happened, one line each; which metric that is stands here.

import CoreMetrics
import Domain
import Glibc
import Ledger
import Polling
import Synchronization
import Telemetry

/// When the outcomes of a batch were accepted and committed, for when they are announced.
struct BatchTimes {
    /// On the monotonic clock, in nanoseconds.
    let committedAt: UInt64
    /// One for each outcome of the batch.
    let acceptedAt: [Timestamp]
}

/// A lane's instruments. They live on the lane's thread, and recording never waits.
final class LaneMeters {
    enum Side: String {
        case consumer, publisher
    }

    /// Where a batch is, for how long its phases take.
    private enum Step {
        case none
        case reading(since: UInt64)
        case deciding(since: UInt64)
        case writing(since: UInt64)
    }

    /// An outcome's series.
    private struct Kind: Hashable {
        let type: CommandType?
        let code: OutcomeCode
    }

    private let instruments: Instruments
    private let lane: String
    private let waiting: OldestCommand

    private let owned: Meter
    private let halt: Meter
    private let epoch: Meter
    private let unannounced: Meter
    private let taken: Counter
    private let repeats: Counter
    private let batchCommands: Recorder
    private let batchesFailed: Counter
    private let read: CoreMetrics.Timer
    private let decide: CoreMetrics.Timer
    private let write: CoreMetrics.Timer
    private let announce: CoreMetrics.Timer
    private let criticalTime: CoreMetrics.Timer
    private let sessionsLost: Counter
    private let brokerLost: [Side: Counter]
    private var outcomes: [Kind: Counter] = [:]
    private var setAside: [String: Counter] = [:]

    private var step = Step.none
    private var hasSession = false
    /// The lane's last outcome committed, and the last known to be announced.
    private var head: Int64 = 0
    private var published: Int64 = 0

    init(_ instruments: Instruments, lane number: Int16) {
        let lane = "\(number)"
        self.instruments = instruments
        self.lane = lane
        owned = instruments.gauge(.laneOwned, lane)
        halt = instruments.gauge(.laneHalted, lane)
        epoch = instruments.gauge(.laneEpoch, lane)
        unannounced = instruments.gauge(.laneUnannounced, lane)
        taken = instruments.counter(.laneCommandsTaken, lane)
        repeats = instruments.counter(.laneRepeats, lane)
        batchCommands = instruments.recorder(.laneBatchCommands, lane)
        batchesFailed = instruments.counter(.laneBatchesFailed, lane)
        read = instruments.timer(.laneBatchPhase, lane, "read")
        decide = instruments.timer(.laneBatchPhase, lane, "decide")
        write = instruments.timer(.laneBatchPhase, lane, "write")
        announce = instruments.timer(.laneBatchPhase, lane, "announce")
        criticalTime = instruments.timer(.laneCriticalTime, lane)
        sessionsLost = instruments.counter(.laneSessionsLost, lane)
        brokerLost = Dictionary(
            uniqueKeysWithValues: [Side.consumer, .publisher].map {
                ($0, instruments.counter(.laneBrokerLost, lane, $0.rawValue))
            })
        let waiting = OldestCommand()
        self.waiting = waiting
        instruments.observe(.laneLag, lane) { waiting.ageSeconds }
        owned.set(0 as Int64)
        halt.set(0 as Int64)
    }

    // MARK: - The lane's own life

    func halted() { halt.set(1 as Int64) }

    func sessionBegan() { hasSession = true }

    /// Counts a session that there was; an attempt that failed is none.
    func sessionLost() {
        if hasSession { sessionsLost.increment() }
        hasSession = false
    }

    func connectionLost(_ side: Side) { brokerLost[side]?.increment() }

    func took(epoch: Int64, head: Int64, published: Int64) {
        self.epoch.set(epoch)
        (self.head, self.published) = (head, published)
        unannounced.set(head - published)
    }

    /// The lane goes from one phase to another: whether it is owned, and what begins.
    func moved(to phase: LanePhase) {
        switch phase {
        case .standby, .taking: owned.set(0 as Int64)
        default: owned.set(1 as Int64)
        }
        switch phase {
        case .reading: step = .reading(since: monotonicNanoseconds())
        case .writing: step = advanced(from: step, recording: decide)
        default: step = .none
        }
    }

    /// The loop is at its end: nothing waits here any more.
    func ended() {
        owned.set(0 as Int64)
        halt.set(0 as Int64)
        unannounced.set(0 as Int64)
        waiting.set(nil)
    }

    // MARK: - Commands and batches

    func delivered() { taken.increment() }

    /// The oldest of what was delivered and not committed.
    func waits(_ inbox: [RunItem]) {
        waiting.set(inbox.lazy.compactMap(\.acceptedAt).first)
    }

    /// What the batch needs was read.
    func decides() { step = advanced(from: step, recording: read) }

    /// A batch is committed. To be called while its phase is still that of writing.
    ///
    /// - Returns: what `announced` is to be told when every event of the batch is confirmed.
    func committed(_ batch: Batch, _ written: BatchWrite) -> BatchTimes {
        let now = monotonicNanoseconds()
        if case .writing(let since) = step { write.recordNanoseconds(Int64(now - since)) }
        batchCommands.record(Int64(batch.items.count))
        if written.answersThatStood > 0 { repeats.increment(by: written.answersThatStood) }
        countOutcomes(written)
        for item in batch.items {
            if let code = item.setAsideCode { counter(setAside: code).increment() }
        }
        head = written.headAfter
        unannounced.set(head - published)
        return BatchTimes(committedAt: now, acceptedAt: written.records.map(\.acceptedAt))
    }

    func batchFailed() { batchesFailed.increment() }

    /// Every event of a batch, or of a chunk of a take-over, is confirmed.
    func announced(head announcedHead: Int64, _ times: BatchTimes?) {
        published = max(published, announcedHead)
        unannounced.set(max(0, head - published))
        guard let times else { return }
        announce.recordNanoseconds(Int64(monotonicNanoseconds() - times.committedAt))
        let now = wallClockMicroseconds()
        for accepted in times.acceptedAt {
            criticalTime.recordNanoseconds(max(0, now - accepted.microseconds) * 1_000)
        }
    }

    // MARK: - Helpers

    /// Records how long a step took.
    ///
    /// - Returns: the step that follows it.
    private func advanced(from step: Step, recording timer: CoreMetrics.Timer) -> Step {
        let now = monotonicNanoseconds()
        switch step {
        case .reading(let since):
            timer.recordNanoseconds(Int64(now - since))
            return .deciding(since: now)
        case .deciding(let since):
            timer.recordNanoseconds(Int64(now - since))
            return .writing(since: now)
        case .writing, .none: return .none
        }
    }

    /// Runs of the same kind are counted at once: most of a batch is one.
    private func countOutcomes(_ written: BatchWrite) {
        var kind: Kind?
        var count: Int64 = 0
        for (outcome, record) in zip(written.decisions.outcomes, written.records) {
            let next = Kind(type: record.type, code: outcome.code)
            if next != kind {
                if let kind { counter(outcome: kind).increment(by: count) }
                (kind, count) = (next, 0)
            }
            count += 1
        }
        if let kind { counter(outcome: kind).increment(by: count) }
    }

    private func counter(outcome kind: Kind) -> Counter {
        if let known = outcomes[kind] { return known }
        let made = instruments.counter(.laneOutcomes, lane, kind.type?.name ?? "unknown", kind.code.name)
        outcomes[kind] = made
        return made
    }

    private func counter(setAside code: String) -> Counter {
        if let known = setAside[code] { return known }
        let made = instruments.counter(.laneSetAside, lane, code)
        setAside[code] = made
        return made
    }
}

/// When the oldest waiting command was accepted. Written by the lane, read by whoever shows metrics.
final class OldestCommand: Sendable {
    /// Microseconds since 1970; 0 when none waits.
    private let acceptedAt = Atomic<Int64>(0)

    func set(_ time: Timestamp?) { acceptedAt.store(time?.microseconds ?? 0, ordering: .relaxed) }

    /// By the clocks of two machines: never below 0.
    var ageSeconds: Double {
        let time = acceptedAt.load(ordering: .relaxed)
        return time == 0 ? 0 : max(0, Double(wallClockMicroseconds() - time) / 1_000_000)
    }
}

extension RunItem {
    fileprivate var acceptedAt: Timestamp? {
        if case .command(_, let record) = content { return record.acceptedAt }
        return nil
    }

    /// The code under which it goes to the dead letters; nil for a command.
    fileprivate var setAsideCode: String? {
        switch content {
        case .command: nil
        case .setAside(let record): record.code.name
        case .refusedByDatabase: Self.refusedByDatabaseCode
        }
    }
}

extension BatchWrite {
    /// Commands that were decided before, or whose key was.
    fileprivate var answersThatStood: Int64 {
        decisions.answers.reduce(0) { count, answer in
            if case .outcome = answer { return count }
            return count + 1
        }
    }
}

/// The time of day, in microseconds since 1970.
private func wallClockMicroseconds() -> Int64 {
    var time = timespec()
    // The kernel writes a timespec into `time`, which lives for the call; CLOCK_REALTIME cannot fail on Linux.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
