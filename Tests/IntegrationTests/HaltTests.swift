// A lane that has decided what it can never announce: it stops where it is, and says so.

import AMQP
import Foundation
import Lane
import Ledger
import Logging
import Postgres
import Synchronization
import Telemetry
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Halts {
        @Test("a lane halts at an event that cannot be sent: once, by its number, for all to see; another announces it")
        func unsendable() async throws {
            var options = StackOptions()
            options.laneCount = 1
            try await Stack.with(options) { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                try await stack.stopFleets()
                let before = try await stack.outcomeCount()

                // A command fits into what this lane may send, and an event does not.
                var broker = try AMQPConfiguration(url: try stack.variable("WALLET_AMQP_WORKERS"))
                broker.bodyBytesMax = 400
                let log = Lines()
                let instruments = Instruments(program: "tests")
                let lane = try LaneWorker(
                    try configuration(of: stack, broker, instruments), logger: log.logger)
                let first = try await stack.post(
                    "/transfers", as: payer.person, key: "unsendable", transferJSON(payer.id, payee.id, 1_00))
                #expect(first.status == 202)
                try await eventually("the lane halts", within: 15) { lane.isHalted }
                #expect(!lane.isReady)
                #expect(try await stack.outcomeCount() == before + 1, "it is decided, and stays so")
                let epochs = try await stack.epochs()

                // What comes after it waits, however much comes, and nothing is tried again and again.
                for number in 0..<20 {
                    let reply = try await stack.post(
                        "/transfers", as: payer.person, key: "after-\(number)", transferJSON(payer.id, payee.id, 1_00))
                    #expect(reply.status == 202)
                }
                #expect(try await stack.outcomeCount() == before + 1)
                #expect(try await stack.epochs() == epochs)
                let lines = log.lines.filter { $0.contains("the lane has halted") }
                #expect(lines.count == 1)
                let command = try #require(first.command)
                for part in ["critical", "lane=0", "sequence=\(before + 1)", "command=\(command)", "bodyBytesMax"] {
                    #expect(lines.first?.contains(part) == true, "\(part): \(lines)")
                }
                let figures = String(decoding: instruments.render(), as: UTF8.self)
                #expect(figures.contains("wallet_lane_halted{lane=\"0\"} 1\n"))
                #expect(figures.contains("wallet_lane_owned{lane=\"0\"} 0\n"))
                #expect(figures.contains("wallet_lane_unannounced_outcomes{lane=\"0\"} 1\n"))

                // It ends when it is asked to, and whoever can send it goes on from there.
                await lane.stop()
                try await stack.startFleet()
                try await eventually("all is decided", within: 15) { try await stack.outcomeCount() == before + 21 }
                try await stack.awaitAnnouncements()
                #expect(try await stack.streamEvents().contains { $0.commandID == "\(command)" })
                _ = try await stack.assertStreamComplete()
                try await stack.assertLedgerClean()
            }
        }

        private func configuration(
            of stack: Stack, _ broker: AMQPConfiguration, _ instruments: Instruments
        ) throws -> LaneConfiguration {
            let keyring = try Data(contentsOf: URL(filePath: try stack.variable("WALLET_KEYRING")))
            var configuration = LaneConfiguration(
                lane: 0, broker: broker,
                database: PostgresConfiguration(
                    url: try stack.variable("WALLET_DATABASE_LANE"), applicationName: "wallet-fleet",
                    settings: Statements.laneSettings),
                keyring: try Keyring(json: Array(keyring)), gate: BatchGate())
            configuration.instruments = instruments
            return configuration
        }
    }
}

/// Lines of a log, as they would be written.
private final class Lines: Sendable {
    private let texts = Mutex<[String]>([])

    var lines: [String] { texts.withLock { $0 } }

    var logger: Logger {
        Logger(label: "lane") { [self] label in
            TextLogHandler(
                service: "tests", label: label,
                sink: LogSink { line in
                    self.texts.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                    return true
                })
        }
    }
}
