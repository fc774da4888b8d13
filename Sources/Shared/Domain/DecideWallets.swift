// Opening wallets.

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
        let owner = Owner(id: request.ownerID, controller: user, verification: request.verification)
        state.open(
            Wallet(
                id: request.walletID, owner: owner.id, type: request.type, currency: request.currency,
                status: .active, name: request.name, available: 0, pending: 0, reserve: 0, version: 0, last: nil),
            of: owner)
        return Verdict(transition: .walletOpened, status: .completed)
    }
}
