// What a broker really has, as far as somebody could look: the verifier's other half beside the topology.

public import AMQP

/// The exchanges, queues, bindings and policies of a virtual host, as one look found them.
public struct BrokerFacts: Sendable {
    public struct Exchange: Sendable {
        public var name: String
        public var type: String
        public var isDurable: Bool
        public var isAutoDelete: Bool
        public var isInternal: Bool
        public var arguments: AMQPTable

        public init(
            _ name: String, type: String, durable: Bool = true, autoDelete: Bool = false, internal: Bool = false,
            arguments: AMQPTable = []
        ) {
            self.name = name
            self.type = type
            isDurable = durable
            isAutoDelete = autoDelete
            isInternal = `internal`
            self.arguments = arguments
        }
    }

    public struct Queue: Sendable {
        public var name: String
        /// "quorum", "stream", "classic", or a plugin's.
        public var type: String
        public var isDurable: Bool
        public var isAutoDelete: Bool
        public var isExclusive: Bool
        public var arguments: AMQPTable
        /// What the broker's statistics say that policies set on it; up to some ten seconds old.
        public var effectivePolicy: AMQPTable
        /// The broker's word for how the queue is; nil when its statistics have nothing yet.
        public var state: String?
        /// The node that leads a quorum queue; nil for other types.
        public var leader: String?
        /// The nodes that hold a replica, and those of them that are up; nil when unknown.
        public var members: [String]?
        public var online: [String]?
        /// Ready and unacknowledged, up to some ten seconds old; nil when the broker has not counted yet.
        public var messageCount: Int64?
        public var consumerCount: Int64?

        public init(
            _ name: String, type: String, durable: Bool = true, autoDelete: Bool = false, exclusive: Bool = false,
            arguments: AMQPTable = []
        ) {
            self.name = name
            self.type = type
            isDurable = durable
            isAutoDelete = autoDelete
            isExclusive = exclusive
            self.arguments = arguments
            effectivePolicy = []
        }
    }

    public struct Binding: Sendable, Hashable {
        public enum Destination: Sendable, Hashable {
            case queue(String)
            case exchange(String)
        }

        public var source: String
        public var destination: Destination
        public var routingKey: String

        public init(_ source: String, _ destination: Destination, routingKey: String) {
            self.source = source
            self.destination = destination
            self.routingKey = routingKey
        }
    }

    /// A policy or an operator policy of the virtual host.
    public struct Policy: Sendable {
        public var name: String
        /// A regular expression, searched for anywhere in a name.
        public var pattern: String
        /// "all", "exchanges", "queues", or queues of a type.
        public var appliesTo: String
        public var priority: Int64
        /// Operator policies stand beside the others: of each sort the one of highest priority acts.
        public var isOperators: Bool
        public var definition: AMQPTable

        public init(
            _ name: String, pattern: String, appliesTo: String = "all", priority: Int64 = 0, operators: Bool = false,
            definition: AMQPTable
        ) {
            self.name = name
            self.pattern = pattern
            self.appliesTo = appliesTo
            self.priority = priority
            isOperators = operators
            self.definition = definition
        }
    }

    /// The broker's version, as it writes it: "3.10.8".
    public var version: String
    public var exchanges: [Exchange]
    public var queues: [Queue]
    public var bindings: [Binding]
    public var policies: [Policy]

    public init(
        version: String, exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = [],
        policies: [Policy] = []
    ) {
        self.version = version
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
        self.policies = policies
    }
}

extension BrokerFacts.Policy {
    /// Whether the policy can act on something of this name.
    ///
    /// A pattern that cannot be read here counts as one that does: better a finding too many.
    func applies(to name: String, kinds: Set<String>) -> Bool {
        guard kinds.contains(appliesTo) else { return false }
        guard let pattern = try? Regex(pattern) else { return true }
        return name.firstMatch(of: pattern) != nil
    }
}

extension BrokerFacts {
    /// The policies that act on an exchange or queue: of the users' and of the operators' those of highest priority.
    /// Among equals the broker chooses; here all of them count.
    private func acting(on name: String, kinds: Set<String>) -> [Policy] {
        [false, true].flatMap { operators in
            let matching = policies.filter { $0.isOperators == operators && $0.applies(to: name, kinds: kinds) }
            let highest = matching.map(\.priority).max()
            return matching.filter { $0.priority == highest }
        }
    }

    func policies(onExchange name: String) -> [Policy] { acting(on: name, kinds: ["all", "exchanges"]) }

    /// Every key that a policy sets on a queue with its values, from the policies and from the queue's statistics.
    func policyEntries(on queue: Queue) -> [AMQPTable.Entry] {
        let plural = queue.type == "stream" ? "streams" : "\(queue.type)_queues"
        let listed = acting(on: queue.name, kinds: ["all", "queues", plural]).flatMap(\.definition.entries)
        return (listed + queue.effectivePolicy.entries).reduce(into: []) { entries, entry in
            if !entries.contains(entry) { entries.append(entry) }
        }
    }

    /// The queues that a message can reach through an exchange, directly or through exchanges bound to it.
    func queues(reachedFrom exchange: String) -> Set<String> {
        var queues: Set<String> = []
        var seen: Set<String> = [exchange]
        var next = [exchange]
        while let source = next.popLast() {
            for binding in bindings where binding.source == source {
                switch binding.destination {
                case .queue(let name): queues.insert(name)
                case .exchange(let name): if seen.insert(name).inserted { next.append(name) }
                }
            }
        }
        return queues
    }
}
