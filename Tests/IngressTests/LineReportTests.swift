// Whose money a line of the bank's is.

import Domain
import Testing
import Wire

@testable import Ingress

@Suite("A line that the bank reports")
struct LineReportTests {
    private let id = CommandID(high: 0x0102_0304_0506_8708, low: 0x890a_0b0c_0d0e_0f10)
    private let wallet = WalletID(high: 0x1122_3344_5566_8788, low: 0x99aa_bbcc_ddee_ff9f)
    private var reference: TransferReference { TransferReference(command: id) }

    private func report(_ text: String, line: String = "LN-1", amount: Int64 = 150_000) throws -> LineReport? {
        let amount = #"{"amount":\#(amount),"currency":"DZD"}"#
        let data = #"{"line":"\#(line)","amount":\#(amount),"text":"\#(text)"}"#
        return try LineReport(
            Array(#"{"type":"line.booked","timestamp":"2026-11-22T12:00:00Z","data":\#(data)}"#.utf8))
    }

    private func movement(_ status: CommandStatus = .pending, amount: Int64 = 150_000) -> Movement {
        Movement(
            id: id, kind: .topUp(.bankTransfer), wallet: wallet, amount: Money(amount, .dzd), fee: Money(0, .dzd),
            feeVersion: 1, status: status, code: .ok, last: Position(period: 202_611, lane: 0, sequence: 1))
    }

    @Test("names a reference however it is written, and none when it names several")
    func references() throws {
        let other = TransferReference(command: id, attempt: 1)
        #expect(try report("VIR \(reference) MERCI")?.reference == reference)
        #expect(try report("\(reference)".lowercased().replacing("-", with: " "))?.reference == reference)
        #expect(try report("\(reference) \(reference)")?.reference == reference)
        #expect(try report("\(reference) \(other)")?.reference == nil)
        #expect(try report("merci")?.reference == nil)
    }

    @Test("asks for the same settlement whatever became of its top-up, and is nobody's money without one")
    func callback() throws {
        let line = try #require(try report("VIR \(reference)"))
        var contents: Set<CommandContent> = []
        for topUp in [movement(), movement(.completed), movement(.rejected), movement(amount: 150_001)] {
            let callback = line.callback(of: topUp)
            guard case .topUp(let settle) = callback else {
                Issue.record("it settles nothing")
                return
            }
            #expect(settle.topUp == id && settle.wallet == wallet && settle.line == "LN-1")
            #expect(settle.result == .captured && settle.amount == Money(150_000, .dzd))
            contents.insert(callback.content)
        }
        #expect(contents.count == 1)
        guard case .unexplained(let unexplained) = line.callback(of: nil) else {
            Issue.record("it settles nobody's")
            return
        }
        #expect(unexplained.id == "LN-1" && unexplained.amount == Money(150_000, .dzd))
    }

    @Test("travels as it came, with blanks for control characters")
    func travels() throws {
        let line = try #require(try report(#"VIR\n1\u0007"#))
        let callback = line.callback(of: nil)
        guard case .unexplained(let sent) = callback, case .unexplained(let read) = try Callback(callback.content)
        else {
            Issue.record("it is explained")
            return
        }
        #expect(sent == read && read.text == "VIR 1 ")
    }

    @Test("is refused with the field that is not of its form; another type is no line")
    func malformed() throws {
        #expect(throws: FieldError(.malformed, field: "data.text")) { try report("") }
        #expect(throws: FieldError(.malformed, field: "data.line")) { try report("x", line: "a b") }
        #expect(throws: FieldError(.amountOutOfRange, field: "data.amount.amount")) { try report("x", amount: -5) }
        #expect(try LineReport(Array(#"{"type":"payout.updated"}"#.utf8)) == nil)
    }
}
