// Wallets themselves: opening, stopping, closing, and who may act on them.

extension Judge {
    mutating func openWallet(_ request: OpenWallet, _ command: Command) throws(Refusal) -> Verdict {
        guard let user = command.caller.user, command.caller.permissions.contains(.manage) else {
            throw Refusal(.notPermitted)
        }
        // A merchant's owner id and every business wallet's id come from the opening command: only a person's root
        // wallet, whose id comes from the person and the currency, can be there already.
        if state.index(of: request.walletID) != nil { throw Refusal(.walletExists, field: "currency") }
        if let code = request.verification.check(atLeast: request.type.kycLevelMin, at: context.time) {
            throw Refusal(code)
        }
        // A merchant's further wallets are sub-wallets; a person's owner is there already when this is another currency.
        let owner =
            state.owners[request.ownerID]
            ?? Owner(id: request.ownerID, controller: user, verification: request.verification)
        state.open(
            Wallet(
                id: request.walletID, owner: owner.id, type: request.type, currency: request.currency,
                name: request.name),
            of: owner)
        return Verdict(transition: .walletOpened, status: .completed)
    }

    mutating func openSubWallet(_ request: OpenSubWallet, _ command: Command) throws(Refusal) -> Verdict {
        let parent = try wallet(request.parent, for: command, needing: .manage, field: "wallet")
        // A sub-wallet of a sub-wallet has no meaning of its own.
        if parent.wallet.parent != nil { throw Refusal(.notPermitted, field: "wallet") }
        try checkIsActive(parent.wallet, field: "wallet")
        try checkVerification(parent)
        if parent.owner.subWallets >= Owner.subWalletsMax { throw Refusal(.tooMany, field: "name") }
        precondition(state.index(of: request.walletID) == nil, "a sub-wallet's id comes from its command")
        var owner = parent.owner
        owner.subWallets += 1
        state.change(owner)
        state.open(
            Wallet(
                id: request.walletID, owner: owner.id, parent: parent.wallet.id, type: parent.wallet.type,
                currency: parent.wallet.currency, name: request.name),
            of: owner)
        return Verdict(transition: .walletOpened, status: .completed)
    }

    // MARK: - Stopping and closing

    mutating func freezeWallet(_ request: ChangeWallet, _ command: Command) throws(Refusal) -> Verdict {
        let (found, authority) = try wallet(request.wallet, toFreezeFor: command)
        var standing = found.wallet.standing
        if standing.status == .closed { throw Refusal(.walletClosed, field: "wallet") }
        if standing.isFrozen(by: authority) { throw Refusal(.walletFrozen, field: "wallet") }
        standing.freeze(by: authority)
        state.change(found.index, standing)
        return Verdict(transition: .walletFrozen, status: .completed)
    }

    /// Whoever froze a wallet releases it: what compliance stopped, its owner cannot start, and what its owner stopped
    /// stays stopped when compliance has nothing against it any more.
    mutating func unfreezeWallet(_ request: ChangeWallet, _ command: Command) throws(Refusal) -> Verdict {
        let (found, authority) = try wallet(request.wallet, toFreezeFor: command)
        var standing = found.wallet.standing
        let frozenBy = standing.frozenBy ?? []
        if !frozenBy.isEmpty, !frozenBy.contains(authority) || (authority == .owner && frozenBy != .owner) {
            throw Refusal(.notPermitted, field: "wallet")
        }
        if standing.status == .closed { throw Refusal(.walletClosed, field: "wallet") }
        if standing.status != .frozen { throw Refusal(.walletNotFrozen, field: "wallet") }
        let left = frozenBy.subtracting(authority)
        standing.status = left.isEmpty ? .active : .frozen
        standing.frozenBy = left.isEmpty ? nil : left
        return change(found.index, standing, left.isEmpty ? .walletUnfrozen : .walletFrozen)
    }

    mutating func closeWallet(_ request: ChangeWallet, _ command: Command) throws(Refusal) -> Verdict {
        let found = try wallet(request.wallet, for: command, needing: .manage, field: "wallet")
        let wallet = found.wallet
        try checkIsActive(wallet, field: "wallet")
        if wallet.snapshot.total != 0 { throw Refusal(.walletNotEmpty, field: "total") }
        if wallet.standing.claim != 0 { throw Refusal(.walletNotEmpty, field: "claim") }
        if wallet.standing.underWay != 0 { throw Refusal(.walletNotEmpty, field: "under_way") }
        if wallet.parent == nil, found.owner.subWallets != 0 { throw Refusal(.walletNotEmpty, field: "sub_wallets") }
        if wallet.parent != nil {
            var owner = found.owner
            owner.subWallets -= 1
            state.change(owner)
        }
        var standing = wallet.standing
        standing.status = .closed
        return change(found.index, standing, .walletClosed)
    }

    private mutating func change(
        _ index: Int, _ standing: Wallet.Standing, _ transition: Transition
    ) -> Verdict {
        var standing = standing
        standing.version += 1
        state.change(index, standing)
        return Verdict(transition: transition, status: .completed)
    }

    private func wallet(
        _ id: WalletID, toFreezeFor command: Command
    ) throws(Refusal) -> (found: Found, authority: FreezeAuthority) {
        if command.caller.permissions.contains(.complianceRole) {
            return (try wallet(id, field: "wallet"), .compliance)
        }
        return (try wallet(id, for: command, needing: .manage, field: "wallet"), .owner)
    }

    // MARK: - Teams

    mutating func setMember(_ request: SetMember, _ command: Command) throws(Refusal) -> Verdict {
        let found = try wallet(request.wallet, for: command, needing: .manage, field: "wallet")
        // The owner's own place is not one in the team.
        if request.user == found.owner.controller { throw Refusal(.notPermitted, field: "user") }
        try checkHasTeam(found.wallet)
        var owner = found.owner
        if owner.team[request.user] == nil, owner.team.count >= Owner.teamMembersMax {
            throw Refusal(.tooMany, field: "user")
        }
        owner.team[request.user] = request.role
        state.change(owner)
        return Verdict(transition: .memberChanged, status: .completed)
    }

    mutating func removeMember(_ request: RemoveMember, _ command: Command) throws(Refusal) -> Verdict {
        let found = try wallet(request.wallet, for: command, needing: .manage, field: "wallet")
        try checkHasTeam(found.wallet)
        var owner = found.owner
        guard owner.team.removeValue(forKey: request.user) != nil else {
            throw Refusal(.memberNotFound, field: "user")
        }
        state.change(owner)
        return Verdict(transition: .memberChanged, status: .completed)
    }

    /// A merchant's team acts on all of its wallets, whichever of them a command names.
    private func checkHasTeam(_ wallet: Wallet) throws(Refusal) {
        if wallet.status == .closed { throw Refusal(.walletClosed, field: "wallet") }
        guard wallet.type == .business else { throw Refusal(.notABusiness, field: "wallet") }
    }
}
