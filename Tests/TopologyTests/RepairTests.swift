// What declaring may change on a broker that is there already, and what it leaves to an operator.

import AMQP
import Testing

@testable import Topology

@Suite("Topology repair")
struct RepairTests {
    private static let (two, four) = (Topology(laneCount: 2), Topology(laneCount: 4))

    @Test("a sound broker is left as it is", arguments: [1, 2, 8, 256])
    func nothing(laneCount: Int) {
        let plan = DeclarationPlan(Topology(laneCount: laneCount), BrokerFacts(as: Topology(laneCount: laneCount)))
        #expect(plan.unbindings == [] && plan.refusals == [])
    }

    @Test("what is unbound is what no slot should have any more, and afterwards each slot has one lane")
    func unbindings() {
        for (from, to) in [(Self.four, Self.two), (Self.two, Self.four)] {
            var facts = BrokerFacts(as: from)
            let plan = DeclarationPlan(to, facts)
            #expect(plan.refusals == [])
            let declared = BrokerFacts(as: to)
            facts.bindings = Array(Set(facts.bindings + declared.bindings).subtracting(plan.unbindings))
            facts.queues += declared.queues.filter { queue in !facts.queues.contains { $0.name == queue.name } }
            let findings = TopologyVerifier(to, facts).findings()
            #expect(findings.allSatisfy { $0.kind == .retiredLaneLeft }, "\(findings)")
            #expect(plan.unbindings.allSatisfy { $0.source == Names.commands })
        }
    }

    @Test("a journal that is switched off is unbound, another queue at the commands is nobody's business here")
    func others() {
        var facts = BrokerFacts(as: Topology())
        facts.bind("theirs", to: Names.commands, "00")
        #expect(DeclarationPlan(Topology(), facts).unbindings == [])
        let unbindings = DeclarationPlan(Topology(hasJournal: false), facts).unbindings
        #expect(unbindings.count == 256 && unbindings.allSatisfy { $0.destination == .queue(Names.commandsLog) })
    }

    @Test("a lane is not retired while commands wait in it and nobody takes them")
    func abandoned() {
        var facts = BrokerFacts(as: Self.four)
        facts.queue("wallet.commands.03") { $0.messageCount = 5 }
        #expect(DeclarationPlan(Self.two, facts).refusals.map(\.kind) == [.retiredLaneHoldsMessages])
        facts.queue("wallet.commands.03") { $0.consumerCount = 1 }
        #expect(DeclarationPlan(Self.two, facts).refusals == [])
        // A lane that stays is read on.
        facts.queue("wallet.commands.01") { $0.messageCount = 5 }
        #expect(DeclarationPlan(Self.two, facts).refusals == [])
    }

    @Test("what is there and is different has to be dealt with first; what is missing is declared")
    func inTheWay() {
        var facts = BrokerFacts(as: Topology())
        facts.remove(queue: "wallet.payments")
        facts.unbind("wallet.payouts", from: "wallet.work", "wallet.payouts")
        #expect(DeclarationPlan(Topology(), facts).refusals == [])
        facts.set("x-overflow", of: "wallet.commands.00", to: nil)
        facts.queue("wallet.commands.01") { $0.state = "down" }
        #expect(
            DeclarationPlan(Topology(), facts).refusals.map(\.kind) == [.deadLetteringFallenBack, .queueDown])
    }

    @Test("a queue that vanished gets back the slots that no other lane has")
    func redeclaration() {
        let topology = Self.four
        var facts = BrokerFacts(as: topology)
        facts.remove(queue: "wallet.commands.02")
        facts.remove(queue: "wallet.payouts")
        facts.bind("wallet.commands.01", to: Names.commands, "80", "81")
        let queues = topology.redeclarations(of: ["wallet.commands.02", "wallet.payouts"], with: facts.bindings)
        #expect(queues.map(\.declaration.name) == ["wallet.commands.02", "wallet.payouts"])
        #expect(queues[0].bindings.count == 63 && !queues[0].bindings.contains { $0.routingKey == "80" })
        #expect(queues[1].bindings.count == 3)
    }
}
