// What may be changed on a broker that is there already, and in which order. Pure: what to do comes out as data.

import AMQP

extension Topology {
    /// The queues that have vanished, as they may be declared again: a slot that another lane has by now is not bound,
    /// since somebody may be spreading the slots anew.
    ///
    /// - Parameter bindings: what the broker has now.
    public func redeclarations(of names: [String], with bindings: [BrokerFacts.Binding]) -> [Queue] {
        let taken = Set(
            bindings.compactMap { binding -> String? in
                guard binding.source == Names.commands, case .queue(let name) = binding.destination,
                    Names.laneNumber(name) != nil
                else { return nil }
                return binding.routingKey
            })
        return queues.filter { names.contains($0.declaration.name) }.map { queue in
            guard Names.laneNumber(queue.declaration.name) != nil else { return queue }
            var queue = queue
            queue.bindings.removeAll { taken.contains($0.routingKey) }
            return queue
        }
    }
}

/// What `walletctl topology declare` does beyond declaring: what it unbinds, and why it would rather not begin.
public struct DeclarationPlan: Sendable {
    /// What only an operator can put right; with any of these nothing is to be declared.
    public let refusals: [TopologyFinding]
    /// What must not be bound any more, to be unbound after everything is declared and bound: a slot then always has a
    /// lane. A command that meanwhile goes to two lanes is decided once.
    public let unbindings: [BrokerFacts.Binding]

    public init(_ topology: Topology, _ facts: BrokerFacts) {
        refusals =
            TopologyVerifier(topology, facts).findings().filter { $0.kind.needsOperator }
            + Self.abandoned(topology, facts)
        let wanted = Set(
            topology.queues.flatMap { queue in
                queue.bindings.map {
                    BrokerFacts.Binding($0.exchange, .queue(queue.declaration.name), routingKey: $0.routingKey)
                }
            })
        unbindings = facts.bindings.filter { binding in
            guard binding.source == Names.commands, case .queue(let name) = binding.destination,
                Names.laneNumber(name) != nil || name == Names.commandsLog
            else { return false }
            return Slots.slot(routingKey: binding.routingKey) != nil && !wanted.contains(binding)
        }
    }

    /// Lanes that would lose their last slot while commands wait in them and nobody takes any.
    private static func abandoned(_ topology: Topology, _ facts: BrokerFacts) -> [TopologyFinding] {
        facts.queues.compactMap { queue in
            guard let lane = Names.laneNumber(queue.name), lane >= topology.slots.laneCount,
                let count = queue.messageCount, count > 0, queue.consumerCount ?? 0 == 0
            else { return nil }
            return TopologyFinding(
                .retiredLaneHoldsMessages, queue.name, expected: "no messages, or a consumer", found: "\(count)")
        }
    }
}

extension TopologyFinding.Kind {
    /// Whether declaring cannot mend it: what is there would have to be deleted first, or is not ours.
    var needsOperator: Bool {
        switch self {
        case .notToBeSeen, .brokerTooOld, .exchangeType, .exchangeNotDurable, .exchangeArgument, .queueType,
            .queueNotDurable, .queueArgument, .singleActiveConsumerOff, .deliveryLimitMissing,
            .deadLetteringFallenBack, .streamKeptTooShort, .queueDown, .queueLeaderless:
            true
        default: false
        }
    }
}
