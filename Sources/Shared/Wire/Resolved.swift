// What a publisher looked up before it signed.

public import Domain

/// What the publisher looked up before it signed: not content, so a repeat may carry something else.
public struct Resolved: Sendable, Hashable {
    public let verification: Verification?
    /// The wallets of those payees that the body names by phone, e-mail or user name, in the order of the body: nil for
    /// one whom nobody goes by. Nil as a whole when nothing had to be looked up.
    public let payees: [WalletID?]?

    public init(verification: Verification? = nil, payees: [WalletID?]? = nil) {
        self.verification = verification
        self.payees = payees
    }

    /// Stands in for the payees of a content while its other fields are read, before anybody is looked up.
    public static func standIn(for content: CommandContent) throws(FieldError) -> Resolved {
        let lookups = try content.lookups()
        return Resolved(payees: lookups.isEmpty ? nil : Array(repeating: nil, count: lookups.count))
    }

    /// The `resolved` header: empty, or JSON.
    public var header: String {
        if verification == nil, payees == nil { return "" }
        var json = JSONWriter()
        json.beginObject()
        if let verification {
            json.object("kyc") { json in
                json.member("level", Int64(verification.level))
                json.member("expires_at", verification.expiresAt.description)
                json.member("level_1_expires_at", verification.levelOneExpiresAt.description)
            }
        }
        if let payees {
            json.array("payees") { json in
                for payee in payees { json.value(payee.map { .string($0.description) } ?? .null) }
            }
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
        let payees = try fields.optional("payees").map { json throws(FieldError) in try Self.payees(json) }
        // One of the two is there, or the header is empty.
        let verification = payees == nil || fields.has("kyc") ? try Self.verification(&fields) : nil
        try fields.finish()
        self.init(verification: verification, payees: payees)
    }

    private static func verification(_ fields: inout FieldReader) throws(FieldError) -> Verification {
        var kyc = try FieldReader(fields.required("kyc"), path: "resolved.kyc")
        guard let level = try kyc.required("level").integer, 0...3 ~= level else { throw kyc.malformed("level") }
        let expiresAt = try Self.time(&kyc, "expires_at")
        let levelOneExpiresAt = try Self.time(&kyc, "level_1_expires_at")
        try kyc.finish()
        return Verification(level: Int16(level), expiresAt: expiresAt, levelOneExpiresAt: levelOneExpiresAt)
    }

    private static func payees(_ json: JSON) throws(FieldError) -> [WalletID?] {
        guard let elements = json.elements, 1...SubmitBulk.legsMax ~= elements.count else {
            throw FieldError(.malformed, field: "resolved.payees")
        }
        var payees: [WalletID?] = []
        payees.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            if element == .null {
                payees.append(nil)
                continue
            }
            guard let id = element.text.flatMap({ WalletID($0) }) else {
                throw FieldError(.malformed, field: "resolved.payees[\(index)]")
            }
            payees.append(id)
        }
        return payees
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
