// docs/state-machines.md draws the state machines of the code, and the database's own constraints allow the same steps.

import Domain
import Foundation
import Testing

@Suite("State machines")
struct StateMachineTests {
    /// A machine as it is drawn and as the database knows it.
    private struct Drawn {
        let title: String
        let text: String
        /// Of `ledger.movements.kind`.
        let kind: Int
        let initial: (name: String, status: CommandStatus)
        let steps: [(from: String, event: String, to: String)]
        let statuses: [(from: CommandStatus, to: CommandStatus)]

        init<State, Event>(
            _ title: String, kind: Int, _ machine: StateMachine<State, Event>, _ status: (State) -> CommandStatus,
            _ text: String
        ) {
            func words(_ value: Any) -> String {
                "\(value)".map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined()
            }
            self.title = title
            self.text = text
            self.kind = kind
            initial = (words(machine.initial), status(machine.initial))
            steps = machine.steps.map { (words($0.from), words($0.event), words($0.to)) }
            statuses = machine.steps.map { (status($0.from), status($0.to)) }
        }

        var drawing: String {
            (["## \(title)", "", text, "", "```mermaid", "stateDiagram-v2", "    [*] --> \(initial.name)"]
                + steps.map { "    \($0.from) --> \($0.to): \($0.event)" } + ["```", ""]).joined(separator: "\n")
        }
    }

    private static let machines = [
        Drawn(
            "Top-ups", kind: 1, Lifecycle.topUp, \.status,
            """
            Answer, callback and poll of the payment service are one event, whichever comes first. In a command's state `charged_back` is \
            status `returned` with code `CHARGED_BACK`, and `won_back` is `completed` with `CHARGEBACK_WON`.
            """),
        Drawn(
            "Withdrawals", kind: 2, Lifecycle.withdrawal, { $0 },
            """
            The bank hears of a withdrawal once it is `sent`; from there on it cannot be taken back. What the bank sends back after it had \
            confirmed is returned all the same.
            """),
        Drawn(
            "Disputes", kind: 4, Lifecycle.dispute, { $0 },
            "Accepting gives back what is left of the payment."),
        Drawn(
            "Adjustments", kind: 5, Lifecycle.adjustment, { $0 },
            "Whoever approves is not who proposed."),
    ]

    private static var document: String {
        """
        # State machines

        The lives of what takes more than one outcome: forward only, whoever reports and however often. They are values in \
        `Sources/Shared/Domain/Lifecycles.swift`; `decide` asks them, the database refuses any other step, and these drawings are made from \
        them: after a change, `WALLET_WRITE_DOCS=1 swift test --filter StateMachineTests`.


        """ + machines.map(\.drawing).joined(separator: "\n") + """

            ## Commands that are decided at once

            Transfers, payments, refunds, moves, bulk transfers and everything about wallets, members and beneficiaries have one outcome: \
            `completed`, `rejected` or `expired` (a bulk also `partly_completed`). A payment stays `completed` whatever is refunded of it.

            """
    }

    @Test("the drawings are those of the code")
    func drawings() throws {
        let path = Repository.root.appending(path: "docs/state-machines.md")
        if ProcessInfo.processInfo.environment["WALLET_WRITE_DOCS"] == "1" {
            try Self.document.write(to: path, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: path, encoding: .utf8)
        #expect(written == Self.document, "run with WALLET_WRITE_DOCS=1 to write it anew")
    }

    /// The newest text of a part of the schema.
    private static func newest(containing text: String) throws -> String {
        let migrations = FileManager.default.enumerator(
            at: Repository.root.appending(path: "Sources/Shared/Ledger/Migrations"), includingPropertiesForKeys: nil)
        let files = (migrations?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "sql" }
            .sorted { $0.lastPathComponent > $1.lastPathComponent }
        for file in files {
            let sql = try String(contentsOf: file, encoding: .utf8)
            if let range = sql.range(of: text) { return String(sql[range.lowerBound...]) }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    @Test("the database's trigger allows the steps of the machines and no other")
    func trigger() throws {
        let function = try Self.newest(containing: "FUNCTION ledger.movement_moves_forward()").prefix { $0 != ";" }
        let triple = try Regex(#"\((\d+), (\d+), (\d+)\)"#, as: (Substring, Substring, Substring, Substring).self)
        let allowed = Set(function.matches(of: triple).map { [Int($0.output.1), Int($0.output.2), Int($0.output.3)] })
        var expected: Set<[Int?]> = [[3, 5, 5]]
        for machine in Self.machines {
            for (from, to) in machine.statuses {
                expected.insert([machine.kind, Int(from.rawValue), Int(to.rawValue)])
            }
        }
        #expect(allowed == expected)
    }

    @Test("the database's check allows each kind the statuses of its machine and no other")
    func statuses() throws {
        let check = try Self.newest(containing: "ADD CONSTRAINT status_fits_kind").prefix { $0 != ";" }
        let clause = try Regex(
            #"kind = (\d+) AND status (?:IN \(([\d, ]+)\)|= (\d+))"#,
            as: (Substring, Substring, Substring?, Substring?).self)
        var allowed: [Int: Set<Int>] = [:]
        for match in check.matches(of: clause) {
            let list = (match.output.2 ?? match.output.3 ?? "").split(separator: ", ").compactMap { Int($0) }
            allowed[try #require(Int(match.output.1))] = Set(list)
        }
        var expected: [Int: Set<Int>] = [3: [5]]
        for machine in Self.machines {
            let all = machine.statuses.flatMap { [$0.from, $0.to] } + [machine.initial.status]
            expected[machine.kind] = Set(all.map { Int($0.rawValue) })
        }
        #expect(allowed == expected)
    }
}
