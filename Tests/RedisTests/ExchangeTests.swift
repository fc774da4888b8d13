// Whose turn an answer is, and what everybody is told when the connection is gone.

import Testing

@testable import Redis

@Suite("Commands and their answers")
struct ExchangeTests {
    func batch(_ ticket: Int, count: Int = 1, deadline: UInt64 = 100) -> Batch<Int> {
        Batch(
            commands: Array(repeating: RedisCommand("PING"), count: count), byteCount: 4 * count, deadline: deadline,
            ticket: ticket)
    }

    func settled(_ receipt: Exchange<Int>.Receipt) -> (ticket: Int, answers: [RedisValue])? {
        guard case .complete(let settled) = receipt else { return nil }
        return (settled.batch.ticket, settled.answers)
    }

    @Test("answers go to the batches in the order they were sent, and a batch ends with its last one")
    func order() throws {
        var exchange = Exchange<Int>()
        exchange.accept(batch(1))
        exchange.accept(batch(2, count: 2))
        #expect(exchange.nextToSend()?.ticket == 1)
        #expect(exchange.nextToSend()?.ticket == 2)
        #expect(exchange.nextToSend() == nil)

        let first = try #require(settled(exchange.answered(.integer(10))))
        #expect(first.ticket == 1 && first.answers == [.integer(10)])
        #expect(settled(exchange.answered(.integer(20))) == nil)
        #expect(!exchange.isIdle)
        let second = try #require(settled(exchange.answered(.null)))
        #expect(second.ticket == 2 && second.answers == [.integer(20), .null])
        #expect(exchange.isIdle)
    }

    @Test("an answer that nobody asked for is noticed")
    func unexpected() {
        var exchange = Exchange<Int>()
        exchange.accept(batch(1))
        guard case .unexpected = exchange.answered(.null) else {
            Issue.record("a batch that was not sent took an answer")
            return
        }
    }

    @Test("a loss is overdue, unknown or unsent, whichever is true for the caller")
    func losses() {
        var exchange = Exchange<Int>()
        exchange.accept(batch(1, deadline: 50))
        exchange.accept(batch(2, count: 2, deadline: 70))
        exchange.accept(batch(3, deadline: 80))
        _ = exchange.nextToSend()
        _ = exchange.nextToSend()
        #expect(exchange.nextDeadline == 50)
        let losses = exchange.abandon(now: 60, unsent: .unavailable)
        #expect(losses.map(\.0.ticket) == [1, 2, 3])
        #expect(losses.map(\.1) == [.timedOut, .outcomeUnknown, .unavailable])
        #expect(exchange.isIdle)
    }

    @Test("an answer to half a batch does not survive the connection")
    func halfAnswered() throws {
        var exchange = Exchange<Int>()
        exchange.accept(batch(1, count: 2))
        _ = exchange.nextToSend()
        _ = exchange.answered(.integer(1))
        _ = exchange.abandon(now: 0, unsent: .unavailable)
        exchange.accept(batch(2))
        _ = exchange.nextToSend()
        let next = try #require(settled(exchange.answered(.integer(2))))
        #expect(next.ticket == 2 && next.answers == [.integer(2)])
    }

    @Test("the queue gives back what an array would", arguments: [UInt64(1), 2, 3])
    func queue(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = Fifo<Int>()
        var model: [Int] = []
        for step in 0..<20_000 {
            if Int.random(in: 0..<100, using: &random) < (step % 4_000 < 2_400 ? 80 : 20) {
                queue.append(step)
                model.append(step)
            } else {
                #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.first == model.first && queue.isEmpty == model.isEmpty)
        }
    }
}
