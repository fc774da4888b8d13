// The requests that a stand-in has taken, and how they stand.

import Synchronization

/// The requests that a stand-in has taken, by their idempotency keys.
final class RequestBook<Content: Equatable & Sendable>: Sendable {
    enum Reception: Equatable {
        case new(StandInAnswer)
        /// The same again: the answer is that of the first time.
        case repeated(StandInAnswer)
        /// The key is another request's.
        case otherContent
    }

    private struct Entry {
        let content: Content
        let scenario: Scenario
        let number: Int
        let receivedAt: ContinuousClock.Instant
        var isTold = false
    }

    private struct Entries {
        var byKey: [String: Entry] = [:]
        /// The keys in the order received, as a ring once it is full.
        var order: [String] = []
        var oldest = 0
        var lastNumber = 0
    }

    private let idPrefix: String
    private let entriesMax: Int
    private let entries = Mutex(Entries())

    /// - Parameters:
    ///   - idPrefix: begins the ids that are given out.
    ///   - entriesMax: at least 1; beyond it the oldest request is forgotten, and begins anew when it comes again.
    init(idPrefix: String, entriesMax: Int = 100_000) {
        self.idPrefix = idPrefix
        self.entriesMax = entriesMax
    }

    func receive(
        _ content: Content, key: String, scenario: Scenario, at now: ContinuousClock.Instant
    ) -> Reception {
        entries.withLock { entries in
            if let entry = entries.byKey[key] {
                return entry.content == content ? .repeated(first(entry)) : .otherContent
            }
            entries.lastNumber += 1
            let entry = Entry(content: content, scenario: scenario, number: entries.lastNumber, receivedAt: now)
            if entries.order.count < entriesMax {
                entries.order.append(key)
            } else {
                entries.byKey[entries.order[entries.oldest]] = nil
                entries.order[entries.oldest] = key
                entries.oldest = (entries.oldest + 1) % entriesMax
            }
            entries.byKey[key] = entry
            return .new(first(entry))
        }
    }

    /// How the request stands now; nil for a key that is not known.
    func look(key: String, at now: ContinuousClock.Instant) -> StandInAnswer? {
        entries.withLock { entries in
            guard let entry = entries.byKey[key] else { return nil }
            let report = entry.scenario == .twice ? "-2" : ""
            return StandInAnswer(
                id: "\(idPrefix)\(entry.number)\(report)",
                standing: entry.scenario.standing(after: now - entry.receivedAt, isTold: entry.isTold))
        }
    }

    /// Notes that a callback about a request was taken.
    func noteTold(key: String) { entries.withLock { $0.byKey[key]?.isTold = true } }

    var count: Int { entries.withLock { $0.byKey.count } }

    private func first(_ entry: Entry) -> StandInAnswer {
        StandInAnswer(id: "\(idPrefix)\(entry.number)", standing: entry.scenario.standing(after: .zero))
    }
}
