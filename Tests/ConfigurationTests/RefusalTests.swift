// Every process refuses at its start what it cannot work with, by name, and shows no value.

import Foundation
import Settings
import Testing

@testable import Fleet
@testable import Ingress
@testable import Sandbox

/// What a process reads, as it would be right, and what may not be there instead.
struct ProcessVariables: Sendable, CustomTestStringConvertible {
    let name: String
    let right: [String: String]
    /// Without these the process does not start.
    let required: Set<String>
    let wrong: [(variable: String, values: [String])]
    /// Reads them, and gives every way in which the result can be printed.
    let read: @Sendable (Variables) throws -> [String]

    var testDescription: String { name }
}

private let password = "hunter2-never-shown"
private let receiptKey = String(repeating: "5e", count: 32)
private let webhookSecrets = "whsec_" + Data(password.utf8 + Array(repeating: 0, count: 16)).base64EncodedString()
private let noSecrets = ["", "x", "whsec_", "whsec_c2hvcnQ=", String(repeating: webhookSecrets + ",", count: 5)]

/// A folder with the files that variables name, for as long as the process lives.
private let files: (keyring: String, empty: String, foreignKeyring: String, list: String, folder: String) = {
    let folder = FileManager.default.temporaryDirectory.appending(path: "wallet configuration \(UUID().uuidString)")
    func write(_ name: String, _ text: String) -> String {
        let path = folder.appending(path: name)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: path, atomically: true, encoding: .utf8)
        } catch { preconditionFailure("no file can be written for a test: \(error)") }
        return path.path(percentEncoded: false)
    }
    func keyring(_ publishers: [String]) -> String {
        let secret = Data(password.utf8 + Array(repeating: 0, count: 32)).base64EncodedString()
        let keys = publishers.map { #"{"id":"\#($0)-1","publisher":"\#($0)","secret":"\#(secret)","types":["*"]}"# }
        return #"{"keys":[\#(keys.joined(separator: ","))]}"#
    }
    return (
        write("keyring.json", keyring(["wallet-ingress", "topups", "payouts", "identity"])), write("empty", ""),
        write("foreign.json", keyring(["somebody"])), write("a list", "2027-3-9 hunter2-never-shown\n"),
        folder.path(percentEncoded: false)
    )
}()

private let noAMQP = ["", "x", "http://u:\(password)@h", "amqp://u:\(password)@h:0", "amqp://u:\(password)@h:99999/v"]
private let noDatabase = ["", "x", "postgresql://u:\(password)@h:1/d?unknown=1", "mysql://u:\(password)@h/d"]
private let noHTTP = ["", "x", "ftp://h", "http://", "://h", "http://h?x=1"]
private let noLevel = ["loud", "INFO", "0"]
private let noFormat = ["xml", "JSON"]
private func numbers(_ range: ClosedRange<Int>) -> [String] {
    ["\(range.lowerBound - 1)", "\(range.upperBound + 1)", "1.5", "one", " 1", "0x1", "99999999999999999999"]
}
private func printed(_ value: Any) -> [String] {
    var dumped = ""
    dump(value, to: &dumped)
    return [String(describing: value), String(reflecting: value), "\(value)", dumped]
}

private let topology: [(String, [String])] = [
    ("WALLET_LANES", numbers(1...256)), ("WALLET_JOURNAL", ["yes", "ON"]),
    ("WALLET_AMQP_MANAGEMENT", ["x", "amqp://u:\(password)@h"]), ("WALLET_TOPOLOGY_CHECK_SECONDS", numbers(1...3_600)),
    ("WALLET_TOPOLOGY_PATIENCE_SECONDS", numbers(0...600)),
]
private let noList = ["/nowhere", files.folder, files.keyring, files.list]
private let withdrawals: [(String, [String])] = [
    ("WALLET_HOLIDAYS", noList), ("WALLET_BANKS", noList), ("WALLET_BANKING_OPENING", ["8:00", "24:00", "noon"]),
    ("WALLET_BANKING_CUT_OFF", ["14h00", "14:60", "08:00", "07:59"]),
    ("WALLET_EXPRESS_BENEFICIARY_HOURS", numbers(0...720)),
]
private let noRedis = ["", "x", "rediss://:\(password)@h", "redis://:\(password)@h:0", "redis://:\(password)@h/x"]
private let logging: [(String, [String])] = [("WALLET_LOG_LEVEL", noLevel), ("WALLET_LOG_FORMAT", noFormat)]

private let fleet = ProcessVariables(
    name: "wallet-fleet",
    right: [
        "WALLET_AMQP_WORKERS": "amqp://wallet-workers:\(password)@h:5672/v",
        "WALLET_AMQP_TOPUPS": "amqp://topups:\(password)@h/v", "WALLET_AMQP_PAYOUTS": "amqp://payouts:\(password)@h/v",
        "WALLET_DATABASE_LANE": "postgresql://wallet_lane:\(password)@h1:5432,h2:5433/wallet?sslmode=require",
        "WALLET_KEYRING": files.keyring, "WALLET_SANDBOX": "http://127.0.0.1:8081/",
        "WALLET_READY_FILE": files.folder + "/ready",
        "WALLET_DATABASE_READER": "postgresql://wallet_reader:\(password)@h/wallet",
        "WALLET_REDIS": "redis://:\(password)@h:6379/0",
    ],
    required: [
        "WALLET_AMQP_WORKERS", "WALLET_AMQP_TOPUPS", "WALLET_AMQP_PAYOUTS", "WALLET_DATABASE_LANE", "WALLET_KEYRING",
        "WALLET_SANDBOX", "WALLET_DATABASE_READER", "WALLET_REDIS",
    ],
    wrong: topology + logging + withdrawals + [
        ("WALLET_DATABASE_READER", noDatabase), ("WALLET_REDIS", noRedis),
        ("WALLET_RELEASE_CLOCK", noHTTP.filter { !$0.isEmpty }), ("WALLET_RELEASE_SCAN_SECONDS", numbers(1...3_600)),
        ("WALLET_WITHDRAWAL_DAYS_MAX", numbers(1...3_650)), ("WALLET_TRANSFER_DAYS_MAX", numbers(1...3_650)),
        ("WALLET_AMQP_WORKERS", noAMQP), ("WALLET_AMQP_TOPUPS", noAMQP), ("WALLET_AMQP_PAYOUTS", noAMQP),
        ("WALLET_DATABASE_LANE", noDatabase), ("WALLET_DATABASE_BATCHES_MAX", numbers(1...64)),
        ("WALLET_KEYRING", ["", "/nowhere", files.folder, files.empty, files.foreignKeyring]),
        ("WALLET_SANDBOX", noHTTP), ("WALLET_FEES", ["/nowhere", files.folder, files.empty, files.keyring]),
        ("WALLET_LIMITS", ["/nowhere", files.folder, files.empty, files.keyring]),
        ("WALLET_SANDBOX", noHTTP), ("WALLET_OUTSIDE_REQUEST_SECONDS_MAX", numbers(1...60)),
        ("WALLET_BREAKER_SILENCES_MAX", numbers(1...1_000)), ("WALLET_BREAKER_OPEN_SECONDS", numbers(1...600)),
        ("WALLET_METRICS_PORT", numbers(1...65_535)),
        ("WALLET_READY_FILE", ["/nowhere/ready", files.folder + "/none/ready", files.folder + "/"]),
    ]
) { printed(try FleetConfiguration($0)) }

private let ingress = ProcessVariables(
    name: "wallet-ingress",
    right: [
        "WALLET_AMQP_INGRESS": "amqp://wallet-ingress:\(password)@h/v", "WALLET_KEYRING": files.keyring,
        "WALLET_DATABASE_READER": "postgresql://wallet_reader:\(password)@h/wallet",
        "WALLET_DATABASE_OPERATOR": "postgresql://wallet_operator:\(password)@h/wallet", "WALLET_ADMIN_PORT": "8082",
        "WALLET_REDIS": "redis://:\(password)@h:6379/0", "WALLET_RECEIPT_KEY": receiptKey,
        "WALLET_SANDBOX": "http://127.0.0.1:8081", "WALLET_CALLBACK_SECRETS_PAYMENT": webhookSecrets,
        "WALLET_CALLBACK_SECRETS_BANK": "\(webhookSecrets),\(webhookSecrets)",
        "WALLET_CALLBACK_SECRETS_IDENTITY": webhookSecrets,
        "WALLET_DATABASE_DIRECTORY": "postgresql://wallet_directory:\(password)@h/wallet",
    ],
    required: [
        "WALLET_CALLBACK_SECRETS_PAYMENT", "WALLET_CALLBACK_SECRETS_BANK", "WALLET_AMQP_INGRESS", "WALLET_KEYRING",
        "WALLET_DATABASE_READER", "WALLET_DATABASE_OPERATOR", "WALLET_REDIS",
        "WALLET_RECEIPT_KEY", "WALLET_SANDBOX", "WALLET_DATABASE_DIRECTORY", "WALLET_CALLBACK_SECRETS_IDENTITY",
    ],
    wrong: topology + logging + withdrawals + [
        ("WALLET_AMQP_INGRESS", noAMQP), ("WALLET_DATABASE_READER", noDatabase),
        ("WALLET_DATABASE_OPERATOR", noDatabase), ("WALLET_DATABASE_DIRECTORY", noDatabase),
        ("WALLET_CALLBACK_SECRETS_IDENTITY", noSecrets),
        ("WALLET_LOOKUPS_PER_MINUTE", numbers(1...10_000)), ("WALLET_LOOKUPS_PER_DAY", numbers(1...1_000_000)),
        ("WALLET_KEYRING", ["", "/nowhere", files.folder, files.empty, files.foreignKeyring]),
        ("WALLET_REDIS", noRedis),
        ("WALLET_RECEIPT_KEY", ["", "5e", receiptKey + "5e", String(receiptKey.dropLast()) + "g"]),
        ("WALLET_CALLBACK_SECRETS_PAYMENT", noSecrets), ("WALLET_CALLBACK_SECRETS_BANK", noSecrets),
        ("WALLET_SANDBOX", noHTTP), ("WALLET_JWKS_URL", noHTTP.filter { !$0.isEmpty }),
        ("WALLET_FEES", ["/nowhere", files.folder, files.empty, files.keyring]),
        ("WALLET_LIMITS", ["/nowhere", files.folder, files.empty, files.keyring]),
        ("WALLET_HTTP_PORT", numbers(0...65_535)), ("WALLET_ADMIN_PORT", numbers(0...65_535)),
        ("WALLET_COMMAND_LIFETIME_SECONDS", numbers(60...604_800)),
        ("WALLET_HINT_LIFETIME_SECONDS", numbers(1...86_400)),
        ("WALLET_CONFIRM_TIMEOUT_MILLISECONDS", numbers(100...60_000)),
        ("WALLET_READER_CONNECTIONS_MAX", numbers(1...64)),
    ]
) { printed(try IngressConfiguration($0)) }

private let sandbox = ProcessVariables(
    name: "wallet-sandbox",
    right: [
        "WALLET_SANDBOX_PORT": "8081", "WALLET_JWT_KEY": files.keyring, "WALLET_KEYRING": files.keyring,
        "WALLET_AMQP_IDENTITY": "amqp://identity:\(password)@h/v", "WALLET_API": "http://127.0.0.1:8080/api/v1",
        "WALLET_CALLBACK_SECRETS_PAYMENT": webhookSecrets, "WALLET_CALLBACK_SECRETS_BANK": webhookSecrets,
        "WALLET_CALLBACK_SECRETS_IDENTITY": webhookSecrets,
    ],
    required: [
        "WALLET_SANDBOX_PORT", "WALLET_JWT_KEY", "WALLET_KEYRING", "WALLET_AMQP_IDENTITY", "WALLET_API",
        "WALLET_CALLBACK_SECRETS_PAYMENT", "WALLET_CALLBACK_SECRETS_BANK", "WALLET_CALLBACK_SECRETS_IDENTITY",
    ],
    wrong: logging + [
        ("WALLET_SANDBOX_PORT", numbers(1...65_535)), ("WALLET_JWT_KEY", ["", "/nowhere", files.folder]),
        ("WALLET_KEYRING", ["", "/nowhere", files.folder, files.empty]), ("WALLET_AMQP_IDENTITY", noAMQP),
        ("WALLET_SANDBOX_ADVANCE_SECONDS", numbers(0...31_622_400)),
        ("WALLET_API", noHTTP), ("WALLET_CALLBACK_SECRETS_PAYMENT", noSecrets),
        ("WALLET_CALLBACK_SECRETS_BANK", noSecrets), ("WALLET_CALLBACK_SECRETS_IDENTITY", noSecrets),
    ]
) { printed(try SandboxConfiguration($0)) }

@Suite("Configuration")
struct RefusalTests {
    static let processes = [fleet, ingress, sandbox]

    @Test("what is right is taken, and printed in any way it shows no password and no key", arguments: processes)
    func right(process: ProcessVariables) throws {
        for text in try process.read(Variables(process.right)) {
            #expect(!text.contains(password) && !text.contains(receiptKey) && !text.contains(webhookSecrets))
        }
    }

    @Test("a variable that is missing is named", arguments: processes)
    func missing(process: ProcessVariables) {
        for variable in process.required {
            var variables = process.right
            variables[variable] = nil
            let error = #expect(throws: SettingError.self) { try process.read(Variables(variables)) }
            #expect(error == SettingError(variable: variable, problem: "is not set"))
        }
    }

    @Test("a value that cannot be used is refused by its variable's name and not shown", arguments: processes)
    func wrong(process: ProcessVariables) {
        for (variable, values) in process.wrong {
            for value in values {
                let variables = process.right.merging([variable: value]) { $1 }
                let error = #expect(throws: SettingError.self, "\(variable) = \(value)") {
                    try process.read(Variables(variables))
                }
                #expect(error?.variable == variable, "\(value)")
                #expect(error?.description.contains(password) != true)
                if value.count > 3 { #expect(error?.description.contains(value) != true) }
            }
        }
    }

    @Test(
        "a process that is told something wrong ends with 78 and one line that names the variable", arguments: processes
    )
    func exits(process: ProcessVariables) async throws {
        guard let folder = ProcessInfo.processInfo.environment["WALLET_TEST_BIN"] else { return }
        let variable = try #require(process.wrong.first { process.required.contains($0.variable) }).variable
        let child = Process()
        child.executableURL = URL(filePath: folder).appending(path: process.name)
        child.environment = process.right.merging([variable: password]) { $1 }
        let errors = Pipe()
        child.standardError = errors
        child.standardOutput = FileHandle.nullDevice
        try child.run()
        let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        child.waitUntilExit()
        #expect(child.terminationStatus == 78)
        #expect(text.hasPrefix("\(process.name): \(variable) ") && text.split(separator: "\n").count == 1)
        #expect(!text.contains(password))
    }
}
