// Messages as they are sent, and as they arrive: properties that arrive stay in wire form until they are asked for.

/// A message to publish.
public struct AMQPMessage: Sendable, Equatable {
    public var body: [UInt8]
    public var properties: AMQPProperties

    public init(body: [UInt8], properties: AMQPProperties = AMQPProperties()) {
        self.body = body
        self.properties = properties
    }
}

/// The properties of class basic (AMQP 0-9-1 §1.8). A text may have up to 255 bytes, all of them together one frame.
public struct AMQPProperties: Sendable, Equatable {
    public var contentType: String?
    public var contentEncoding: String?
    public var headers: AMQPTable = []
    /// Delivery mode 2. Without it a message does not outlive a restart of the broker.
    public var isPersistent = true
    public var priority: UInt8?
    public var correlationID: String?
    public var replyTo: String?
    /// Milliseconds, in decimal digits.
    public var expiration: String?
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    public var type: String?
    /// The broker closes the channel with 406 if this is not the connection's user.
    public var userID: String?
    public var appID: String?

    public init() {}
}

/// The properties of a message that arrived: one copy of their wire form, decoded piece by piece as they are asked for.
///
/// Look-ups walk the bytes and allocate nothing but their result.
public struct AMQPReceivedProperties: Sendable, Equatable {
    private let raw: [UInt8]

    /// - Parameter raw: the flags and after them the values, as in a content header frame.
    init(raw: [UInt8]) { self.raw = raw }

    /// In wire order; the raw value is the bit in the flags word.
    private enum Field: UInt16, CaseIterable {
        case contentType = 0x8000, contentEncoding = 0x4000, headers = 0x2000, deliveryMode = 0x1000, priority = 0x0800
        case correlationID = 0x0400, replyTo = 0x0200, expiration = 0x0100, messageID = 0x0080, timestamp = 0x0040
        case type = 0x0020, userID = 0x0010, appID = 0x0008, clusterID = 0x0004
    }

    public var contentType: String? { text(.contentType) }
    public var contentEncoding: String? { text(.contentEncoding) }
    public var isPersistent: Bool { range(.deliveryMode).map { raw[$0.lowerBound] == 2 } ?? false }
    public var priority: UInt8? { range(.priority).map { raw[$0.lowerBound] } }
    public var correlationID: String? { text(.correlationID) }
    public var replyTo: String? { text(.replyTo) }
    /// Milliseconds, in decimal digits.
    public var expiration: String? { text(.expiration) }
    public var messageID: String? { text(.messageID) }
    /// Seconds since 1970.
    public var timestamp: UInt64? {
        range(.timestamp).flatMap { range in
            var reader = TableReader(raw, range)
            return reader.integer(UInt64.self)
        }
    }
    public var type: String? { text(.type) }
    /// Checked by the broker against the publishing connection.
    public var userID: String? { text(.userID) }
    public var appID: String? { text(.appID) }

    /// All headers, in order, duplicates kept. nil if they are malformed; empty if there are none.
    public var headers: AMQPTable? {
        guard let range = range(.headers) else { return AMQPTable() }
        return TableReader.table(raw, range)
    }

    /// The bytes of the message id, without building a string.
    public var messageIDBytes: ArraySlice<UInt8>? { range(.messageID).map { raw[$0] } }

    /// The bytes of the type, without building a string.
    public var typeBytes: ArraySlice<UInt8>? { range(.type).map { raw[$0] } }

    /// The bytes of the first header under the key if it is a string or a byte array.
    public func headerBytes(_ key: String) -> ArraySlice<UInt8>? {
        guard let (kind, range) = header(key), kind == UInt8(ascii: "S") || kind == UInt8(ascii: "x") else {
            return nil
        }
        return raw[(range.lowerBound + 4)..<range.upperBound]
    }

    /// The first header under the key if it is a string.
    public func headerString(_ key: String) -> String? {
        guard let (kind, range) = header(key), kind == UInt8(ascii: "S") else { return nil }
        return String(decoding: raw[(range.lowerBound + 4)..<range.upperBound], as: UTF8.self)
    }

    /// The first header under each of some keys if it is a string, found in one walk over the headers.
    public func headerStrings(_ keys: [String]) -> [String?] {
        var texts = [String?](repeating: nil, count: keys.count)
        var isFound = [Bool](repeating: false, count: keys.count)
        guard let headers = range(.headers) else { return texts }
        var reader = TableReader(raw, headers)
        // Where the next key most likely stands: who asks in the order of the table compares each key once.
        var next = 0
        while !reader.isAtEnd {
            guard let key = reader.shortString(), let kind = reader.integer(UInt8.self) else { break }
            let start = reader.position
            guard reader.skipValue(kind: kind) != nil else { break }
            for offset in keys.indices {
                let index = (next + offset) % keys.count
                guard !isFound[index], raw[key].elementsEqual(keys[index].utf8) else { continue }
                isFound[index] = true
                next = index + 1
                if kind == UInt8(ascii: "S") {
                    texts[index] = String(decoding: raw[(start + 4)..<reader.position], as: UTF8.self)
                }
                break
            }
        }
        return texts
    }

    /// The first header under the key.
    public func headerValue(_ key: String) -> AMQPValue? {
        guard let (_, range) = header(key) else { return nil }
        var reader = TableReader(raw, (range.lowerBound - 1)..<range.upperBound)
        return reader.value(depth: 0)
    }

    /// Everything decoded, to publish it again or to compare it. nil if the headers are malformed.
    public func decoded() -> AMQPProperties? {
        guard let headers else { return nil }
        var properties = AMQPProperties()
        properties.contentType = contentType
        properties.contentEncoding = contentEncoding
        properties.headers = headers
        properties.isPersistent = isPersistent
        properties.priority = priority
        properties.correlationID = correlationID
        properties.replyTo = replyTo
        properties.expiration = expiration
        properties.messageID = messageID
        properties.timestamp = timestamp
        properties.type = type
        properties.userID = userID
        properties.appID = appID
        return properties
    }

    private func text(_ field: Field) -> String? { range(field).map { String(decoding: raw[$0], as: UTF8.self) } }

    /// Where the field's content lies, without the length in front of it.
    private func range(_ wanted: Field) -> Range<Int>? {
        var reader = TableReader(raw, 0..<raw.count)
        // The lowest bit would announce a second word of flags, which class basic does not have.
        guard let flags = reader.integer(UInt16.self), flags & wanted.rawValue != 0, flags & 1 == 0 else { return nil }
        for field in Field.allCases where flags & field.rawValue != 0 {
            let range: Range<Int>? =
                switch field {
                case .headers: reader.longString()
                case .deliveryMode, .priority: reader.skip(1)
                case .timestamp: reader.skip(8)
                default: reader.shortString()
                }
            if field == wanted || range == nil { return range }
        }
        return nil
    }

    /// The kind of the first header under the key, and where its value lies, its length in front included.
    private func header(_ wanted: String) -> (kind: UInt8, value: Range<Int>)? {
        guard let headers = range(.headers) else { return nil }
        var reader = TableReader(raw, headers)
        while !reader.isAtEnd {
            guard let key = reader.shortString(), let kind = reader.integer(UInt8.self) else { return nil }
            let start = reader.position
            guard reader.skipValue(kind: kind) != nil else { return nil }
            if key.count == wanted.utf8.count, raw[key].elementsEqual(wanted.utf8) {
                return (kind, start..<reader.position)
            }
        }
        return nil
    }
}
