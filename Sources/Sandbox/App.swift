// The sandbox: one program that stands in for `payment`, `identity` and the bank, with faults named by the request.
// docs/sandbox.md has the tables.

import Configuration
import Foundation
import Hummingbird
import Telemetry

@main
struct App {
    static func main() async {
        do {
            let configuration = try SandboxConfiguration(ConfigReader(provider: EnvironmentVariablesProvider()))
            Telemetry.bootstrapLogging(
                service: "wallet-sandbox", level: configuration.logLevel, format: configuration.logFormat)
            try await buildSandbox(configuration).runService()
        } catch {
            FileHandle.standardError.write(Data("wallet-sandbox: \(error)\n".utf8))
            exit(1)
        }
    }
}
