// What was accepted lately, in Redis: it lets a repeat get the same answer, and names the field when it is none.

import Domain
import Redis
import Wire

/// What is remembered of a command that was accepted.
struct Hint: Sendable, Equatable {
    static let bodyBytesMax = 4_096

    let acceptedAt: Timestamp
    /// Whose command it is.
    let subject: String
    let type: String
    let target: String
    /// `CommandContent.digest`
    let digest: [UInt8]
    /// Nil when it is too large to be remembered.
    let body: [UInt8]?

    init(acceptedAt: Timestamp, subject: String, content: CommandContent, digest: [UInt8]) {
        self.acceptedAt = acceptedAt
        self.subject = subject
        type = content.type
        target = content.target
        self.digest = digest
        body = content.body.count <= Self.bodyBytesMax ? content.body : nil
    }

    var content: CommandContent? { body.map { CommandContent(type: type, target: target, body: $0) } }

    /// Four lines, the digest's 32 bytes, the body.
    var encoded: [UInt8] {
        Array("\(acceptedAt)\n\(subject)\n\(type)\n\(target)\n".utf8) + digest + (body ?? [])
    }

    init?(_ encoded: [UInt8]) {
        let parts = encoded.split(separator: UInt8(ascii: "\n"), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[4].count >= 32, let acceptedAt = Timestamp(rfc3339: Array(parts[0])) else {
            return nil
        }
        self.acceptedAt = acceptedAt
        subject = String(decoding: parts[1], as: UTF8.self)
        type = String(decoding: parts[2], as: UTF8.self)
        target = String(decoding: parts[3], as: UTF8.self)
        digest = Array(parts[4].prefix(32))
        body = parts[4].count == 32 ? nil : Array(parts[4].dropFirst(32))
    }
}

/// Hints may be lost at any time; then a repeat is caught by the lane instead of here.
struct Hints: Sendable {
    private let redis: Cache
    private let lifetimeSeconds: Int64

    init(_ redis: Cache, lifetimeSeconds: Int64) {
        self.redis = redis
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// Leaves a hint unless there is one.
    ///
    /// - Returns: the one that was there; nil also when Redis is away.
    func leave(_ hint: Hint, for command: CommandID) async -> Hint? {
        let answer = await redis.send(
            RedisCommand(
                "SET", .string(key(command)), .bytes(hint.encoded), "NX", "GET", "EX", .integer(lifetimeSeconds)))
        return read(answer)
    }

    /// The hint of a command; nil when there is none or Redis is away.
    func hint(for command: CommandID) async -> Hint? {
        read(await redis.send(RedisCommand("GET", .string(key(command)))))
    }

    private func read(_ answer: RedisValue?) -> Hint? {
        guard case .bytes(let bytes)? = answer else { return nil }
        return Hint(bytes)
    }

    private func key(_ command: CommandID) -> String { "wallet:hint:\(command)" }
}
