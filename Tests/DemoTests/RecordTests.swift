// What is counted, what is found wanting, and the table that comes of it.

import Domain
import Testing
import Wire

@testable import Demo

@Suite("The record")
struct RecordTests {
    private let payer = Participant(label: "test", name: "payer", kind: .person)
    private let payee = Participant(label: "test", name: "payee", kind: .merchant)

    private func state(_ action: Action, _ status: CommandStatus, _ code: OutcomeCode = .ok) throws -> Answer {
        .decided(CommandState(command: try #require(action.request.commandID), status: status.name, code: code.name))
    }

    /// A record of two open wallets, 500.00 in the first, and 100.00 paid to the second.
    private func played() throws -> (Record, Playbook) {
        var (record, playbook) = (Record(), Playbook(label: "test"))
        let actions = [
            playbook.open(payer), playbook.open(payee), playbook.topUp(payer, .bankTransfer, 500_00, nil),
            playbook.transfer(from: payer, to: payee, 100_00),
        ]
        for action in actions { record.add(Performance(action: action, answers: [try state(action, .completed)])) }
        return (record, playbook)
    }

    private func balance(_ record: inout Record, _ payerTotal: Int64, _ payeeTotal: Int64, pending: Int64 = 0) {
        record.add(payer.wallet, .success(WalletBalance(total: payerTotal, pending: pending)))
        record.add(payee.wallet, .success(WalletBalance(total: payeeTotal, pending: 0)))
    }

    @Test("what goes as predicted is as it must be")
    func clean() throws {
        var (record, _) = try played()
        #expect(!record.isAsItMustBe, "no balance was compared yet")
        balance(&record, 400_00, 100_00)
        #expect(record.isAsItMustBe)
        #expect(record.submitted == 4 && record.decided == 4)
    }

    @Test("a balance that is off by a centime is found, and so is one that is still pending")
    func balances() throws {
        var (off, _) = try played()
        balance(&off, 400_01, 100_00)
        #expect(!off.isAsItMustBe)
        #expect(off.findings.first?.text == "wallet \(payer.wallet): total 40001, expected 40000")
        var (pending, _) = try played()
        balance(&pending, 400_00, 100_00, pending: 1)
        #expect(!pending.isAsItMustBe)
    }

    @Test("a command that is not decided is a finding")
    func undecided() throws {
        var (record, playbook) = try played()
        let action = playbook.topUp(payer, .card, 100_00, .late)
        let id = try #require(action.request.commandID)
        let pending = CommandState(command: id, status: "pending", code: "OK")
        record.add(Performance(action: action, answers: [.undecided(pending)]))
        balance(&record, 400_00, 100_00)
        #expect(record.submitted == 5 && record.decided == 4)
        #expect(!record.isAsItMustBe)
    }

    @Test("copies of a request count once as a command, and must all have the first one's answer")
    func copies() throws {
        var (record, playbook) = try played()
        let action = playbook.transfer(from: payer, to: payee, 50_00)
        let same = try state(action, .completed)
        record.add(Performance(action: action, answers: [same, same, same]))
        #expect(record.submitted == 5)
        #expect(record.repeats == 2 && record.repeatsWithSameAnswer == 2)
        balance(&record, 350_00, 150_00)
        #expect(record.isAsItMustBe)

        let other = playbook.transfer(from: payer, to: payee, 50_00)
        record.add(
            Performance(action: other, answers: [try state(other, .completed), try state(other, .rejected, .expired)]))
        #expect(record.repeats == 3 && record.repeatsWithSameAnswer == 2)
        #expect(!record.isAsItMustBe)
    }

    @Test("a refused command that is done when it comes again is found")
    func refusedStaysRefused() throws {
        var (record, playbook) = try played()
        let refused = playbook.transfer(from: payer, to: payee, 900_00)
        #expect(refused.prediction == .decided(.rejected, .insufficientFunds))
        record.add(Performance(action: refused, answers: [try state(refused, .rejected, .insufficientFunds)]))
        let again = playbook.again(refused)
        record.add(Performance(action: again, answers: [try state(again, .rejected, .insufficientFunds)]))
        #expect(record.findingCount == 0 && record.repeatsWithSameAnswer == 1)
        record.add(Performance(action: again, answers: [try state(again, .completed)]))
        #expect(record.findingCount == 1 && record.submitted == 5)
    }

    @Test("an id that does not follow from the key, and a refusal that names another field, are found")
    func idsAndFields() throws {
        var (record, playbook) = try played()
        let action = playbook.transfer(from: payer, to: payee, 10_00)
        let stranger = CommandState(command: CommandID(high: 1, low: 1), status: "completed", code: "OK")
        record.add(Performance(action: action, answers: [.decided(stranger)]))
        #expect(record.findingCount == 1)
        let reuse = playbook.reuseKey(of: action, from: payer, to: payee, 11_00)
        record.add(
            Performance(action: reuse, answers: [.refused(status: 409, code: "KEY_REUSED", field: "to.wallet")]))
        #expect(record.findingCount == 2)
        record.add(
            Performance(action: reuse, answers: [.refused(status: 409, code: "KEY_REUSED", field: "amount.amount")]))
        #expect(record.findingCount == 2)
    }

    @Test("an API that no longer answers breaks the play off, and no count hides it")
    func brokenOff() throws {
        var (record, playbook) = try played()
        for _ in 1...Record.unansweredMax {
            #expect(!record.isBrokenOff)
            let action = playbook.topUp(payer, .card, 100_00, .atOnce)
            record.add(Performance(action: action, answers: [.unanswered(.unavailable(lastStatus: nil))]))
        }
        balance(&record, 400_00, 100_00)
        #expect(record.isBrokenOff && !record.isAsItMustBe)
        #expect(record.submitted == record.decided)
    }

    @Test("the report is a table of what came of what")
    func report() throws {
        var (record, playbook) = try played()
        let stranger = Participant(label: "test", name: "stranger", kind: .stranger)
        let opening = playbook.open(stranger)
        record.add(
            Performance(action: opening, answers: [.refused(status: 422, code: "KYC_LEVEL_TOO_LOW", field: nil)]))
        balance(&record, 400_00, 100_00)
        #expect(
            Report(record: record, seconds: 1.25, retries: 0, remarks: []).lines == [
                "command   status     code  count",
                "top-up    completed  OK        1",
                "transfer  completed  OK        1",
                "wallet    completed  OK        2",
                "",
                "refused by HTTP  code               count",
                "422              KYC_LEVEL_TOO_LOW      1",
                "",
                "4 commands submitted, 4 decided, in 1.3 s",
                "0 days passed in the sandbox, so that withdrawals went out",
                "0 repeats of a request, 0 of them with the same answer",
                "2 of 2 wallets compared with the demo's own arithmetic",
                "everything is as predicted",
            ])
    }
}

@Suite("The environment")
struct EnvironmentTests {
    private let right = [
        "WALLET_API": "http://127.0.0.1:8080/api/v1/", "WALLET_ADMIN_API": "http://127.0.0.1:8082/admin/v1",
        "WALLET_SANDBOX": "http://127.0.0.1:8081", "WALLET_JWT_KEY": "key.pem",
    ]

    @Test("the API's address loses its last slash and gives its origin")
    func addresses() throws {
        let environment = try DemoEnvironment(right)
        #expect(environment.api == "http://127.0.0.1:8080/api/v1")
        #expect(environment.apiOrigin == "http://127.0.0.1:8080")
        #expect(environment.adminOrigin == "http://127.0.0.1:8082")
    }

    @Test(
        "a missing or wrong variable is named",
        arguments: ["WALLET_API", "WALLET_ADMIN_API", "WALLET_SANDBOX", "WALLET_JWT_KEY"])
    func missing(name: String) {
        var variables = right
        variables[name] = nil
        #expect(throws: EnvironmentError(variable: name, problem: "is not set")) { try DemoEnvironment(variables) }
        guard name != "WALLET_JWT_KEY" else { return }
        variables[name] = "ftp://secret"
        #expect(throws: EnvironmentError(variable: name, problem: "is not an http or https URL")) {
            try DemoEnvironment(variables)
        }
    }
}
