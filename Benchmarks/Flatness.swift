// When the memory of a process counts as flat. Pure, over samples of one run.

/// The memory of one process over a run, in the order of time.
struct MemorySeries {
    struct Point {
        let seconds: Double
        let megabytes: Double
    }

    let points: [Point]
    /// How long the run was; a third is a third of it.
    let seconds: Double

    func third(_ number: Int) -> [Double] {
        points.filter { min(2, Int($0.seconds * 3 / seconds)) == number }.map(\.megabytes)
    }

    func median(ofThird number: Int) -> Double {
        let sorted = third(number).sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    /// The median of each minute that has a sample.
    var minutes: [Double] {
        Dictionary(grouping: points) { Int($0.seconds / 60) }.sorted { $0.key < $1.key }.map { minute in
            let sorted = minute.value.map(\.megabytes).sorted()
            return sorted[sorted.count / 2]
        }
    }

    var peak: Double { points.map(\.megabytes).max() ?? 0 }

    /// Growth over the last two thirds by least squares, in MB an hour.
    var megabytesPerHour: Double {
        let late = points.filter { $0.seconds >= seconds / 3 }
        guard late.count > 1 else { return 0 }
        let count = Double(late.count)
        let time = late.reduce(0) { $0 + $1.seconds } / count
        let memory = late.reduce(0) { $0 + $1.megabytes } / count
        let variance = late.reduce(0) { $0 + ($1.seconds - time) * ($1.seconds - time) }
        let covariance = late.reduce(0) { $0 + ($1.seconds - time) * ($1.megabytes - memory) }
        return variance > 0 ? covariance / variance * 3_600 : 0
    }
}

/// What is asked of a process's memory.
enum FlatnessRule {
    /// Grows by no more than so many MB an hour.
    case growth(megabytesPerHourMax: Double)
    /// Goes up and down: the highest of the last third is no more than so many times the highest before it.
    case peaks(factorMax: Double)
    /// Fills what it was given and no more, in MB.
    case bounded(Double)

    func holds(_ series: MemorySeries) -> Bool {
        guard series.points.count > 2 else { return false }
        return switch self {
        case .growth(let most): series.megabytesPerHour <= most
        case .peaks(let factor):
            (series.third(2).max() ?? .infinity) <= factor * ((series.third(0) + series.third(1)).max() ?? 0)
        case .bounded(let most): series.peak <= most
        }
    }

    var text: String {
        switch self {
        case .growth(let most): "at most \(decimal(most, 0)) MB an hour"
        case .peaks(let factor): "last third's peak at most \(decimal(factor, 2)) of the peak before"
        case .bounded(let most): "at most \(decimal(most, 0)) MB"
        }
    }
}

/// When latency counts as growing: percentiles of the last third against those of the first.
enum LatencyRule {
    static let factorMax = 1.5
    /// Less than this is the noise of a machine that others use too.
    static let millisecondsIgnored = 5.0

    static func holds(first: Double?, last: Double?) -> Bool {
        guard let first, let last else { return false }
        return last <= max(first * factorMax, first + millisecondsIgnored)
    }
}
