// The wallet's own programs on a broker that is not as it has to be.

import AMQP
import TestSupport
import Testing
import Topology
import Wire

@Suite("Programs and their topology", .enabled(if: TestEnvironment.isComplete), .serialized)
struct ProcessTests {
    private static var options: StackOptions {
        var options = StackOptions()
        options.fleetCount = 0
        options.hasIngress = false
        options.laneCount = 2
        options.extra = ["WALLET_TOPOLOGY_CHECK_SECONDS": "1"]
        return options
    }

    @Test("neither fleet nor ingress starts while a queue of others can stop a lane: they name it, and end with 69")
    func refusal() async throws {
        try await Stack.with(Self.options) { stack in
            let connection = try AMQPConnection(AMQPConfiguration(url: stack.host.administrator))
            try connection.declareQueue(
                AMQPQueueDeclaration("accounting", arguments: [("x-max-length", 5), ("x-overflow", "reject-publish")]))
            try connection.bindQueue(queue: "accounting", exchange: Names.commands, routingKey: "2a")
            let (code, output) = try await stack.walletctl("topology", "verify", "--json")
            #expect(code == 1 && output.contains("subscriber_can_stop"))

            let programs = [try await stack.launch("wallet-fleet"), try await stack.launch("wallet-ingress")]
            for program in programs {
                #expect(try await program.awaitEnd() == .exited(69), "\(program.log)")
                #expect(program.log.contains("subscriber_can_stop: accounting"), "\(program.log)")
                #expect(program.log.contains("unbind it"))
            }

            try connection.deleteQueue("accounting")
            #expect(try await stack.walletctl("topology", "verify").code == 0)
            try await stack.startFleet()
            connection.close()
        }
    }

    @Test("a lane's queue that vanishes under a running fleet is there again, bound to its slots, and it is said")
    func vanished() async throws {
        try await Stack.with(Self.options) { stack in
            let fleet = try await stack.startFleet()
            try await stack.host.deleteQueue(Names.lane(1))
            try await eventually("the queue is declared again", within: 15) {
                try await stack.walletctl("topology", "verify").code == 0
            }
            #expect(fleet.log.contains("a queue had vanished with its messages and was declared again"))
            #expect(fleet.ending == nil)
        }
    }

    @Test("a mismatch that comes about under running programs is said, keeps both from being ready, and is over again")
    func drift() async throws {
        var options = Self.options
        let port = try options.observeFleet()
        try await Stack.with(options) { stack in
            let programs = [try await stack.startFleet(), try await stack.startIngress()]
            #expect(try await stack.readiness(port: port).status == 200)
            try await stack.host.setPolicy("short", pattern: "payouts", definition: #"{"max-length":1}"#)
            for program in programs {
                try await eventually("\(program.name) says it", within: 15) { program.log.contains("queue_policy") }
            }
            let fleet = try await stack.readiness(port: port)
            #expect(fleet.status == 503 && fleet.data?["missing"] == .array([.string("topology")]), "\(fleet)")
            #expect(fleet.data?["findings"] == .array([.string("queue_policy")]), "\(fleet)")
            let ingress = try await stack.ingressReadiness()
            let details = ingress.json?["error"]?["details"]
            #expect(ingress.status == 503 && details?["missing"] == .array([.string("topology")]), "\(ingress)")
            #expect(details?["findings"] == .array([.string("queue_policy")]), "\(ingress)")

            try await stack.host.removePolicy("short")
            for program in programs {
                try await eventually("\(program.name) says that it is over", within: 30) {
                    program.log.contains("the broker is as it has to be again")
                }
            }
            #expect(try await stack.readiness(port: port).status == 200)
            #expect(try await stack.readiness() == 200)
        }
    }

    @Test("declaring fewer lanes unbinds the others' slots, and more binds them again")
    func fewerLanes() async throws {
        try await Stack.with(Self.options) { stack in
            let (code, output) = try await stack.walletctl("topology", "declare", "--lanes", "1")
            #expect(code == 0 && output.contains("unbound 128 bindings"), "\(output)")
            #expect(try await stack.walletctl("topology", "verify", "--lanes", "1").code == 0)
            #expect(try await stack.walletctl("topology", "verify", "--lanes", "2").code == 1)
            let again = try await stack.walletctl("topology", "declare", "--lanes", "2")
            #expect(again.code == 0 && again.output.contains("unbound 128 bindings"), "\(again.output)")
            #expect(try await stack.walletctl("topology", "verify", "--lanes", "2").code == 0)
        }
    }
}
