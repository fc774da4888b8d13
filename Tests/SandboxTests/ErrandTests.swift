// The lifecycle of one delivery, told as event → action.

import Domain
import Testing
import Wire

@testable import Outside

@Suite("An errand in the outside world")
struct ErrandTests {
    private let captured = Order(CommandContent(type: "captured", body: []), key: "captured", wallet: wallet)
    private let declined = Order(CommandContent(type: "declined", body: []), key: "declined", wallet: wallet)

    private var inquiry: Inquiry {
        Inquiry(
            path: "charges",
            claim: Claim(command: CommandID(high: 1, low: 1), wallet: wallet, amount: Money(1, .dzd)), body: [],
            orders: ["captured": captured, "declined": declined], refusal: "declined")
    }

    private func asked(attempt: Int = 0) -> Errand {
        var errand = Errand(.ask(inquiry), attempt: attempt)
        _ = errand.handle(.begun)
        return errand
    }

    @Test("a final word is submitted, each as its own command")
    func finalWords() {
        var errand = Errand(.ask(inquiry), attempt: 0)
        #expect(errand.handle(.begun) == .create(inquiry))
        #expect(errand.handle(.answered(.status("captured"))) == .submit(captured))
        var other = asked()
        #expect(other.handle(.answered(.status("declined"))) == .submit(declined))
    }

    @Test("what is to happen at a time is noted, and the event is done with")
    func schedule() {
        let (command, time) = (CommandID(high: 1, low: 2), Timestamp(microseconds: 3))
        var errand = Errand(.schedule(command, at: time), attempt: 0)
        #expect(errand.handle(.begun) == .schedule(command, at: time))
        #expect(errand.handle(.answered(.silence)) == .ignore)
    }

    @Test(
        "unknown is not declined: without a final word it is asked again",
        arguments: [
            Answer.silence, .status("pending"), .status("a word of tomorrow"), .unknownKey,
        ])
    func unknown(answer: Answer) {
        var errand = asked()
        #expect(errand.handle(.answered(answer)) == .again(afterSeconds: 1))
    }

    @Test("the first time creates, later times look, and look creates again when the service knows nothing")
    func looking() {
        var errand = Errand(.ask(inquiry), attempt: 3)
        #expect(errand.handle(.begun) == .look(inquiry))
        #expect(errand.handle(.answered(.unknownKey)) == .create(inquiry))
        #expect(errand.handle(.answered(.unknownKey)) == .again(afterSeconds: 5))
    }

    @Test("what the service will not do, and knows nothing of, is declined; what was asked wrongly is set aside")
    func refusal() {
        var errand = asked()
        #expect(errand.handle(.answered(.refused(422))) == .submit(declined))
        var again = Errand(.ask(inquiry), attempt: 3)
        _ = again.handle(.begun)
        _ = again.handle(.answered(.unknownKey))
        #expect(again.handle(.answered(.refused(422))) == .submit(declined))
        var known = asked(attempt: 1)
        #expect(
            known.handle(.answered(.refused(422)))
                == .setAside(reason: "the service answered with HTTP status 422"))
        var later = asked(attempt: 1)
        #expect(
            later.handle(.answered(.refused(400)))
                == .setAside(reason: "the service answered with HTTP status 400"))
    }

    @Test("what the ledger has not decided is set aside, and nobody outside hears of it")
    func disowned() {
        var errand = asked()
        #expect(errand.handle(.disowned) == .setAside(reason: "the ledger has decided nothing of the kind"))
        #expect(errand.handle(.answered(.status("captured"))) == .ignore)
    }

    @Test("what nobody was asked for comes again, not before asking makes sense")
    func notAsked() {
        var errand = asked()
        #expect(errand.handle(.notAsked(waitSeconds: 7)) == .again(afterSeconds: 30))
        #expect(errand.handle(.answered(.status("captured"))) == .ignore)
        var later = asked(attempt: 2)
        #expect(later.handle(.notAsked(waitSeconds: 1)) == .again(afterSeconds: 5))
        var unbegun = Errand(.ask(inquiry), attempt: 0)
        #expect(unbegun.handle(.notAsked(waitSeconds: 1)) == .ignore)
        #expect(unbegun.handle(.begun) == .create(inquiry))
    }

    @Test(
        "what comes after the end changes nothing",
        arguments: [
            Answer.status("captured"), .status("declined"), .silence, .unknownKey, .refused(400),
        ])
    func afterTheEnd(first: Answer) {
        var errand = asked()
        _ = errand.handle(.answered(first))
        for late in [Answer.status("captured"), .status("declined"), .silence, .refused(500)] {
            #expect(errand.handle(.answered(late)) == .ignore)
        }
        #expect(errand.handle(.begun) == .ignore)
    }

    @Test("an answer to a question not asked changes nothing")
    func beforeTheBeginning() {
        var errand = Errand(.ask(inquiry), attempt: 0)
        #expect(errand.handle(.answered(.status("captured"))) == .ignore)
        #expect(errand.handle(.begun) == .create(inquiry))
    }

    @Test("what needs no asking is submitted at once, and what asks for nothing is finished")
    func withoutAsking() {
        var errand = Errand(.submit(captured), attempt: 0)
        #expect(errand.handle(.begun) == .submit(captured))
        var nothing = Errand(.nothing, attempt: 0)
        #expect(nothing.handle(.begun) == .finish)
    }
}

@Suite("The retry schedule and the meaning of HTTP statuses")
struct OutsideTableTests {
    @Test("delays grow from one second to thirty and stay there")
    func delays() {
        let delays = (0..<10).map { RetrySchedule.delaySeconds(afterAttempt: $0) }
        #expect(delays == [1, 1, 5, 5, 5, 5, 5, 5, 30, 30])
        #expect(RetrySchedule.delaySeconds(afterAttempt: .max) == 30)
    }

    @Test("an event is overdue when it has waited for a day")
    func overdue() {
        let waited = (0..<RetrySchedule.overdueAttempt).reduce(0) { $0 + RetrySchedule.delaySeconds(afterAttempt: $1) }
        #expect(waited >= 86_400)
        #expect(waited - 30 < 86_400)
    }

    @Test(
        "only a readable success says anything; 5xx and passing refusals say nothing",
        arguments: [
            (200, #"{"id":"ch_1","status":"captured"}"#, Answer.status("captured")),
            (201, #"{"status":"pending"}"#, .status("pending")),
            (200, "", .silence), (200, "<html>", .silence), (200, #"{"status":1}"#, .silence),
            (200, #"{"status":"captured","status":"declined"}"#, .silence),
            (301, "", .silence), (400, "", .refused(400)), (404, "", .refused(404)), (422, "", .refused(422)),
            (401, "", .silence), (403, "", .silence), (408, "", .silence), (409, "", .silence), (429, "", .silence),
            (500, "", .silence), (503, "", .silence),
        ])
    func statuses(status: Int, body: String, answer: Answer) {
        #expect(OutsideService.answer(status: status, body: Array(body.utf8)) == answer)
    }
}

/// A wallet whose commands travel in slot 9f.
let wallet = WalletID(high: 0x1122_3344_5566_8788, low: 0x99aa_bbcc_ddee_ff9f)
