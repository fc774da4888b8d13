// PaySim files: what is read, what is refused, and what rows become.

import Domain
import Foundation
import Testing

@testable import Demo

@Suite("PaySim")
struct PaySimTests {
    private static let header = PaySimRow.fieldNames.joined(separator: ",")

    /// Lends a file of these lines.
    private func withFile<Value>(_ lines: [String], ending: String = "\n", _ body: (String) throws -> Value) throws
        -> Value
    {
        let path = FileManager.default.temporaryDirectory.appending(path: "paysim-\(UUID()).csv").path()
        try Data((lines.joined(separator: "\n") + ending).utf8).write(to: URL(filePath: path))
        let value = Result { try body(path) }
        try FileManager.default.removeItem(atPath: path)
        return try value.get()
    }

    private func scale(_ text: String) throws -> DecimalNumber { try #require(DecimalNumber(text)) }

    private func actions(_ rows: [String], scale text: String = "0.1") throws -> (actions: [Action], remarks: [String])
    {
        try withFile([Self.header] + rows) { path in
            var traffic = try PaySimTraffic(path: path, scale: scale(text))
            var actions: [Action] = []
            while let action = try traffic.next() { actions.append(action) }
            return (actions, traffic.remarks)
        }
    }

    private func error(_ lines: [String]) throws -> PaySimError? {
        let scale = try scale("0.1")
        return try withFile(lines) { path in
            do throws(PaySimError) {
                _ = try PaySimTraffic(path: path, scale: scale)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test(
        "amounts are scaled exactly and half a centime goes to the even one",
        arguments: [
            ("20128.0", "0.1", Int64(201_280)), ("5616.1", "0.1", 56_161), ("2063.77", "0.1", 20_638),
            ("0.05", "0.1", 0), ("0.15", "0.1", 2), ("0.25", "0.1", 2), ("0.250001", "0.1", 3),
            ("1.0e4", "0.1", 100_000),
            ("10", "1", 1000), ("0.04", "0.1", 0), ("123456789012.34", "1", 12_345_678_901_234),
        ])
    func scaling(amount: String, factor: String, centimes: Int64) throws {
        #expect(try #require(DecimalNumber(amount)).hundredths(times: scale(factor)) == centimes)
    }

    @Test(
        "what is not a plain decimal number is not read",
        arguments: ["", ".", "1.", ".5", "-1", "+1", "1e", "0x1", "nan", "1e99", "1 ", "1,5"])
    func notNumbers(text: String) {
        #expect(DecimalNumber(text) == nil)
    }

    @Test("a cash-in opens both wallets, puts the first balance in, and tops up by card")
    func cashIn() throws {
        let (actions, _) = try actions(["1,CASH_IN,1000.0,C1,500.0,1500.0,C2,0.0,0.0,0.0,0.0"])
        #expect(actions.map(\.request.resource) == [.wallets, .wallets, .topUps, .topUps])
        #expect(String(decoding: actions[2].request.body, as: UTF8.self).contains("\"method\":\"bank_transfer\""))
        #expect(String(decoding: actions[3].request.body, as: UTF8.self).contains("\"method\":\"card\""))
        #expect(actions[2].effects.completed.map(\.minorUnits) == [5000])
        #expect(actions[3].effects.completed.map(\.minorUnits) == [9800])
    }

    @Test("money out goes to a beneficiary of the wallet, added once")
    func cashOut() throws {
        let (actions, _) = try actions([
            "1,CASH_OUT,100.0,C1,500.0,400.0,C2,0.0,0.0,0,0", "1,DEBIT,100.0,C1,400.0,300.0,C2,0.0,0.0,0,0",
        ])
        #expect(
            actions.map(\.request.resource)
                == [.wallets, .wallets, .topUps, .beneficiaries, .withdrawals, .withdrawals])
        #expect(actions[3].awaitsVerification != nil)
        #expect(actions.allSatisfy { $0.prediction == .decided(.completed, .ok) })
    }

    @Test("a transfer of all that is there is refused once the fee comes on top; a cash-out of it is not")
    func fee() throws {
        let free = (1...5).map { "1,TRANSFER,10.0,C1,\(560 - 10 * $0).0,0.0,C2,0.0,0.0,1,0" }
        let (transfers, _) = try actions(free + ["1,TRANSFER,500.0,C1,500.0,0.0,C2,0.0,0.0,1,0"])
        let made = transfers.filter { $0.request.resource == .transfers }.map(\.prediction)
        #expect(made.dropLast().allSatisfy { $0 == .decided(.completed, .ok) } && made.count == 6)
        #expect(made.last == .decided(.rejected, .insufficientFunds))
        let (cashOut, _) = try actions(["1,CASH_OUT,500.0,C1,500.0,0.0,C2,0.0,0.0,1,0"])
        #expect(cashOut.last?.prediction == .decided(.completed, .ok))
    }

    @Test("a payment goes to the merchant's business wallet")
    func payment() throws {
        let (actions, _) = try actions(["1,PAYMENT,100.0,C1,500.0,400.0,M2,0.0,0.0,0,0"])
        #expect(String(decoding: actions[1].request.body, as: UTF8.self).contains("\"type\":\"business\""))
        #expect(actions.last?.effects.completed.map(\.minorUnits) == [-1000, 985])
    }

    @Test("an amount that becomes 0 is skipped and counted")
    func skipped() throws {
        let (actions, remarks) = try actions(["1,PAYMENT,0.01,C1,0.0,0.0,M2,0.0,0.0,0,0"])
        #expect(actions.map(\.request.resource) == [.wallets, .wallets])
        #expect(remarks == ["1 rows read, 1 skipped because their scaled amount is 0"])
    }

    @Test("the same file at the same scale has the same keys, at another scale others")
    func keys() throws {
        let row = "1,CASH_IN,1000.0,C1,500.0,1500.0,C2,0.0,0.0,0.0,0.0"
        #expect(try actions([row]).actions.map(\.request) == actions([row]).actions.map(\.request))
        #expect(try actions([row]).actions[0].request.key != actions([row], scale: "0.2").actions[0].request.key)
    }

    @Test("a bad line stops before anything is played, with its number and the field")
    func badLines() throws {
        let good = "1,CASH_IN,1000.0,C1,500.0,1500.0,C2,0.0,0.0,0.0,0.0"
        func badLine(_ text: String) throws -> PaySimError? { try error([Self.header, good, text]) }
        #expect(try error(["a,b"])?.reason == .notThisHeader)
        #expect(try badLine("1,CASH_IN") == PaySimError(reason: .fields(found: 2), line: 3))
        #expect(try badLine("") == PaySimError(reason: .fields(found: 1), line: 3))
        let fields = good.split(separator: ",").map(String.init)
        for (index, name) in PaySimRow.fieldNames.enumerated() {
            var changed = fields
            changed[index] = "?"
            #expect(try badLine(changed.joined(separator: ",")) == PaySimError(reason: .field(name), line: 3))
        }
        #expect(
            try badLine("1,CASH_IN,99999999999999999,C1,0,0,C2,0,0,0,0")
                == PaySimError(reason: .field("amount"), line: 3))
        #expect(try badLine(String(repeating: "x", count: 100_000))?.reason == .lineTooLong)
    }

    @Test("lines may end in CR LF, the last one in nothing, and the header may spell newbalanceOrg")
    func forms() throws {
        let header = Self.header.replacing("newbalanceOrig", with: "newbalanceOrg")
        let rows = ["1,CASH_IN,1000.0,C1,500.0,1500.0,C2,0.0,0.0,0.0,0.0", "1,DEBIT,1,C1,0,0,C2,0,0,0,0"]
        try withFile([header + "\r", rows[0] + "\r", rows[1]], ending: "") { path in
            var reader = try PaySimReader(path: path)
            #expect(try reader.next()?.kind == .cashIn)
            #expect(try reader.next()?.kind == .debit)
            #expect(try reader.next() == nil)
        }
    }
}
