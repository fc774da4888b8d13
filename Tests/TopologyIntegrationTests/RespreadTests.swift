// Another number of lanes: the new queue is bound before the old one is unbound, and nothing is deleted.

import AMQP
import BrokerAdmin
import TestSupport
import Testing
import Topology

@Suite("Spreading the slots anew", .enabled(if: TestEnvironment.isComplete), .serialized)
struct RespreadTests {
    /// As `walletctl topology declare` does it.
    private func declare(_ topology: Topology, _ host: Host) async throws -> DeclarationPlan {
        let plan = DeclarationPlan(topology, try await host.management.facts())
        try host.onBroker { connection throws(AMQPError) in
            try topology.declare(on: connection)
            for binding in plan.unbindings {
                guard case .queue(let queue) = binding.destination else { continue }
                try connection.unbindQueue(queue: queue, exchange: binding.source, routingKey: binding.routingKey)
            }
        }
        return plan
    }

    @Test("fewer lanes, then more again: each slot has one lane, old queues are left, and nothing is lost")
    func spread() async throws {
        let (two, three) = (Topology(laneCount: 2), Topology(laneCount: 3))
        try await Host.with(declaring: three) { host in
            #expect(try await declare(three, host).unbindings == [])
            let plan = try await declare(two, host)
            // Slots 56-7f move from lane 1 to 0, ab-ff from lane 2 to 1.
            #expect(plan.refusals == [] && plan.unbindings.count == 42 + 85)
            try await host.expect((.retiredLaneLeft, Names.lane(2)), in: two)
            #expect(try await declare(three, host).unbindings.count == 42 + 85)
            try await host.expect(in: three)
        }
    }

    @Test("a queue that vanished is declared again without the slots that another lane has by now")
    func vanished() async throws {
        try await Host.with { host in
            try host.onBroker { connection throws(AMQPError) in
                try connection.deleteQueue(Names.lane(1))
                try connection.bindQueue(queue: Names.lane(0), exchange: Names.commands, routingKey: "ff")
            }
            let facts = try await host.management.facts()
            let missing = TopologyVerifier(Host.topology, facts).findings().filter { $0.kind == .queueMissing }
            #expect(missing.map(\.place) == [Names.lane(1)])
            let queues = Host.topology.redeclarations(of: missing.map(\.place), with: facts.bindings)
            try await AMQPLook(host.broker).declare(queues)
            // Its slots but one, and its own name, by which comes back what was to come again.
            #expect(queues.map { $0.bindings.count { $0.exchange == Names.commands } } == [127])
            #expect(queues.map(\.bindings.count) == [128])
            try await host.expect((.slotInOtherLane, Names.commands), (.slotsUneven, Names.commands))
        }
    }
}
