// A broker that has exactly what a topology says, to break in one place at a time.

import AMQP
import Testing

@testable import Topology

extension BrokerFacts {
    init(as topology: Topology) {
        self.init(version: "3.10.8")
        exchanges =
            [Exchange("", type: "direct"), Exchange("amq.topic", type: "topic")]
            + topology.exchanges.map { Exchange($0.name, type: $0.type) }
        for queue in topology.queues {
            let name = queue.declaration.name
            var found = Queue(name, type: queue.declaration.queueType, arguments: queue.declaration.arguments)
            found.state = "running"
            found.leader = found.type == "quorum" ? "one" : nil
            found.members = ["one", "two", "three"]
            found.online = ["one", "two", "three"]
            found.messageCount = 0
            queues.append(found)
            bindings.append(Binding("", .queue(name), routingKey: name))
            bindings += queue.bindings.map { Binding($0.exchange, .queue(name), routingKey: $0.routingKey) }
        }
    }

    // MARK: - Ways to break it

    mutating func exchange(_ name: String, _ change: (inout Exchange) -> Void) {
        for index in exchanges.indices where exchanges[index].name == name { change(&exchanges[index]) }
    }

    mutating func queue(_ name: String, _ change: (inout Queue) -> Void) {
        for index in queues.indices where queues[index].name == name { change(&queues[index]) }
    }

    mutating func remove(queue name: String) {
        queues.removeAll { $0.name == name }
        bindings.removeAll { $0.destination == .queue(name) }
    }

    mutating func set(_ key: String, of queue: String, to value: AMQPValue?) {
        self.queue(queue) { queue in
            queue.arguments.entries.removeAll { $0.key == key }
            if let value { queue.arguments.append(key, value) }
        }
    }

    mutating func bind(_ queue: String, to exchange: String, _ keys: String...) {
        bindings += keys.map { Binding(exchange, .queue(queue), routingKey: $0) }
    }

    mutating func unbind(_ queue: String, from exchange: String, _ keys: String...) {
        bindings.removeAll { $0.destination == .queue(queue) && $0.source == exchange && keys.contains($0.routingKey) }
    }

    /// A queue of somebody else's.
    mutating func subscribe(
        _ name: String, to exchange: String, type: String = "quorum", _ arguments: AMQPTable = []
    ) {
        queues.append(Queue(name, type: type, arguments: arguments))
        bind(name, to: exchange, "#")
    }
}

/// One thing broken, and what is to be said of it.
struct Break: Sendable, CustomTestStringConvertible {
    let what: String
    /// Each kind that has to be found, with its place; nothing else may be.
    let expected: [Finding]
    let change: @Sendable (inout BrokerFacts) -> Void

    struct Finding: Sendable, Hashable, CustomStringConvertible {
        let kind: TopologyFinding.Kind
        let place: String

        init(_ kind: TopologyFinding.Kind, _ place: String) {
            self.kind = kind
            self.place = place
        }

        var description: String { "\(kind.rawValue) at \(place)" }
    }

    init(
        _ what: String, _ kind: TopologyFinding.Kind, _ place: String,
        _ change: @escaping @Sendable (inout BrokerFacts) -> Void
    ) {
        self.init(what, [.init(kind, place)], change)
    }

    init(_ what: String, _ expected: [Finding], _ change: @escaping @Sendable (inout BrokerFacts) -> Void) {
        self.what = what
        self.expected = expected
        self.change = change
    }

    var testDescription: String { what }

    func findings(_ topology: Topology = Topology()) -> [TopologyFinding] {
        var facts = BrokerFacts(as: topology)
        change(&facts)
        return TopologyVerifier(topology, facts).findings()
    }
}
