// The lane's session in PostgreSQL: connecting, and one pipeline at a time, without ever waiting.

import Ledger
import Polling
import Postgres

/// The driver of one session. It knows pipelines, not batches.
final class LaneDatabase {
    enum State {
        case disconnected(until: UInt64)
        case connecting(PostgresConnectionAttempt)
        case connected(PostgresConnection)
    }

    /// What a turn brought.
    enum Event {
        case connected
        /// A pipeline is through: the rows of each statement, or the first failure.
        case finished(Result<[PostgresRows], PostgresError>)
        case lost(PostgresError)
    }

    private let configuration: PostgresConfiguration
    private(set) var state = State.disconnected(until: 0)
    private var rows: [PostgresRows] = []
    private var failure: PostgresError?
    private var attempts: UInt64 = 0
    /// Since when an answer is awaited, on the monotonic clock; nil while nothing is under way.
    private var waitingSince: UInt64?

    /// Delay before the second attempt and its limit as it doubles.
    private static let delayMilliseconds: ClosedRange<UInt64> = 100...2_000

    /// A session that answers nothing for so long is given up. Longer than the server's own limit on a statement, which
    /// ends what is merely slow; what it does not end is a server process or a network that stands still.
    private let answerNanosecondsMax: UInt64

    init(_ configuration: PostgresConfiguration, answerSecondsMax: UInt64) {
        self.configuration = configuration
        answerNanosecondsMax = answerSecondsMax * 1_000_000_000
    }

    var connection: PostgresConnection? {
        if case .connected(let connection) = state { return connection }
        return nil
    }

    /// What to poll; nil between attempts.
    var target: PollTarget? {
        switch state {
        case .disconnected: nil
        case .connecting(let attempt): attempt.target
        case .connected(let connection):
            PollTarget(connection.socket, read: true, write: connection.wantsWrite)
        }
    }

    /// When the next attempt is due or an answer is overdue, on the monotonic clock; nil when nothing is awaited.
    var dueAt: UInt64? {
        switch state {
        case .disconnected(let until): until
        case .connecting(let attempt): attempt.deadline
        case .connected: waitingSince.map { $0 + answerNanosecondsMax }
        }
    }

    /// What was sent in this turn of the loop is waited for from now on.
    func awaitAnswer(from now: UInt64) {
        guard let connection, !connection.isIdle else { return }
        waitingSince = waitingSince ?? now
    }

    func drop() {
        connection?.close()
        scheduleAttempt()
    }

    /// Goes as far as it can now.
    func turn(now: UInt64) -> Event? {
        do throws(PostgresError) {
            switch state {
            case .disconnected(let until):
                if now >= until { state = .connecting(try PostgresConnectionAttempt(configuration)) }
                return nil
            case .connecting(let attempt):
                guard let connection = try attempt.advance() else { return nil }
                (rows, failure, attempts, waitingSince) = ([], nil, 0, nil)
                state = .connected(connection)
                return .connected
            case .connected(let connection):
                let event = try turn(connection)
                try watch(connection, now: now, isAnswered: event != nil)
                return event
            }
        } catch {
            drop()
            return .lost(error)
        }
    }

    private func turn(_ connection: PostgresConnection) throws(PostgresError) -> Event? {
        try connection.flush()
        try connection.receive()
        while let event = try connection.nextEvent() {
            switch event {
            case .rows(let answer): rows.append(answer)
            case .failed(let error): failure = failure ?? error
            case .skipped: break
            case .synced:
                defer { (rows, failure) = ([], nil) }
                return .finished(failure.map { .failure($0) } ?? .success(rows))
            }
        }
        return nil
    }

    /// - Throws: `timedOut` when the server has not answered for too long.
    private func watch(_ connection: PostgresConnection, now: UInt64, isAnswered: Bool) throws(PostgresError) {
        guard !connection.isIdle, !isAnswered, let since = waitingSince else {
            waitingSince = connection.isIdle ? nil : now
            return
        }
        if now >= since + answerNanosecondsMax { throw .timedOut }
    }

    private func scheduleAttempt() {
        let delay = min(Self.delayMilliseconds.upperBound, Self.delayMilliseconds.lowerBound << min(attempts, 10))
        attempts += 1
        state = .disconnected(until: monotonicNanoseconds() + delay * 1_000_000)
    }
}
