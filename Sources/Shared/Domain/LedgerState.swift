// What a batch is judged against: the rows that were locked and read, and what the batch has changed of them so far.

/// The part of the ledger that a batch touches.
public struct LedgerState: Sendable {
    public private(set) var wallets: [Wallet] = []
    private var walletIndex: [WalletID: Int] = [:]
    private var walletIsNew: [Bool] = []
    private var walletIsChanged: [Bool] = []
    private var standingIsChanged: [Bool] = []

    public private(set) var owners: [OwnerID: Owner] = [:]
    private var ownersNew: Set<OwnerID> = []
    private var ownersChanged: Set<OwnerID> = []
    private var teamsChanged: Set<OwnerID> = []

    public private(set) var movements: [CommandID: Movement] = [:]
    public private(set) var newMovements: [CommandID] = []
    public private(set) var changedMovements: Set<CommandID> = []

    public private(set) var beneficiaries: [BeneficiaryID: Beneficiary] = [:]
    public private(set) var newBeneficiaries: [BeneficiaryID] = []
    public private(set) var verifiedBeneficiaries: Set<BeneficiaryID> = []
    public private(set) var removedBeneficiaries: Set<BeneficiaryID> = []

    /// Merchants' references that are paid.
    public private(set) var paidReferences: Set<PaidReference> = []
    public private(set) var newPaidReferences: [PaidReference: CommandID] = [:]

    /// The system accounts over all lanes, credits positive; read only for commands that look at them.
    private var books: [SystemBalance: Int64] = [:]

    /// References of bank transfers that are given out.
    public private(set) var givenReferences: Set<TransferReference> = []
    public private(set) var newReferences: [CommandID: TransferReference] = [:]

    /// What the batch adds to the lane's stripes of the system accounts, credits positive.
    public private(set) var systemChanges: [SystemBalance: Int64] = [:]

    /// A system account in a currency.
    public struct SystemBalance: Hashable, Sendable {
        public let account: SystemAccount
        public let currency: Currency

        public init(account: SystemAccount, currency: Currency) {
            self.account = account
            self.currency = currency
        }
    }

    /// A merchant's number for something that can be paid once.
    public struct PaidReference: Hashable, Sendable {
        public let merchant: OwnerID
        public let reference: String

        public init(merchant: OwnerID, reference: String) {
            self.merchant = merchant
            self.reference = reference
        }
    }

    public init() {}

    // MARK: - Loading

    public mutating func load(_ wallet: Wallet) {
        walletIndex[wallet.id] = wallets.count
        wallets.append(wallet)
        walletIsNew.append(false)
        walletIsChanged.append(false)
        standingIsChanged.append(false)
    }

    public mutating func load(_ owner: Owner) { owners[owner.id] = owner }
    public mutating func load(_ movement: Movement) { movements[movement.id] = movement }
    public mutating func load(_ beneficiary: Beneficiary) { beneficiaries[beneficiary.id] = beneficiary }
    public mutating func load(_ reference: PaidReference) { paidReferences.insert(reference) }
    public mutating func load(_ balance: SystemBalance, credits: Int64) { books[balance] = credits }
    public mutating func load(_ reference: TransferReference) { givenReferences.insert(reference) }

    public mutating func reserveCapacity(wallets count: Int) {
        wallets.reserveCapacity(count)
        walletIsNew.reserveCapacity(count)
        walletIsChanged.reserveCapacity(count)
        standingIsChanged.reserveCapacity(count)
        walletIndex.reserveCapacity(count)
    }

    // MARK: - Reading

    public func wallet(_ id: WalletID) -> Wallet? {
        walletIndex[id].map { wallets[$0] }
    }

    func index(of id: WalletID) -> Int? { walletIndex[id] }

    /// A system account over all lanes as the batch has made it so far, credits positive.
    func balance(of account: SystemAccount, in currency: Currency) -> Int64 {
        let balance = SystemBalance(account: account, currency: currency)
        return books[balance, default: 0] + systemChanges[balance, default: 0]
    }

    /// A wallet's withdrawals that are not sent yet, by their ids.
    func heldWithdrawals(of wallet: WalletID) -> [Movement] {
        movements.values.filter { movement in
            guard case .withdrawal = movement.kind else { return false }
            return movement.wallet == wallet && movement.status == .held
        }.sorted { $0.id < $1.id }
    }

    /// Wallets opened by this batch, as it left them.
    public var newWallets: [Wallet] {
        wallets.indices.lazy.filter { walletIsNew[$0] }.map { wallets[$0] }
    }

    /// Wallets that were there before and that a transaction of this batch touched.
    public var changedWallets: [Wallet] {
        wallets.indices.lazy.filter { walletIsChanged[$0] && !walletIsNew[$0] }.map { wallets[$0] }
    }

    /// Wallets, new ones too, whose standing this batch changed.
    public var walletsOfChangedStanding: [Wallet] {
        wallets.indices.lazy.filter { standingIsChanged[$0] }.map { wallets[$0] }
    }

    public var newOwners: [Owner] { ownersNew.compactMap { owners[$0] } }

    /// Owners, new ones too, that this batch changed after they were there.
    public var changedOwners: [Owner] { ownersChanged.compactMap { owners[$0] } }

    /// Those of them whose teams changed.
    public var ownersOfChangedTeams: [Owner] { teamsChanged.compactMap { owners[$0] } }

    // MARK: - Changing, as decide does

    mutating func open(_ wallet: Wallet, of owner: Owner) {
        load(wallet)
        walletIsNew[wallets.count - 1] = true
        if owners[owner.id] == nil {
            owners[owner.id] = owner
            ownersNew.insert(owner.id)
        }
    }

    mutating func change(_ owner: Owner) {
        if let before = owners.updateValue(owner, forKey: owner.id), before.team != owner.team {
            teamsChanged.insert(owner.id)
        }
        ownersChanged.insert(owner.id)
    }

    mutating func change(_ index: Int, _ standing: Wallet.Standing) {
        wallets[index].standing = standing
        standingIsChanged[index] = true
    }

    mutating func pay(_ reference: PaidReference, by payment: CommandID) {
        paidReferences.insert(reference)
        newPaidReferences[reference] = payment
    }

    mutating func give(_ reference: TransferReference, to topUp: CommandID) {
        givenReferences.insert(reference)
        newReferences[topUp] = reference
    }

    mutating func begin(_ movement: Movement) {
        movements[movement.id] = movement
        newMovements.append(movement.id)
        if movement.isUnderWay { countUnderWay(of: movement, by: 1) }
    }

    mutating func advance(_ movement: Movement) {
        let wasUnderWay = movements[movement.id]?.isUnderWay ?? false
        movements[movement.id] = movement
        changedMovements.insert(movement.id)
        if wasUnderWay, !movement.isUnderWay { countUnderWay(of: movement, by: -1) }
    }

    private mutating func countUnderWay(of movement: Movement, by change: Int32) {
        for id in movement.parties {
            guard let index = walletIndex[id] else { preconditionFailure("a movement's wallet is not loaded") }
            wallets[index].standing.underWay += change
            standingIsChanged[index] = true
        }
    }

    mutating func add(_ beneficiary: Beneficiary) {
        beneficiaries[beneficiary.id] = beneficiary
        newBeneficiaries.append(beneficiary.id)
    }

    mutating func verify(_ id: BeneficiaryID, at time: Timestamp) {
        beneficiaries[id]?.verifiedAt = time
        verifiedBeneficiaries.insert(id)
    }

    mutating func remove(_ id: BeneficiaryID, at time: Timestamp) {
        beneficiaries[id]?.removedAt = time
        removedBeneficiaries.insert(id)
    }

    /// Changes one bucket. The caller has checked that it stays within 0 and `Int64.max`; if it has not, that is a
    /// mistake of ours and money is at stake, so the process ends.
    mutating func change(_ index: Int, _ bucket: Bucket, by amount: Int64) {
        switch bucket {
        case .available: wallets[index].available += amount
        case .pending: wallets[index].pending += amount
        case .reserve: wallets[index].reserve += amount
        }
        let wallet = wallets[index]
        precondition(wallet.available >= 0 && wallet.pending >= 0 && wallet.reserve >= 0, "a bucket fell below zero")
    }

    /// Notes that the transaction at a position has touched a wallet.
    mutating func touch(_ index: Int, at position: Position) {
        wallets[index].version += 1
        wallets[index].last = position
        walletIsChanged[index] = true
    }

    /// What of a wallet's claim is paid, in minor units.
    mutating func payClaim(_ index: Int, _ amount: Int64) {
        wallets[index].standing.claim -= amount
        precondition(wallets[index].standing.claim >= 0, "a claim was paid twice")
        standingIsChanged[index] = true
    }

    mutating func change(_ account: SystemAccount, by amount: Money) {
        systemChanges[SystemBalance(account: account, currency: amount.currency), default: 0] += amount.minorUnits
    }
}
