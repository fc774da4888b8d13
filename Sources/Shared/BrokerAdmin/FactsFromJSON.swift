// The management API's JSON as facts. What a fact cannot do without makes it nil; what only statistics know may be missing.

import AMQP
import Topology
import Wire

extension BrokerFacts.Exchange {
    init?(json: JSON) {
        guard let name = json["name"]?.text, let type = json["type"]?.text, let isDurable = json["durable"]?.bool,
            let arguments = AMQPTable(json: json["arguments"])
        else { return nil }
        self.init(
            name, type: type, durable: isDurable, autoDelete: json["auto_delete"]?.bool ?? false,
            internal: json["internal"]?.bool ?? false, arguments: arguments)
    }
}

extension BrokerFacts.Queue {
    init?(json: JSON) {
        guard let name = json["name"]?.text, let type = json["type"]?.text, let isDurable = json["durable"]?.bool,
            let arguments = AMQPTable(json: json["arguments"])
        else { return nil }
        self.init(
            name, type: type, durable: isDurable, autoDelete: json["auto_delete"]?.bool ?? false,
            exclusive: json["exclusive"]?.bool ?? false, arguments: arguments)
        effectivePolicy = AMQPTable(json: json["effective_policy_definition"]) ?? []
        state = json["state"]?.text
        leader = json["leader"]?.text
        members = json["members"]?.elements?.compactMap(\.text)
        online = json["online"]?.elements?.compactMap(\.text)
        messageCount = json["messages"]?.integer
        consumerCount = json["consumers"]?.integer
    }
}

extension BrokerFacts.Binding {
    init?(json: JSON) {
        guard let source = json["source"]?.text, let destination = json["destination"]?.text,
            let kind = json["destination_type"]?.text, let routingKey = json["routing_key"]?.text
        else { return nil }
        switch kind {
        case "queue": self.init(source, .queue(destination), routingKey: routingKey)
        case "exchange": self.init(source, .exchange(destination), routingKey: routingKey)
        default: return nil
        }
    }
}

extension BrokerFacts.Policy {
    init?(json: JSON, operators: Bool) {
        guard let name = json["name"]?.text, let pattern = json["pattern"]?.text,
            let appliesTo = json["apply-to"]?.text, let priority = json["priority"]?.integer,
            let definition = AMQPTable(json: json["definition"])
        else { return nil }
        self.init(
            name, pattern: pattern, appliesTo: appliesTo, priority: priority, operators: operators,
            definition: definition)
    }
}

extension JSON {
    fileprivate var bool: Bool? {
        if case .bool(let bool) = self { return bool }
        return nil
    }
}

extension AMQPTable {
    /// An object's members; Erlang writes an empty table as an empty list at times.
    fileprivate init?(json: JSON?) {
        switch json {
        case .object(let members)?:
            self.init(members.map { Entry(key: $0.key, value: AMQPValue(json: $0.value)) })
        case .array(let elements)? where elements.isEmpty: self.init()
        default: return nil
        }
    }
}

extension AMQPValue {
    fileprivate init(json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let bool): self = .bool(bool)
        case .number(let token): self = Int64(token).map { .int64($0) } ?? .double(Double(token) ?? .nan)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map { AMQPValue(json: $0) })
        case .object(let members):
            self = .table(AMQPTable(members.map { AMQPTable.Entry(key: $0.key, value: AMQPValue(json: $0.value)) }))
        }
    }
}
