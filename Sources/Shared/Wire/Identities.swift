// Ids that are derived, so that the same command always makes the same things, whoever computes them.

import Crypto
public import Domain

/// Feeds parts to a hash so that no two lists of parts feed the same bytes: each is preceded by its length.
public struct LengthPrefixed {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    public mutating func append(_ part: some Collection<UInt8>) {
        let count = UInt32(part.count)
        for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        bytes.append(contentsOf: part)
    }

    public mutating func append(_ part: String) { append(part.utf8) }
}

extension Identifier {
    /// The UUIDv8 made of the first 122 bits of a SHA-256 over the parts.
    init(hashing purpose: String, _ parts: [UInt8]...) {
        var input = LengthPrefixed()
        input.append(purpose)
        for part in parts { input.append(part) }
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in SHA256.hash(data: input.bytes).prefix(16).enumerated() {
            if index < 8 { words.0 = words.0 << 8 | UInt64(byte) } else { words.1 = words.1 << 8 | UInt64(byte) }
        }
        self.init(
            high: words.0 & ~0xf000 | 0x8000,
            low: words.1 & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        appendBytes(to: &bytes)
        return bytes
    }
}

extension Identifier where Kind == CommandKind {
    /// A command's identity: who asks through what, and the idempotency key (spec/wallet.md §4).
    public init(client: String, subject: String, key: String) {
        self.init(hashing: "command", Array(client.utf8), Array(subject.utf8), Array(key.utf8))
    }
}

extension Identifier where Kind == CommandKind {
    /// The id under which a bulk's leg stands, counted from 0. No key gives it: a key's command has another purpose.
    public init(ofLeg index: Int, of bulk: CommandID) {
        self.init(hashing: "leg", bulk.bytes, Array(String(index).utf8))
    }
}

extension Identifier where Kind == OwnerKind {
    public init(ofMerchantOpenedBy command: CommandID) {
        self.init(hashing: "merchant", command.bytes)
    }
}

extension Identifier where Kind == WalletKind {
    /// A person's root wallet in a currency: one id, so there is never a second.
    public init(ofPerson person: OwnerID, _ currency: Currency) {
        self = WalletID(hashing: "wallet", person.bytes, Array(currency.code.utf8)).withLastByte(person.lastByte)
    }

    /// A sub-wallet's: in the slot of the wallet that it stands beside, which is its owner's.
    public init(besides parent: WalletID, openedBy command: CommandID) {
        self = WalletID(hashing: "wallet", parent.bytes, command.bytes).withLastByte(parent.lastByte)
    }

    public init(ofMerchant merchant: OwnerID, openedBy command: CommandID) {
        self = WalletID(hashing: "wallet", merchant.bytes, command.bytes).withLastByte(merchant.lastByte)
    }
}

extension Identifier where Kind == BeneficiaryKind {
    public init(addedBy command: CommandID) {
        self.init(hashing: "beneficiary", command.bytes)
    }
}
