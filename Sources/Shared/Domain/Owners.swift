// Owners, what identity knows of them, and their wallets.

/// Raw values are what the database stores.
public enum WalletType: Int16, CaseIterable, Sendable {
    case personal = 1
    case business = 2

    public var name: String { self == .personal ? "personal" : "business" }

    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// The KYC level without which its owner may do nothing with it (spec/wallet.md §1).
    public var kycLevelMin: Int16 { self == .personal ? 1 : 2 }
}

/// Raw values are what the database stores.
public enum WalletStatus: Int16, CaseIterable, Sendable {
    case active = 1
    case frozen = 2
    case closed = 3

    public var name: String {
        switch self {
        case .active: "active"
        case .frozen: "frozen"
        case .closed: "closed"
        }
    }
}

/// How well `identity` knows a person, and until when.
public struct Verification: Hashable, Sendable {
    /// 0 to 3.
    public let level: Int16
    /// When the level itself runs out: level 1 after 2 years, levels 2 and 3 after 12 months.
    public let expiresAt: Timestamp
    /// When level 1 runs out, to which a higher level falls back.
    public let levelOneExpiresAt: Timestamp

    public init(level: Int16, expiresAt: Timestamp, levelOneExpiresAt: Timestamp) {
        self.level = level
        self.expiresAt = expiresAt
        self.levelOneExpiresAt = levelOneExpiresAt
    }

    /// Made from what `identity` reports: the level and when it and level 1 were verified.
    public init(level: Int16, verifiedAt: Timestamp, levelOneVerifiedAt: Timestamp) {
        let year: Int64 = 365 * 86_400
        self.init(
            level: level,
            expiresAt: verifiedAt.adding(seconds: level == 1 ? 2 * year : year),
            levelOneExpiresAt: levelOneVerifiedAt.adding(seconds: 2 * year))
    }

    /// The level that counts at a time, 0 when everything has run out.
    public func effectiveLevel(at time: Timestamp) -> Int16 {
        if level == 0 { return 0 }
        if time < expiresAt { return level }
        return time < levelOneExpiresAt ? 1 : 0
    }

    /// Whether a level is reached, and if not, whether it is for time or for want of verification.
    public func check(atLeast needed: Int16, at time: Timestamp) -> OutcomeCode? {
        if effectiveLevel(at: time) >= needed { return nil }
        return level >= needed ? .kycExpired : .kycLevelTooLow
    }
}

/// A person or a merchant.
public struct Owner: Hashable, Sendable {
    public let id: OwnerID
    /// The person who may move the owner's money: the person itself, or who opened the merchant's wallet.
    public let controller: OwnerID
    public let verification: Verification

    public init(id: OwnerID, controller: OwnerID, verification: Verification) {
        self.id = id
        self.controller = controller
        self.verification = verification
    }
}

/// A wallet with its buckets. Every customer bucket is credit-normal and never below zero.
public struct Wallet: Hashable, Sendable {
    public let id: WalletID
    public let owner: OwnerID
    public let type: WalletType
    public let currency: Currency
    public var status: WalletStatus
    public let name: String?
    public var available: Int64
    public var pending: Int64
    public var reserve: Int64
    /// +1 for each transaction that touches the wallet.
    public var version: Int64
    /// Where the wallet's last transaction stands: the head of its history.
    public var last: Position?

    public init(
        id: WalletID, owner: OwnerID, type: WalletType, currency: Currency, status: WalletStatus, name: String?,
        available: Int64, pending: Int64, reserve: Int64, version: Int64, last: Position?
    ) {
        self.id = id
        self.owner = owner
        self.type = type
        self.currency = currency
        self.status = status
        self.name = name
        self.available = available
        self.pending = pending
        self.reserve = reserve
        self.version = version
        self.last = last
    }

    public var snapshot: WalletSnapshot {
        WalletSnapshot(
            id: id, currency: currency, version: version, available: available, pending: pending, reserve: reserve)
    }
}

/// A bank account that a wallet's owner may withdraw to.
public struct Beneficiary: Hashable, Sendable {
    public let id: BeneficiaryID
    public let wallet: WalletID
    public let rib: RIB
    public let holderName: String
    public var verifiedAt: Timestamp?

    public init(id: BeneficiaryID, wallet: WalletID, rib: RIB, holderName: String, verifiedAt: Timestamp?) {
        self.id = id
        self.wallet = wallet
        self.rib = rib
        self.holderName = holderName
        self.verifiedAt = verifiedAt
    }
}
