// walletctl command: where a command stands, as the API tells its caller.

import ArgumentParser
import Domain
import Foundation
import FoundationNetworking
import Wire

struct CommandCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "command", abstract: "Commands and where they stand.", subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows where a command stands.",
            discussion: """
                Asks WALLET_API in the name of the command's caller: with a token, or with one minted for --sub (local \
                stack only).
                """)

        @Argument(help: "The command's id.")
        var id: String

        @Option(help: "A bearer token of the command's caller.")
        var token: String?

        @Option(help: "The caller to mint a token for.")
        var sub: String?

        @Option(help: "Seconds to wait until it is decided, up to 30.")
        var wait = 0

        @OptionGroup var output: OutputOptions

        /// Beyond what the API itself is asked to wait.
        private static let answerSecondsMax = 10

        func validate() throws {
            if CommandID(id) == nil { throw ValidationError("the id is not a lower-case UUID") }
            if (token == nil) == (sub == nil) { throw ValidationError("give either --token or --sub") }
            if !(0...30).contains(wait) { throw ValidationError("--wait is 0 to 30 seconds") }
        }

        func run() async throws {
            let data = try await fetch()
            if output.isJSON {
                var json = JSONWriter()
                json.value(data)
                return print(json.text)
            }
            print(CommandTable(data).text)
        }

        /// The `data` of the answer.
        private func fetch() async throws -> JSON {
            let address = try Environment.api() + "/commands/\(id)" + (wait > 0 ? "?wait=\(wait)" : "")
            guard let url = URL(string: address) else { throw OperatorError("WALLET_API is not a URL") }
            var request = URLRequest(url: url, timeoutInterval: TimeInterval(wait + Self.answerSecondsMax))
            request.setValue("Bearer \(try await bearer())", forHTTPHeaderField: "Authorization")
            let body: Data
            do {
                body = try await URLSession.shared.data(for: request).0
            } catch {
                throw OperatorError("the API that WALLET_API names does not answer")
            }
            guard let answer = try? JSON(parsing: Array(body)) else {
                throw OperatorError("the API's answer is not JSON")
            }
            if let data = answer["data"] { return data }
            let code = answer["error"]?["code"]?.text ?? "no code"
            throw OperatorError("the API refused: \(code)")
        }

        private func bearer() async throws -> String {
            if let token { return token }
            let claims = LocalToken(
                subject: sub ?? "", client: "walletctl", scope: "wallet:read", roles: [], issuedAt: Date(),
                lifetimeSeconds: 60)
            return try await claims.signed(keyFile: try Environment.required("WALLET_JWT_KEY"))
        }
    }
}

/// A command's state as a table of its fields, and below it the wallets.
private struct CommandTable {
    private static let fields = [
        "command_id", "type", "status", "code", "field", "fee", "transaction_id", "wallet_id", "accepted_at",
        "decided_at",
    ]
    private let data: JSON

    init(_ data: JSON) { self.data = data }

    var text: String {
        var table = Table([("field", .left), ("value", .left)])
        for field in Self.fields {
            if let value = data[field] { table.add(field, shown(value)) }
        }
        guard let wallets = data["wallets"]?.elements, !wallets.isEmpty else { return table.text }
        var balances = Table([
            ("wallet", .left), ("version", .right), ("available", .right), ("pending", .right), ("total", .right),
        ])
        for wallet in wallets {
            func amount(_ name: String) -> String { wallet[name]?.integer.map { decimal("\($0)") } ?? "" }
            balances.add(
                wallet["id"]?.text ?? "", wallet["version"]?.integer.map(String.init) ?? "", amount("available"),
                amount("pending"), amount("total"))
        }
        return table.text + "\n\n" + balances.text
    }

    private func shown(_ value: JSON) -> String {
        if let text = value.text { return text }
        if let amount = value["amount"]?.integer { return decimal("\(amount)") + " " + (value["currency"]?.text ?? "") }
        var json = JSONWriter()
        json.value(value)
        return json.text
    }
}
