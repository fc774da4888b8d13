// The part of the sample day that is about the operator's own books, adjustments by hand and chargebacks.

import Domain
import Wire

extension SampleDay {
    mutating func keepBooks() throws {
        let plain = #""amount":\#(money(100)),"reference":"2026-11-22/7""#
        for (type, body, account) in [
            ("settlement.record.v1", #""account":"card_clearing",\#(plain),"commission":\#(money(3))"#, 12),
            ("bank_charge.record.v1", plain, 15), ("fee_sweep.record.v1", plain, 23),
            ("own_funds.record.v1", #""amount":\#(money(9_000_000)),"reference":"capital""#, 24),
            ("line.record.v1", #""direction":"credit","amount":\#(money(100)),"line":"2026-11-22/9""#, 22),
            ("line_return.submit.v1", plain + #","reason":"nobody's""#, 22), ("line_return.confirm.v1", plain, 21),
        ] as [(String, String, Int16)] {
            try asOperator(4, type, "{\(body)}", lane: account & 1)
            // The same by somebody without the role.
            try writer.write([submit(4, type, "{\(body)}")], lane: account & 1)
        }
        try adjust()
        try chargeBack()
    }

    private mutating func adjust() throws {
        let wallet = wallets[4]
        func body(_ direction: String) -> String {
            #"{"wallet":"\#(wallet)","direction":"\#(direction)","amount":\#(money(777)),"reason":"by hand"}"#
        }
        let credit = try asOperator(4, "adjustment.propose.v1", body("credit"), lane: lane(wallet))
        let debit = try asOperator(4, "adjustment.propose.v1", body("debit"), lane: lane(wallet))
        _ = try asOperator(4, "adjustment.propose.v1", body("debit"), lane: lane(wallet))
        try writer.write([submit(4, "adjustment.propose.v1", body("credit"))], lane: lane(wallet))
        for (person, adjustment, step) in [
            (4, credit, "approved"), (5, credit, "approved"), (5, credit, "rejected"), (4, debit, "rejected"),
        ] {
            try asOperator(
                person, "adjustment.settle.v1", target: "adjustment=\(adjustment) step=\(step)",
                #"{"wallet":"\#(wallet)"}"#, lane: lane(wallet))
        }
    }

    /// Of an emptied wallet with a held withdrawal, twice; and of one that has the money, which is won back.
    private mutating func chargeBack() throws {
        let wallet = wallets[3]
        let add = submit(
            3, "beneficiary.add.v1", #"{"wallet":"\#(wallet)","rib":"00799999002345678941","holder_name":"D. Late"}"#)
        try writer.write([add], lane: lane(wallet))
        let beneficiary = BeneficiaryID(addedBy: add.id)
        let verified = Submission(
            fact: "beneficiary.verify.v1", target: "beneficiary=\(beneficiary)", #"{"wallet":"\#(wallet)"}"#,
            by: "identity", key: "beneficiary/\(beneficiary)/verified")
        try writer.write([verified], lane: lane(wallet))
        let withdrawal = submit(
            3, "withdrawal.submit.v1",
            #"{"wallet":"\#(wallet)","beneficiary":"\#(beneficiary)","speed":"standard","amount":\#(money(30_000))}"#)
        try writer.write([withdrawal], lane: lane(wallet))
        let away = submit(
            3, "transfer.submit.v1",
            #"{"from":"\#(wallet)","to":{"wallet":"\#(wallets[4])"},"amount":\#(money(4_000_000))}"#)
        try writer.write([away], lane: lane(wallet))
        for _ in 0..<2 {
            try asOperator(
                4, "topup.charge_back.v1", target: "topup=\(cardTopUp)", #"{"wallet":"\#(wallet)"}"#,
                lane: lane(wallet))
        }
        let other = wallets[4]
        let topUp = submit(
            4, "topup.submit.v1", #"{"wallet":"\#(other)","method":"card","amount":\#(money(60_000))}"#)
        let captured = Submission(
            fact: "topup.settle.v1", target: "topup=\(topUp.id)",
            #"{"wallet":"\#(other)","result":"captured","amount":\#(money(60_000))}"#, by: "topups",
            key: "topup/\(topUp.id)/captured")
        for submission in [topUp, captured] { try writer.write([submission], lane: lane(other)) }
        for type in ["topup.charge_back.v1", "topup.win_back.v1"] {
            try asOperator(4, type, target: "topup=\(topUp.id)", #"{"wallet":"\#(other)"}"#, lane: lane(other))
        }
    }

    @discardableResult
    private mutating func asOperator(
        _ person: Int, _ type: String, target: String = "", _ body: String, lane: Int16
    ) throws -> CommandID {
        let submission = submit(person, type, target: target, body).granting([.operatorRole, .approverRole])
        try writer.write([submission], lane: lane)
        return submission.id
    }
}
