// The receipt in a status URL: proof that a command was accepted, before any row of it exists.

public import Crypto
public import Domain

/// What a receipt says: this caller's command with this content was accepted at this time.
public struct Receipt: Sendable, Equatable {
    public let command: CommandID
    public let acceptedAt: Timestamp
    /// `CommandContent.digest`
    public let contentDigest: [UInt8]

    public init(command: CommandID, acceptedAt: Timestamp, contentDigest: [UInt8]) {
        self.command = command
        self.acceptedAt = acceptedAt
        self.contentDigest = contentDigest
    }

    private static let codeBytes = 16

    /// The receipt's text: base64url of time, digest and 128 bits of an HMAC-SHA256 over these, the id and the caller.
    public func text(caller: String, key: SymmetricKey) -> String {
        encodeBase64URL(payload + code(caller: caller, key: key))
    }

    /// Reads a receipt for a command and a caller; nil when it is not theirs or was not made with the key.
    public init?(_ text: String, command: CommandID, caller: String, key: SymmetricKey) {
        guard let bytes = decodeBase64(text), bytes.count == 8 + 32 + Self.codeBytes else { return nil }
        let microseconds = bytes[0..<8].reduce(into: Int64(0)) { $0 = $0 << 8 | Int64($1) }
        self.init(
            command: command, acceptedAt: Timestamp(microseconds: microseconds), contentDigest: Array(bytes[8..<40]))
        // Compared in constant time: every byte is looked at.
        let difference = zip(code(caller: caller, key: key), bytes[40...]).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        guard difference == 0 else { return nil }
    }

    private var payload: [UInt8] {
        let time = UInt64(bitPattern: acceptedAt.microseconds)
        return stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: time >> $0) }
            + contentDigest
    }

    private func code(caller: String, key: SymmetricKey) -> [UInt8] {
        var input = LengthPrefixed()
        input.append("receipt")
        input.append(command.bytes)
        input.append(caller)
        input.append(payload)
        return Array(HMAC<SHA256>.authenticationCode(for: input.bytes, using: key).prefix(Self.codeBytes))
    }
}
