// walletctl topology: the exchanges, queues and bindings on the broker.

import AMQP
import ArgumentParser
import BrokerAdmin
import Foundation
import Topology
import Wire

struct TopologyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "The exchanges, queues and bindings on the broker.",
        subcommands: [DeclareCommand.self, VerifyTopologyCommand.self])
}

/// What ought to be there.
struct TopologyOptions: ParsableArguments {
    @Option(help: "Queues that share the 256 slots; WALLET_LANES without it, 8 without that.")
    var lanes: Int?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Whether accepted commands are kept in a stream beside the lanes; WALLET_JOURNAL without it, on without that."
    )
    var journal: Bool?

    func validate() throws {
        if let lanes, !(1...Slots.count).contains(lanes) { throw ValidationError("--lanes is 1 to \(Slots.count)") }
    }

    func topology() throws(OperatorError) -> Topology {
        let laneCount =
            if let lanes { lanes } else { try Environment.number("WALLET_LANES", in: 1...Slots.count, default: 8) }
        let hasJournal = if let journal { journal } else { try Environment.isOn("WALLET_JOURNAL") }
        return Topology(laneCount: laneCount, hasJournal: hasJournal)
    }
}

extension Environment {
    /// The management API of WALLET_AMQP's virtual host; nil when WALLET_AMQP_MANAGEMENT is not set.
    static func management() throws -> BrokerManagement? {
        guard let url = optional("WALLET_AMQP_MANAGEMENT") else { return nil }
        return try BrokerManagement(url: url, virtualHost: try broker().virtualHost)
    }

    /// - Throws: when the variable is there and is neither `on` nor `off`.
    fileprivate static func isOn(_ name: String) throws(OperatorError) -> Bool {
        switch optional(name) {
        case nil, "on": true
        case "off": false
        default: throw OperatorError("\(name) has to be on or off")
        }
    }
}

struct DeclareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "declare", abstract: "Declares whatever is missing on the broker, and unbinds what is of old.",
        discussion: """
            Connects to WALLET_AMQP and tries again until the broker answers. May be repeated. Everything is declared and \
            bound before anything is unbound, and nothing is deleted. What is bound is read from WALLET_AMQP_MANAGEMENT; \
            without it nothing is unbound.

            Exit codes: 0 declared; 1 something is in the way that needs an operator, and nothing was changed; 2 it could \
            not be done.
            """)

    @OptionGroup var topologyOptions: TopologyOptions

    @Option(name: .customLong("wait"), help: "Seconds to wait for the broker.")
    var waitSeconds = 30

    @OptionGroup var output: OutputOptions

    private static let retryPauseSeconds = 0.25

    func validate() throws {
        if !(0...600).contains(waitSeconds) { throw ValidationError("--wait is 0 to 600 seconds") }
    }

    func run() async throws {
        let topology = try topologyOptions.topology()
        let broker = try Environment.broker()
        let unbindings: [BrokerFacts.Binding]?
        if let management = try Environment.management() {
            let plan = try await plan(topology, management)
            guard plan.refusals.isEmpty else {
                output.print(plan.refusals)
                throw Exit.found
            }
            unbindings = plan.unbindings
        } else {
            unbindings = nil
        }
        try await retrying { try Self.declare(topology, unbindings ?? [], on: broker) }
        report(topology, unbindings)
    }

    private func report(_ topology: Topology, _ unbindings: [BrokerFacts.Binding]?) {
        let bindings = topology.queues.reduce(0) { $0 + $1.bindings.count }
        let laneCount = topology.slots.laneCount
        if output.isJSON {
            return output.print { json in
                json.member("lanes", Int64(laneCount))
                json.member("exchanges", Int64(topology.exchanges.count))
                json.member("queues", Int64(topology.queues.count))
                json.member("bindings", Int64(bindings))
                if let unbindings { json.member("unbound", Int64(unbindings.count)) }
            }
        }
        print(
            "declared \(topology.exchanges.count) exchanges, \(topology.queues.count) queues (\(laneCount) lanes), "
                + "\(bindings) bindings")
        if let unbindings, !unbindings.isEmpty { print("unbound \(unbindings.count) bindings of old") }
        if unbindings == nil {
            print("WALLET_AMQP_MANAGEMENT is not set: bindings of an earlier number of lanes were not looked for")
        }
    }

    private static func declare(
        _ topology: Topology, _ unbindings: [BrokerFacts.Binding], on broker: AMQPConfiguration
    ) throws(AMQPError) {
        let connection = try AMQPConnection(broker)
        defer { connection.close() }
        try topology.declare(on: connection)
        for binding in unbindings {
            guard case .queue(let queue) = binding.destination else { continue }
            try connection.unbindQueue(queue: queue, exchange: binding.source, routingKey: binding.routingKey)
        }
    }

    /// A broker that is starting refuses connections, then logins, then queues: all of that passes.
    private func retrying<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        let deadline = Date(timeIntervalSinceNow: TimeInterval(waitSeconds))
        while true {
            do {
                return try await attempt()
            } catch {
                // Something of a name is there and is different (406): time does not heal it.
                if case .channelClosed(code: 406, _)? = error as? AMQPError { throw error }
                if Date() >= deadline { throw error }
            }
            try await Task.sleep(for: .seconds(Self.retryPauseSeconds))
        }
    }

    /// Made again while the broker does not answer, or queues of ours are on their way back after its restart.
    private func plan(_ topology: Topology, _ management: BrokerManagement) async throws -> DeclarationPlan {
        let deadline = Date(timeIntervalSinceNow: TimeInterval(waitSeconds))
        while true {
            let plan = DeclarationPlan(topology, try await retrying { try await management.facts() })
            let canPass = !plan.refusals.isEmpty && plan.refusals.allSatisfy(\.kind.canPass)
            if !canPass || Date() >= deadline { return plan }
            try await Task.sleep(for: .seconds(Self.retryPauseSeconds))
        }
    }
}

struct VerifyTopologyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compares the broker with what ought to be there.",
        discussion: """
            Reads WALLET_AMQP_MANAGEMENT, and changes nothing. Without it, it looks over WALLET_AMQP and sees less: no \
            bindings, no policies, no queues of others. What is found and what to do is in docs/topology.md.

            Exit codes: 0 as it ought to be, warnings or none; 1 something was found with which no process starts; 2 it \
            could not be looked at.
            """)

    @OptionGroup var topologyOptions: TopologyOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let management = try Environment.management()
        let check = TopologyCheck(
            TopologyCheckConfiguration(
                topology: try topologyOptions.topology(), broker: try Environment.broker(), management: management))
        switch await check.look() {
        case .none(let reason), .refused(let reason): throw OperatorError(reason)
        case .whole(let findings, _), .partial(let findings):
            if output.isJSON {
                printJSON(findings, isWhole: management != nil)
            } else {
                if management == nil {
                    print(
                        "WALLET_AMQP_MANAGEMENT is not set: bindings, policies and queues of others were not looked at")
                }
                output.print(findings)
                print(Self.verdict(findings))
            }
            if findings.contains(where: { $0.severity == .refusal }) { throw Exit.found }
        }
    }

    private static func verdict(_ findings: [TopologyFinding]) -> String {
        let refusals = findings.count { $0.severity == .refusal }
        let warnings = findings.count - refusals
        return refusals + warnings == 0
            ? "topology verify: sound" : "topology verify: \(refusals) refusals, \(warnings) warnings"
    }

    private func printJSON(_ findings: [TopologyFinding], isWhole: Bool) {
        output.print { json in
            json.member("sound", !findings.contains { $0.severity == .refusal })
            json.member("whole", isWhole)
            json.findings(findings)
        }
    }
}

extension OutputOptions {
    /// One finding after the other: they are sentences, and no table.
    fileprivate func print(_ findings: [TopologyFinding]) {
        if isJSON { return print { $0.findings(findings) } }
        for finding in findings {
            Swift.print("\(finding.severity.rawValue) \(finding.kind.rawValue) at \(finding.place)")
            Swift.print("  expected: \(finding.expected)")
            Swift.print("  found:    \(finding.found)")
            Swift.print("  do:       \(finding.advice)")
        }
    }
}

extension JSONWriter {
    fileprivate mutating func findings(_ findings: [TopologyFinding]) {
        array("findings") { json in
            for finding in findings {
                json.beginObject()
                json.member("kind", finding.kind.rawValue)
                json.member("severity", finding.severity.rawValue)
                json.member("place", finding.place)
                json.member("expected", finding.expected)
                json.member("found", finding.found)
                json.member("advice", finding.advice)
                json.endObject()
            }
        }
    }
}
