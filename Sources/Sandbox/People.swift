// What the stand-in for `identity` tells the wallet of people: as somebody puts it, signed, and at once.

import Domain
import Hummingbird
import Synchronization
import Wire

/// `PUT /identity/users/{sub}` and `DELETE /identity/users/{sub}`: each becomes one event for the wallet, and is answered
/// once the wallet has taken it. Nothing is checked or kept here, so that the wallet can be told what it must refuse.
struct People: Sendable {
    /// How each text that a person goes by may be written here; the wallet's own forms are narrower.
    static let textBytesMax = 1_024

    private let desk: CallbackDesk
    private let line: CallbackLine
    private let now: @Sendable () -> Timestamp

    init(desk: CallbackDesk, line: CallbackLine, now: @escaping @Sendable () -> Timestamp) {
        self.desk = desk
        self.line = line
        self.now = now
    }

    func addRoutes(to router: Router<some RequestContext>) {
        router.put("identity/users/:sub") { request, context in
            let user = try Identity.user(try context.parameters.require("sub"))
            var fields = try await request.fields()
            var texts: [(StaticString, String)] = [("name", try fields.string("name", bytesMax: Self.textBytesMax))]
            for name in ["phone", "email", "username"] as [StaticString] {
                if let text = try fields.optionalString("\(name)", bytesMax: Self.textBytesMax) {
                    texts.append((name, text))
                }
            }
            try fields.finish()
            return try await tell("user.updated", of: user, texts)
        }
        router.delete("identity/users/:sub") { _, context in
            try await tell("user.deleted", of: try Identity.user(try context.parameters.require("sub")), [])
        }
    }

    private func tell(_ type: String, of user: OwnerID, _ texts: [(StaticString, String)]) async throws -> Response {
        let time = now()
        var body = JSONWriter()
        body.beginObject()
        body.member("type", type)
        body.member("timestamp", time)
        body.object("data") { json in
            json.member("id", user)
            for (name, text) in texts { json.member(name, text) }
        }
        body.endObject()
        let taken = Note()
        await desk.deliver(
            CallbackDesk.Letter(
                line: line, body: body.bytes, delay: .zero, isRightlySigned: true, whenTaken: { taken.make() }))
        guard taken.isMade else { throw Refused(.badGateway, "NOT_TAKEN") }
        return .json(.ok) { json in
            json.member("sub", user)
            json.member("told_at", time)
        }
    }
}

/// Something that happened, once or not.
private final class Note: Sendable {
    private let made = Atomic(false)

    var isMade: Bool { made.load(ordering: .acquiring) }

    func make() { made.store(true, ordering: .releasing) }
}
