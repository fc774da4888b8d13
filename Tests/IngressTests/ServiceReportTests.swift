// What a callback may mean, given what the ledger has: a word about something never asked for means nothing.

import Domain
import HTTPTypes
import Testing
import Wire

@testable import Ingress

@Suite("A service's report")
struct ServiceReportTests {
    private let id = CommandID(high: 0x0102_0304_0506_8708, low: 0x890a_0b0c_0d0e_0f10)
    private let wallet = WalletID(high: 0x1122_3344_5566_8788, low: 0x99aa_bbcc_ddee_ff9f)

    private func body(
        _ sender: CallbackSender = .payment, status: String = "captured", amount: Int64 = 150_000,
        more: String = "", key: String? = nil
    ) -> [UInt8] {
        let amount = #"{"amount":\#(amount),"currency":"DZD"}"#
        let subject = #""id":"x_1","idempotency_key":"\#(key ?? id.description)""#
        let data = #"{\#(subject),"status":"\#(status)","amount":\#(amount)"#
        let text = #"{"type":"\#(sender.reportType)","timestamp":"2026-11-22T12:00:00Z","data":\#(data)\#(more)}}"#
        return Array(text.utf8)
    }

    private func movement(
        _ kind: Movement.Kind = .topUp(.card), _ status: CommandStatus = .pending, amount: Int64 = 150_000
    ) -> Movement {
        Movement(
            id: id, kind: kind, wallet: wallet, amount: Money(amount, .dzd), fee: Money(0, .dzd), feeVersion: 1,
            status: status, code: .ok, last: Position(period: 202_611, lane: 0, sequence: 1))
    }

    private let withdrawal = Movement.Kind.withdrawal(.standard, BeneficiaryID(high: 1, low: 2))

    /// The word that is carried on, or the code of the refusal.
    private func meaning(_ body: [UInt8], _ sender: CallbackSender, _ movement: Movement?) throws -> String? {
        let report = try ServiceReport(body, from: sender)
        do throws(APIError) {
            switch try report.callback(of: movement) {
            case .topUp(let settle):
                #expect(settle.topUp == id && settle.wallet == wallet && settle.amount == movement?.amount)
                return settle.result.name
            case .withdrawal(let settle):
                #expect(settle.withdrawal == id && settle.wallet == wallet)
                return settle.step.name
            case .unexplained, nil: return nil
            }
        } catch {
            return "\(error.code.status.code) \(error.code.name)"
        }
    }

    @Test("a final word is carried on with the ledger's own wallet and amount, whatever has become of it meanwhile")
    func finalWords() throws {
        for status: CommandStatus in [.pending, .completed, .rejected] {
            for word in ["captured", "declined"] {
                #expect(try meaning(body(status: word), .payment, movement(.topUp(.mobile), status)) == word)
            }
        }
        for status: CommandStatus in [.sent, .completed, .returned] {
            for word in ["confirmed", "returned"] {
                #expect(try meaning(body(.bank, status: word), .bank, movement(withdrawal, status)) == word)
            }
        }
    }

    @Test("what is not final yet is taken and carried nowhere")
    func pending() throws {
        #expect(try meaning(body(status: "pending"), .payment, movement()) == nil)
        #expect(try meaning(body(.bank, status: "pending"), .bank, movement(withdrawal, .sent)) == nil)
    }

    @Test("what the service was never asked for is not found, and a payout before it is sent is not asked for yet")
    func unknown() throws {
        let (charge, payout) = (body(), body(.bank, status: "confirmed"))
        #expect(try meaning(charge, .payment, nil) == "404 TOP_UP_NOT_FOUND")
        #expect(try meaning(payout, .bank, nil) == "404 WITHDRAWAL_NOT_FOUND")
        #expect(try meaning(charge, .payment, movement(withdrawal, .sent)) == "404 TOP_UP_NOT_FOUND")
        #expect(try meaning(charge, .payment, movement(.payment(merchant: wallet))) == "404 TOP_UP_NOT_FOUND")
        #expect(try meaning(payout, .bank, movement()) == "404 WITHDRAWAL_NOT_FOUND")
        for status: CommandStatus in [.held, .cancelled] {
            #expect(try meaning(payout, .bank, movement(withdrawal, status)) == "404 WITHDRAWAL_NOT_FOUND")
        }
    }

    @Test("another amount is refused, so that it cannot use up the key of the true word")
    func amounts() throws {
        #expect(try meaning(body(amount: 150_001), .payment, movement()) == "422 AMOUNT_MISMATCH")
        #expect(
            try meaning(body(.bank, status: "returned", amount: 1), .bank, movement(withdrawal, .sent))
                == "422 AMOUNT_MISMATCH")
    }

    @Test("what is missing or not of its form is named; what nobody knows is passed over")
    func malformed() throws {
        for (text, field) in [
            ("", ""), ("[]", ""), ("{}", "type"), (#"{"type":"payout.updated"}"#, "type"),
            (#"{"type":"charge.updated"}"#, "timestamp"),
            (#"{"type":"charge.updated","timestamp":"yesterday"}"#, "timestamp"),
            (#"{"type":"charge.updated","timestamp":"2026-11-22T12:00:00Z"}"#, "data"),
            (#"{"type":"charge.updated","timestamp":"2026-11-22T12:00:00Z","data":{}}"#, "data.id"),
        ] {
            #expect(throws: FieldError(.malformed, field: field)) {
                try ServiceReport(Array(text.utf8), from: .payment)
            }
        }
        for (body, field) in [
            (body(key: "x"), "data.idempotency_key"), (body(status: "sent"), "data.status"),
            (body(.payment, status: "confirmed"), "data.status"),
            (body(more: #","status":"captured""#), "status"),
        ] {
            #expect(throws: FieldError(.malformed, field: field)) { try ServiceReport(body, from: .payment) }
        }
        #expect(throws: FieldError(.malformed, field: "data.status")) {
            try ServiceReport(body(.bank, status: "sent"), from: .bank)
        }
        #expect(throws: FieldError(.amountOutOfRange, field: "data.amount.amount")) {
            try ServiceReport(body(amount: 0), from: .payment)
        }
        #expect(try ServiceReport(body(more: #","colour":"blue""#), from: .payment).status == "captured")
    }
}
