// wallet-demo: plays traffic against a running wallet and holds every answer against its own prediction.

import ArgumentParser
import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1

@main
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wallet-demo",
        abstract: "Plays a day of wallet traffic through the HTTP API and checks every answer.",
        discussion: """
            Reads WALLET_API, WALLET_ADMIN_API, WALLET_SANDBOX and WALLET_JWT_KEY. Ends with 0 only if every accepted \
            command was decided, every answer and balance is the one predicted, and every repeat had the same answer; \
            otherwise with 1.
            """)

    @Option(help: "A PaySim CSV file to play instead of a generated day.")
    var input: String?

    @Option(help: "With --input: what the file's amounts are multiplied by. (default: 0.1)")
    var scale: String?

    @Option(help: "The generated day's seed. (default: 1)")
    var seed: UInt64?

    @Option(help: "People who open a wallet; one merchant to ten of them. (default: 200)")
    var wallets: Int?

    @Option(help: "Requests of the generated day, not counting those repeated at once. (default: 3000)")
    var commands: Int?

    @Option(help: "Actions under way at once.")
    var concurrency = 64

    @Option(help: "How long an accepted command is waited for.")
    var waitSeconds = 120

    static let concurrencyRange = 1...1024
    static let waitSecondsRange = 1...3600

    func validate() throws {
        guard Self.concurrencyRange.contains(concurrency) else {
            throw ValidationError("--concurrency is \(words(Self.concurrencyRange))")
        }
        guard Self.waitSecondsRange.contains(waitSeconds) else {
            throw ValidationError("--wait-seconds is \(words(Self.waitSecondsRange))")
        }
        if input == nil {
            if scale != nil { throw ValidationError("--scale goes with --input") }
            guard DaySize.peopleRange.contains(daySize.people) else {
                throw ValidationError("--wallets is \(words(DaySize.peopleRange))")
            }
            let least = daySize.people * DaySize.commandsPerPersonMin
            guard least...DaySize.commandsMax ~= daySize.commands else {
                let range = words(least...DaySize.commandsMax)
                throw ValidationError("--commands is \(range) with \(daySize.people) wallets")
            }
        } else {
            guard seed == nil, wallets == nil, commands == nil else {
                throw ValidationError("--seed, --wallets and --commands are for a generated day, not for --input")
            }
            guard let factor, factor.units > 0 else { throw ValidationError("--scale is a decimal number above 0") }
        }
    }

    private func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }

    private var daySize: DaySize {
        var size = DaySize()
        if let wallets { size.people = wallets }
        if let commands { size.commands = commands }
        return size
    }

    private var factor: DecimalNumber? { DecimalNumber(scale ?? "0.1") }

    // MARK: - The run

    func run() async throws {
        let environment: DemoEnvironment
        let tokens: Tokens
        do {
            environment = try DemoEnvironment(ProcessInfo.processInfo.environment)
            tokens = try Tokens(pem: environment.tokenKey()) { Int(Date().timeIntervalSince1970) }
        } catch let error as EnvironmentError {
            throw ValidationError(error.description)
        } catch {
            throw ValidationError("WALLET_JWT_KEY does not name a P-256 private key in PEM form")
        }

        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = concurrency * 2
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let isAsItMustBe: Bool
        do {
            try await Self.awaitHealth(of: environment.sandbox, client)
            let api = WalletAPI(client: client, environment: environment, tokens: tokens)
            isAsItMustBe = try await play(through: api)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        if !isAsItMustBe { throw ExitCode(1) }
    }

    private func play(through api: WalletAPI) async throws -> Bool {
        if let input, let factor {
            var traffic = try PaySimTraffic(path: input, scale: factor)
            return try await play(&traffic, after: [], through: api)
        }
        let seed = seed ?? 1
        let actions = Day.actions(seed: seed, size: daySize)
        for participant in Set(actions.compactMap(\.introduces)) {
            guard await api.introduce(participant) else {
                throw EnvironmentError(
                    variable: "WALLET_SANDBOX", problem: "names a sandbox that the wallet does not hear")
            }
        }
        var traffic = PlannedTraffic(actions)
        let prologue = Prologue.actions(label: Day.label(seed: seed, size: daySize))
        return try await play(&traffic, after: prologue, through: api)
    }

    /// - Parameter prologue: actions that are played before all others, one after the other.
    private func play(
        _ traffic: inout some Traffic, after prologue: [Action], through api: WalletAPI
    ) async throws -> Bool {
        let player = Player(api: api, concurrency: concurrency, patience: .seconds(waitSeconds))
        let began = ContinuousClock.now
        var last = (time: began, played: 0)
        var record = Record()
        func tell(_ progress: Progress) {
            let rate = Double(progress.played - last.played) / ((.now - last.time) / .seconds(1))
            last = (.now, progress.played)
            let of = progress.total.map { " of \($0)" } ?? ""
            Self.tell(
                "played \(progress.played)\(of), \(Int(rate.rounded()))/s, \(progress.underWay) under way, "
                    + "\(progress.waiting) waiting for their turn")
        }
        if !prologue.isEmpty {
            var traffic = PlannedTraffic(prologue)
            let alone = Player(api: api, concurrency: 1, aheadMax: 1, patience: .seconds(waitSeconds))
            try await alone.play(&traffic, into: &record, progress: tell)
        }
        last = (.now, 0)
        if !record.isBrokenOff { try await player.play(&traffic, into: &record, progress: tell) }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        if !record.isBrokenOff {
            Self.tell("comparing \(record.wallets.count) balances")
            await player.checkBalances(&record)
        }
        let report = Report(record: record, seconds: seconds, retries: api.retries, remarks: traffic.remarks)
        print(report.lines.joined(separator: "\n"))
        return record.isAsItMustBe
    }

    /// Without the stand-ins nothing could ever be decided, so their absence is told before anything is played.
    private static func awaitHealth(of sandbox: String, _ client: HTTPClient) async throws {
        let deadline = ContinuousClock.now + WalletAPI.patience
        while true {
            let response = try? await client.execute(HTTPClientRequest(url: "\(sandbox)/healthz"), timeout: .seconds(5))
            if let response, response.status == .ok { return }
            guard .now < deadline else {
                throw EnvironmentError(variable: "WALLET_SANDBOX", problem: "names a sandbox that does not answer")
            }
            try await Task.sleep(for: WalletAPI.backoffFirst * 5)
        }
    }

    private static func tell(_ line: String) {
        FileHandle.standardError.write(Data("wallet-demo: \(line)\n".utf8))
    }
}
