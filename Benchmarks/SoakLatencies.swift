// Latencies of an open loop, from the time a command was due: over all, minute by minute, and in three thirds.

import Histogram

/// A histogram of latencies up to a minute, in three significant digits. What is longer is counted, and no percentile
/// that would fall there has a value.
struct LatencyHistogram {
    static let trackableMicroseconds: UInt64 = 60_000_000

    private var histogram = Histogram<UInt64>(
        highestTrackableValue: trackableMicroseconds, numberOfSignificantValueDigits: .three)
    private var tracked: UInt64 = 0
    private(set) var overflow: UInt64 = 0

    var count: UInt64 { tracked + overflow }

    mutating func record(nanoseconds: UInt64) {
        let microseconds = nanoseconds / 1_000
        if microseconds <= Self.trackableMicroseconds, histogram.record(microseconds) {
            tracked += 1
        } else {
            overflow += 1
        }
    }

    /// In milliseconds; nil without a value, and where the percentile is longer than what is tracked.
    func percentile(_ percentile: Double) -> Double? {
        guard count > 0, percentile / 100 * Double(count) <= Double(tracked) else { return nil }
        let among = min(100, percentile * Double(count) / Double(tracked))
        return Double(histogram.valueAtPercentile(among)) / 1_000
    }
}

struct SoakLatencies {
    private let start: UInt64
    private let nanoseconds: UInt64
    /// To the broker's confirm of the command.
    private(set) var acceptances = LatencyHistogram()
    /// To the event of the outcome.
    private(set) var outcomes = LatencyHistogram()
    /// The same by the minute in which a command was due.
    private(set) var minutes: [LatencyHistogram]
    /// The same by the third of the run.
    private(set) var thirds = [LatencyHistogram](repeating: LatencyHistogram(), count: 3)

    init(start: UInt64, seconds: Int) {
        self.start = start
        nanoseconds = UInt64(max(1, seconds)) * 1_000_000_000
        minutes = Array(repeating: LatencyHistogram(), count: (max(1, seconds) + 59) / 60)
    }

    mutating func accepted(due: UInt64, at time: UInt64) {
        acceptances.record(nanoseconds: time > due ? time - due : 0)
    }

    mutating func outcome(due: UInt64, at time: UInt64) {
        let latency = time > due ? time - due : 0
        let offset = due > start ? due - start : 0
        outcomes.record(nanoseconds: latency)
        minutes[min(minutes.count - 1, Int(offset / 60_000_000_000))].record(nanoseconds: latency)
        thirds[min(2, Int(offset * 3 / nanoseconds))].record(nanoseconds: latency)
    }
}
