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

/// What a member of a merchant's team may do. Raw values are what the database stores.
public enum TeamRole: Int16, CaseIterable, Sendable {
    /// May move money, and read.
    case manager = 2
    case viewer = 3

    public var name: String { self == .manager ? "manager" : "viewer" }
}

/// Who froze a wallet, and therefore who may release it. Raw values are what the database stores.
public struct FreezeAuthority: OptionSet, Hashable, Sendable {
    public let rawValue: Int16
    public init(rawValue: Int16) { self.rawValue = rawValue }

    public static let owner = FreezeAuthority(rawValue: 1)
    /// The compliance role, or a claim that the wallet could not cover.
    public static let compliance = FreezeAuthority(rawValue: 2)
}

/// How often something was done in a calendar month of Algiers.
public struct MonthlyCount: Hashable, Sendable {
    /// `year × 100 + month`; 0 before the first.
    public let month: Int32
    public let count: Int32

    public static let none = MonthlyCount(month: 0, count: 0)

    public init(month: Int32, count: Int32) {
        self.month = month
        self.count = count
    }

    /// The count in a month. A month that was begun counts on even should the clock have gone back since.
    public func count(in month: Int32) -> Int32 { self.month >= month ? count : 0 }

    /// The same with one more.
    func adding(in month: Int32) -> MonthlyCount {
        MonthlyCount(month: max(month, self.month), count: count(in: month) + 1)
    }
}

/// A person or a merchant.
public struct Owner: Hashable, Sendable {
    public let id: OwnerID
    /// The person who owns: the person itself, or who opened the merchant's wallet.
    public let controller: OwnerID
    public let verification: Verification
    /// A merchant's team beside its owner.
    public var team: [OwnerID: TeamRole] = [:]
    /// Transfers that were free this month.
    public var freeTransfers = MonthlyCount.none
    /// What went out of its wallets, as limits count it.
    public var spending = Spending.none
    /// Wallets beside root wallets that are not closed.
    public var subWallets: Int32 = 0

    /// The most that a team may have beside its owner.
    public static let teamMembersMax = 100
    public static let subWalletsMax: Int32 = 50

    public init(id: OwnerID, controller: OwnerID, verification: Verification) {
        self.id = id
        self.controller = controller
        self.verification = verification
    }

    /// Whether a person may move the owner's money.
    public func mayMoveMoney(_ user: OwnerID?) -> Bool {
        guard let user else { return false }
        return user == controller || team[user] == .manager
    }
}

/// A wallet with its buckets. Every customer bucket is credit-normal and never below zero.
public struct Wallet: Hashable, Sendable {
    public let id: WalletID
    public let owner: OwnerID
    /// The root wallet that it stands beside; nil for a root wallet.
    public let parent: WalletID?
    public let type: WalletType
    public let currency: Currency
    public let name: String?
    public var available: Int64
    public var pending: Int64
    public var reserve: Int64
    /// +1 for each transaction that touches the wallet.
    public var version: Int64
    /// Where the wallet's last transaction stands: the head of its history.
    public var last: Position?
    public var standing: Standing

    /// What of a wallet changes seldom.
    public struct Standing: Hashable, Sendable {
        public var status = WalletStatus.active
        /// Nil when it is not frozen.
        public var frozenBy: FreezeAuthority?
        /// Movements that are not final: a wallet that has any cannot be closed.
        public var underWay: Int32 = 0
        /// +1 for each change of the status, and of who froze it.
        public var version: Int64 = 0
        /// What chargebacks took that the wallet did not have, in minor units: credits pay it first.
        public var claim: Int64 = 0

        public init() {}

        public init(
            status: WalletStatus, frozenBy: FreezeAuthority?, underWay: Int32, version: Int64, claim: Int64 = 0
        ) {
            self.status = status
            self.frozenBy = frozenBy
            self.underWay = underWay
            self.version = version
            self.claim = claim
        }

        func isFrozen(by authority: FreezeAuthority) -> Bool { frozenBy?.contains(authority) ?? false }

        mutating func freeze(by authority: FreezeAuthority) {
            status = .frozen
            frozenBy = (frozenBy ?? []).union(authority)
            version += 1
        }
    }

    public init(
        id: WalletID, owner: OwnerID, parent: WalletID? = nil, type: WalletType, currency: Currency, name: String?,
        available: Int64 = 0, pending: Int64 = 0, reserve: Int64 = 0, version: Int64 = 0, last: Position? = nil,
        standing: Standing = Standing()
    ) {
        self.id = id
        self.owner = owner
        self.parent = parent
        self.type = type
        self.currency = currency
        self.name = name
        self.available = available
        self.pending = pending
        self.reserve = reserve
        self.version = version
        self.last = last
        self.standing = standing
    }

    public var status: WalletStatus { standing.status }

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
    public let addedAt: Timestamp
    public var verifiedAt: Timestamp?
    /// From then on nothing new goes to it.
    public var removedAt: Timestamp?

    public init(
        id: BeneficiaryID, wallet: WalletID, rib: RIB, holderName: String, addedAt: Timestamp,
        verifiedAt: Timestamp? = nil, removedAt: Timestamp? = nil
    ) {
        self.id = id
        self.wallet = wallet
        self.rib = rib
        self.holderName = holderName
        self.addedAt = addedAt
        self.verifiedAt = verifiedAt
        self.removedAt = removedAt
    }
}
