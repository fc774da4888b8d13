// A queue of ours against its declaration: type, arguments in effect, policies, dead lettering, and whether it runs.

import AMQP

extension TopologyVerifier {
    func queue(_ declared: AMQPQueueDeclaration) -> [TopologyFinding] {
        let type = declared.queueType
        guard let found = queues[declared.name] else {
            return [.init(.queueMissing, declared.name, expected: "a \(type) queue", found: "none")]
        }
        var findings: [TopologyFinding] = []
        if found.type != type {
            findings.append(.init(.queueType, declared.name, expected: type, found: found.type))
        }
        if !found.isDurable || found.isAutoDelete || found.isExclusive {
            let flags = [
                found.isDurable ? nil : "not durable", found.isAutoDelete ? "auto-delete" : nil,
                found.isExclusive ? "exclusive" : nil,
            ]
            findings.append(
                .init(
                    .queueNotDurable, declared.name, expected: "durable",
                    found: flags.compactMap { $0 }.joined(separator: ", ")))
        }
        return findings + arguments(declared, found) + policies(declared, found) + deadLetterTarget(declared)
            + availability(found)
    }

    // MARK: - Arguments

    private func arguments(
        _ declared: AMQPQueueDeclaration, _ found: BrokerFacts.Queue
    ) -> [TopologyFinding] {
        let wanted = declared.arguments.entries.filter { $0.key != "x-queue-type" }
        let differing = wanted.compactMap { argument -> TopologyFinding? in
            let value = found.arguments[argument.key]
            guard value != argument.value else { return nil }
            return TopologyFinding(
                kind(of: argument, found: value, in: declared), declared.name,
                expected: "\(argument.key) = \(argument.value.shown)", found: value?.shown ?? "none")
        }
        let unwanted = found.arguments.entries.filter { argument in
            declared.arguments[argument.key] == nil && !Self.placementArguments.contains(argument.key)
        }
        return differing
            + unwanted.map { argument in
                TopologyFinding(
                    argument.key == "x-max-age" ? .streamKeptTooShort : .queueArgument, declared.name,
                    expected: "no \(argument.key)", found: argument.value.shown)
            }
    }

    /// Where replicas and files are placed changes no promise.
    private static let placementArguments: Set<String> = [
        "x-queue-type", "x-queue-leader-locator", "x-quorum-initial-group-size", "x-initial-cluster-size",
        "x-stream-max-segment-size-bytes",
    ]

    private func kind(
        of argument: AMQPTable.Entry, found: AMQPValue?, in declared: AMQPQueueDeclaration
    ) -> TopologyFinding.Kind {
        switch argument.key {
        case "x-single-active-consumer": .singleActiveConsumerOff
        case "x-delivery-limit" where found == nil: .deliveryLimitMissing
        // Without any one of them the broker falls back to at-most-once and says so in its log alone.
        case "x-dead-letter-strategy", "x-overflow", "x-dead-letter-exchange", "x-dead-letter-routing-key":
            declared.arguments["x-dead-letter-strategy"] == nil ? .queueArgument : .deadLetteringFallenBack
        case "x-max-age" where isTooShort(found): .streamKeptTooShort
        default: .queueArgument
        }
    }

    /// Whether a stream's lifetime is below what is promised; a lifetime that cannot be read is.
    private func isTooShort(_ value: AMQPValue?) -> Bool {
        guard case .string(let text)? = value else { return value != nil }
        return (Self.seconds(ofAge: text) ?? 0) < Self.streamSecondsMin
    }

    /// The seconds of an age as streams write it (RabbitMQ's documentation of streams, "retention"): `7D`, `12h`.
    static func seconds(ofAge text: String) -> Int64? {
        let units: [Character: Int64] = [
            "s": 1, "m": 60, "h": 3_600, "D": 86_400, "M": 30 * 86_400, "Y": 365 * 86_400,
        ]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number >= 0 else {
            return nil
        }
        let (seconds, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : seconds
    }

    // MARK: - Policies

    private func policies(_ declared: AMQPQueueDeclaration, _ found: BrokerFacts.Queue) -> [TopologyFinding] {
        facts.policyEntries(on: found).compactMap { entry in
            guard !Self.placementPolicies.contains(entry.key) else { return nil }
            let argument = declared.arguments["x-\(entry.key)"]
            guard argument != entry.value else { return nil }
            // Of two lifetimes a stream takes the shorter.
            if entry.key == "max-age", found.type == "stream" {
                guard isTooShort(entry.value) else { return nil }
                return TopologyFinding(
                    .streamKeptTooShort, declared.name, expected: "7D or longer",
                    found: "a policy's max-age = \(entry.value.shown)")
            }
            return TopologyFinding(
                .queuePolicy, declared.name,
                expected: argument.map { "\(entry.key) = \($0.shown)" } ?? "no \(entry.key)",
                found: "a policy's \(entry.key) = \(entry.value.shown)")
        }
    }

    private static let placementPolicies: Set<String> = [
        "queue-leader-locator", "queue-master-locator", "max-in-memory-length", "max-in-memory-bytes",
        "stream-max-segment-size-bytes",
    ]

    // MARK: - Dead letters

    private func deadLetterTarget(_ declared: AMQPQueueDeclaration) -> [TopologyFinding] {
        guard case .string(let exchange)? = declared.arguments["x-dead-letter-exchange"] else { return [] }
        if exchange.isEmpty {
            guard case .string(let target)? = declared.arguments["x-dead-letter-routing-key"], queues[target] == nil
            else { return [] }
            return [.init(.deadLetterTargetMissing, declared.name, expected: "the queue \(target)", found: "none")]
        }
        guard !facts.exchanges.contains(where: { $0.name == exchange }) else { return [] }
        return [.init(.deadLetterTargetMissing, declared.name, expected: "the exchange \(exchange)", found: "none")]
    }

    // MARK: - Availability

    /// What the broker calls a queue that works; an idle one is a classic queue at rest.
    private static let statesOfHealth: Set<String> = ["running", "idle", "live", "flow", "syncing"]

    private func availability(_ queue: BrokerFacts.Queue) -> [TopologyFinding] {
        var findings: [TopologyFinding] = []
        if let state = queue.state, !Self.statesOfHealth.contains(state) {
            findings.append(.init(.queueDown, queue.name, expected: "running", found: state))
        }
        guard let members = queue.members, let online = queue.online else { return findings }
        let up = members.count { online.contains($0) }
        if up * 2 <= members.count {
            findings.append(
                .init(
                    .queueLeaderless, queue.name, expected: "more than half of \(members.count) members",
                    found: "\(up) up"))
        } else if queue.type == "quorum", !online.contains(queue.leader ?? "") {
            findings.append(.init(.queueLeaderless, queue.name, expected: "a leader that is up", found: "none"))
        }
        return findings
    }
}

extension AMQPQueueDeclaration {
    /// The type asked for; a queue without one is a classic queue.
    var queueType: String {
        guard case .string(let type)? = arguments["x-queue-type"] else { return "classic" }
        return type
    }
}
