// What Redis answers (RESP2), as a Swift value.

/// An answer of the server.
public enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int64)
    /// A bulk string: binary, taken as it is.
    case bytes([UInt8])
    /// A status line such as `OK` or `QUEUED`.
    case status(String)
    /// Up to seven arrays deep; hiredis treats more as a broken protocol.
    case array([RedisValue])
    /// The code of an error answer inside a pipeline or an array, without its text.
    case error(String)

    /// A bulk string or status as text; nil for other kinds and for bytes that are not UTF-8.
    public var text: String? {
        switch self {
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .status(let status): status
        case .null, .integer, .array, .error: nil
        }
    }

    /// An integer answer, or a bulk string that is a decimal number (as `GET` of a counter gives); otherwise nil.
    public var number: Int64? {
        switch self {
        case .integer(let integer): integer
        case .bytes: text.flatMap { Int64($0) }
        case .null, .status, .array, .error: nil
        }
    }
}

extension RedisValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind and the size, never the content.
    public var description: String {
        switch self {
        case .null: "null"
        case .integer: "integer"
        case .bytes(let bytes): "bytes(\(bytes.count))"
        case .status: "status"
        case .array(let elements): "array(\(elements.count))"
        case .error(let code): "error(\(code))"
        }
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The code an error line begins with: its first word when that is written like one, otherwise `ERR`.
///
/// Scripts may answer with errors of any wording, and the server quotes arguments in some of its own.
func errorCode(of line: some Sequence<UInt8>) -> String {
    let codeBytesMax = 32
    var code: [UInt8] = []
    for byte in line {
        if byte == UInt8(ascii: " ") { break }
        let isCodeByte =
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        guard isCodeByte, code.count < codeBytesMax else { return "ERR" }
        code.append(byte)
    }
    return code.isEmpty ? "ERR" : String(decoding: code, as: UTF8.self)
}
