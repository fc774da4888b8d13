// Each way in which a broker can differ from the topology, one at a time: found, named, and nothing else with it.

import AMQP
import Testing

@testable import Topology

@Suite("Topology verifier")
struct VerifierTests {
    private func expectExactly(_ broken: Break) {
        let found = broken.findings().map { Break.Finding($0.kind, $0.place) }
        #expect(Set(found) == Set(broken.expected) && found.count == broken.expected.count, "\(broken.findings())")
    }

    @Test("a broker that has what was declared has no findings", arguments: [1, 3, 8, 256])
    func sound(laneCount: Int) {
        for hasJournal in [true, false] {
            let topology = Topology(laneCount: laneCount, hasJournal: hasJournal)
            #expect(TopologyVerifier(topology, BrokerFacts(as: topology)).findings() == [])
        }
    }

    @Test("every kind of finding says what it leads to and what to do")
    func rules() {
        for kind in TopologyFinding.Kind.allCases {
            #expect(kind.rule.meaning.hasSuffix(".") && !kind.rule.meaning.contains("|"))
            #expect(!kind.rule.advice.isEmpty && !kind.rule.advice.hasSuffix(".") && !kind.rule.advice.contains("|"))
        }
        let finding = TopologyFinding(.queueMissing, "q", expected: "a", found: "b")
        #expect(
            finding.description.hasPrefix("queue_missing: q: expected a, found b; run `walletctl topology declare`"))
    }

    // MARK: - Broker and exchanges

    @Test("a broker older than 3.10, or one that does not say, is named", arguments: ["3.9.13", "2.0", "", "x"])
    func version(version: String) {
        expectExactly(Break(version, .brokerTooOld, "broker") { $0.version = version })
    }

    @Test("later brokers are as good", arguments: ["3.10.0", "3.13.7", "4.0.2", "4.1.0-beta.3"])
    func laterVersion(version: String) {
        #expect(Break(version, []) { $0.version = version }.findings() == [])
    }

    @Test(
        "an exchange that is missing, of another type, not durable, or with something on it is named",
        arguments: [
            Break("missing", .exchangeMissing, "wallet.events") { facts in
                facts.exchanges.removeAll { $0.name == "wallet.events" }
            },
            Break("another type", .exchangeType, "wallet.commands") { facts in
                facts.exchange("wallet.commands") { $0.type = "topic" }
            },
            Break("not durable", .exchangeNotDurable, "wallet.commands") { facts in
                facts.exchange("wallet.commands") { $0.isDurable = false }
            },
            Break("deletes itself", .exchangeNotDurable, "wallet.work") { facts in
                facts.exchange("wallet.work") { $0.isAutoDelete = true }
            },
            Break("internal", .exchangeNotDurable, "wallet.commands") { facts in
                facts.exchange("wallet.commands") { $0.isInternal = true }
            },
            Break("alternate exchange", .exchangeArgument, "wallet.commands") { facts in
                facts.exchange("wallet.commands") { $0.arguments = ["alternate-exchange": "amq.fanout"] }
            },
            Break("policy for exchanges", .exchangePolicy, "wallet.commands") { facts in
                facts.policies.append(
                    .init(
                        "alternate", pattern: "^wallet\\.commands$", appliesTo: "exchanges",
                        definition: ["alternate-exchange": "amq.fanout"]))
            },
            Break("federation", .exchangePolicy, "wallet.events") { facts in
                facts.policies.append(
                    .init("federate", pattern: "wallet.events$", definition: ["federation-upstream-set": "all"]))
            },
        ])
    func exchanges(broken: Break) { expectExactly(broken) }

    // MARK: - Queues

    private static let lane = "wallet.commands.03"

    @Test(
        "a queue that is missing, of another type or not there for good is named, with what hangs on it",
        arguments: [
            Break("lane missing", [.init(.queueMissing, lane), .init(.slotWithoutLane, "wallet.commands")]) { facts in
                facts.remove(queue: lane)
            },
            Break("worker's queue missing", .queueMissing, "wallet.payments") { $0.remove(queue: "wallet.payments") },
            Break("journal missing", .queueMissing, "wallet.commands.log") { $0.remove(queue: "wallet.commands.log") },
            Break("a classic queue", .queueType, "wallet.payouts") { facts in
                facts.queue("wallet.payouts") { $0.type = "classic" }
            },
            Break("not durable", .queueNotDurable, "wallet.payouts") { facts in
                facts.queue("wallet.payouts") { $0.isDurable = false }
            },
            Break("deletes itself", .queueNotDurable, "wallet.payouts") { facts in
                facts.queue("wallet.payouts") { $0.isAutoDelete = true }
            },
            Break("exclusive", .queueNotDurable, "wallet.payouts") { facts in
                facts.queue("wallet.payouts") { $0.isExclusive = true }
            },
        ])
    func queues(broken: Break) { expectExactly(broken) }

    @Test(
        "an argument that is missing, other, or one too many is named by what it breaks",
        arguments: [
            Break("two consumers", .singleActiveConsumerOff, lane) {
                $0.set("x-single-active-consumer", of: lane, to: nil)
            },
            Break("no delivery limit", .deliveryLimitMissing, lane) { $0.set("x-delivery-limit", of: lane, to: nil) },
            Break("another delivery limit", .queueArgument, lane) { $0.set("x-delivery-limit", of: lane, to: 3) },
            Break("a lifetime too many", .queueArgument, lane) { $0.set("x-message-ttl", of: lane, to: 60_000) },
            Break("a limit too many", .queueArgument, "wallet.payments") {
                $0.set("x-max-length", of: "wallet.payments", to: 10)
            },
            Break("another delay", .queueArgument, "wallet.retry.5s") {
                $0.set("x-message-ttl", of: "wallet.retry.5s", to: 4_000)
            },
        ])
    func arguments(broken: Break) { expectExactly(broken) }

    @Test("where replicas are placed is nobody's business here")
    func placement() {
        let placed = Break("placed", []) { facts in
            facts.set("x-queue-leader-locator", of: Self.lane, to: "balanced")
            facts.policies.append(
                .init(
                    "spread", pattern: "^wallet", appliesTo: "queues", definition: ["queue-leader-locator": "balanced"])
            )
        }
        #expect(placed.findings() == [])
    }

    @Test(
        "dead lettering at least once without all that it needs falls back in silence, and is named",
        arguments: [
            Break("overflow", .deadLetteringFallenBack, lane) { $0.set("x-overflow", of: lane, to: nil) },
            Break("other overflow", .deadLetteringFallenBack, lane) { $0.set("x-overflow", of: lane, to: "drop-head") },
            Break("strategy", .deadLetteringFallenBack, lane) { $0.set("x-dead-letter-strategy", of: lane, to: nil) },
            Break("exchange", .deadLetteringFallenBack, lane) { $0.set("x-dead-letter-exchange", of: lane, to: nil) },
            Break("routing key", .deadLetteringFallenBack, lane) {
                $0.set("x-dead-letter-routing-key", of: lane, to: nil)
            },
            Break("of a retry queue", .deadLetteringFallenBack, "wallet.retry.1s") {
                $0.set("x-overflow", of: "wallet.retry.1s", to: nil)
            },
        ])
    func deadLettering(broken: Break) { expectExactly(broken) }

    @Test("a dead letter's missing target is named by every queue that would send there")
    func deadLetterTargets() {
        let lanes = (0..<8).map { Break.Finding(.deadLetterTargetMissing, Names.lane($0)) }
        expectExactly(
            Break("queue", lanes + [.init(.queueMissing, "wallet.dead-letters")]) {
                $0.remove(queue: "wallet.dead-letters")
            })
        let retries = Topology.retrySeconds.map {
            Break.Finding(.deadLetterTargetMissing, Names.retry(seconds: $0))
        }
        expectExactly(
            Break("exchange", retries + [.init(.exchangeMissing, "wallet.work")]) { facts in
                facts.exchanges.removeAll { $0.name == "wallet.work" }
            })
    }

    // MARK: - Policies

    @Test(
        "a policy that changes what a queue of ours does is named, whoever set it and wherever it is seen",
        arguments: [
            Break("length", .queuePolicy, lane) { facts in
                facts.policies.append(.init("p", pattern: "s\\.03$", definition: ["max-length": 10]))
            },
            Break("lifetime", .queuePolicy, lane) { facts in
                facts.policies.append(
                    .init("p", pattern: "s\\.03$", appliesTo: "queues", definition: ["message-ttl": 1_000]))
            },
            Break("overflow", .queuePolicy, lane) { facts in
                facts.policies.append(
                    .init(
                        "p", pattern: "s\\.03$", appliesTo: "quorum_queues", definition: ["overflow": "drop-head"]))
            },
            Break("an operator's", .queuePolicy, "wallet.payouts") { facts in
                facts.policies.append(
                    .init("p", pattern: "payouts", operators: true, definition: ["expires": 60_000]))
            },
            Break("seen on the queue alone", .queuePolicy, lane) { facts in
                facts.queue(lane) { $0.effectivePolicy = ["max-length": 10] }
            },
            Break("seen both ways", .queuePolicy, lane) { facts in
                facts.queue(lane) { $0.effectivePolicy = ["max-length": 10] }
                facts.policies.append(.init("p", pattern: "s\\.03$", definition: ["max-length": 10]))
            },
            Break("a pattern that cannot be read", .queuePolicy, "wallet.retry.1s") { facts in
                let elsewhere = facts.queues.map(\.name).filter { $0 != "wallet.retry.1s" }
                // The others have a policy of their own above it that changes nothing.
                facts.policies.append(
                    .init(
                        "harmless", pattern: "^(\(elsewhere.joined(separator: "|")))$", appliesTo: "queues",
                        priority: 9,
                        definition: ["queue-leader-locator": "balanced"]))
                facts.policies.append(.init("p", pattern: "(", appliesTo: "queues", definition: ["max-length": 1]))
            },
            Break("the stronger of two", .queuePolicy, lane) { facts in
                facts.policies.append(
                    .init("weak", pattern: "s\\.03$", priority: 1, definition: ["overflow": "reject-publish"]))
                facts.policies.append(.init("strong", pattern: "03$", priority: 2, definition: ["max-length": 9]))
            },
        ])
    func policies(broken: Break) { expectExactly(broken) }

    @Test(
        "a policy that acts on nothing of ours, or says what was declared anyway, is no finding",
        arguments: [
            Break("of others", []) { facts in
                facts.policies.append(.init("p", pattern: "^other", definition: ["max-length": 10]))
            },
            Break("what was declared", []) { facts in
                facts.policies.append(.init("p", pattern: "s\\.03$", definition: ["overflow": "reject-publish"]))
            },
            Break("the weaker of two", []) { facts in
                facts.policies.append(.init("weak", pattern: "s\\.03$", definition: ["max-length": 9]))
                facts.policies.append(
                    .init("strong", pattern: "03$", priority: 2, definition: ["overflow": "reject-publish"]))
            },
            Break("a longer life for a stream", []) { facts in
                facts.policies.append(.init("p", pattern: "log$", definition: ["max-age": "90D"]))
            },
        ])
    func harmlessPolicies(broken: Break) { expectExactly(broken) }

    // MARK: - Streams

    @Test(
        "a stream that keeps less than seven days is named",
        arguments: [
            Break("argument", .streamKeptTooShort, "wallet.events.log") {
                $0.set("x-max-age", of: "wallet.events.log", to: "6D")
            },
            Break("hours", .streamKeptTooShort, "wallet.commands.log") {
                $0.set("x-max-age", of: "wallet.commands.log", to: "167h")
            },
            Break("cannot be read", .streamKeptTooShort, "wallet.commands.log") {
                $0.set("x-max-age", of: "wallet.commands.log", to: "long")
            },
            Break("long enough, but not what was declared", .queueArgument, "wallet.commands.log") {
                $0.set("x-max-age", of: "wallet.commands.log", to: "9D")
            },
            Break("policy", .streamKeptTooShort, "wallet.events.log") { facts in
                facts.policies.append(.init("p", pattern: "events.log", definition: ["max-age": "1D"]))
            },
        ])
    func streams(broken: Break) { expectExactly(broken) }

    @Test("ages are read in every unit that streams have")
    func ages() {
        let table: [(String, Int64?)] = [
            ("30s", 30), ("2m", 120), ("12h", 43_200), ("7D", 604_800), ("1M", 2_592_000), ("1Y", 31_536_000),
            ("", nil), ("7", nil), ("D", nil), ("-7D", nil), ("9223372036854775807Y", nil),
        ]
        for (text, seconds) in table { #expect(TopologyVerifier.seconds(ofAge: text) == seconds, "\(text)") }
    }

    // MARK: - Availability

    @Test(
        "a queue that does not run, or has no leader or no majority, is named",
        arguments: [
            Break("down", .queueDown, lane) { facts in facts.queue(lane) { $0.state = "down" } },
            Break("crashed", .queueDown, "wallet.events.log") { facts in
                facts.queue("wallet.events.log") { $0.state = "crashed" }
            },
            Break("no leader", .queueLeaderless, lane) { facts in facts.queue(lane) { $0.leader = nil } },
            Break("leader gone", .queueLeaderless, lane) { facts in
                facts.queue(lane) { $0.online = ["two", "three"] }
            },
            Break("minority", .queueLeaderless, lane) { facts in facts.queue(lane) { $0.online = ["one"] } },
            Break("nothing counted yet", []) { facts in
                facts.queue("wallet.events.log") { queue in
                    queue.state = nil
                    queue.members = nil
                    queue.online = nil
                }
            },
        ])
    func availability(broken: Break) { expectExactly(broken) }
}
