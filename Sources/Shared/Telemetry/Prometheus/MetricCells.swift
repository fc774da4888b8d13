// Where values are kept: atomics only, so that recording never waits for another thread, and never for a reader.

import CoreMetrics
import Synchronization

/// A number that goes up. Whole steps and fractions are kept apart, so that a whole step is one atomic addition.
final class CounterCell: CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<Int64>(0)
    private let fraction = Atomic<UInt64>(0)

    var value: Double {
        Double(whole.load(ordering: .relaxed)) + Double(bitPattern: fraction.load(ordering: .relaxed))
    }

    /// A step back is left out: readers take it for a restart.
    func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(amount, ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { fraction.add(amount) }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.store(0, ordering: .relaxed)
    }
}

/// A number that goes up and down.
final class GaugeCell: MeterHandler, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func increment(by amount: Double) { bits.add(amount) }
    func decrement(by amount: Double) { bits.add(-amount) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
}

/// How many values fell at or below each bound, and their sum. Times are in seconds.
final class HistogramCell: RecorderHandler, TimerHandler {
    /// One counter of its own object each: an atomic cannot be an element of an array.
    private final class Bucket: Sendable {
        let count = Atomic<Int64>(0)
    }

    /// A histogram as it was at about one moment.
    struct Reading {
        /// For each bound how many values were at or below it; the last is for infinity and the count of all.
        let cumulative: [Int64]
        let sum: Double
    }

    private let bounds: [Double]
    private let buckets: [Bucket]
    private let sum = Atomic<UInt64>(0)

    init(bounds: [Double]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Bucket() }
    }

    /// The count of all is that of the buckets, so the two always agree; the sum may be a value ahead or behind.
    var reading: Reading {
        var total: Int64 = 0
        let cumulative = buckets.map { bucket in
            total += bucket.count.load(ordering: .relaxed)
            return total
        }
        return Reading(cumulative: cumulative, sum: Double(bitPattern: sum.load(ordering: .relaxed)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        if value.isNaN { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        buckets[low].count.wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
}

extension Atomic where Value == UInt64 {
    /// Adds to the floating-point number whose bits these are.
    fileprivate borrowing func add(_ amount: Double) {
        var seen = load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: seen, desired: sum, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
