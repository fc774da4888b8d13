// The chain: each batch's hash covers the hash before it and everything the batch decided, refusals too.

import Crypto
public import Domain
import Wire

/// Gathers the canonical bytes of a batch, outcome by outcome.
///
/// Numbers are big-endian at their full width, texts and byte strings stand behind their 4-byte length, what is absent
/// is a zero byte and what is there follows a one. Free texts go in by their SHA-256, so that they can be erased later.
public struct ChainHasher {
    private var bytes: [UInt8] = []

    /// - Parameter previous: the 32 bytes of the batch before, zero for a lane's first.
    public init(previous: [UInt8], capacity: Int = 4096) {
        bytes.reserveCapacity(capacity)
        append(previous)
    }

    public mutating func add(
        _ outcome: Outcome, _ record: CommandRecord, detail: [UInt8]?, entries: some Collection<Entry>
    ) {
        append(outcome.position)
        append(outcome.commandID)
        append(outcome.subject)
        append(outcome.transition.rawValue)
        append(outcome.status.rawValue)
        append(outcome.code.rawValue)
        append(outcome.time.microseconds)
        append(outcome.field)
        append(outcome.wallet)
        append(outcome.amount?.minorUnits)
        append(outcome.amount?.currency.rawValue)
        append(outcome.fee?.minorUnits)
        append(outcome.feeVersion)
        append(record.type?.rawValue)
        append(record.content.type)
        append(record.client)
        append(record.caller)
        append(record.content.target)
        append(record.contentDigest)
        append(record.acceptedAt.microseconds)
        append(detail.map { Array(SHA256.hash(data: $0)) })
        append(record.traceparent)
        if let limit = outcome.limit {
            // No count of entries is negative, so this cannot be taken for one; without limits the bytes are as before
            // there were any.
            append(Int16(-1))
            append(limit.version)
            append(limit.day)
        }
        append(Int16(entries.count))
        for entry in entries { append(entry) }
    }

    /// The batch's 32 bytes.
    public func finish() -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    private mutating func append(_ entry: Entry) {
        append(entry.account.number)
        append(entry.amount.currency.rawValue)
        append(entry.amount.minorUnits)
        append(entry.wallet?.id)
        if let wallet = entry.wallet {
            append(wallet.version)
            append(wallet.available)
            append(wallet.pending)
            append(wallet.reserve)
        }
        if let previous = entry.previous {
            bytes.append(1)
            append(previous)
        } else {
            bytes.append(0)
        }
    }

    private mutating func append(_ position: Position) {
        append(position.period)
        append(position.lane)
        append(position.sequence)
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    private mutating func append(_ value: (some FixedWidthInteger)?) {
        bytes.append(value == nil ? 0 : 1)
        if let value { append(value) }
    }

    private mutating func append<Kind>(_ id: Identifier<Kind>) { id.appendBytes(to: &bytes) }

    private mutating func append<Kind>(_ id: Identifier<Kind>?) {
        bytes.append(id == nil ? 0 : 1)
        if let id { append(id) }
    }

    private mutating func append(_ text: String) {
        append(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(_ text: String?) {
        bytes.append(text == nil ? 0 : 1)
        if let text { append(text) }
    }

    private mutating func append(_ part: [UInt8]) {
        append(UInt32(part.count))
        bytes.append(contentsOf: part)
    }

    private mutating func append(_ part: [UInt8]?) {
        bytes.append(part == nil ? 0 : 1)
        if let part { append(part) }
    }
}

extension Account {
    /// What the `account` column holds.
    var number: Int16 {
        switch self {
        case .customer(_, let bucket): bucket.rawValue
        case .system(let account): account.rawValue
        }
    }
}
