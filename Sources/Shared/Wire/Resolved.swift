// What a publisher looked up before it signed.

public import Domain

/// What the publisher looked up before it signed: not content, so a repeat may carry something else.
public struct Resolved: Sendable, Hashable {
    public let verification: Verification?

    public init(verification: Verification? = nil) {
        self.verification = verification
    }

    /// The `resolved` header: empty, or JSON.
    public var header: String {
        guard let verification else { return "" }
        var json = JSONWriter()
        json.beginObject()
        json.object("kyc") { json in
            json.member("level", Int64(verification.level))
            json.member("expires_at", verification.expiresAt.description)
            json.member("level_1_expires_at", verification.levelOneExpiresAt.description)
        }
        json.endObject()
        return json.text
    }

    public init(header: String) throws(FieldError) {
        if header.isEmpty {
            self.init()
            return
        }
        var fields = try Self.naming("resolved") { () throws(FieldError) in try FieldReader(body: Array(header.utf8)) }
        var kyc = try FieldReader(fields.required("kyc"), path: "resolved.kyc")
        try fields.finish()
        guard let level = try kyc.required("level").integer, 0...3 ~= level else { throw kyc.malformed("level") }
        let expiresAt = try Self.time(&kyc, "expires_at")
        let levelOneExpiresAt = try Self.time(&kyc, "level_1_expires_at")
        try kyc.finish()
        self.init(
            verification: Verification(
                level: Int16(level), expiresAt: expiresAt, levelOneExpiresAt: levelOneExpiresAt))
    }

    private static func time(_ fields: inout FieldReader, _ name: String) throws(FieldError) -> Timestamp {
        guard let text = try fields.required(name).text, let time = Timestamp(rfc3339: text) else {
            throw fields.malformed(name)
        }
        return time
    }

    private static func naming<Value>(
        _ field: String, _ body: () throws(FieldError) -> Value
    ) throws(FieldError) -> Value {
        do { return try body() } catch { throw FieldError(error.code, field: field) }
    }
}
