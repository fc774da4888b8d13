// What the checker reports: findings, each with where it is and the numbers that should agree.

public import Domain

/// Something in the ledger that is not as it must be.
public struct Finding: Sendable, Equatable {
    /// What is wrong. The raw values are printed and are stable.
    public enum Kind: String, CaseIterable, Sendable {
        // Transactions.
        /// A transaction's entries do not add up to zero in a currency.
        case entriesUnbalanced = "entries_unbalanced"
        /// Entries at a place where no outcome stands, or of another month than theirs.
        case entryWithoutOutcome = "entry_without_outcome"
        /// The entries of a transaction are not numbered from 1 without gaps.
        case entryOrdinals = "entry_ordinals"
        /// `has_entries` and the entries disagree.
        case hasEntries = "has_entries"

        // Balances.
        /// A bucket is not the sum of its entries.
        case walletBalance = "wallet_balance"
        /// A wallet's entries do not carry its versions from 1 on, each once, or the wallet has another version.
        case walletVersion = "wallet_version"
        /// The balance that an entry shows is not the one before it and the entry's amount.
        case walletRunningBalance = "wallet_running_balance"
        /// A wallet's history, read from its head, does not pass through each of its transactions.
        case walletHistory = "wallet_history"
        /// Entries name a wallet that is not there.
        case walletMissing = "wallet_missing"
        case negativeBalance = "negative_balance"
        /// What is pending is not what the wallet's held withdrawals hold.
        case pendingNotHeld = "pending_not_held"
        /// A stripe of a system account is not the sum of its lane's entries.
        case systemBalance = "system_balance"
        /// Debits and credits differ: spec/wallet.md §1's identity is broken.
        case booksUnequal = "books_unequal"

        // Outcomes.
        case outcomeMissing = "outcome_missing"
        case outcomeRepeated = "outcome_repeated"
        /// An outcome above the lane's head.
        case outcomeBeyondHead = "outcome_beyond_head"
        case publishedBeyondHead = "published_beyond_head"
        /// A lane has rows but no row of its own.
        case laneMissing = "lane_missing"
        /// A time before that of the outcome before it.
        case timeWentBack = "time_went_back"
        /// The month of a row is not the month of its time.
        case period = "period"
        /// The content stored is not the content that was decided on.
        case contentDigest = "content_digest"
        /// A row holds a number that means nothing.
        case unreadable = "unreadable"

        // The chain.
        /// The chain's rows do not follow one another from 1 to the lane's head.
        case chainGap = "chain_gap"
        /// A chain row's hash is not that of what it covers.
        case chainHash = "chain_hash"
        /// A chain row's time is not that of the outcomes it covers.
        case chainTime = "chain_time"
        /// The lane's row does not carry the last hash of the chain.
        case chainHead = "chain_head"

        // Indexes.
        case indexMissing = "index_missing"
        /// The index says that a command was decided where it was not.
        case indexWrong = "index_wrong"

        // Movements.
        /// A top-up, withdrawal, payment or dispute has no row.
        case movementMissing = "movement_missing"
        /// A movement that no outcome began.
        case movementUnknown = "movement_unknown"
        /// A movement's status or code is not that of the last outcome about it.
        case movementStatus = "movement_status"
        /// A movement does not point to the last outcome about it.
        case movementLast = "movement_last"
        /// A movement's wallet, amount, fee, method or beneficiary is not that of the outcome that began it.
        case movementContent = "movement_content"
        /// What is counted beside the money is not what the outcomes make it: the part says which count.
        case counter = "counter"
    }

    public let kind: Kind
    public var lane: Int16?
    public var sequence: Int64?
    public var wallet: WalletID?
    public var command: CommandID?
    /// Which of several it is: a bucket, an account, a currency, a column.
    public var part: String?
    /// A number or a position, `lane:sequence`; so is `found`.
    public var expected: String?
    public var found: String?

    init(
        _ kind: Kind, lane: Int16? = nil, sequence: Int64? = nil, wallet: WalletID? = nil, command: CommandID? = nil,
        part: String? = nil, expected: String? = nil, found: String? = nil
    ) {
        self.kind = kind
        self.lane = lane
        self.sequence = sequence
        self.wallet = wallet
        self.command = command
        self.part = part
        self.expected = expected
        self.found = found
    }
}

/// Findings counted by kind; the first of each kind are kept.
public struct Findings: Sendable {
    /// How many of a kind are kept.
    public static let keptPerKindMax = 100

    public private(set) var kept: [Finding] = []
    public private(set) var counts: [Finding.Kind: Int] = [:]

    public init() {}

    public var isEmpty: Bool { counts.isEmpty }
    public var total: Int { counts.values.reduce(0, +) }

    mutating func add(_ finding: Finding) {
        let count = counts[finding.kind, default: 0]
        counts[finding.kind] = count + 1
        if count < Self.keptPerKindMax { kept.append(finding) }
    }

    mutating func add(_ other: Findings) {
        var room = counts.mapValues { Self.keptPerKindMax - $0 }
        for finding in other.kept where room[finding.kind, default: Self.keptPerKindMax] > 0 {
            room[finding.kind, default: Self.keptPerKindMax] -= 1
            kept.append(finding)
        }
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    /// In the order of their kinds, lanes and numbers, whichever was found first.
    mutating func sort() {
        let order = Dictionary(
            uniqueKeysWithValues: Finding.Kind.allCases.enumerated().map { ($1, $0) })
        func key(_ finding: Finding) -> (Int, Int16, Int64) {
            (order[finding.kind] ?? 0, finding.lane ?? -1, finding.sequence ?? -1)
        }
        kept.sort { key($0) < key($1) }
    }
}

/// The checker's verdict on one snapshot.
public struct CheckReport: Sendable {
    /// How far a lane has come: to compare with a witness outside the database.
    public struct Lane: Sendable {
        public let lane: Int16
        public let head: Int64
        public let chainHash: [UInt8]

        /// The hash in lower-case hex.
        public var chainHashText: String {
            chainHash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    public var outcomes = 0
    public var entries = 0
    public var wallets = 0
    public var chainRows = 0
    public var seconds = 0.0
    public var lanes: [Lane] = []
    public var findings = Findings()

    public var isClean: Bool { findings.isEmpty }
}
