// walletctl adjust: money between suspense and a wallet, proposed by one operator and approved by another.

import ArgumentParser
import Domain
import Foundation
import Wire

struct AdjustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adjust", abstract: "Adjustments by hand, between suspense and a wallet.",
        discussion: """
            Through the admin API that WALLET_ADMIN_API names. One operator proposes, and another, who has the role \
            approver, approves: until then nothing moves.
            """,
        subcommands: [List.self, Propose.self, Approve.self, Reject.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Shows the adjustments, those first that wait for an approval.")

        @OptionGroup var `operator`: OperatorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let api = try AdminAPI(bearer: try await `operator`.bearer(role: "reader"))
            let answer = try await api.get("/adjustments?limit=100")
            if output.isJSON {
                var data = JSONWriter()
                data.value(answer["data"] ?? .null)
                return output.print { $0.member("adjustments", json: data.bytes) }
            }
            var table = Table([
                ("adjustment", .left), ("wallet", .left), ("direction", .left), ("amount", .right), ("", .left),
                ("status", .left), ("proposed by", .left), ("reason", .left),
            ])
            for adjustment in answer["data"]?.elements ?? [] {
                func text(_ name: String) -> String { adjustment[name]?.text ?? "" }
                table.add(
                    text("id"), text("wallet"), text("direction"),
                    adjustment["amount"]?["amount"]?.integer.map { decimal("\($0)") } ?? "",
                    adjustment["amount"]?["currency"]?.text ?? "", text("status"), text("proposed_by"), text("reason"))
            }
            print(table.text)
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "propose", abstract: "Proposes an adjustment; nothing moves yet.",
            discussion: "The amount is in minor units: 150000 is 1,500.00.")

        @Argument(help: "The wallet's id.")
        var wallet: String
        @Argument(help: "credit, into the wallet, or debit, out of it.")
        var direction: String
        @Argument(help: "The amount in minor units.")
        var amount: Int64
        @Option(help: "The currency.")
        var currency = "DZD"
        @Option(help: "Why; for the operator's own people.")
        var reason: String
        @OptionGroup var submission: SubmissionOptions

        func validate() throws {
            if WalletID(wallet) == nil { throw ValidationError("the wallet is not a lower-case UUID") }
            if !ProposeAdjustment.Direction.allCases.map(\.name).contains(direction) {
                throw ValidationError("the direction is credit or debit")
            }
        }

        func run() async throws {
            var body = JSONWriter()
            body.beginObject()
            body.member("wallet", wallet)
            body.member("direction", direction)
            body.object("amount") { json in
                json.member("amount", amount)
                json.member("currency", currency)
            }
            body.member("reason", reason)
            body.endObject()
            try await submission.submit("/adjustments", body.text, role: "operator")
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "approve", abstract: "Approves an adjustment that another operator proposed: money moves.")

        @Argument(help: "The adjustment's id.")
        var adjustment: String
        @Argument(help: "The wallet's id, once more.")
        var wallet: String
        @OptionGroup var confirmation: ConfirmationOptions
        @OptionGroup var submission: SubmissionOptions

        func run() async throws {
            try confirmation.confirm("Money will move. Approve \(adjustment)?")
            try await submission.submit(
                "/adjustments/\(adjustment)/approval", SubmissionOptions.naming(wallet), role: "approver")
        }
    }

    struct Reject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reject", abstract: "Rejects an adjustment; nothing moves.")

        @Argument(help: "The adjustment's id.")
        var adjustment: String
        @Argument(help: "The wallet's id, once more.")
        var wallet: String
        @OptionGroup var submission: SubmissionOptions

        func run() async throws {
            try await submission.submit(
                "/adjustments/\(adjustment)/rejection", SubmissionOptions.naming(wallet), role: "operator")
        }
    }
}

/// What the verbs that submit a command have in common.
struct SubmissionOptions: ParsableArguments {
    @Option(name: .customLong("key"), help: "The idempotency key; a new one without it.")
    var key: String?

    @OptionGroup var `operator`: OperatorOptions
    @OptionGroup var output: OutputOptions

    /// How long the API is asked to wait for the decision.
    private static let waitSeconds = 5

    /// A body that names a wallet and nothing else.
    static func naming(_ wallet: String) -> String {
        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", wallet)
        body.endObject()
        return body.text
    }

    /// Submits a command and tells what it was decided to be.
    ///
    /// - Throws: `Exit.found` when it was refused.
    func submit(_ path: String, _ body: String, role: String) async throws {
        let api = try AdminAPI(bearer: try await `operator`.bearer(role: role))
        let accepted = try await api.post(path, body, key: key ?? UUID().uuidString.lowercased())
        guard let id = accepted["data"]?["command_id"]?.text, let url = accepted["data"]?["status_url"]?.text else {
            throw OperatorError("the API's answer names no command")
        }
        let query = url.split(separator: "?").dropFirst().first ?? ""
        let answer = try await api.get("/commands/\(id)?wait=\(Self.waitSeconds)&\(query)")
        let data = answer["data"] ?? .null
        let (status, code) = (data["status"]?.text ?? "", data["code"]?.text ?? "")
        if output.isJSON {
            var json = JSONWriter()
            json.value(data)
            print(json.text)
        } else {
            print("\(id): \(status) \(code)")
        }
        if status == "rejected", code != OutcomeCode.cancelled.name { throw Exit.found }
    }
}
