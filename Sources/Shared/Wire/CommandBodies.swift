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
    public static let referenceBytesMax = 64
    /// What a bank writes beside a line of its statement.
    public static let lineTextBytesMax = 1024
}

extension CommandType {
    /// What the path of a command of this type holds, sorted.
    var targetNames: [String] {
        switch self {
        case .openSubWallet, .freezeWallet, .unfreezeWallet, .closeWallet, .setMember: ["wallet"]
        case .removeMember: ["user", "wallet"]
        case .submitRefund: ["payment"]
        case .settleDispute: ["dispute", "step"]
        case .settleTopUp, .recordChargeback, .winChargeback: ["topup"]
        case .settleAdjustment: ["adjustment", "step"]
        case .verifyBeneficiary: ["beneficiary"]
        case .settleWithdrawal, .cancelWithdrawal, .expireWithdrawal: ["withdrawal"]
        case .removeBeneficiary: ["beneficiary", "wallet"]
        case .openWallet, .submitTransfer, .submitPayment, .openDispute, .submitMove, .submitBulk, .submitTopUp,
            .addBeneficiary, .submitWithdrawal, .recordSettlement, .recordBankCharge, .sweepFees, .addOwnFunds,
            .recordLine, .returnLine, .confirmLineReturn, .proposeAdjustment:
            []
        }
    }
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
            case .openSubWallet: try openSubWallet(&fields, id)
            case .freezeWallet: .freezeWallet(try changeWallet(&fields))
            case .unfreezeWallet: .unfreezeWallet(try changeWallet(&fields))
            case .closeWallet: .closeWallet(try changeWallet(&fields))
            case .setMember: try setMember(&fields)
            case .removeMember: try removeMember()
            case .submitTransfer: try submitTransfer(&fields, resolved)
            case .submitPayment: try submitPayment(&fields)
            case .submitRefund: try submitRefund(&fields)
            case .openDispute: try openDispute(&fields)
            case .settleDispute: try settleDispute(&fields)
            case .submitMove: try submitMove(&fields)
            case .submitBulk: try submitBulk(&fields, id, resolved)
            case .submitTopUp: try submitTopUp(&fields)
            case .settleTopUp: try settleTopUp(&fields)
            case .addBeneficiary: try addBeneficiary(&fields, id)
            case .verifyBeneficiary: try verifyBeneficiary(&fields)
            case .submitWithdrawal: try submitWithdrawal(&fields)
            case .cancelWithdrawal: try cancelWithdrawal(&fields)
            case .settleWithdrawal: try settleWithdrawal(&fields)
            case .recordSettlement: try recordSettlement(&fields)
            case .recordBankCharge: try recordBankCharge(&fields)
            case .sweepFees: try sweepFees(&fields)
            case .addOwnFunds: try addOwnFunds(&fields)
            case .recordLine: try recordLine(&fields)
            case .returnLine: try returnLine(&fields)
            case .confirmLineReturn: try confirmLineReturn(&fields)
            case .proposeAdjustment: try proposeAdjustment(&fields)
            case .settleAdjustment: try settleAdjustment(&fields)
            case .recordChargeback: try recordChargeback(&fields, id)
            case .winChargeback: try winChargeback(&fields)
            case .expireWithdrawal: try expireWithdrawal(&fields)
            case .removeBeneficiary: try removeBeneficiary()
            }
        try fields.finish()
        return request
    }

    /// An id that the path holds.
    func targetIdentifier<Kind>(_ name: String, of kind: Kind.Type) throws(FieldError) -> Identifier<Kind> {
        guard let id = targetPart(name).flatMap({ Identifier<Kind>($0) }) else {
            throw FieldError(.malformed, field: "target.\(name)")
        }
        return id
    }

    /// A word that the path holds.
    func targetChoice<Value: CaseIterable>(_ name: String, _ word: (Value) -> String) throws(FieldError) -> Value {
        guard let text = targetPart(name), let value = Value.allCases.first(where: { word($0) == text }) else {
            throw FieldError(.malformed, field: "target.\(name)")
        }
        return value
    }

    /// A part of the target, which has all the parts that its type has and no other.
    private func targetPart(_ name: String) -> String? {
        let parts = target.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1) }
        guard parts.map(\.first) == CommandType(name: type)?.targetNames.map({ $0[...] }) else { return nil }
        return parts.first { $0[0] == name && $0.count == 2 }.map { String($0[1]) }
    }
}
