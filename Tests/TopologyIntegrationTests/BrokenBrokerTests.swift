// Each thing broken on a real broker, and what the verifier says of it.

import AMQP
import BrokerAdmin
import TestSupport
import Testing
import Topology

@Suite("A real broker, broken", .enabled(if: TestEnvironment.isComplete), .serialized)
struct BrokenBrokerTests {
    @Test("what was declared has no findings, over either way of looking, and for a user who may touch nothing")
    func sound() async throws {
        try await Host.with { host in
            try await host.expect()
            #expect(try await AMQPLook(host.broker).findings(Host.topology) == [])
        }
    }

    @Test("a binding taken away is a slot without its lane, a journal with a gap, an event stream without events")
    func unbound() async throws {
        try await Host.with { host in
            try host.onBroker { connection throws(AMQPError) in
                try connection.unbindQueue(queue: Names.lane(0), exchange: Names.commands, routingKey: "7f")
                try connection.unbindQueue(queue: Names.commandsLog, exchange: Names.commands, routingKey: "80")
                try connection.unbindQueue(queue: Names.eventsLog, exchange: Names.events, routingKey: "#")
            }
            try await host.expect(
                (.slotWithoutLane, Names.commands), (.journalIncomplete, Names.commandsLog),
                (.bindingMissing, Names.eventsLog))
        }
    }

    @Test("a policy on a lane is found at once, one on an exchange too, whoever may set them")
    func policies() async throws {
        try await Host.with { host in
            try await host.virtualHost.setPolicy(
                "short", pattern: "^wallet\\.commands\\.01$", appliesTo: "queues", definition: #"{"max-length":10}"#)
            try await host.virtualHost.setPolicy(
                "alternate", pattern: "^wallet\\.commands$", appliesTo: "exchanges",
                definition: #"{"alternate-exchange":"amq.fanout"}"#)
            try await host.expect((.exchangePolicy, Names.commands), (.queuePolicy, Names.lane(1)))
        }
    }

    @Test("a queue declared otherwise is found, and the argument that it lacks is named")
    func declaredOtherwise() async throws {
        try await Host.with(declaring: nil) { host in
            try host.onBroker { connection throws(AMQPError) in
                try connection.declareQueue(
                    AMQPQueueDeclaration(
                        Names.lane(1),
                        arguments: [
                            ("x-queue-type", "quorum"), ("x-dead-letter-exchange", ""),
                            ("x-dead-letter-routing-key", .string(Names.deadLetters)),
                            ("x-dead-letter-strategy", "at-least-once"),
                        ]))
                try connection.declareQueue(AMQPQueueDeclaration(Names.payments))
                try connection.declareExchange(AMQPExchangeDeclaration(Names.work, type: "fanout"))
            }
            let kinds = Set(try await host.findings().map { "\($0.kind) at \($0.place)" })
            #expect(
                kinds.isSuperset(of: [
                    "singleActiveConsumerOff at wallet.commands.01", "deliveryLimitMissing at wallet.commands.01",
                    "deadLetteringFallenBack at wallet.commands.01", "queueType at wallet.payments",
                    "exchangeType at wallet.work", "exchangeMissing at wallet.commands",
                    "queueMissing at wallet.commands.00",
                ]))
            let overAMQP = Set(
                try await AMQPLook(host.broker).findings(Host.topology).map { "\($0.kind) at \($0.place)" })
            #expect(
                overAMQP.isSuperset(of: [
                    "queueArgument at wallet.commands.01", "queueArgument at wallet.payments",
                    "queueMissing at wallet.commands.00",
                ]))
        }
    }

    @Test("what AMQP alone shows: a queue that is missing, an exchange that is missing or of another type")
    func overAMQP() async throws {
        try await Host.with { host in
            try host.onBroker { connection throws(AMQPError) in try connection.deleteQueue(Names.payouts) }
            try await host.virtualHost.deleteExchange(Names.work)
            let look = AMQPLook(host.broker)
            let findings = try await look.findings(Host.topology)
            #expect(findings.map(\.kind) == [.queueMissing, .exchangeMissing])
            try host.onBroker { connection throws(AMQPError) in
                try connection.declareExchange(AMQPExchangeDeclaration(Names.work, type: "fanout"))
            }
            #expect(try await look.findings(Host.topology).map(\.kind) == [.queueMissing, .exchangeType])
        }
    }

    @Test("a queue of others that refuses when it is full is found, bound to us or to an exchange bound to us")
    func subscribers() async throws {
        try await Host.with { host in
            try host.onBroker { connection throws(AMQPError) in
                let full: AMQPTable = [("x-max-length", 5), ("x-overflow", "reject-publish")]
                try connection.declareQueue(AMQPQueueDeclaration("accounting", arguments: full))
                try connection.bindQueue(queue: "accounting", exchange: Names.events, routingKey: "transfer.*")
                try connection.declareQueue(AMQPQueueDeclaration("unlimited"))
                try connection.bindQueue(queue: "unlimited", exchange: Names.events, routingKey: "#")
            }
            try await host.expect((.subscriberCanStop, "accounting"), (.subscriberUnlimited, "unlimited"))
        }
    }

    @Test("a management user whose password is wrong, or a virtual host that is not there, is told from silence")
    func refused() async throws {
        try await Host.with(declaring: nil) { host in
            let url = try host.virtualHost.managementURL()
            let elsewhere = try BrokerManagement(url: url, virtualHost: "nowhere at all")
            await #expect(throws: BrokerManagementError.self) { try await elsewhere.facts() }
            let silent = try BrokerManagement(url: "http://a:b@127.0.0.1:1", virtualHost: "/")
            do throws(BrokerManagementError) {
                _ = try await silent.facts()
                Issue.record("nobody listens there")
            } catch {
                guard case .unreachable = error else { throw error }
            }
        }
    }
}
