// walletctl migrate: brings the schema of WALLET_DATABASE up to date.

import ArgumentParser
import Ledger
import Postgres
import Wire

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Applies what is missing of the database's schema.",
        discussion: "Connects to WALLET_DATABASE as its owner. May be repeated; two at once wait for each other.")

    @Option(help: "A connection URL instead of WALLET_DATABASE.")
    var database: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let connection = try Environment.database(database)
        let applied = try Schema.migrate(connection)
        connection.close()
        if output.isJSON {
            return output.print { json in
                json.array("applied") { json in
                    for name in applied { json.value(name) }
                }
            }
        }
        for name in applied { print("applied \(name)") }
        if applied.isEmpty { print("nothing to apply: the schema is at \(Migration.all.last?.name ?? "its start")") }
    }
}
