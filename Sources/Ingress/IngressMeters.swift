// What the ingress records: its requests, its publishes, and what it did without.

import AMQP
import CoreMetrics
import HTTPTypes
import Polling
import Synchronization
import Telemetry

/// The ingress's instruments. Recording is safe from any task.
final class IngressMeters: Sendable {
    private struct Served: Hashable {
        let route: String
        let method: String
        let statusClass: Int
    }

    private struct Timed: Hashable {
        let route: String
        let method: String
    }

    /// Methods that a series is made for. A client may send any word.
    private static let methods: Set<String> = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]

    let instruments: Instruments
    private let inFlight: Meter
    private let served = Mutex<[Served: Counter]>([:])
    private let times = Mutex<[Timed: CoreMetrics.Timer]>([:])
    private let publishes: [String: Counter]
    private let publishTime: CoreMetrics.Timer
    private let fromRedis: Counter
    private let fromDatabase: Counter
    private let lookups: [LookupResult: Counter]
    private let newsOfPeople: Counter
    private let oldOfPeople: Counter

    init(_ instruments: Instruments) {
        self.instruments = instruments
        inFlight = instruments.gauge(.httpInFlight)
        publishes = Dictionary(
            uniqueKeysWithValues: PublishOutcome.words.map { ($0, instruments.counter(.publishes, $0)) })
        publishTime = instruments.timer(.publishTime)
        fromRedis = instruments.counter(.balanceReads, "redis")
        fromDatabase = instruments.counter(.balanceReads, "database")
        lookups = Dictionary(
            uniqueKeysWithValues: LookupResult.allCases.map { ($0, instruments.counter(.lookups, $0.rawValue)) })
        newsOfPeople = instruments.counter(.peopleReports, "applied")
        oldOfPeople = instruments.counter(.peopleReports, "superseded")
    }

    // MARK: - Requests

    func began() { inFlight.increment(by: 1) }

    /// A request was answered.
    ///
    /// - Parameters:
    ///   - route: the route's pattern, never the path: a path is the client's.
    ///   - start: on the monotonic clock.
    func ended(route: String?, method: HTTPRequest.Method, status: HTTPResponse.Status?, since start: UInt64) {
        inFlight.decrement(by: 1)
        let route = route ?? "none"
        let method = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
        timer(Timed(route: route, method: method)).recordNanoseconds(Int64(monotonicNanoseconds() - start))
        // A request that was cancelled has no answer.
        guard let status else { return }
        counter(Served(route: route, method: method, statusClass: status.code / 100)).increment()
    }

    private func counter(_ key: Served) -> Counter {
        served.withLock { served in
            if let known = served[key] { return known }
            let made = instruments.counter(.httpRequests, key.route, key.method, "\(key.statusClass)xx")
            served[key] = made
            return made
        }
    }

    private func timer(_ key: Timed) -> CoreMetrics.Timer {
        times.withLock { times in
            if let known = times[key] { return known }
            let made = instruments.timer(.httpRequestTime, key.route, key.method)
            times[key] = made
            return made
        }
    }

    // MARK: - Commands and balances

    func published(_ outcome: PublishOutcome, since start: UInt64) {
        publishes[outcome.word]?.increment()
        publishTime.recordNanoseconds(Int64(monotonicNanoseconds() - start))
    }

    func lookedUp(_ result: LookupResult, _ count: Int = 1) { lookups[result]?.increment(by: Int64(count)) }

    func heardOfPerson(isNews: Bool) { (isNews ? newsOfPeople : oldOfPeople).increment() }

    func showedBalance(fromRedis isFromRedis: Bool) {
        (isFromRedis ? fromRedis : fromDatabase).increment()
    }
}

/// What a look-up of a payee came to.
enum LookupResult: String, CaseIterable, Sendable {
    case found, nobody, limited, unavailable
}

extension PublishOutcome {
    fileprivate static let words = ["confirmed", "returned", "refused", "unknown"]

    /// The outcome without its reasons.
    fileprivate var word: String {
        switch self {
        case .confirmed: "confirmed"
        case .returned: "returned"
        case .refused: "refused"
        case .unknown: "unknown"
        }
    }
}
