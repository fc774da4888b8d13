// What the process is told from outside, read once, checked, and named.

import AMQP
import BrokerAdmin
import Crypto
import Domain
import Foundation
import Logging
import Postgres
import Redis
import Settings
import Telemetry
import Wire

/// Everything configurable of the ingress.
struct IngressConfiguration: Sendable, Undisclosed {
    var host = "127.0.0.1"
    /// 0 takes a free one.
    var port = 8080
    /// Its user publishes, and the keyring must have a signing key of that name.
    var broker: AMQPConfiguration
    /// What the broker has to have before anything is accepted.
    var topology: TopologyCheckConfiguration
    var databaseURL: String
    /// As the role that writes the directory of people.
    var directoryURL: String
    var redis: RedisConfiguration
    var signingKey: PublisherKey
    var receiptKey: SymmetricKey
    /// What `payment` signs its callbacks with, and the bank.
    var paymentSecrets: WebhookSecrets
    var bankSecrets: WebhookSecrets
    /// What `identity` signs its events with.
    var identitySecrets: WebhookSecrets
    /// Where `identity` answers, without a slash at the end.
    var identityURL: String
    var keySetURL: String
    var tokens = TokenRules()
    /// What quotes tell; the fleet's own are what is applied.
    var fees = FeeSchedule.standard
    /// What is told of limits; the fleet's own are what is applied.
    var limits = LimitSchedule.standard
    /// As the lanes have them: what a quote tells, they decide.
    var withdrawals = WithdrawalRules.standard
    /// Look-ups of payees by phone, e-mail and user name.
    var lookups = LookupAllowance.Limits()
    /// From accepted-at to not-after.
    var commandLifetimeSeconds: Int64 = 24 * 3600
    /// How long what was accepted is remembered in Redis.
    var hintLifetimeSeconds: Int64 = 3600
    /// After this a publish without confirm is answered as unknown.
    var confirmTimeoutMilliseconds = 5_000
    var databaseConnectionsMax = 4
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.json
    /// Nil for a process without an admin API.
    var admin: AdminConfiguration?
}

extension IngressConfiguration {
    func webhookSecrets(of sender: CallbackSender) -> WebhookSecrets {
        switch sender {
        case .payment: paymentSecrets
        case .bank: bankSecrets
        }
    }

    init(_ variables: Variables) throws(SettingError) {
        let broker = try variables.parsed("WALLET_AMQP_INGRESS", secret: true) { try? AMQPConfiguration(url: $0) }
        let keyring = try variables.parsed("WALLET_KEYRING") { path in
            FileManager.default.contents(atPath: path).flatMap { try? Keyring(json: Array($0)) }
        }
        guard let signingKey = keyring.signingKey(of: broker.user) else {
            throw SettingError(
                variable: "WALLET_KEYRING", problem: "has no key of the broker user in WALLET_AMQP_INGRESS")
        }
        let sandbox = try variables.httpURL("WALLET_SANDBOX")
        self.init(
            broker: broker, topology: try TopologyCheckConfiguration(variables, broker: broker),
            databaseURL: try variables.databaseURL("WALLET_DATABASE_READER"),
            directoryURL: try variables.databaseURL("WALLET_DATABASE_DIRECTORY"),
            redis: try variables.parsed("WALLET_REDIS", secret: true) { try? RedisConfiguration(url: $0) },
            signingKey: signingKey, receiptKey: try variables.receiptKey("WALLET_RECEIPT_KEY"),
            paymentSecrets: try variables.parsed("WALLET_CALLBACK_SECRETS_PAYMENT", secret: true) {
                WebhookSecrets($0)
            },
            bankSecrets: try variables.parsed("WALLET_CALLBACK_SECRETS_BANK", secret: true) { WebhookSecrets($0) },
            identitySecrets: try variables.parsed("WALLET_CALLBACK_SECRETS_IDENTITY", secret: true) {
                WebhookSecrets($0)
            },
            identityURL: sandbox + "/identity",
            keySetURL: try variables.optionalHTTPURL("WALLET_JWKS_URL") ?? sandbox + "/identity/jwks.json")

        withdrawals = try WithdrawalRules(variables)
        host = variables.optional("WALLET_HTTP_HOST") ?? host
        port = try variables.integer("WALLET_HTTP_PORT", in: 0...65_535) ?? port
        tokens.issuer = variables.optional("WALLET_JWT_ISSUER") ?? tokens.issuer
        fees =
            try variables.optionalFile("WALLET_FEES", FeeSchedule.init(json:)) { "has a wrong field: \($0.field)" }
            ?? fees
        limits =
            try variables.optionalFile("WALLET_LIMITS", LimitSchedule.init(json:)) { "has a wrong field: \($0.field)" }
            ?? limits
        lookups.perMinute =
            try variables.integer("WALLET_LOOKUPS_PER_MINUTE", in: 1...10_000) ?? lookups.perMinute
        lookups.perDay = try variables.integer("WALLET_LOOKUPS_PER_DAY", in: 1...1_000_000) ?? lookups.perDay
        commandLifetimeSeconds =
            try variables.integer("WALLET_COMMAND_LIFETIME_SECONDS", in: 60...604_800).map(Int64.init)
            ?? commandLifetimeSeconds
        hintLifetimeSeconds =
            try variables.integer("WALLET_HINT_LIFETIME_SECONDS", in: 1...86_400).map(Int64.init)
            ?? hintLifetimeSeconds
        confirmTimeoutMilliseconds =
            try variables.integer("WALLET_CONFIRM_TIMEOUT_MILLISECONDS", in: 100...60_000)
            ?? confirmTimeoutMilliseconds
        databaseConnectionsMax =
            try variables.integer("WALLET_READER_CONNECTIONS_MAX", in: 1...64) ?? databaseConnectionsMax
        logLevel = try variables.choice("WALLET_LOG_LEVEL") { Logger.Level(rawValue: $0) } ?? logLevel
        logFormat = try variables.choice("WALLET_LOG_FORMAT") { LogFormat(rawValue: $0) } ?? logFormat
        admin = try AdminConfiguration(variables)
    }
}

extension Variables {
    /// A database's URL, as libpq understands it.
    func databaseURL(_ variable: String) throws(SettingError) -> String {
        try checked(variable, secret: true) { PostgresConfiguration(url: $0, applicationName: "").isUsable }
    }

    fileprivate func receiptKey(_ variable: String) throws(SettingError) -> SymmetricKey {
        let digits = Array(try required(variable, secret: true).utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
        }
        guard digits.count == 64, bytes.count == 32 else {
            throw SettingError(variable: variable, problem: "must be 64 hexadecimal digits")
        }
        return SymmetricKey(data: bytes)
    }
}
