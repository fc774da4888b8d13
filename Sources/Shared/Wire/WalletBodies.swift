// The bodies of commands about wallets themselves.

import Domain

extension CommandContent {
    func openWallet(
        _ fields: inout FieldReader, _ id: CommandID, _ user: OwnerID?, _ resolved: Resolved
    ) throws(FieldError) -> Request {
        let type: WalletType = try fields.choice("type", \.name)
        guard let code = try fields.required("currency").text, let currency = Currency(code: code) else {
            throw fields.malformed("currency")
        }
        let name = try fields.optionalString("name", bytesMax: BodyLimits.nameBytesMax)
        guard let user else { throw FieldError(.malformed, field: "scope") }
        guard let verification = resolved.verification else { throw FieldError(.malformed, field: "resolved") }
        let owner = type == .personal ? user : OwnerID(ofMerchantOpenedBy: id)
        let wallet =
            type == .personal ? WalletID(ofPerson: user, currency) : WalletID(ofMerchant: owner, openedBy: id)
        return .openWallet(
            OpenWallet(
                walletID: wallet, ownerID: owner, type: type, currency: currency, name: name,
                verification: verification))
    }

    func openSubWallet(_ fields: inout FieldReader, _ id: CommandID) throws(FieldError) -> Request {
        let parent = try targetIdentifier("wallet", of: WalletKind.self)
        return .openSubWallet(
            OpenSubWallet(
                walletID: WalletID(besides: parent, openedBy: id), parent: parent,
                name: try fields.string("name", bytesMax: BodyLimits.nameBytesMax)))
    }

    /// Freezing, unfreezing and closing. The reason is kept with the command and told to nobody.
    func changeWallet(_ fields: inout FieldReader) throws(FieldError) -> ChangeWallet {
        _ = try fields.optionalString("reason", bytesMax: BodyLimits.descriptionBytesMax)
        return ChangeWallet(wallet: try targetIdentifier("wallet", of: WalletKind.self))
    }

    func setMember(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .setMember(
            SetMember(
                wallet: try targetIdentifier("wallet", of: WalletKind.self),
                user: try fields.identifier("user", of: OwnerKind.self), role: try fields.choice("role", \.name)))
    }

    func removeMember() throws(FieldError) -> Request {
        .removeMember(
            RemoveMember(
                wallet: try targetIdentifier("wallet", of: WalletKind.self),
                user: try targetIdentifier("user", of: OwnerKind.self)))
    }
}
