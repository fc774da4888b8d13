// What `identity` reports of people: taken into the directory as it stands in the event, by the time that is in it.

import Domain
import Hummingbird
import Ledger
import Wire

extension PersonReport {
    static let updated = "user.updated"
    static let deleted = "user.deleted"
    /// How far ahead of our clock an event may be dated. One of next year would outlast everything that is true till then.
    static let aheadSecondsMax: Int64 = 300

    /// `{"type","timestamp","data":{"id","name","phone"?,"email"?,"username"?}}`; what else it says is passed over.
    ///
    /// - Throws: the first field that is missing or not of its form.
    init(_ body: [UInt8], at now: Timestamp) throws(FieldError) {
        var fields = try FieldReader(body: body)
        let type = try fields.string("type", bytesMax: 64)
        guard type == Self.updated || type == Self.deleted else { throw fields.malformed("type") }
        guard let time = Timestamp(rfc3339: try fields.string("timestamp", bytesMax: 64)),
            time <= now.adding(seconds: Self.aheadSecondsMax)
        else { throw fields.malformed("timestamp") }
        var data = try FieldReader(fields.required("data"), path: "data")
        let person = try data.identifier("id", of: OwnerKind.self)
        self.init(person: person, at: time, profile: type == Self.updated ? try Profile(&data) : nil)
    }
}

extension PersonReport.Profile {
    fileprivate init(_ data: inout FieldReader) throws(FieldError) {
        self.init(
            name: try data.string("name", bytesMax: BodyLimits.nameBytesMax),
            phone: try Self.handle(.phone, &data), email: try Self.handle(.email, &data),
            username: try Self.handle(.username, &data))
    }

    /// A person goes by nothing of a kind whose field is missing or null.
    private static func handle(_ kind: Handle.Kind, _ data: inout FieldReader) throws(FieldError) -> Handle? {
        guard let value = data.optional(kind.name), value != .null else { return nil }
        guard let text = value.text, let handle = Handle(kind, text) else { throw data.malformed(kind.name) }
        return handle
    }
}

extension Callbacks {
    /// An event of `identity`, answered once the directory has it: 200, whether it was news or not.
    @Sendable func hear(_ request: Hummingbird.Request) async throws -> Response {
        let message = try await signedMessage(request, backend.configuration.identitySecrets)
        let report: PersonReport
        do { report = try PersonReport(message.body, at: backend.clock()) } catch { throw APIError(error) }
        let isNews: Bool
        do {
            isNews = try await backend.directoryDesk.learn(report)
        } catch {
            throw APIError(reading: error)
        }
        backend.meters.heardOfPerson(isNews: isNews)
        return .success { json in
            json.member("webhook_id", message.id)
            json.member("status", isNews ? "applied" : "superseded")
        }
    }
}
