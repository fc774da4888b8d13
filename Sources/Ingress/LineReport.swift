// A line of the bank's statement as the bank reports it, and whose money the ledger lets it be: pure.

import Domain
import Wire

/// `{"type":"line.booked","timestamp","data":{"line","amount","text"}}`: money came in.
struct LineReport: Sendable {
    static let type = "line.booked"

    let line: BankLine
    /// The one reference that the text names; nil for none, and for several.
    let reference: TransferReference?

    /// - Returns: nil for a report of another type.
    /// - Throws: the first field that is missing or not of its form.
    init?(_ body: [UInt8]) throws(FieldError) {
        var fields = try FieldReader(body: body)
        guard try fields.string("type", bytesMax: 64) == Self.type else { return nil }
        guard Timestamp(rfc3339: try fields.string("timestamp", bytesMax: 64)) != nil else {
            throw fields.malformed("timestamp")
        }
        var data = try FieldReader(fields.required("data"), path: "data")
        let id = try data.string("line", bytesMax: BodyLimits.referenceBytesMax)
        guard CommandEnvelope.isValidKey(id) else { throw data.malformed("line") }
        let amount = try data.money("amount")
        guard let text = try data.required("text").text, 1...BodyLimits.lineTextBytesMax ~= text.utf8.count else {
            throw data.malformed("text")
        }
        // Before control characters become blanks: a line break may stand within a reference.
        let references = TransferReference.find(in: text)
        reference = references.count == 1 ? references[0] : nil
        line = BankLine(id: id, amount: amount, text: text)
    }

    /// The same for the same line, whatever became of its top-up meanwhile: what it pays for is decided in the lane.
    ///
    /// - Parameter topUp: whom `reference` was given to.
    /// - Returns: the settlement of that top-up, and of nobody's money that is not explained.
    func callback(of topUp: Movement?) -> Callback {
        guard let topUp else { return .unexplained(line) }
        return .topUp(
            SettleTopUp(
                topUp: topUp.id, wallet: topUp.wallet, result: .captured, amount: line.amount, line: line.id))
    }
}
