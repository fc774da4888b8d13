// What a callback says, and what the ledger lets it mean: pure, so that every order of events can be tried.

import Domain
import Wire

/// Who sends callbacks.
enum CallbackSender: String, CaseIterable, Sendable {
    case payment
    case bank

    /// The `type` of its callbacks.
    var reportType: String {
        switch self {
        case .payment: "charge.updated"
        case .bank: "payout.updated"
        }
    }

    /// What a callback is refused with when the service was never asked for such a thing.
    fileprivate var notFound: APIError {
        switch self {
        case .payment: APIError(.outcome(.topUpNotFound), field: "data.idempotency_key")
        case .bank: APIError(.outcome(.withdrawalNotFound), field: "data.idempotency_key")
        }
    }
}

/// `{"type","timestamp","data":{"id","idempotency_key","status","amount"}}`; what else it says is passed over.
struct ServiceReport: Sendable {
    /// What a service calls a charge or payout that is not final yet.
    static let pending = "pending"
    static let idBytesMax = 128

    let sender: CallbackSender
    /// Under which it was asked: the id of the command that it is about.
    let key: CommandID
    let status: String
    let amount: Money

    /// - Throws: the first field that is missing or not of its form, the status among them.
    init(_ body: [UInt8], from sender: CallbackSender) throws(FieldError) {
        var fields = try FieldReader(body: body)
        guard try fields.string("type", bytesMax: 64) == sender.reportType else { throw fields.malformed("type") }
        guard Timestamp(rfc3339: try fields.string("timestamp", bytesMax: 64)) != nil else {
            throw fields.malformed("timestamp")
        }
        var data = try FieldReader(fields.required("data"), path: "data")
        _ = try data.string("id", bytesMax: Self.idBytesMax)
        key = try data.identifier("idempotency_key", of: CommandKind.self)
        status = try data.string("status", bytesMax: 64)
        amount = try data.money("amount")
        self.sender = sender
        let words =
            switch sender {
            case .payment: SettleTopUp.Result.ofCharges.map(\.name)
            case .bank: Self.steps.map(\.name)
            }
        guard status == Self.pending || words.contains(status) else { throw data.malformed("status") }
    }

    /// The steps that are the bank's to report.
    private static let steps: [SettleWithdrawal.Step] = [.confirmed, .returned]

    /// What the worker is told: the ledger's own wallet and amount, with the service's final word.
    ///
    /// - Parameter movement: what the ledger has under `key`.
    /// - Returns: nil when nothing is final yet.
    /// - Throws: `TOP_UP_NOT_FOUND` or `WITHDRAWAL_NOT_FOUND` for what the service was never asked for;
    ///   `AMOUNT_MISMATCH`. Let through, such a word would use up the key of the true one.
    func callback(of movement: Movement?) throws(APIError) -> Callback? {
        guard let movement, isAskedFor(movement) else { throw sender.notFound }
        guard amount == movement.amount else { throw APIError(.outcome(.amountMismatch), field: "data.amount") }
        switch sender {
        case .payment:
            guard let result = SettleTopUp.Result.ofCharges.first(where: { $0.name == status }) else { return nil }
            return .topUp(
                SettleTopUp(
                    topUp: movement.id, wallet: movement.wallet, result: result, amount: movement.amount))
        case .bank:
            guard let step = Self.steps.first(where: { $0.name == status }) else { return nil }
            return .withdrawal(SettleWithdrawal(withdrawal: movement.id, wallet: movement.wallet, step: step))
        }
    }

    /// The bank hears of a withdrawal once it is sent, and of one that was cancelled never.
    private func isAskedFor(_ movement: Movement) -> Bool {
        switch (sender, movement.kind) {
        // Money by bank transfer comes with a line of the bank's.
        case (.payment, .topUp(let method)): method != .bankTransfer
        case (.bank, .withdrawal): [.sent, .completed, .returned].contains(movement.status)
        default: false
        }
    }
}
