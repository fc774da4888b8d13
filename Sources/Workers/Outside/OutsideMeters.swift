// What a worker for the outside world records.

import AMQP
import CoreMetrics
import Polling
import Telemetry
import Topology

/// A worker's instruments. Made once per worker; recording is safe from any task.
struct OutsideMeters: Sendable {
    /// What is known after a question, without the service's words: those are not ours to bound.
    private enum Known: String, CaseIterable {
        case status, silence, refused
        case unknownKey = "unknown_key"
    }

    private let calls: [Known: Counter]
    private let callTime: CoreMetrics.Timer
    private let retries: [Int: Counter]
    private let submitted: Counter
    private let setAside: Counter
    private let republished: Counter
    private let postponed: Counter
    private let breakerOpen: Meter

    init(_ instruments: Instruments, worker: String) {
        calls = Dictionary(
            uniqueKeysWithValues: Known.allCases.map { ($0, instruments.counter(.outsideCalls, worker, $0.rawValue)) })
        callTime = instruments.timer(.outsideCallTime, worker)
        retries = Dictionary(
            uniqueKeysWithValues: Topology.retrySeconds.map {
                ($0, instruments.counter(.outsideRetries, worker, "\($0)"))
            })
        submitted = instruments.counter(.outsideSubmitted, worker)
        setAside = instruments.counter(.outsideSetAside, worker)
        republished = instruments.counter(.outsideRepublished, worker)
        postponed = instruments.counter(.outsidePostponed, worker)
        breakerOpen = instruments.gauge(.outsideBreakerOpen, worker)
    }

    /// A question was answered, or given up.
    ///
    /// - Parameter start: when it was asked, on the monotonic clock.
    func asked(_ answer: Answer, since start: UInt64) {
        let known: Known =
            switch answer {
            case .status: .status
            case .unknownKey: .unknownKey
            case .silence: .silence
            case .refused: .refused
            }
        calls[known]?.increment()
        callTime.recordNanoseconds(Int64(monotonicNanoseconds() - start))
    }

    func retried(afterSeconds seconds: Int) { retries[seconds]?.increment() }
    func didSubmit() { submitted.increment() }
    func didSetAside() { setAside.increment() }
    func willRepublish() { republished.increment() }
    func didPostpone() { postponed.increment() }
    func breaker(isOpen: Bool) { breakerOpen.set(isOpen ? 1 : 0 as Int64) }
}
