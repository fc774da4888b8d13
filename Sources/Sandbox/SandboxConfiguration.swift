// What the sandbox is told by its environment, read once.

import AMQP
import Logging
import Settings
import Telemetry
import Wire

struct SandboxConfiguration: Sendable, Undisclosed {
    let host: String
    let port: Int
    /// The private key whose public half `identity` shows, as PEM.
    let jwtKeyPEM: String
    let keyring: Keyring
    let identityAMQPURL: String
    /// How far ahead of the system's its time begins.
    let advancedSeconds: Int64
    /// Where callbacks go, without a slash at the end.
    let apiURL: String
    /// What signs the callbacks of `payment`, of the bank, and of `identity`.
    let paymentSecrets: WebhookSecrets
    let bankSecrets: WebhookSecrets
    let identitySecrets: WebhookSecrets
    let logLevel: Logger.Level
    let logFormat: LogFormat

    static let portRange = 1...65_535

    /// - Throws: naming the variable that is missing or wrong, never its value.
    init(_ variables: Variables) throws(SettingError) {
        host = variables.optional("WALLET_SANDBOX_HOST") ?? "127.0.0.1"
        guard let port = try variables.integer("WALLET_SANDBOX_PORT", in: Self.portRange) else {
            throw SettingError(variable: "WALLET_SANDBOX_PORT", problem: "is not set")
        }
        self.port = port
        jwtKeyPEM = String(decoding: try variables.file("WALLET_JWT_KEY"), as: UTF8.self)
        let json = try variables.file("WALLET_KEYRING")
        do throws(FieldError) { keyring = try Keyring(json: json) } catch { throw .unusable("WALLET_KEYRING") }
        identityAMQPURL = try variables.checked("WALLET_AMQP_IDENTITY", secret: true) {
            (try? AMQPConfiguration(url: $0)) != nil
        }
        advancedSeconds = Int64(try variables.integer("WALLET_SANDBOX_ADVANCE_SECONDS", in: 0...31_622_400) ?? 0)
        apiURL = try variables.httpURL("WALLET_API")
        paymentSecrets = try variables.parsed("WALLET_CALLBACK_SECRETS_PAYMENT", secret: true) { WebhookSecrets($0) }
        bankSecrets = try variables.parsed("WALLET_CALLBACK_SECRETS_BANK", secret: true) { WebhookSecrets($0) }
        identitySecrets = try variables.parsed("WALLET_CALLBACK_SECRETS_IDENTITY", secret: true) { WebhookSecrets($0) }
        logLevel = try variables.choice("WALLET_LOG_LEVEL") { Logger.Level(rawValue: $0) } ?? .info
        logFormat = try variables.choice("WALLET_LOG_FORMAT") { LogFormat(rawValue: $0) } ?? .json
    }
}
