// The sandbox: one program that stands in for `payment`, `identity` and the bank, with faults named by the request.
// docs/sandbox.md has the tables.

import Foundation
import Hummingbird
import Settings
import Telemetry

@main
struct App {
    static func main() async {
        do {
            let configuration = try SandboxConfiguration(.ofProcess)
            Telemetry.bootstrapLogging(
                service: "wallet-sandbox", level: configuration.logLevel, format: configuration.logFormat)
            try await buildSandbox(configuration).runService()
        } catch let error as SettingError {
            endForConfiguration("wallet-sandbox", error)
        } catch {
            FileHandle.standardError.write(Data("wallet-sandbox: \(error)\n".utf8))
            exit(1)
        }
    }
}
