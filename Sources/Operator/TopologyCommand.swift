// walletctl topology: the exchanges, queues and bindings on the broker.

import AMQP
import ArgumentParser
import Foundation
import Topology
import Wire

struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "The exchanges, queues and bindings on the broker.",
        subcommands: [Declare.self])

    struct Declare: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "declare", abstract: "Declares whatever is missing on the broker.",
            discussion: "Connects to WALLET_AMQP and tries again until the broker answers. May be repeated.")

        @Option(help: "Queues that share the 256 slots; WALLET_LANES without it, 8 without that.")
        var lanes: Int?

        @Flag(inversion: .prefixedNo, help: "Whether accepted commands are kept in a stream beside the lanes.")
        var journal = true

        @Option(name: .customLong("wait"), help: "Seconds to wait for the broker.")
        var waitSeconds = 30

        @OptionGroup var output: OutputOptions

        private static let retryPauseSeconds = 0.25

        func validate() throws {
            if let lanes, !(1...Slots.count).contains(lanes) { throw ValidationError("--lanes is 1 to \(Slots.count)") }
            if !(0...600).contains(waitSeconds) { throw ValidationError("--wait is 0 to 600 seconds") }
        }

        func run() throws {
            let laneCount = try lanes ?? Environment.number("WALLET_LANES", in: 1...Slots.count, default: 8)
            let topology = Topology(laneCount: laneCount, hasJournal: journal)
            try declare(topology, on: try Environment.broker())
            let bindings = topology.queues.reduce(0) { $0 + $1.bindings.count }
            if output.isJSON {
                return output.print { json in
                    json.member("lanes", Int64(laneCount))
                    json.member("exchanges", Int64(topology.exchanges.count))
                    json.member("queues", Int64(topology.queues.count))
                    json.member("bindings", Int64(bindings))
                }
            }
            print(
                "declared \(topology.exchanges.count) exchanges, \(topology.queues.count) queues (\(laneCount) lanes), "
                    + "\(bindings) bindings")
        }

        /// A broker that is starting refuses connections, then logins, then queues: all of that passes.
        private func declare(_ topology: Topology, on broker: AMQPConfiguration) throws {
            let deadline = Date(timeIntervalSinceNow: TimeInterval(waitSeconds))
            while true {
                do throws(AMQPError) {
                    let connection = try AMQPConnection(broker)
                    defer { connection.close() }
                    return try topology.declare(on: connection)
                } catch {
                    // Something of a name is there and is different (406): time does not heal it.
                    if case .channelClosed(code: 406, _) = error { throw error }
                    if Date() >= deadline { throw error }
                }
                Thread.sleep(forTimeInterval: Self.retryPauseSeconds)
            }
        }
    }
}
