// walletctl, the operator's tool: parses its arguments, runs one verb, and turns how it ended into an exit code.

import ArgumentParser
import Foundation

@main
struct Walletctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walletctl",
        abstract: "Operates a Contacto Wallet.",
        discussion: """
            Where things are is read from the environment: WALLET_API, WALLET_ADMIN_API, WALLET_AMQP, WALLET_DATABASE, \
            WALLET_JWT_KEY.

            Exit codes: 0 all is well; 1 something was found that is wrong; 2 it could not be done; 64 wrong usage.
            """,
        subcommands: [
            TokenCommand.self, MigrateCommand.self, TopologyCommand.self, CommandCommand.self, EventsCommand.self,
            LedgerCommand.self, WorkersCommand.self, AdjustCommand.self,
        ])

    /// Runs the verb. The verbs that wait for a server's answer block: the process has nothing else to do.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            // Everything that is neither a wish (help), nor wrong usage, nor a verdict is a failure to do what was asked.
            guard code == .failure, !(error is ExitCode) else { exit(withError: error) }
            FileHandle.standardError.write(Data("walletctl: \(error)\n".utf8))
            Foundation.exit(Exit.couldNot.rawValue)
        }
    }
}

/// How a verb ends, beside success and wrong usage.
enum Exit {
    /// Something was found that is wrong.
    static let found = ExitCode(1)
    /// It could not be done.
    static let couldNot = ExitCode(2)
}

/// Why a verb could not do what was asked. The text shows no values.
struct OperatorError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
