// The breaker, told as what happens → what it lets through.

import Testing

@testable import Outside

@Suite("A breaker")
struct BreakerTests {
    private let second: UInt64 = 1_000_000_000
    private let limits = Breaker.Limits(silencesMax: 3, openSeconds: 10)

    /// One that has just opened, at time 0.
    private func opened() -> Breaker {
        var breaker = Breaker(limits)
        for _ in 0..<2 { #expect(breaker.silence(at: 0) == nil) }
        #expect(breaker.silence(at: 0) == .opened)
        return breaker
    }

    @Test("it opens after so many silences in a row, and an answer in between begins the count anew")
    func opens() {
        var breaker = Breaker(limits)
        for _ in 0..<10 {
            #expect(breaker.silence(at: 0) == nil)
            #expect(breaker.silence(at: 0) == nil)
            #expect(breaker.heard() == nil)
        }
        #expect(breaker.admit(at: 0) == .ask && !breaker.isOpen)
        _ = (breaker.silence(at: 0), breaker.silence(at: 0))
        #expect(breaker.silence(at: 0) == .opened)
        #expect(breaker.isOpen)
    }

    @Test("while it is open nobody asks, and each is told how long it lasts")
    func open() {
        var breaker = opened()
        #expect(breaker.admit(at: 0) == .wait(seconds: 10))
        #expect(breaker.admit(at: second / 2) == .wait(seconds: 10))
        #expect(breaker.admit(at: 9 * second + 1) == .wait(seconds: 1))
        #expect(breaker.silence(at: second) == nil)
    }

    @Test("when the time is over one question goes out, and the others wait for what comes of it")
    func probes() {
        var breaker = opened()
        #expect(breaker.admit(at: 10 * second) == .ask)
        #expect(breaker.admit(at: 10 * second) == .wait(seconds: 1))
        #expect(breaker.isOpen)
        #expect(breaker.heard() == .closed)
        #expect(breaker.admit(at: 10 * second) == .ask && !breaker.isOpen)
    }

    @Test("a probe without an answer opens it again for as long")
    func reopens() {
        var breaker = opened()
        #expect(breaker.admit(at: 10 * second) == .ask)
        #expect(breaker.silence(at: 12 * second) == nil)
        #expect(breaker.admit(at: 12 * second) == .wait(seconds: 10))
        #expect(breaker.admit(at: 22 * second) == .ask)
    }

    @Test("a probe of which nothing is ever told does not keep it shut for ever")
    func lostProbe() {
        var breaker = opened()
        #expect(breaker.admit(at: 10 * second) == .ask)
        #expect(breaker.admit(at: 19 * second) == .wait(seconds: 1))
        #expect(breaker.admit(at: 20 * second) == .ask)
    }

    @Test("a thousand events meet a dead service with as many questions as the limits allow, and none is lost")
    func noStorm() {
        var breaker = Breaker(limits)
        var asked = 0
        // Each event comes back when it was told to; the service is dead for two minutes.
        var due = [UInt64](repeating: 0, count: 1_000)
        for now in stride(from: UInt64(0), to: 120 * second, by: Int(second)) {
            for index in due.indices where due[index] <= now {
                switch breaker.admit(at: now) {
                case .ask:
                    asked += 1
                    _ = breaker.silence(at: now)
                    due[index] = now + second
                case .wait(let seconds):
                    due[index] = now + UInt64(RetrySchedule.delaySeconds(afterAttempt: 0, atLeast: seconds)) * second
                }
            }
        }
        // Three to open it, and one every ten seconds.
        #expect(asked <= 3 + 12)
        #expect(breaker.heard() == .closed)
        #expect(breaker.admit(at: 120 * second) == .ask)
    }

    @Test("who was not asked waits in a retry queue at least until asking makes sense")
    func waiting() {
        #expect(RetrySchedule.delaySeconds(afterAttempt: 0, atLeast: 1) == 1)
        #expect(RetrySchedule.delaySeconds(afterAttempt: 0, atLeast: 2) == 5)
        #expect(RetrySchedule.delaySeconds(afterAttempt: 3, atLeast: 1) == 5)
        #expect(RetrySchedule.delaySeconds(afterAttempt: 0, atLeast: 6) == 30)
        #expect(RetrySchedule.delaySeconds(afterAttempt: 100, atLeast: 1) == 30)
    }
}
