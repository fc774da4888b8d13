// When an outside service is not asked: a service that says nothing is left alone for a while, then tried with one question.
//
//              silence, not yet too many
//                      ┌────┐
//                      │    ▼       one silence too many            time is over, one question
//   any answer ──────▶ closed ────────────────────────────▶ open ─────────────────────────────▶ probing
//                        ▲                                   ▲                                      │
//                        └───────── any answer ──────────────┼──────────────────────────────────────┤
//                                                            └────────────── silence ───────────────┘
//
// Work that is not asked for waits in the retry queues meanwhile: nothing is lost, and nobody is stormed.

/// A circuit breaker as a value. Times are monotonic nanoseconds.
public struct Breaker: Sendable {
    public struct Limits: Sendable, Hashable {
        /// Silences one after the other, from any number of questions, after which the service is left alone.
        public var silencesMax = 5
        /// How long it is left alone each time.
        public var openSeconds = 10

        public init() {}

        public init(silencesMax: Int, openSeconds: Int) {
            self.silencesMax = silencesMax
            self.openSeconds = openSeconds
        }
    }

    public enum Admission: Sendable, Hashable {
        case ask
        /// Not before so many seconds, at least 1.
        case wait(seconds: Int)
    }

    public enum Change: Sendable, Hashable {
        case opened
        case closed
    }

    private enum State: Hashable {
        case closed(silences: Int)
        case open(until: UInt64)
        /// One question is out, until it is answered or so much time has passed.
        case probing(until: UInt64)
    }

    public let limits: Limits
    private var state = State.closed(silences: 0)

    public init(_ limits: Limits) { self.limits = limits }

    /// Whether questions are held back.
    public var isOpen: Bool {
        if case .closed = state { return false }
        return true
    }

    /// Whether a question may be asked now. Who is let in says afterwards what came of it.
    public mutating func admit(at now: UInt64) -> Admission {
        switch state {
        case .closed: return .ask
        case .open(let until) where now >= until, .probing(let until) where now >= until:
            // Of a probe that was never told of, its process's task was ended: then the next one is let in.
            state = .probing(until: now + openNanoseconds)
            return .ask
        case .open(let until): return .wait(seconds: Int((until - now + 999_999_999) / 1_000_000_000))
        case .probing: return .wait(seconds: 1)
        }
    }

    /// The service said something, whatever it was.
    public mutating func heard() -> Change? {
        defer { state = .closed(silences: 0) }
        return isOpen ? .closed : nil
    }

    /// The service said nothing.
    public mutating func silence(at now: UInt64) -> Change? {
        switch state {
        case .closed(let silences):
            guard silences + 1 >= limits.silencesMax else {
                state = .closed(silences: silences + 1)
                return nil
            }
            state = .open(until: now + openNanoseconds)
            return .opened
        case .probing:
            state = .open(until: now + openNanoseconds)
            return nil
        // Of a question asked before it opened: nothing new.
        case .open: return nil
        }
    }

    private var openNanoseconds: UInt64 { UInt64(limits.openSeconds) * 1_000_000_000 }
}
