// What payment and bank have in common: a request is taken once, goes as its scenario says, and is reported.

import Domain
import Hummingbird
import Outside
import Wire

/// What a stand-in is asked for.
protocol StandInRequest: Equatable, Sendable {
    init(_ fields: inout FieldReader) throws(FieldError)
    var amount: Money { get }
    var scenario: Scenario { get }
}

/// A service of the outside world: POST with an `Idempotency-Key` takes, GET by that key tells.
struct StandIn<Content: StandInRequest>: Sendable {
    let book: RequestBook<Content>
    /// `CHARGE_NOT_FOUND`
    let notFound: String
    /// `charge.updated`
    let reportType: String
    let word: @Sendable (Standing) -> String
    let clock: SandboxClock
    /// Nil sends no callbacks.
    let callbacks: (desk: CallbackDesk, line: CallbackLine)?

    /// Takes a request, and answers when its scenario lets it.
    func take(_ request: Hummingbird.Request) async throws -> Response {
        let key = try request.idempotencyKey()
        var fields = try await request.fields()
        let content = try Content(&fields)
        let scenario = content.scenario
        if scenario == .silent { throw Refused(.serviceUnavailable, "SILENT") }
        if scenario == .unacceptable { throw Refused(.unprocessableContent, "UNACCEPTABLE") }
        switch book.receive(content, key: key, scenario: scenario, at: clock.now) {
        case .new(let answer):
            for planned in scenario.callbacks {
                guard let letter = self.letter(planned, answer.id, key, content.amount) else { continue }
                // The one that comes first is taken before the answer goes out.
                if scenario == .callbackFirst {
                    await callbacks?.desk.deliver(letter)
                } else {
                    callbacks?.desk.leave(letter)
                }
            }
            try await Task.sleep(for: scenario.answerAfter)
            return response(.created, answer)
        case .repeated(let answer): return response(.created, answer)
        case .otherContent: throw Refused(.conflict, OutcomeCode.keyReused.name, field: "idempotency-key")
        }
    }

    func look(key: String) throws -> Response {
        guard let answer = book.look(key: key, at: clock.now) else { throw Refused(.notFound, notFound, field: "key") }
        return response(.ok, answer)
    }

    private func response(_ status: HTTPResponse.Status, _ answer: StandInAnswer) -> Response {
        .json(status) { json in
            json.member("id", answer.id)
            json.member("status", word(answer.standing))
        }
    }

    private func letter(
        _ planned: PlannedCallback, _ id: String, _ key: String, _ amount: Money
    ) -> CallbackDesk.Letter? {
        guard let callbacks else { return nil }
        var body = JSONWriter()
        body.beginObject()
        body.member("type", reportType)
        body.member("timestamp", clock.time)
        body.object("data") { json in
            json.member("id", id)
            json.member("idempotency_key", key)
            json.member("status", word(planned.standing))
            json.member("amount", amount)
        }
        body.endObject()
        let isFinal = planned.standing != .pending
        return CallbackDesk.Letter(
            line: callbacks.line, body: body.bytes, delay: planned.delay, isRightlySigned: planned.isRightlySigned,
            whenTaken: { if isFinal { book.noteTold(key: key) } })
    }
}
