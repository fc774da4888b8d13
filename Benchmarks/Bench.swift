// wallet-bench: the scenarios, each beside the yardstick in the same run, on the servers that the environment names.

import ArgumentParser
import Foundation
import Logging

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wallet-bench",
        abstract: "Measures the wallet on real servers, each figure beside a bare loop that checks nothing.")

    @Argument(help: "Which scenarios: \(Scenario.allCases.map(\.rawValue).joined(separator: ", ")).")
    var scenarios: [Scenario] = [.transfers]

    @Option(help: "Commands in each scenario.")
    var commands = 100_000

    @Option(help: "Wallets that they move money between.")
    var wallets = 100_000

    @Option(help: "Seconds for which soak puts the processes under load.")
    var seconds = SoakScenario.secondsStandard

    @Flag(help: "Ends with one JSON object per scenario, one per line.")
    var json = false

    enum Scenario: String, CaseIterable, ExpressibleByArgument {
        case transfers
        /// Not among those that run by themselves: it lasts, and it needs the running processes to itself.
        case soak
    }

    func run() async throws {
        guard commands > 0, wallets > 1 else { throw ValidationError("commands: 1 or more; wallets: 2 or more") }
        guard seconds > 2 else { throw ValidationError("seconds: 3 or more") }
        guard !scenarios.contains(.soak) || scenarios.count == 1 else {
            throw ValidationError("soak runs alone: the lanes of the other scenarios are not those of wallet-fleet")
        }
        let environment = try BenchEnvironment(ProcessInfo.processInfo.environment)
        var results: [any ScenarioResult] = []
        for scenario in scenarios {
            switch scenario {
            case .transfers:
                results.append(
                    try await TransfersScenario(environment: environment, commands: commands, wallets: wallets).run())
            case .soak:
                results.append(
                    try await SoakScenario(environment: environment, wallets: wallets, seconds: seconds).run())
            }
        }
        for result in results { print(result.table) }
        if json { for result in results { print(result.json) } }
        if results.contains(where: { !$0.holds }) { throw ExitCode(1) }
    }
}

/// A line on standard error, so that standard output is the result alone.
func note(_ text: String) {
    FileHandle.standardError.write(Data("· \(text)\n".utf8))
}
