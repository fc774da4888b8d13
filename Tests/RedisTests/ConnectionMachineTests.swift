// The connection's life as lines of event → action.

import Testing

@testable import Redis

@Suite("The connection's life")
struct ConnectionMachineTests {
    let millisecond: UInt64 = 1_000_000
    var random = SeededRandom(seed: 7)

    func machine(greetingCount: Int = 2) throws -> ConnectionMachine {
        var configuration = try RedisConfiguration(url: "redis://localhost")
        configuration.connectTimeoutMilliseconds = 100
        configuration.reconnectMillisecondsMin = 10
        configuration.reconnectMillisecondsMax = 80
        return ConnectionMachine(configuration: configuration, greetingCount: greetingCount, now: 0)
    }

    @Test("callers are let in only after every answer to the greeting")
    mutating func admission() throws {
        var machine = try machine()
        #expect(machine.timePassed(now: 0, using: &random) == .openSocket)
        #expect(machine.timePassed(now: 99 * millisecond, using: &random) == .nothing)
        #expect(machine.connected(now: 99 * millisecond) == .sendGreeting)
        #expect(machine.greeted(.status("OK"), now: 99 * millisecond, using: &random) == .nothing)
        #expect(machine.greeted(.status("PONG"), now: 99 * millisecond, using: &random) == .admit)
        #expect(machine.state == .ready)
        #expect(machine.wakeAt == nil)
    }

    @Test("a socket that does not open, or does not greet, in time is given up")
    mutating func deadlines() throws {
        var opening = try machine()
        _ = opening.timePassed(now: 0, using: &random)
        #expect(opening.timePassed(now: 100 * millisecond, using: &random) == .giveUp(refusal: nil))

        var greeting = try machine()
        _ = greeting.timePassed(now: 0, using: &random)
        _ = greeting.connected(now: 50 * millisecond)
        #expect(greeting.timePassed(now: 149 * millisecond, using: &random) == .nothing)
        #expect(greeting.timePassed(now: 150 * millisecond, using: &random) == .giveUp(refusal: nil))
    }

    @Test("an error among the answers to the greeting is a refusal with its code")
    mutating func refusal() throws {
        var machine = try machine()
        _ = machine.timePassed(now: 0, using: &random)
        _ = machine.connected(now: 0)
        #expect(machine.greeted(.error("WRONGPASS"), now: 0, using: &random) == .giveUp(refusal: "WRONGPASS"))
        #expect(machine.greeted(.error("NOAUTH"), now: 0, using: &random) == .nothing)
    }

    @Test("the wait doubles from its least to its most, and half of it is by chance")
    mutating func backOff() throws {
        for seed in UInt64(0)..<50 {
            random = SeededRandom(seed: seed)
            var machine = try machine()
            var now: UInt64 = 0
            for most in [10, 20, 40, 80, 80, 80] {
                _ = machine.timePassed(now: now, using: &random)
                _ = machine.lost(now: now, using: &random)
                let wait = try #require(machine.wakeAt) - now
                let limit = UInt64(most) * millisecond
                #expect((limit / 2...limit).contains(wait), "seed \(seed)")
                #expect(machine.timePassed(now: now + wait - 1, using: &random) == .nothing)
                now += wait
            }
        }
    }

    @Test("a connection that was usable starts the waits anew")
    mutating func success() throws {
        var machine = try machine(greetingCount: 1)
        for _ in 0..<5 { _ = machine.lost(now: 0, using: &random) }
        _ = machine.timePassed(now: .max / 2, using: &random)
        _ = machine.connected(now: 0)
        #expect(machine.greeted(.status("PONG"), now: 0, using: &random) == .admit)
        #expect(machine.lost(now: 0, using: &random) == .giveUp(refusal: nil))
        #expect(try #require(machine.wakeAt) <= 10 * millisecond)
    }

    @Test("stopping waits for the answers under way, and for nothing else")
    mutating func stopping() throws {
        var away = try machine()
        #expect(away.stop(isIdle: true) == .end)

        var ready = try machine(greetingCount: 1)
        _ = ready.timePassed(now: 0, using: &random)
        _ = ready.connected(now: 0)
        _ = ready.greeted(.status("PONG"), now: 0, using: &random)
        #expect(ready.stop(isIdle: false) == .nothing)
        #expect(ready.state == .draining)
        var broken = ready
        #expect(broken.lost(now: 0, using: &random) == .end)
        #expect(ready.stop(isIdle: true) == .end)
        #expect(ready.state == .ended)
    }
}
