// Where finished log lines are written, and what time it is.

import Glibc
import Synchronization

/// Takes finished lines. A line is one write(2), so that lines of several threads and processes do not mix.
public final class LogSink: Sendable {
    private let write: @Sendable ([UInt8]) -> Bool
    private let lostCount = Atomic<Int>(0)

    /// - Parameter write: takes a line with its newline; returns whether it was written.
    public init(write: @escaping @Sendable ([UInt8]) -> Bool) { self.write = write }

    public static let standardError = LogSink { line in writeAll(line, to: STDERR_FILENO) }

    /// A line that cannot be written is counted; the next one that can carries the number.
    func emit(_ render: (_ lostLines: Int) -> [UInt8]) {
        let lost = lostCount.exchange(0, ordering: .relaxed)
        if !write(render(lost)) { lostCount.add(lost + 1, ordering: .relaxed) }
    }
}

/// One write; more only when a signal came between or the descriptor took a part.
func writeAll(_ line: [UInt8], to descriptor: Int32) -> Bool {
    var start = 0
    while start < line.count {
        // The kernel reads within `line`, which lives for the call.
        let written = unsafe line.withUnsafeBytes { bytes in
            unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
        }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        start += written
    }
    return true
}

/// A point in time, to the millisecond.
public struct LogTime: Sendable {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func now() -> LogTime {
        var time = timespec()
        // The kernel fills `time`, which lives for the call.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// RFC 3339 in UTC, such as `2026-03-01T08:05:09.007Z`.
    public var rfc3339: String {
        let dayLength: Int64 = 86_400_000
        let remainder = milliseconds % dayLength
        let inDay = remainder < 0 ? remainder + dayLength : remainder
        let (year, month, day) = civilDate(days: (milliseconds - inDay) / dayLength)
        let clock = [padded(inDay / 3_600_000, 2), padded(inDay / 60_000 % 60, 2), padded(inDay / 1_000 % 60, 2)]
        let date = [padded(year, 4), padded(month, 2), padded(day, 2)]
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(padded(inDay % 1_000, 3))Z"
    }
}

/// The Gregorian date a number of days after 1970-01-01.
///
/// Counts in years that begin on the first of March, so that the leap day is a year's last: 400 of them have 146,097
/// days, and the months from March on have 153 days in every five.
private func civilDate(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let daysToMarchOfYearZero: Int64 = 719_468
    let shifted = days + daysToMarchOfYearZero
    let cycle = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfCycle = shifted - cycle * 146_097
    let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
