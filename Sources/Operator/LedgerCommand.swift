// walletctl ledger: the books, and the proof that nobody has touched them.

import ArgumentParser
import Domain
import Ledger
import Postgres
import Wire

struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "The books, and the proof that nobody has touched them.",
        subcommands: [TrialBalanceCommand.self, VerifyCommand.self])
}

/// Where the ledger is.
struct LedgerOptions: ParsableArguments {
    @Option(help: "A connection URL instead of WALLET_DATABASE.")
    var database: String?
}

struct TrialBalanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trial-balance", abstract: "Every account on its normal side, and what must hold between them.",
        discussion: """
            Reads one snapshot. Exit code 1 when debits and credits differ or customers' money is not covered.
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let connection = try Environment.database(ledger.database)
        let trialBalances = try TrialBalance.read(connection)
        connection.close()
        if output.isJSON { printJSON(trialBalances) } else { printTables(trialBalances) }
        guard trialBalances.allSatisfy({ $0.isBalanced && $0.isSafeguarded }) else { throw Exit.found }
    }

    private func printTables(_ trialBalances: [TrialBalance]) {
        if trialBalances.isEmpty { print("the books are empty: debits = credits = 0") }
        for trialBalance in trialBalances {
            let title = "account (\(trialBalance.currency.code))"
            var table = Table([(title, .left), ("debit", .right), ("credit", .right)])
            for line in trialBalance.lines {
                let balance = decimal("\(line.balance)")
                let isDebit = line.normalSide == .debit
                table.add(line.account, isDebit ? balance : "", isDebit ? "" : balance)
            }
            table.add("total", decimal("\(trialBalance.sum(.debit))"), decimal("\(trialBalance.sum(.credit))"))
            print(table.text)
            let (debits, credits) = (decimal("\(trialBalance.debits)"), decimal("\(trialBalance.credits)"))
            print("debits \(debits) \(trialBalance.debits == trialBalance.credits ? "=" : "≠") credits \(credits)")
            print("identity of accounts: \(trialBalance.identityHolds ? "holds" : "BROKEN")")
            let surplus = decimal("\(trialBalance.safeguardingSurplus)")
            print("safeguarding: \(trialBalance.isSafeguarded ? "covered" : "NOT COVERED"), surplus \(surplus)")
        }
    }

    private func printJSON(_ trialBalances: [TrialBalance]) {
        output.print { json in
            json.array("currencies") { json in
                for trialBalance in trialBalances {
                    json.beginObject()
                    json.member("currency", trialBalance.currency.code)
                    json.array("accounts") { json in
                        for line in trialBalance.lines {
                            json.beginObject()
                            json.member("account", line.account)
                            json.member("normal_side", line.normalSide.rawValue)
                            json.member("balance", line.balance)
                            json.endObject()
                        }
                    }
                    json.member("debits", trialBalance.debits)
                    json.member("credits", trialBalance.credits)
                    json.member("balanced", trialBalance.debits == trialBalance.credits)
                    json.member("identity_holds", trialBalance.identityHolds)
                    json.member("safeguarding_surplus", trialBalance.safeguardingSurplus)
                    json.member("safeguarded", trialBalance.isSafeguarded)
                    json.endObject()
                }
            }
        }
    }
}

extension JSONWriter {
    /// A number of any size: JSON sets no limit, and this one has none either.
    fileprivate mutating func member(_ key: StaticString, _ value: Int128) {
        member(key, json: Array(value.description.utf8))
    }
}

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recomputes the chain and every balance, and says what differs.",
        discussion: """
            Reads one snapshot. Of each kind of finding at most \(Findings.keptPerKindMax) are printed, and how many there \
            are. What the database alone cannot show is a tail that was cut off everywhere at once: compare the lanes' \
            heads with an earlier report.

            Exit codes: 0 clean; 1 something was found; 2 it could not be checked.
            """)

    @OptionGroup var ledger: LedgerOptions

    @Option(help: "Checks one lane's outcomes, entries, chain and stripes alone.")
    var lane: Int16?

    @Option(help: "How many connections read at once.")
    var connections = 2

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let lane, !(0...255).contains(lane) { throw ValidationError("--lane is 0 to 255") }
        if !(1...64).contains(connections) { throw ValidationError("--connections is 1 to 64") }
    }

    func run() throws {
        let url = try ledger.database ?? Environment.required("WALLET_DATABASE")
        let report = try Checker.verify(
            PostgresConfiguration(url: url, applicationName: "walletctl ledger verify"), lane: lane,
            connections: connections)
        if output.isJSON { printJSON(report) } else { printText(report) }
        if !report.isClean { throw Exit.found }
    }

    private func printText(_ report: CheckReport) {
        var lanes = Table([("lane", .right), ("head", .right), ("chain", .left)])
        for lane in report.lanes { lanes.add("\(lane.lane)", "\(lane.head)", lane.chainHashText) }
        print(lanes.text)
        if !report.isClean {
            var table = Table([
                ("finding", .left), ("at", .left), ("wallet or command", .left), ("part", .left), ("expected", .right),
                ("found", .right),
            ])
            for finding in report.findings.kept {
                let place = finding.lane.map { lane in "\(lane)" + (finding.sequence.map { ":\($0)" } ?? "") }
                table.add(
                    finding.kind.rawValue, place ?? "",
                    finding.wallet?.description ?? finding.command?.description ?? "", finding.part ?? "",
                    finding.expected ?? "", finding.found ?? "")
            }
            print(table.text)
            for kind in Finding.Kind.allCases {
                guard let count = report.findings.counts[kind], count > Findings.keptPerKindMax else { continue }
                print("… \(kind.rawValue): \(count) in all")
            }
        }
        print(verdict(report))
    }

    private func verdict(_ report: CheckReport) -> String {
        guard report.isClean else { return "ledger verify: \(report.findings.total) findings" }
        let tenths = Int((report.seconds * 10).rounded())
        let scope = lane.map { "lane \($0): " } ?? ""
        return "ledger verify: clean (\(scope)\(report.outcomes) outcomes, \(report.entries) entries, "
            + "\(report.wallets) wallets, \(report.chainRows) chain rows, \(tenths / 10).\(tenths % 10) s)"
    }

    private func printJSON(_ report: CheckReport) {
        output.print { json in
            json.member("clean", report.isClean)
            json.member("outcomes", Int64(report.outcomes))
            json.member("entries", Int64(report.entries))
            json.member("wallets", Int64(report.wallets))
            json.member("chain_rows", Int64(report.chainRows))
            json.member("milliseconds", Int64(report.seconds * 1000))
            json.array("lanes") { json in
                for lane in report.lanes {
                    json.beginObject()
                    json.member("lane", Int64(lane.lane))
                    json.member("head", lane.head)
                    json.member("chain_hash", lane.chainHashText)
                    json.endObject()
                }
            }
            json.member("findings_total", Int64(report.findings.total))
            json.array("findings") { json in
                for finding in report.findings.kept {
                    json.beginObject()
                    json.member("kind", finding.kind.rawValue)
                    if let lane = finding.lane { json.member("lane", Int64(lane)) }
                    if let sequence = finding.sequence { json.member("lane_seq", sequence) }
                    if let wallet = finding.wallet { json.member("wallet_id", wallet.description) }
                    if let command = finding.command { json.member("command_id", command.description) }
                    if let part = finding.part { json.member("part", part) }
                    if let expected = finding.expected { json.member("expected", expected) }
                    if let found = finding.found { json.member("found", found) }
                    json.endObject()
                }
            }
        }
    }
}
