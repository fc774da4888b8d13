// Takes an object's fields one by one and says which of them is wrong, or was not asked for.

public import Domain

/// A field that is not as it must be.
public struct FieldError: Error, Equatable, Sendable {
    /// `MALFORMED` or `AMOUNT_OUT_OF_RANGE`.
    public let code: OutcomeCode
    /// The path from the root: `amount.currency`, `legs[3].to`; empty for the text as a whole.
    public let field: String

    public init(_ code: OutcomeCode, field: String) {
        self.code = code
        self.field = field
    }
}

/// The fields of one JSON object. Read those that may be there, then `finish`: whatever is left over is an error.
public struct FieldReader {
    private let members: [JSON.Member]
    private let path: String
    /// Which members were asked for.
    private var isRead: [Bool]

    /// Reads a body that must be a JSON object.
    public init(body: [UInt8]) throws(FieldError) {
        try self.init(Self.json(body), path: "")
    }

    /// A body as JSON, whatever it holds.
    static func json(_ body: [UInt8]) throws(FieldError) -> JSON {
        do {
            return try JSON(parsing: body)
        } catch {
            throw FieldError(.malformed, field: error.key.map(Self.tellable) ?? "")
        }
    }

    public init(_ json: JSON, path: String) throws(FieldError) {
        guard case .object(let members) = json else { throw FieldError(.malformed, field: path) }
        self.members = members
        self.path = path
        isRead = Array(repeating: false, count: members.count)
    }

    /// A key of the sender's own choice, fit to be stored and told: one that is long or has control characters is not.
    private static func tellable(_ key: String) -> String {
        key.utf8.count <= 64 && key.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } ? key : "?"
    }

    public func field(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// - Throws: naming the first field that nothing has read.
    public func finish() throws(FieldError) {
        guard let unread = isRead.firstIndex(of: false) else { return }
        throw FieldError(.malformed, field: field(Self.tellable(members[unread].key)))
    }

    /// The value of a field; nil when it is not there. `null` counts as not of its form, as nothing may be null here.
    public mutating func optional(_ name: String) -> JSON? {
        guard let index = members.firstIndex(where: { $0.key == name }) else { return nil }
        isRead[index] = true
        return members[index].value
    }

    /// Whether a field is there, which does not count as reading it.
    func has(_ name: String) -> Bool { members.contains { $0.key == name } }

    public mutating func required(_ name: String) throws(FieldError) -> JSON {
        guard let value = optional(name) else { throw malformed(name) }
        return value
    }

    public func malformed(_ name: String) -> FieldError { FieldError(.malformed, field: field(name)) }

    // MARK: - Typed fields

    /// A string of 1 to so many UTF-8 bytes, without control characters.
    public mutating func optionalString(_ name: String, bytesMax: Int) throws(FieldError) -> String? {
        guard let value = optional(name) else { return nil }
        guard let text = value.text, 1...bytesMax ~= text.utf8.count,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { throw malformed(name) }
        return text
    }

    public mutating func string(_ name: String, bytesMax: Int) throws(FieldError) -> String {
        guard let text = try optionalString(name, bytesMax: bytesMax) else { throw malformed(name) }
        return text
    }

    public mutating func identifier<Kind>(_ name: String, of kind: Kind.Type) throws(FieldError) -> Identifier<Kind> {
        guard let text = try required(name).text, let id = Identifier<Kind>(text) else { throw malformed(name) }
        return id
    }

    /// One of a closed set of words.
    public mutating func choice<Value: CaseIterable>(
        _ name: String, _ word: (Value) -> String
    ) throws(FieldError) -> Value {
        guard let text = try required(name).text, let value = Value.allCases.first(where: { word($0) == text }) else {
            throw malformed(name)
        }
        return value
    }

    public mutating func optionalMoney(_ name: String) throws(FieldError) -> Money? {
        has(name) ? try money(name) : nil
    }

    /// `{"amount":150000,"currency":"DZD"}` within `Money.commandRange`.
    public mutating func money(_ name: String) throws(FieldError) -> Money {
        var fields = try FieldReader(required(name), path: field(name))
        guard case .number(let token) = try fields.required("amount"), isWholeNumber(token) else {
            throw fields.malformed("amount")
        }
        guard let code = try fields.required("currency").text, let currency = Currency(code: code) else {
            throw fields.malformed("currency")
        }
        try fields.finish()
        guard let amount = Int64(token), Money.commandRange.contains(amount) else {
            throw FieldError(.amountOutOfRange, field: fields.field("amount"))
        }
        return Money(amount, currency)
    }

    /// An object of the caller's own strings; its size is that of its keys and values together.
    public mutating func strings(_ name: String, bytesMax: Int) throws(FieldError) {
        guard let value = optional(name) else { return }
        guard case .object(let members) = value else { throw malformed(name) }
        var size = 0
        for member in members {
            guard let text = member.value.text else {
                throw FieldError(.malformed, field: field("\(name).\(Self.tellable(member.key))"))
            }
            size += member.key.utf8.count + text.utf8.count
        }
        guard size <= bytesMax else { throw malformed(name) }
    }
}

/// Whether a number is written as `-?[0-9]+`.
private func isWholeNumber(_ token: String) -> Bool {
    token.utf8.enumerated().allSatisfy { index, byte in
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || (index == 0 && byte == UInt8(ascii: "-"))
    }
}
