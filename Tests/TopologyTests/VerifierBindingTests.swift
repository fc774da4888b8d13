// Slots, the lanes of an earlier number of lanes, the journal, other bindings, and other people's queues.

import AMQP
import Testing

@testable import Topology

@Suite("Topology verifier: bindings")
struct VerifierBindingTests {
    private func expectExactly(_ broken: Break, _ topology: Topology = Topology()) {
        let findings = broken.findings(topology)
        let found = findings.map { Break.Finding($0.kind, $0.place) }
        #expect(Set(found) == Set(broken.expected) && found.count == broken.expected.count, "\(findings)")
    }

    // MARK: - Slots

    @Test(
        "a slot without a lane, with two, or with another than it should have is named",
        arguments: [
            Break("without", .slotWithoutLane, "wallet.commands") {
                $0.unbind("wallet.commands.00", from: "wallet.commands", "00", "01", "1f")
            },
            Break("two", .slotWithTwoLanes, "wallet.commands") {
                $0.bind("wallet.commands.01", to: "wallet.commands", "00")
            },
            Break(
                "another, so that lanes differ",
                [.init(.slotInOtherLane, "wallet.commands"), .init(.slotsUneven, "wallet.commands")]
            ) {
                $0.unbind("wallet.commands.00", from: "wallet.commands", "00")
                $0.bind("wallet.commands.01", to: "wallet.commands", "00")
            },
            Break("something else at a lane", .laneBoundElsewhere, "wallet.commands.02") {
                $0.bind("wallet.commands.02", to: "wallet.events", "#")
            },
            Break("a key that is no slot", .laneBoundElsewhere, "wallet.commands.02") {
                $0.bind("wallet.commands.02", to: "wallet.commands", "0G")
            },
        ])
    func slots(broken: Break) { expectExactly(broken) }

    @Test("slots are told as ranges, and with the lane that they belong to")
    func ranges() {
        let finding = Break("without", []) {
            $0.unbind("wallet.commands.00", from: "wallet.commands", "00", "01", "02", "0f", "10", "1f")
        }.findings()
        #expect(finding.map(\.expected) == ["slots 00-02, 0f-10, 1f in wallet.commands.00"])
        #expect(slotRanges([UInt8.max, 0]) == "00, ff" && slotRanges(Array(UInt8.min...UInt8.max)) == "00-ff")
    }

    // MARK: - Another number of lanes

    @Test("a process of fewer lanes than are declared names the slots and the lanes that nobody would work on")
    func fewer() {
        let findings = TopologyVerifier(Topology(laneCount: 2), BrokerFacts(as: Topology(laneCount: 4))).findings()
        #expect(findings.filter { $0.kind == .slotInOtherLane }.count == 2)
        #expect(findings.filter { $0.kind == .retiredLaneBound }.map(\.place) == [Names.lane(2), Names.lane(3)])
        #expect(Set(findings.map(\.kind)) == [.slotInOtherLane, .retiredLaneBound])
    }

    @Test("a process of more lanes than are declared names the queues that are missing")
    func more() {
        let findings = TopologyVerifier(Topology(laneCount: 4), BrokerFacts(as: Topology(laneCount: 2))).findings()
        #expect(findings.filter { $0.kind == .queueMissing }.map(\.place) == [Names.lane(2), Names.lane(3)])
        #expect(findings.allSatisfy { $0.kind == .queueMissing || $0.kind == .slotInOtherLane })
    }

    private static let retired = "wallet.commands.08"

    @Test(
        "a lane of an earlier number of lanes is named while it is bound or holds messages, and mentioned afterwards",
        arguments: [
            Break("bound", .retiredLaneBound, retired) { facts in
                facts.queues.append(.init(retired, type: "quorum"))
                facts.bind(retired, to: "wallet.commands", "00", "01")
            },
            Break("holds messages", .retiredLaneHoldsMessages, retired) { facts in
                facts.queues.append(.init(retired, type: "quorum"))
                facts.queue(retired) { $0.messageCount = 3 }
            },
            Break("left", .retiredLaneLeft, retired) { $0.queues.append(.init(retired, type: "quorum")) },
        ])
    func retirement(broken: Break) {
        expectExactly(broken)
        #expect(broken.findings().allSatisfy { ($0.severity == .warning) == ($0.kind == .retiredLaneLeft) })
    }

    @Test("a name is a lane's when it is written as one")
    func laneNumbers() {
        #expect((0..<256).allSatisfy { Names.laneNumber(Names.lane($0)) == $0 })
        let others = ["wallet.commands.log", "wallet.commands.8", "wallet.commands.256", "wallet.commands.-1", "x.00"]
        #expect(others.allSatisfy { Names.laneNumber($0) == nil })
    }

    // MARK: - Other bindings of ours

    @Test(
        "a binding that is missing is named, and one too many mentioned",
        arguments: [
            Break("journal", .journalIncomplete, "wallet.commands.log") {
                $0.unbind("wallet.commands.log", from: "wallet.commands", "7f", "80")
            },
            Break("worker", .bindingMissing, "wallet.payments") {
                $0.unbind("wallet.payments", from: "wallet.events", "topup.pending")
            },
            Break("back from waiting", .bindingMissing, "wallet.payouts") {
                $0.unbind("wallet.payouts", from: "wallet.work", "wallet.payouts")
            },
            Break("waiting", .bindingMissing, "wallet.retry.5s") {
                $0.unbind("wallet.retry.5s", from: "wallet.retry.5s", "")
            },
            Break(
                "the event stream, of some events",
                [.init(.bindingMissing, "wallet.events.log"), .init(.bindingExtra, "wallet.events.log")]
            ) {
                $0.unbind("wallet.events.log", from: "wallet.events", "#")
                $0.bind("wallet.events.log", to: "wallet.events", "transfer.*")
            },
            Break("one too many", .bindingExtra, "wallet.payments") {
                $0.bind("wallet.payments", to: "wallet.events", "wallet.opened")
            },
        ])
    func otherBindings(broken: Break) { expectExactly(broken) }

    @Test("a journal that is bound although it is switched off is mentioned, and one that is left alone is not")
    func journalOff() {
        let off = Topology(hasJournal: false)
        var facts = BrokerFacts(as: Topology())
        #expect(TopologyVerifier(off, facts).findings().map(\.kind) == [.journalNotWanted])
        facts.bindings.removeAll { $0.destination == .queue(Names.commandsLog) && !$0.source.isEmpty }
        #expect(TopologyVerifier(off, facts).findings() == [])
    }

    // MARK: - Other people's queues

    private static let full: AMQPTable = ["x-max-length": 5, "x-overflow": "reject-publish"]
    private static let limited: AMQPTable = ["x-max-length-bytes": 1_000_000, "x-overflow": "drop-head"]

    @Test(
        "a queue of others that refuses when it is full is named, however its limit or its bindings came about",
        arguments: [
            Break("arguments", .subscriberCanStop, "theirs") { $0.subscribe("theirs", to: "wallet.events", full) },
            Break("dead letters what it refuses", .subscriberCanStop, "theirs") {
                $0.subscribe(
                    "theirs", to: "wallet.events", type: "classic",
                    ["x-max-length-bytes": 5, "x-overflow": "reject-publish-dlx"])
            },
            Break("limit by policy", .subscriberCanStop, "theirs") { facts in
                facts.subscribe("theirs", to: "wallet.events", ["x-overflow": "reject-publish"])
                facts.policies.append(.init("p", pattern: "theirs", definition: ["max-length": 10]))
            },
            Break("overflow by policy", .subscriberCanStop, "theirs") { facts in
                facts.subscribe("theirs", to: "wallet.events", ["x-max-length": 10])
                facts.queue("theirs") { $0.effectivePolicy = ["overflow": "reject-publish"] }
            },
            Break("through their exchange", .subscriberCanStop, "theirs") { facts in
                facts.exchanges.append(.init("their.exchange", type: "topic"))
                facts.bindings.append(.init("wallet.events", .exchange("their.exchange"), routingKey: "#"))
                facts.bindings.append(.init("their.exchange", .exchange("wallet.events"), routingKey: "loop"))
                facts.subscribe("theirs", to: "their.exchange", full)
            },
            Break("at a retry exchange", .subscriberCanStop, "theirs") {
                $0.subscribe("theirs", to: "wallet.retry.5s", full)
            },
            Break("at the commands", [.init(.subscriberCanStop, "theirs"), .init(.commandsCopied, "theirs")]) {
                $0.subscribe("theirs", to: "wallet.commands", full)
            },
        ])
    func stoppers(broken: Break) { expectExactly(broken) }

    @Test(
        "a queue of others without a limit is mentioned: it stops money only when nobody has read it for long",
        arguments: [
            Break("quorum", .subscriberUnlimited, "theirs") { $0.subscribe("theirs", to: "wallet.events") },
            Break("classic", .subscriberUnlimited, "theirs") {
                $0.subscribe("theirs", to: "wallet.events", type: "classic")
            },
            Break("stream", .subscriberUnlimited, "theirs") {
                $0.subscribe("theirs", to: "wallet.events", type: "stream")
            },
            Break("refuses, but never full", .subscriberUnlimited, "theirs") {
                $0.subscribe("theirs", to: "wallet.events", ["x-overflow": "reject-publish"])
            },
            Break("reads commands", .commandsCopied, "theirs") {
                $0.subscribe("theirs", to: "wallet.commands", limited)
            },
        ])
    func unlimited(broken: Break) {
        expectExactly(broken)
        #expect(broken.findings().allSatisfy { $0.severity == .warning })
    }

    @Test(
        "a subscriber as the interfaces want it is no finding, and what is not bound to us is nobody's business here",
        arguments: [
            Break("limited", []) { $0.subscribe("theirs", to: "wallet.events", limited) },
            Break("drops by default", []) { $0.subscribe("theirs", to: "wallet.events", ["x-max-length": 7]) },
            Break("stream", []) {
                $0.subscribe("theirs", to: "wallet.events", type: "stream", ["x-max-age": "1D"])
            },
            Break("elsewhere", []) { $0.subscribe("theirs", to: "amq.topic", full) },
        ])
    func welcome(broken: Break) { expectExactly(broken) }
}
