// The bodies of the commands: JSON as sent in, a request of the Domain out. The ingress refuses by the same rules as the lanes.

public import Domain

/// The limits of what a body may carry.
public enum BodyLimits {
    /// The whole body (spec/interfaces.md §2).
    public static let bodyBytesMax = 256 * 1024
    public static let descriptionBytesMax = 512
    public static let metadataBytesMax = 2048
    public static let nameBytesMax = 128
    public static let paymentMethodBytesMax = 128
    public static let ribBytesMax = 64
}

/// What the client sent: the content that a repeat under the same key is compared with.
public struct CommandContent: Sendable, Hashable {
    /// `transfer.submit.v1`
    public let type: String
    /// Ids from the path, `name=uuid`, sorted and separated by spaces; often empty.
    public let target: String
    /// The HTTP body as sent.
    public let body: [UInt8]

    public init(type: String, target: String = "", body: [UInt8]) {
        self.type = type
        self.target = target
        self.body = body
    }
}

extension CommandContent {
    /// Reads the body as its type wants it.
    ///
    /// - Parameters:
    ///   - id: the command's, from which the ids of what it makes are derived.
    ///   - user: whom the command belongs to; nil for a service.
    ///   - resolved: what the publisher looked up, as signed.
    /// - Throws: the first field that is wrong.
    public func request(id: CommandID, user: OwnerID?, resolved: Resolved) throws(FieldError) -> Request {
        try request(reading: readBody(), id: id, user: user, resolved: resolved)
    }

    /// The body read once, for those who need both its fields and its digest.
    func readBody() -> Result<JSON, FieldError> {
        Result { () throws(FieldError) in try FieldReader.json(body) }
    }

    func request(
        reading json: Result<JSON, FieldError>, id: CommandID, user: OwnerID?, resolved: Resolved
    ) throws(FieldError) -> Request {
        guard let type = CommandType(name: type) else { throw FieldError(.unknownType, field: "type") }
        var fields = try FieldReader(json.get(), path: "")
        let request: Request =
            switch type {
            case .openWallet: try openWallet(&fields, id, user, resolved)
            case .submitTransfer: try submitTransfer(&fields)
            case .submitTopUp: try submitTopUp(&fields)
            case .settleTopUp: try settleTopUp(&fields)
            case .addBeneficiary: try addBeneficiary(&fields, id)
            case .verifyBeneficiary: try verifyBeneficiary(&fields)
            case .submitWithdrawal: try submitWithdrawal(&fields)
            case .settleWithdrawal: try settleWithdrawal(&fields)
            }
        try fields.finish()
        return request
    }

    private func openWallet(
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

    private func submitTransfer(_ fields: inout FieldReader) throws(FieldError) -> Request {
        let from = try fields.identifier("from", of: WalletKind.self)
        var payee = try FieldReader(fields.required("to"), path: "to")
        let to = try payee.identifier("wallet", of: WalletKind.self)
        try payee.finish()
        let amount = try fields.money("amount")
        _ = try fields.optionalString("description", bytesMax: BodyLimits.descriptionBytesMax)
        try fields.strings("metadata", bytesMax: BodyLimits.metadataBytesMax)
        return .submitTransfer(SubmitTransfer(from: from, to: to, amount: amount))
    }

    private func submitTopUp(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .submitTopUp(
            SubmitTopUp(
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                method: try fields.choice("method", \.name),
                amount: try fields.money("amount"),
                paymentMethod: try fields.optionalString(
                    "payment_method_id", bytesMax: BodyLimits.paymentMethodBytesMax)))
    }

    private func settleTopUp(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .settleTopUp(
            SettleTopUp(
                topUp: try targetIdentifier("topup", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                result: try fields.choice("result", \.name),
                amount: try fields.money("amount")))
    }

    private func addBeneficiary(_ fields: inout FieldReader, _ id: CommandID) throws(FieldError) -> Request {
        .addBeneficiary(
            AddBeneficiary(
                beneficiary: BeneficiaryID(addedBy: id),
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                rib: try fields.string("rib", bytesMax: BodyLimits.ribBytesMax),
                holderName: try fields.string("holder_name", bytesMax: BodyLimits.nameBytesMax)))
    }

    private func verifyBeneficiary(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .verifyBeneficiary(
            VerifyBeneficiary(
                beneficiary: try targetIdentifier("beneficiary", of: BeneficiaryKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self)))
    }

    private func submitWithdrawal(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .submitWithdrawal(
            SubmitWithdrawal(
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                beneficiary: try fields.identifier("beneficiary", of: BeneficiaryKind.self),
                speed: try fields.choice("speed", \.name),
                amount: try fields.money("amount")))
    }

    private func settleWithdrawal(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .settleWithdrawal(
            SettleWithdrawal(
                withdrawal: try targetIdentifier("withdrawal", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                step: try fields.choice("step", \.name)))
    }

    private func targetIdentifier<Kind>(_ name: String, of kind: Kind.Type) throws(FieldError) -> Identifier<Kind> {
        guard target.hasPrefix("\(name)="), let id = Identifier<Kind>(String(target.dropFirst(name.count + 1))) else {
            throw FieldError(.malformed, field: "target.\(name)")
        }
        return id
    }
}

/// What the publisher looked up before it signed: not content, so a repeat may carry something else.
public struct Resolved: Sendable, Hashable {
    public let verification: Verification?

    public init(verification: Verification? = nil) {
        self.verification = verification
    }

    /// The `resolved` header: empty, or JSON.
    public var header: String {
        guard let verification else { return "" }
        var json = JSONWriter()
        json.beginObject()
        json.object("kyc") { json in
            json.member("level", Int64(verification.level))
            json.member("expires_at", verification.expiresAt.description)
            json.member("level_1_expires_at", verification.levelOneExpiresAt.description)
        }
        json.endObject()
        return json.text
    }

    public init(header: String) throws(FieldError) {
        if header.isEmpty {
            self.init()
            return
        }
        var fields = try Self.naming("resolved") { () throws(FieldError) in try FieldReader(body: Array(header.utf8)) }
        var kyc = try FieldReader(fields.required("kyc"), path: "resolved.kyc")
        try fields.finish()
        guard let level = try kyc.required("level").integer, 0...3 ~= level else { throw kyc.malformed("level") }
        let expiresAt = try Self.time(&kyc, "expires_at")
        let levelOneExpiresAt = try Self.time(&kyc, "level_1_expires_at")
        try kyc.finish()
        self.init(
            verification: Verification(
                level: Int16(level), expiresAt: expiresAt, levelOneExpiresAt: levelOneExpiresAt))
    }

    private static func time(_ fields: inout FieldReader, _ name: String) throws(FieldError) -> Timestamp {
        guard let text = try fields.required(name).text, let time = Timestamp(rfc3339: text) else {
            throw fields.malformed(name)
        }
        return time
    }

    private static func naming<Value>(
        _ field: String, _ body: () throws(FieldError) -> Value
    ) throws(FieldError) -> Value {
        do { return try body() } catch { throw FieldError(error.code, field: field) }
    }
}
