// What an outside service reports of its own accord, on its way from the ingress to the worker whose matter it is.

public import Domain

/// A report that the ingress has checked: whose signature it bears, and that the ledger knows what it is about.
///
/// It travels as a signed message of its own type, with the target and body of the command that the worker makes of it.
/// Wallet and amount are the ledger's own: of the service's words only the final one is carried on.
public enum Callback: Sendable {
    case topUp(SettleTopUp)
    case withdrawal(SettleWithdrawal)
    /// A line of the bank's that pays for nothing we know.
    case unexplained(BankLine)

    public static let lineType = "callback.line.v1"
    public static let paymentType = "callback.payment.v1"
    public static let payoutType = "callback.payout.v1"

    /// Whether a message of this type is a callback and no event.
    public static func isCallback(type: String) -> Bool { type.hasPrefix("callback.") }

    /// As it travels.
    public var content: CommandContent {
        switch self {
        case .topUp(let settle): CommandContent(settle).of(type: Self.paymentType)
        case .withdrawal(let settle): CommandContent(settle).of(type: Self.payoutType)
        case .unexplained(let line): line.record.of(type: Self.lineType)
        }
    }

    /// Reads what travelled.
    ///
    /// - Throws: the first field that is wrong; `UNKNOWN_TYPE` for what is no callback.
    public init(_ content: CommandContent) throws(FieldError) {
        let type: CommandType
        switch content.type {
        case Self.paymentType: type = .settleTopUp
        case Self.payoutType: type = .settleWithdrawal
        case Self.lineType:
            self = .unexplained(try BankLine(content))
            return
        default: throw FieldError(.unknownType, field: "type")
        }
        // No id is derived in these two, so it does not matter whose it is.
        let id = CommandID(high: 0, low: 0)
        switch try content.of(type: type.name).request(id: id, user: nil, resolved: Resolved()) {
        case .settleTopUp(let settle): self = .topUp(settle)
        case .settleWithdrawal(let settle): self = .withdrawal(settle)
        default: throw FieldError(.unknownType, field: "type")
        }
    }
}

extension CommandContent {
    /// The settlement of a top-up, as the worker that asked for the charge submits it.
    public init(_ settle: SettleTopUp) {
        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", settle.wallet)
        body.member("result", settle.result.name)
        body.member("amount", settle.amount)
        if let line = settle.line { body.member("line", line) }
        body.endObject()
        self.init(type: CommandType.settleTopUp.name, target: "topup=\(settle.topUp)", body: body.bytes)
    }

    /// A step of a withdrawal, as the worker that asked for the payout submits it.
    public init(_ settle: SettleWithdrawal) {
        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", settle.wallet)
        body.member("step", settle.step.name)
        body.endObject()
        self.init(type: CommandType.settleWithdrawal.name, target: "withdrawal=\(settle.withdrawal)", body: body.bytes)
    }

    fileprivate func of(type: String) -> CommandContent { CommandContent(type: type, target: target, body: body) }
}

/// A line of the bank's statement by which money came in.
public struct BankLine: Sendable, Hashable {
    /// As the bank numbers lines: visible ASCII.
    public let id: String
    public let amount: Money
    /// What the payer wrote; control characters are blanks.
    public let text: String

    public init(id: String, amount: Money, text: String) {
        self.id = id
        self.amount = amount
        let printable = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }
        self.text = String(String.UnicodeScalarView(printable))
    }

    /// The command that books it as money that is not explained yet.
    public var record: CommandContent {
        var body = JSONWriter()
        body.beginObject()
        body.member("direction", "credit")
        body.member("amount", amount)
        body.member("line", id)
        body.member("text", text)
        body.endObject()
        return CommandContent(type: "line.record.v1", body: body.bytes)
    }

    fileprivate init(_ content: CommandContent) throws(FieldError) {
        var fields = try FieldReader(body: content.body)
        _ = fields.optional("direction")
        let amount = try fields.money("amount")
        let id = try fields.string("line", bytesMax: BodyLimits.referenceBytesMax)
        let text = try fields.string("text", bytesMax: BodyLimits.lineTextBytesMax)
        try fields.finish()
        self.init(id: id, amount: amount, text: text)
    }
}
