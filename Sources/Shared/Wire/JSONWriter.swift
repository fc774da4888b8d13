// JSON written straight into bytes: no tree in between, keys as string literals.

/// Writes one JSON text. The caller opens and closes objects and arrays in pairs; commas come by themselves.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: - Structure

    /// Starts the root object or one that is an element of an array.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    public mutating func object(_ key: StaticString, _ members: (inout JSONWriter) -> Void) {
        self.key(key)
        beginObject()
        members(&self)
        endObject()
    }

    public mutating func array(_ key: StaticString, _ elements: (inout JSONWriter) -> Void) {
        self.key(key)
        beginArray()
        elements(&self)
        endArray()
    }

    // MARK: - Members

    public mutating func member(_ key: StaticString, _ value: String) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: Int64) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        raw(value ? "true" : "false")
        needsComma = true
    }

    /// A value that is JSON already.
    public mutating func member(_ key: StaticString, json: [UInt8]) {
        self.key(key)
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A value that needs no escaping: `append` writes what stands between the quotes.
    public mutating func member(_ key: StaticString, plain append: (inout [UInt8]) -> Void) {
        self.key(key)
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A member whose key is data, and whose value is what `write` writes.
    mutating func member(_ key: String, _ write: (inout JSONWriter) -> Void) {
        value(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        write(&self)
    }

    // MARK: - Values

    public mutating func value(_ value: String) {
        separate()
        string(value)
        needsComma = true
    }

    public mutating func value(_ value: Int64) {
        separate()
        appendDecimal(value, to: &bytes)
        needsComma = true
    }

    public mutating func value(_ value: JSON) {
        switch value {
        case .null: scalar("null")
        case .bool(let bool): scalar(bool ? "true" : "false")
        case .number(let token): scalar(token)
        case .string(let text): self.value(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members { self.member(member.key) { $0.value(member.value) } }
            endObject()
        }
    }

    // MARK: - Parts

    private mutating func scalar(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// Keys are written in the code and need no escaping.
    private mutating func key(_ key: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        raw(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func raw(_ text: StaticString) {
        // A static string's bytes live as long as the program.
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if Self.stands(text.utf8Span.span) { bytes.append(contentsOf: text.utf8) } else { escape(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether a text needs no escaping.
    private static func stands(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where text[index] < 0x20 || text[index] == 0x22 || text[index] == 0x5c {
            return false
        }
        return true
    }

    private mutating func escape(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x00..<0x20:
                bytes.append(contentsOf: Array("\\u00".utf8))
                bytes.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 })
            default: bytes.append(byte)
            }
        }
    }
}

func appendDecimal(_ value: Int64, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let magnitude = value.magnitude
    var divisor: UInt64 = 1
    while magnitude / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(magnitude / divisor % 10))
        divisor /= 10
    }
}
