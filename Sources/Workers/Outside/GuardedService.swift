// An outside service behind a breaker: the one place where a worker asks.

import Logging
import Polling
import Synchronization
import Telemetry

/// Asks an outside service unless it has been silent too often of late.
final class GuardedService: Sendable {
    private let service: OutsideService
    private let breaker: Mutex<Breaker>
    private let meters: OutsideMeters
    private let logger: Logger
    private let worker: String

    init(_ service: OutsideService, _ limits: Breaker.Limits, worker: String, meters: OutsideMeters, logger: Logger) {
        self.service = service
        breaker = Mutex(Breaker(limits))
        self.meters = meters
        self.logger = logger
        self.worker = worker
        meters.breaker(isOpen: false)
    }

    func create(_ inquiry: Inquiry, trace: TraceContext?) async throws(CancellationError) -> Errand.Event {
        if let refusal = refusal() { return refusal }
        return note(try await service.create(inquiry, trace: trace))
    }

    func look(_ inquiry: Inquiry, trace: TraceContext?) async throws(CancellationError) -> Errand.Event {
        if let refusal = refusal() { return refusal }
        return note(try await service.look(inquiry, trace: trace))
    }

    private func refusal() -> Errand.Event? {
        switch breaker.withLock({ $0.admit(at: monotonicNanoseconds()) }) {
        case .ask: return nil
        case .wait(let seconds):
            meters.didPostpone()
            return .notAsked(waitSeconds: seconds)
        }
    }

    private func note(_ answer: Answer) -> Errand.Event {
        let now = monotonicNanoseconds()
        let change = breaker.withLock { breaker in
            let change = answer == .silence ? breaker.silence(at: now) : breaker.heard()
            if change != nil { meters.breaker(isOpen: breaker.isOpen) }
            return change
        }
        let about: Logger.Metadata = ["worker": "\(worker)"]
        switch change {
        case .opened: logger.warning("an outside service is silent and is left alone for a while", metadata: about)
        case .closed: logger.notice("an outside service answers again", metadata: about)
        case nil: break
        }
        return .answered(answer)
    }
}
