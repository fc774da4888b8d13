// A virtual host with the topology on it, to break for real.

import AMQP
import BrokerAdmin
import Foundation
import TestSupport
import Testing
import Topology

struct Host: Sendable {
    let virtualHost: VirtualHost
    let broker: AMQPConfiguration
    let management: BrokerManagement

    /// The fewest lanes that still show that there are several.
    static let topology = Topology(laneCount: 2)

    static func with(declaring topology: Topology? = topology, _ body: (Host) async throws -> Void) async throws {
        try await VirtualHost.with { virtualHost in
            let broker = try AMQPConfiguration(url: virtualHost.administrator)
            let host = Host(
                virtualHost: virtualHost, broker: broker,
                management: try BrokerManagement(
                    url: try virtualHost.managementURL(), virtualHost: broker.virtualHost))
            if let topology {
                try host.onBroker { connection throws(AMQPError) in try topology.declare(on: connection) }
            }
            try await body(host)
        }
    }

    /// Does something over AMQP as an administrator.
    func onBroker(_ body: (AMQPConnection) throws(AMQPError) -> Void) throws {
        let connection = try AMQPConnection(broker)
        defer { connection.close() }
        try body(connection)
    }

    func findings(_ topology: Topology = topology) async throws -> [TopologyFinding] {
        TopologyVerifier(topology, try await management.facts()).findings()
    }

    /// Expects these kinds at these places, and nothing else.
    func expect(
        _ kinds: (TopologyFinding.Kind, String)..., in topology: Topology = topology,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let findings = try await findings(topology)
        #expect(
            findings.map { "\($0.kind) at \($0.place)" } == kinds.map { "\($0.0) at \($0.1)" }, "\(findings)",
            sourceLocation: sourceLocation)
    }
}
