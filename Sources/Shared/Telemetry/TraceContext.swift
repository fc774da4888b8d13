// Which request a piece of work belongs to, as it travels in headers (W3C Trace Context, level 1).

/// The content of a `traceparent` header: `00-<trace id>-<parent id>-<flags>`.
public struct TraceContext: Sendable, Hashable {
    private let traceHigh: UInt64
    private let traceLow: UInt64
    private let parent: UInt64
    /// The caller may have recorded this trace (bit 0); the other bits are reserved.
    public let flags: UInt8

    public var isSampled: Bool { flags & 1 == 1 }
    /// 32 lower-case hex digits, the same along the whole request.
    public var traceID: String { hex(traceHigh, digits: 16) + hex(traceLow, digits: 16) }
    /// 16 lower-case hex digits, the step that this header was written by.
    public var parentID: String { hex(parent, digits: 16) }

    private init(traceHigh: UInt64, traceLow: UInt64, parent: UInt64, flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.parent = parent
        self.flags = flags
    }

    /// Reads a header strictly: version 00, lower-case hex, ids that are not zero, nothing before or behind.
    ///
    /// Returns nil for anything else; section 4.3 of the recommendation then has the receiver begin a trace of its own.
    public init?(traceparent: String) {
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count == 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            hexValue(bytes[0..<2]) == 0,
            let traceHigh = hexValue(bytes[3..<19]), let traceLow = hexValue(bytes[19..<35]),
            let parent = hexValue(bytes[36..<52]), let flags = hexValue(bytes[53..<55]),
            traceHigh | traceLow != 0, parent != 0
        else { return nil }
        self.init(traceHigh: traceHigh, traceLow: traceLow, parent: parent, flags: UInt8(flags))
    }

    /// A trace that begins here.
    public static func generate(isSampled: Bool = true) -> TraceContext {
        var random = SystemRandomNumberGenerator()
        return generate(isSampled: isSampled, using: &random)
    }

    /// A trace that begins here, with chance from outside.
    public static func generate(
        isSampled: Bool = true, using random: inout some RandomNumberGenerator
    ) -> TraceContext {
        TraceContext(
            traceHigh: random.next(), traceLow: max(1, random.next()), parent: max(1, random.next()),
            flags: isSampled ? 1 : 0)
    }

    /// The next step of the same trace, to be sent onwards.
    public func child() -> TraceContext {
        var random = SystemRandomNumberGenerator()
        return child(using: &random)
    }

    /// The next step of the same trace, with chance from outside. Reserved flags are not passed on.
    public func child(using random: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(traceHigh: traceHigh, traceLow: traceLow, parent: max(1, random.next()), flags: flags & 1)
    }
}

extension TraceContext: CustomStringConvertible {
    /// The header.
    public var description: String { "00-\(traceID)-\(parentID)-\(hex(UInt64(flags), digits: 2))" }
}

private func hex(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
}

/// Up to 16 lower-case hex digits, otherwise nil.
private func hexValue(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return value
}
