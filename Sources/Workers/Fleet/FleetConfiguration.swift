// What the fleet is told by its environment, read once.

import AMQP
import BrokerAdmin
import Domain
import Lane
import Ledger
import Logging
import Outside
import Payouts
import Postgres
import Redis
import Settings
import Telemetry
import TopUps
import Wire

/// Everything configurable of a fleet process.
struct FleetConfiguration: Sendable, Undisclosed {
    var laneBroker: AMQPConfiguration
    /// What the broker has to have before anything is consumed.
    var topology: TopologyCheckConfiguration
    var laneDatabase: PostgresConfiguration
    var keyring: Keyring
    var topUpsURL: String
    var payoutsURL: String
    /// Where `payment` and the bank answer, without a slash at the end.
    var outsideURL: String
    /// What is configured of the rules for withdrawals.
    var withdrawals: WithdrawalRules
    /// How held withdrawals are found and released.
    var releases: ReleaseConfiguration
    /// How bank transfers are found that nobody makes.
    var unpaid: UnpaidConfiguration
    var outsideLimits = OutsideLimits()
    /// As many as the topology has lane queues.
    var laneCount = 8
    /// What movements cost, by their start dates.
    var fees = FeeSchedule.standard
    /// What owners may send out, by their start dates.
    var limits = LimitSchedule.standard
    /// Lanes of this process in a transaction at once.
    var databaseBatchesMax = 2
    /// Where the process shows its figures; nil shows them nowhere.
    var observation: ObservationAddress?
    /// Written once every lane stands.
    var readyFile: String?
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.json
    /// What every part of the process records into.
    let instruments = Instruments(program: "wallet-fleet", version: Release.version)

    init(_ variables: Variables) throws(SettingError) {
        laneBroker = try variables.parsed("WALLET_AMQP_WORKERS", secret: true) { try? AMQPConfiguration(url: $0) }
        topology = try TopologyCheckConfiguration(variables, broker: laneBroker)
        laneDatabase = try variables.parsed("WALLET_DATABASE_LANE", secret: true) { url in
            let configuration = PostgresConfiguration(
                url: url, applicationName: "wallet-fleet", settings: Statements.laneSettings)
            return configuration.isUsable ? configuration : nil
        }
        let json = try variables.file("WALLET_KEYRING")
        do throws(FieldError) { keyring = try Keyring(json: json) } catch {
            throw SettingError(variable: "WALLET_KEYRING", problem: "has a wrong field: \(error.field)")
        }
        for publisher in [TopUpsWorker.publisher, PayoutsWorker.publisher]
        where keyring.signingKey(of: publisher) == nil {
            throw SettingError(variable: "WALLET_KEYRING", problem: "has no key of \(publisher)")
        }
        topUpsURL = try variables.checked("WALLET_AMQP_TOPUPS", secret: true) {
            (try? AMQPConfiguration(url: $0)) != nil
        }
        payoutsURL = try variables.checked("WALLET_AMQP_PAYOUTS", secret: true) {
            (try? AMQPConfiguration(url: $0)) != nil
        }
        outsideURL = try variables.httpURL("WALLET_SANDBOX")
        withdrawals = try WithdrawalRules(variables)
        releases = try variables.releases()
        unpaid = UnpaidConfiguration(database: releases.database)
        (unpaid.clockURL, unpaid.scanSeconds) = (releases.clockURL, releases.scanSeconds)
        unpaid.daysMax = try variables.integer("WALLET_TRANSFER_DAYS_MAX", in: 1...3_650) ?? unpaid.daysMax
        outsideLimits.requestSecondsMax =
            try variables.integer("WALLET_OUTSIDE_REQUEST_SECONDS_MAX", in: 1...60).map(Int64.init)
            ?? outsideLimits.requestSecondsMax
        outsideLimits.breaker.silencesMax =
            try variables.integer("WALLET_BREAKER_SILENCES_MAX", in: 1...1_000) ?? outsideLimits.breaker.silencesMax
        outsideLimits.breaker.openSeconds =
            try variables.integer("WALLET_BREAKER_OPEN_SECONDS", in: 1...600) ?? outsideLimits.breaker.openSeconds
        laneCount = try variables.integer("WALLET_LANES", in: 1...256) ?? laneCount
        fees =
            try variables.optionalFile("WALLET_FEES", FeeSchedule.init(json:)) { "has a wrong field: \($0.field)" }
            ?? fees
        limits =
            try variables.optionalFile("WALLET_LIMITS", LimitSchedule.init(json:)) { "has a wrong field: \($0.field)" }
            ?? limits
        databaseBatchesMax = try variables.integer("WALLET_DATABASE_BATCHES_MAX", in: 1...64) ?? databaseBatchesMax
        observation = try variables.integer("WALLET_METRICS_PORT", in: 1...65_535).map { port in
            ObservationAddress(host: variables.optional("WALLET_METRICS_HOST") ?? "127.0.0.1", port: port)
        }
        readyFile = try variables.optionalNewFile("WALLET_READY_FILE")
        logLevel = try variables.choice("WALLET_LOG_LEVEL") { Logger.Level(rawValue: $0) } ?? logLevel
        logFormat = try variables.choice("WALLET_LOG_FORMAT") { LogFormat(rawValue: $0) } ?? logFormat
    }
}

extension Variables {
    /// What the release of withdrawals needs.
    fileprivate func releases() throws(SettingError) -> ReleaseConfiguration {
        let database = try parsed("WALLET_DATABASE_READER", secret: true) { url in
            let configuration = PostgresConfiguration(
                url: url, applicationName: "wallet-fleet schedules", connectTimeoutSeconds: 2,
                settings: LedgerReader.sessionSettings)
            return configuration.isUsable ? configuration : nil
        }
        var releases = ReleaseConfiguration(
            database: database, redis: try parsed("WALLET_REDIS", secret: true) { try? RedisConfiguration(url: $0) })
        releases.clockURL = try optionalHTTPURL("WALLET_RELEASE_CLOCK")
        releases.scanSeconds = try integer("WALLET_RELEASE_SCAN_SECONDS", in: 1...3_600) ?? releases.scanSeconds
        releases.daysMax = try integer("WALLET_WITHDRAWAL_DAYS_MAX", in: 1...3_650) ?? releases.daysMax
        return releases
    }
}
