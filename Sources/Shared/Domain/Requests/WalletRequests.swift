// What is asked of the ledger about wallets themselves: opening, stopping, closing, and who may act on them.

public struct OpenWallet: Sendable {
    public let walletID: WalletID
    public let ownerID: OwnerID
    public let type: WalletType
    public let currency: Currency
    public let name: String?
    /// What `identity` said of the person who asks, at the time of asking.
    public let verification: Verification

    public init(
        walletID: WalletID, ownerID: OwnerID, type: WalletType, currency: Currency, name: String?,
        verification: Verification
    ) {
        self.walletID = walletID
        self.ownerID = ownerID
        self.type = type
        self.currency = currency
        self.name = name
        self.verification = verification
    }
}

/// A further wallet of the same owner, beside a root wallet.
public struct OpenSubWallet: Sendable {
    public let walletID: WalletID
    public let parent: WalletID
    public let name: String

    public init(walletID: WalletID, parent: WalletID, name: String) {
        self.walletID = walletID
        self.parent = parent
        self.name = name
    }
}

/// Stops, releases or ends a wallet. A reason stays in the command's body: nothing here depends on it, and it must not
/// reach an event.
public struct ChangeWallet: Sendable {
    public let wallet: WalletID

    public init(wallet: WalletID) {
        self.wallet = wallet
    }
}

/// Takes a person into a merchant's team, or gives one who is there another role.
public struct SetMember: Sendable {
    public let wallet: WalletID
    public let user: OwnerID
    public let role: TeamRole

    public init(wallet: WalletID, user: OwnerID, role: TeamRole) {
        self.wallet = wallet
        self.user = user
        self.role = role
    }
}

public struct RemoveMember: Sendable {
    public let wallet: WalletID
    public let user: OwnerID

    public init(wallet: WalletID, user: OwnerID) {
        self.wallet = wallet
        self.user = user
    }
}
