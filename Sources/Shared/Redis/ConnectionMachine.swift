// The life of the connection as a pure value: events in, what to do out. The driver has the socket and the clock.

/// Connect, greet, serve; after a loss wait and connect again; at the end answer what is under way.
struct ConnectionMachine {
    enum State: Equatable {
        /// No socket; the next attempt is due at `retryAt`.
        case away(failures: Int, retryAt: UInt64)
        case connecting(failures: Int, deadline: UInt64)
        /// Connected; `awaited` answers to AUTH, SELECT and PING are missing.
        case greeting(failures: Int, deadline: UInt64, awaited: Int)
        case ready
        /// No new commands; those under way still get their answers.
        case draining
        case ended
    }

    enum Action: Equatable {
        case nothing
        case openSocket
        case sendGreeting
        /// Let callers in.
        case admit
        /// Close the socket and fail everybody; callers get `refusal`, if there is one, until the next admission.
        case giveUp(refusal: String?)
        /// Close the socket, fail who is left, and leave the thread.
        case end
    }

    private(set) var state: State
    private let greetingCount: Int
    private let connectTimeout: UInt64
    private let backOffMin: UInt64
    private let backOffMax: UInt64

    /// - Parameters:
    ///   - greetingCount: how many answers make a new connection usable, at least one.
    ///   - now: nanoseconds of the clock all events are timed by; the first attempt is due at once.
    init(configuration: RedisConfiguration, greetingCount: Int, now: UInt64) {
        self.greetingCount = greetingCount
        connectTimeout = nanoseconds(milliseconds: configuration.connectTimeoutMilliseconds)
        backOffMin = nanoseconds(milliseconds: max(1, configuration.reconnectMillisecondsMin))
        backOffMax = max(backOffMin, nanoseconds(milliseconds: configuration.reconnectMillisecondsMax))
        state = .away(failures: 0, retryAt: now)
    }

    /// When time alone will change the state; nil when it will not.
    var wakeAt: UInt64? {
        switch state {
        case .away(_, let retryAt): retryAt
        case .connecting(_, let deadline), .greeting(_, let deadline, _): deadline
        case .ready, .draining, .ended: nil
        }
    }

    mutating func timePassed(now: UInt64, using random: inout some RandomNumberGenerator) -> Action {
        guard let wakeAt, now >= wakeAt else { return .nothing }
        guard case .away(let failures, _) = state else { return lost(now: now, using: &random) }
        state = .connecting(failures: failures, deadline: now + connectTimeout)
        return .openSocket
    }

    mutating func connected(now: UInt64) -> Action {
        guard case .connecting(let failures, _) = state else { return .nothing }
        state = .greeting(failures: failures, deadline: now + connectTimeout, awaited: greetingCount)
        return .sendGreeting
    }

    /// An answer to the greeting came.
    mutating func greeted(
        _ answer: RedisValue, now: UInt64, using random: inout some RandomNumberGenerator
    ) -> Action {
        guard case .greeting(let failures, let deadline, let awaited) = state else { return .nothing }
        if case .error(let code) = answer { return lost(refusal: code, now: now, using: &random) }
        guard awaited <= 1 else {
            state = .greeting(failures: failures, deadline: deadline, awaited: awaited - 1)
            return .nothing
        }
        state = .ready
        return .admit
    }

    /// The socket failed, the protocol broke, or an answer was overdue.
    mutating func lost(
        refusal: String? = nil, now: UInt64, using random: inout some RandomNumberGenerator
    ) -> Action {
        let failures: Int
        switch state {
        case .away(let before, _), .connecting(let before, _), .greeting(let before, _, _): failures = before + 1
        case .ready: failures = 1
        case .draining, .ended:
            state = .ended
            return .end
        }
        // Half of the wait is by chance, so that the clients of a restarted server do not come all at once.
        let doublings = min(failures - 1, 20)
        let wait = min(backOffMax, backOffMin << UInt64(doublings))
        state = .away(failures: failures, retryAt: now + UInt64.random(in: (wait - wait / 2)...wait, using: &random))
        return .giveUp(refusal: refusal)
    }

    /// The client is to stop; `isIdle` says that no command waits for an answer.
    mutating func stop(isIdle: Bool) -> Action {
        switch state {
        case .ready, .draining:
            state = isIdle ? .ended : .draining
            return isIdle ? .end : .nothing
        case .away, .connecting, .greeting, .ended:
            state = .ended
            return .end
        }
    }
}

func nanoseconds(milliseconds: Int) -> UInt64 { UInt64(max(0, milliseconds)) * 1_000_000 }
