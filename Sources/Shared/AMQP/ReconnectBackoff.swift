// How long to wait before the next attempt to connect.

/// Delays that double from one failure to the next up to a limit, each cut by chance so that clients do not come in
/// step.
struct ReconnectBackoff {
    static let firstMilliseconds = 50.0
    static let longestMilliseconds = 2_000.0

    private var failures = 0

    /// - Parameter fraction: from 0.5 to 1, drawn at random.
    mutating func nextDelayMilliseconds(fraction: Double) -> Int {
        let delay = min(Self.longestMilliseconds, Self.firstMilliseconds * Double(1 << min(failures, 16)))
        failures += 1
        return Int(delay * fraction)
    }

    mutating func reset() { failures = 0 }
}
