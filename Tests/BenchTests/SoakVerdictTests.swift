// The verdicts of soak: what counts as flat, as level, and as confirmed.

import Testing

@testable import Bench

@Suite("Soak's verdicts")
struct SoakVerdictTests {
    /// A sample every five seconds of ten minutes.
    private static func series(_ megabytes: (Double) -> Double) -> MemorySeries {
        MemorySeries(
            points: stride(from: 0.0, to: 600, by: 5).map { .init(seconds: $0, megabytes: megabytes($0)) },
            seconds: 600)
    }

    @Test("the slope of a steady growth is found, and what came before the second third does not count")
    func slope() {
        #expect(abs(Self.series { 80 + $0 * 20 / 3_600 }.megabytesPerHour - 20) < 1e-6)
        #expect(abs(Self.series { $0 < 200 ? $0 : 200 }.megabytesPerHour) < 1e-9)
        #expect(FlatnessRule.growth(megabytesPerHourMax: 16).holds(Self.series { $0 < 200 ? $0 : 200 }))
        #expect(!FlatnessRule.growth(megabytesPerHourMax: 16).holds(Self.series { 80 + $0 * 20 / 3_600 }))
        #expect(FlatnessRule.growth(megabytesPerHourMax: 16).holds(Self.series { 80 - $0 * 20 / 3_600 }))
    }

    @Test("a saw is flat while its teeth do not grow")
    func peaks() {
        let rule = FlatnessRule.peaks(factorMax: 1.1)
        func tooth(_ seconds: Double) -> Double { seconds.truncatingRemainder(dividingBy: 100) * 4 }
        #expect(rule.holds(Self.series { 200 + tooth($0) }))
        #expect(!rule.holds(Self.series { 200 + tooth($0) * (1 + $0 / 1_000) }))
        #expect(!rule.holds(Self.series { 200 + $0 }))
    }

    @Test("a minute's memory is its median")
    func minutes() {
        let series = Self.series { $0 == 30 ? 500 : 80 + ($0 / 60).rounded(.down) }
        #expect(series.minutes == (0..<10).map { 80 + Double($0) })
    }

    @Test("what has a size may fill it and no more")
    func bounded() {
        #expect(FlatnessRule.bounded(545).holds(Self.series { 100 + $0 / 2 }))
        #expect(!FlatnessRule.bounded(545).holds(Self.series { 100 + $0 }))
    }

    @Test("nothing measured is not flat and not level")
    func nothing() {
        let nothing = MemorySeries(points: [], seconds: 600)
        #expect(!FlatnessRule.growth(megabytesPerHourMax: 16).holds(nothing))
        #expect(!FlatnessRule.peaks(factorMax: 2).holds(nothing))
        #expect(!FlatnessRule.bounded(1).holds(nothing))
        #expect(!LatencyRule.holds(first: nil, last: 1))
        #expect(!LatencyRule.holds(first: 1, last: nil))
    }

    @Test("latency is level up to half more than it was, and a few milliseconds are noise")
    func latency() {
        #expect(LatencyRule.holds(first: 100, last: 150))
        #expect(!LatencyRule.holds(first: 100, last: 151))
        #expect(LatencyRule.holds(first: 2, last: 7))
        #expect(!LatencyRule.holds(first: 2, last: 8))
    }

    @Test("a latency goes to the minute and the third in which its command was due, however late it is")
    func latencies() {
        var latencies = SoakLatencies(start: 1_000, seconds: 90)
        latencies.outcome(due: 1_000, at: 1_000 + 80_000_000_000)
        latencies.outcome(due: 1_000 + 61_000_000_000, at: 1_000 + 61_004_000_000)
        #expect(latencies.minutes.map(\.count) == [1, 1])
        #expect(latencies.thirds.map(\.count) == [1, 0, 1])
        #expect(latencies.outcomes.overflow == 1)
        #expect(latencies.minutes[0].percentile(50) == nil)
        #expect(latencies.outcomes.percentile(99) == nil)
        #expect(abs((latencies.outcomes.percentile(50) ?? 0) - 4) < 0.01)
    }

    @Test("every publish is confirmed once, in whatever order the confirms come")
    func confirms() {
        var unconfirmed = Unconfirmed()
        var times: [UInt64] = []
        for tag in UInt64(1)...6 { unconfirmed.sent(tag: tag, due: tag * 10) }
        unconfirmed.confirmed(tag: 2, multiple: false) { times.append($0) }
        unconfirmed.confirmed(tag: 4, multiple: true) { times.append($0) }
        unconfirmed.confirmed(tag: 4, multiple: true) { times.append($0) }
        unconfirmed.confirmed(tag: 6, multiple: false) { times.append($0) }
        #expect(times == [20, 10, 30, 40, 60])
        #expect(unconfirmed.count == 1)
        unconfirmed.confirmed(tag: 6, multiple: true) { times.append($0) }
        #expect(times == [20, 10, 30, 40, 60, 50])
        #expect(unconfirmed.count == 0)
    }
}
