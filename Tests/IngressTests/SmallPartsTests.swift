// Cursors, hints, masking, quotes, caches: the pure parts.

import Domain
import Hummingbird
import Ledger
import Testing
import Wire

@testable import Ingress

@Suite("Cursors")
struct CursorTests {
    @Test("a cursor gives back its position")
    func roundTrip() {
        for position in [
            Position(period: 202_611, lane: 0, sequence: 1), Position(period: 999_912, lane: 255, sequence: .max),
        ] { #expect(Position(cursor: position.cursor) == position) }
    }

    @Test("what is no cursor gives none", arguments: ["", "AA", "!!!!", String(repeating: "A", count: 19), "é"])
    func notACursor(_ text: String) {
        #expect(Position(cursor: text) == nil)
    }

    @Test("no text of a cursor's length ends the process")
    func anyBytes() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            let bytes = (0..<14).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            if let position = Position(cursor: encodeBase64URL(bytes)) { #expect(position.sequence > 0) }
        }
    }
}

@Suite("Hints")
struct HintTests {
    private func hint(body: String) -> Hint {
        let content = CommandContent(type: "transfer.submit.v1", body: Array(body.utf8))
        return Hint(
            acceptedAt: Timestamp(microseconds: 1_800_000_000_123_456), subject: "u", content: content,
            digest: Array(content.digest))
    }

    @Test("a hint comes back as it was left, line ends in its body included")
    func roundTrip() {
        let hint = hint(body: "{\n\"a\":\n1}")
        #expect(Hint(hint.encoded) == hint)
        #expect(hint.content?.type == "transfer.submit.v1")
    }

    @Test("a large body is remembered by its digest only")
    func largeBody() {
        let hint = hint(body: String(repeating: " ", count: Hint.bodyBytesMax) + "{}")
        #expect(hint.body == nil)
        #expect(Hint(hint.encoded) == hint)
    }

    @Test("what is no hint gives none")
    func notAHint() {
        #expect(Hint([]) == nil)
        #expect(Hint(Array("2026-11-22T00:00:00Z\nu\nt\n\nshort".utf8)) == nil)
        #expect(Hint(Array("yesterday\nu\nt\n\n".utf8) + Array(repeating: 0, count: 32)) == nil)
    }
}

@Suite("Names")
struct MaskingTests {
    @Test(
        "a masked name shows first letters and no lengths",
        arguments: [
            ("Yacine Brahimi", "Y*** B***"), ("Al", "A***"), ("  Épicerie  du Port ", "É*** d*** P***"),
            ("محمد", "م***"), ("", ""), ("Anna Maria Sofia Isabella von Berg", "A*** M*** S***"),
            ("🛒 Shop", "*** S***"),
            ("\u{202e}evil Name", "*** N***"), ("e\u{301}lodie", "e\u{301}***"), ("7 Market", "7*** M***"),
            ("z\(String(repeating: "\u{301}", count: 500))algo", "z\u{301}\u{301}\u{301}***"),
        ])
    func masking(_ name: String, _ shown: String) {
        #expect(masked(name) == shown)
    }
}

@Suite("Quotes")
struct QuoteTests {
    private let wallet = "20000000-0000-4000-8000-000000000001"

    @Test("a transfer and an express withdrawal cost more than their amount, a card top-up brings less")
    func costs() throws {
        let amount = #""amount":{"amount":100000,"currency":"DZD"}"#
        let transfer = try Quotes.Movement(
            Array(#"{"type":"transfer","from":"\#(wallet)","to":{"wallet":"\#(wallet)"},\#(amount)}"#.utf8))
        #expect(transfer.cost(.standard, isFree: false)?.fee.minorUnits == 1_000)
        #expect(transfer.cost(.standard, isFree: false)?.total.minorUnits == 101_000)
        #expect(transfer.cost(.standard, isFree: true)?.total.minorUnits == 100_000)
        let topUp = try Quotes.Movement(
            Array(#"{"type":"top_up","wallet":"\#(wallet)","method":"card",\#(amount)}"#.utf8))
        #expect(topUp.cost(.standard, isFree: false)?.total.minorUnits == 98_000)
        let withdrawal = try Quotes.Movement(
            Array(#"{"type":"withdrawal","wallet":"\#(wallet)","speed":"express",\#(amount)}"#.utf8))
        #expect(withdrawal.cost(.standard, isFree: true)?.total.minorUnits == 120_000)
    }

    @Test(
        "a quote names the field that is wrong",
        arguments: [
            ("{}", "type"), (#"{"type":"gift"}"#, "type"), (#"{"type":"top_up"}"#, "wallet"), ("[]", ""),
            (#"{"type":"top_up","type":"top_up"}"#, "type"),
        ])
    func wrongFields(_ body: String, _ field: String) {
        #expect(throws: FieldError(.malformed, field: field)) { try Quotes.Movement(Array(body.utf8)) }
    }
}

@Suite("Bounded caches")
struct BoundedCacheTests {
    @Test("a cache never holds more than it may, and keeps what is used")
    func bound() {
        let cache = BoundedCache<Int, Int>(countMax: 100)
        for number in 0..<10_000 {
            cache.set(number, for: number)
            #expect(cache.value(0) == 0)
        }
        #expect((0..<10_000).count { cache.update($0) { _ in } != nil } <= 101)
        #expect(cache.value(9_999) == 9_999)
    }
}

@Suite("Look-ups allowed")
struct LookupAllowanceTests {
    private let limits = LookupAllowance.Limits(perMinute: 3, perDay: 5)
    /// 10:00:00 in Algiers.
    private let morning = Timestamp(microseconds: 1_795_424_400_000_000)

    @Test("look-ups are counted by the minute and by the day, and what is refused counts for nothing")
    func windows() {
        var counts = LookupAllowance.Counts()
        #expect(counts.take(2, at: morning, limits) == nil)
        #expect(counts.take(2, at: morning.adding(seconds: 59), limits) == .minute)
        #expect(counts.take(1, at: morning.adding(seconds: 59), limits) == nil)
        #expect(counts.take(1, at: morning.adding(seconds: 59), limits) == .minute)
        #expect(counts.take(2, at: morning.adding(seconds: 60), limits) == nil)
        #expect(counts.take(1, at: morning.adding(seconds: 3_600), limits) == .day)
        #expect(counts.take(3, at: morning.adding(seconds: 86_400), limits) == nil)
        #expect(counts.take(4, at: morning.adding(seconds: 2 * 86_400), limits) == .minute)
        #expect(counts.take(6, at: morning.adding(seconds: 2 * 86_400), limits) == .day)
    }

    @Test("a day begins at midnight in Algiers, and a clock that is set back begins none")
    func days() {
        var counts = LookupAllowance.Counts()
        let midnight = morning.adding(seconds: 14 * 3_600)
        for minute in [-3, -2] as [Int64] {
            #expect(counts.take(2, at: midnight.adding(seconds: minute * 60), limits) == nil)
        }
        #expect(counts.take(2, at: midnight.adding(seconds: -1), limits) == .day)
        #expect(counts.take(2, at: midnight, limits) == nil)
        #expect(counts.take(2, at: midnight.adding(seconds: -1), limits) == .minute)
        #expect(counts.take(3, at: midnight.adding(seconds: 60), limits) == nil)
        #expect(counts.take(1, at: midnight.adding(seconds: 120), limits) == .day)
    }

    @Test("what was not allowed after all is given back, and only while its window is open")
    func givenBack() {
        var counts = LookupAllowance.Counts()
        #expect(counts.take(3, at: morning, limits) == nil)
        counts.giveBack(3, of: morning)
        #expect(counts.take(3, at: morning, limits) == nil)
        let next = morning.adding(seconds: 60)
        #expect(counts.take(2, at: next, limits) == nil)
        counts.giveBack(3, of: morning)
        #expect(counts.take(2, at: next, limits) == .minute)
        #expect(counts.take(1, at: next, limits) == nil)
    }

    @Test("a caller's counts outlast others that ask, as long as there is room")
    func changed() {
        let cache = BoundedCache<Int, Int>(countMax: 100)
        for number in 1...10_000 {
            cache.change(0, orNew: 0) { $0 += 1 }
            #expect(cache.change(number, orNew: 5) { $0 } == 5)
        }
        #expect(cache.value(0) == 10_000)
    }
}

@Suite("Reports of people")
struct PersonReportTests {
    private let now = Timestamp(microseconds: 1_795_424_400_000_000)
    private static let id = "50000000-0000-4000-8000-000000000001"

    private func read(_ body: String) -> Result<PersonReport, FieldError> {
        Result { () throws(FieldError) in try PersonReport(Array(body.utf8), at: now) }
    }

    private func body(_ data: String, type: String = "user.updated", at time: String = "2026-11-01T00:00:00Z") -> String
    {
        #"{"type":"\#(type)","timestamp":"\#(time)","data":{"id":"\#(Self.id)"\#(data)}}"#
    }

    @Test("what identity says of a person is read in the one form of each handle; what is null is not there")
    func values() throws {
        let report = try read(
            body(#","name":"Amina","phone":null,"email":"A@B.dz","username":"Amina","kyc_level":2"#)
        ).get()
        #expect(report.person == OwnerID(Self.id))
        #expect(report.at == Timestamp(rfc3339: "2026-11-01T00:00:00Z"))
        #expect(
            report.profile
                == PersonReport.Profile(
                    name: "Amina", phone: nil, email: Handle(.email, "a@b.dz"), username: Handle(.username, "amina")))
        #expect(try read(body("", type: "user.deleted")).get().profile == nil)
    }

    @Test("a report names the field that is wrong")
    func wrong() {
        let long = String(repeating: "n", count: 129)
        let cases: [(String, String)] = [
            ("[]", ""), ("{}", "type"), (body("", type: "user.created"), "type"),
            (body(#","name":"A""#, at: "today"), "timestamp"),
            (body(#","name":"A""#, at: "\(now.adding(seconds: 301))"), "timestamp"),
            (body(""), "data.name"), (body(#","name":"\#(long)""#), "data.name"),
            (body(#","name":"a\nb""#), "data.name"),
            (body(#","name":"A","phone":"0555123456""#), "data.phone"), (body(#","name":"A","phone":""#), ""),
            (body(#","name":"A","email":7"#), "data.email"), (body(#","name":"A","username":"""#), "data.username"),
            (#"{"type":"user.deleted","timestamp":"2026-11-01T00:00:00Z","data":{"id":"x"}}"#, "data.id"),
        ]
        for (body, field) in cases { #expect(read(body).failureField == field, "\(body)") }
    }
}

extension Result where Failure == FieldError {
    fileprivate var failureField: String? {
        if case .failure(let error) = self { return error.field }
        return nil
    }
}

@Suite("Waiters")
struct WaiterTests {
    private let command = CommandID(high: 1, low: 2)

    @Test("news that comes before the wait is not missed")
    func earlyNews() async throws {
        let waiters = Waiters()
        let waiter = try #require(waiters.add(command))
        waiters.wake(command)
        #expect(await waiter.wait(.seconds(30)) == .news)
        waiters.remove(waiter)
        #expect(waiters.count == 0)
    }

    @Test("a wait whose time ran out can be followed by another that hears the news")
    func again() async throws {
        let waiters = Waiters()
        let waiter = try #require(waiters.add(command))
        for _ in 0..<3 { #expect(await waiter.wait(.milliseconds(1)) == .timeOver) }
        waiters.wake(command)
        #expect(await waiter.wait(.seconds(30)) == .news)
        #expect(await waiter.wait(.milliseconds(1)) == .timeOver)
    }

    @Test("a cancelled wait ends at once")
    func cancelled() async throws {
        let waiters = Waiters()
        let waiter = try #require(waiters.add(command))
        let waiting = Task { await waiter.wait(.seconds(30)) }
        waiting.cancel()
        #expect(await waiting.value == .stopped)
    }

    @Test("all who wait for a command are woken, and nobody else")
    func everybody() async throws {
        let waiters = Waiters()
        let both = [try #require(waiters.add(command)), try #require(waiters.add(command))]
        let other = try #require(waiters.add(CommandID(high: 3, low: 4)))
        waiters.wake(command)
        for waiter in both { #expect(await waiter.wait(.seconds(30)) == .news) }
        #expect(await other.wait(.zero) == .timeOver)
    }
}
