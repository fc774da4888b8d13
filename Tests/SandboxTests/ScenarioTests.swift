// The stand-ins' scenarios, and what they remember.

import Domain
import Testing

@testable import Sandbox

@Suite("A stand-in's book of requests")
struct ScenarioTests {
    private let start = ContinuousClock.now

    private func first(_ scenario: Scenario) -> (RequestBook<Int>, Standing?) {
        let book = RequestBook<Int>(idPrefix: "x_")
        guard case .new(let answer) = book.receive(1, key: "key", scenario: scenario, at: start) else {
            return (book, nil)
        }
        return (book, answer.standing)
    }

    @Test(
        "each scenario answers and ends as its name says",
        arguments: [
            (Scenario.atOnce, Standing.done, Standing.done), (.late, .pending, .done), (.twice, .done, .done),
            (.refused, .refused, .refused), (.never, .pending, .pending), (.slow, .done, .done),
            (.timeout, .done, .done), (.callbackFirst, .done, .done), (.wrongSignature, .pending, .done),
            (.takenBack, .done, .refused),
            // Nobody takes a callback here.
            (.callback, .pending, .pending), (.callbackTwice, .pending, .pending), (.wrongOrder, .pending, .pending),
            (.takenBackFirst, .pending, .pending), (.silent, .pending, .pending), (.unacceptable, .pending, .pending),
        ])
    func scenarios(scenario: Scenario, atFirst: Standing, later: Standing) {
        let (book, standing) = first(scenario)
        #expect(standing == atFirst)
        #expect(book.look(key: "key", at: start)?.standing == atFirst)
        #expect(book.look(key: "key", at: start + .seconds(2))?.standing == later)
    }

    @Test(
        "what waits for a callback is final once that was taken",
        arguments: [
            (Scenario.callback, Standing.done), (.callbackTwice, .done), (.wrongOrder, .done),
            (.takenBackFirst, .refused), (.never, .pending),
        ])
    func told(scenario: Scenario, standing: Standing) {
        let (book, _) = first(scenario)
        book.noteTold(key: "key")
        #expect(book.look(key: "key", at: start)?.standing == standing)
    }

    @Test("callbacks are sent in the order in which a scenario names them")
    func order() {
        for scenario in Scenario.allCases {
            let delays = scenario.callbacks.map(\.delay)
            #expect(delays == delays.sorted() && delays.count <= 2, "\(scenario)")
        }
        #expect(Scenario.wrongOrder.callbacks.map(\.standing) == [.done, .pending])
        #expect(Scenario.takenBackFirst.callbacks.map(\.standing) == [.refused, .done])
        #expect(Scenario.wrongSignature.callbacks.map(\.isRightlySigned) == [false])
    }

    @Test("the same request under the same key gets the same answer, however late")
    func repeats() {
        let (book, _) = first(.late)
        let again = book.receive(1, key: "key", scenario: .late, at: start + .seconds(60))
        #expect(again == .repeated(StandInAnswer(id: "x_1", standing: .pending)))
        #expect(book.count == 1)
    }

    @Test("another request under the same key is refused")
    func conflict() {
        let (book, _) = first(.atOnce)
        #expect(book.receive(2, key: "key", scenario: .atOnce, at: start) == .otherContent)
    }

    @Test("what is reported twice has two ids")
    func twice() {
        let (book, _) = first(.twice)
        #expect(book.look(key: "key", at: start)?.id == "x_1-2")
        let (other, _) = first(.atOnce)
        #expect(other.look(key: "key", at: start)?.id == "x_1")
    }

    @Test("a full book forgets the oldest request and keeps its size")
    func bounded() {
        let book = RequestBook<Int>(idPrefix: "x_", entriesMax: 3)
        for number in 1...5 { _ = book.receive(number, key: "\(number)", scenario: .atOnce, at: start) }
        #expect(book.count == 3)
        #expect((1...5).map { book.look(key: "\($0)", at: start) != nil } == [false, false, true, true, true])
    }
}

@Suite("What identity knows of a user")
struct KnowledgeTests {
    private let now = Timestamp(rfc3339: "2026-11-22T12:00:00Z")!

    @Test(
        "the first hex digit decides the level that counts",
        arguments: [
            ("f", 0), ("0", 3), ("1", 0), ("2", 2), ("9", 2), ("a", 2), ("e", 2),
        ])
    func levels(digit: String, level: Int16) throws {
        let user = try #require(OwnerID("\(digit)1111111-1111-4111-8111-111111111111"))
        let knowledge = Knowledge(of: user, at: now)
        let verification = Verification(
            level: knowledge.level, verifiedAt: knowledge.verifiedAt,
            levelOneVerifiedAt: knowledge.levelOneVerifiedAt)
        #expect(verification.effectiveLevel(at: now) == level)
    }

    @Test("a user whose sub begins with 1 was known once")
    func expired() throws {
        let user = try #require(OwnerID("11111111-1111-4111-8111-111111111111"))
        #expect(Knowledge(of: user, at: now).level == 1)
    }
}
