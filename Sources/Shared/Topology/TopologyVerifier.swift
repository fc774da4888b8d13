// Compares what the broker has with what the topology says. Pure: the facts come in, findings go out.
//
// A declare that succeeds proves nothing: the broker accepts arguments that it does not know, a policy acts over them, and
// a queue of somebody else's that refuses when it is full refuses for every queue bound beside it.

import AMQP
import Domain

/// Everything in which a broker differs from a topology.
public struct TopologyVerifier: Sendable {
    /// At-least-once dead lettering and lifetimes on quorum queues came with it.
    static let versionMin = (major: 3, minor: 10)
    /// What replay and the journal promise.
    static let streamSecondsMin: Int64 = 7 * 86_400

    let topology: Topology
    let facts: BrokerFacts
    let queues: [String: BrokerFacts.Queue]

    public init(_ topology: Topology, _ facts: BrokerFacts) {
        self.topology = topology
        self.facts = facts
        queues = Dictionary(facts.queues.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The findings in the topology's order; none when all is well.
    public func findings() -> [TopologyFinding] {
        version() + topology.exchanges.flatMap(exchange) + topology.queues.flatMap { queue($0.declaration) }
            + slots() + retiredLanes() + topology.queues.flatMap(bindings) + journalSwitchedOff() + subscribers()
    }

    // MARK: - Broker and exchanges

    private func version() -> [TopologyFinding] {
        let parts = facts.version.split(separator: ".").prefix(2).map { Int($0) ?? -1 }
        let minimum = Self.versionMin
        if parts.count == 2, (parts[0], parts[1]) >= (minimum.major, minimum.minor) { return [] }
        return [
            .init(
                .brokerTooOld, "broker", expected: "\(minimum.major).\(minimum.minor) or later",
                found: facts.version.isEmpty ? "no version" : facts.version)
        ]
    }

    private func exchange(_ declared: AMQPExchangeDeclaration) -> [TopologyFinding] {
        guard let found = facts.exchanges.first(where: { $0.name == declared.name }) else {
            return [.init(.exchangeMissing, declared.name, expected: "a \(declared.type) exchange", found: "none")]
        }
        var findings: [TopologyFinding] = []
        if found.type != declared.type {
            findings.append(.init(.exchangeType, declared.name, expected: declared.type, found: found.type))
        }
        if !found.isDurable || found.isAutoDelete || found.isInternal {
            let flags = [
                found.isDurable ? nil : "not durable", found.isAutoDelete ? "auto-delete" : nil,
                found.isInternal ? "internal" : nil,
            ]
            findings.append(
                .init(
                    .exchangeNotDurable, declared.name, expected: "durable, for publishers",
                    found: flags.compactMap { $0 }.joined(separator: ", ")))
        }
        for argument in found.arguments.entries where declared.arguments[argument.key] != argument.value {
            findings.append(
                .init(
                    .exchangeArgument, declared.name, expected: "no \(argument.key)",
                    found: "\(argument.key) = \(argument.value.shown)"))
        }
        for policy in facts.policies(onExchange: declared.name) {
            let entries = policy.definition.entries.filter { Self.keysForExchanges.contains($0.key) }
            // A policy for everything may well be about queues alone.
            guard policy.appliesTo == "exchanges" || !entries.isEmpty else { continue }
            findings.append(
                .init(
                    .exchangePolicy, declared.name, expected: "no policy",
                    found: "the policy \(policy.name): \(policy.definition.shown)"))
        }
        return findings
    }

    private static let keysForExchanges: Set<String> = [
        "alternate-exchange", "federation-upstream", "federation-upstream-set",
    ]

    // MARK: - Bindings

    /// What must be bound to the queues. The lanes' slots, and what else is bound to them, have rules of their own.
    private func bindings(_ queue: Topology.Queue) -> [TopologyFinding] {
        let name = queue.declaration.name
        guard queues[name] != nil else { return [] }
        let isLane = Names.laneNumber(name) != nil
        let wanted = Set(
            queue.bindings.filter { !isLane || $0.exchange != Names.commands }.map {
                BrokerFacts.Binding($0.exchange, .queue(name), routingKey: $0.routingKey)
            })
        let found = Set(facts.bindings.filter { $0.destination == .queue(name) && !$0.source.isEmpty })
        if name == Names.commandsLog {
            let missing = wanted.subtracting(found).map(\.routingKey)
            if !missing.isEmpty {
                return [
                    .init(.journalIncomplete, name, expected: "all 256 slots", found: "without \(slotRanges(missing))")
                ]
            }
        }
        var findings: [TopologyFinding] = []
        for exchange in Set(wanted.map(\.source)).sorted() {
            let missing = wanted.subtracting(found).filter { $0.source == exchange }
            guard !missing.isEmpty else { continue }
            findings.append(
                .init(
                    .bindingMissing, name, expected: "\(exchange) \(keys(missing))",
                    found: keys(found.filter { $0.source == exchange })))
        }
        let extra = isLane ? [] : found.subtracting(wanted)
        for exchange in Set(extra.map(\.source)).sorted() {
            findings.append(
                .init(
                    .bindingExtra, name, expected: "no other binding",
                    found: "\(exchange) \(keys(extra.filter { $0.source == exchange }))"))
        }
        return findings
    }

    private func keys(_ bindings: Set<BrokerFacts.Binding>) -> String {
        bindings.isEmpty ? "none" : bindings.map { "'\($0.routingKey)'" }.sorted().joined(separator: ", ")
    }

    private func journalSwitchedOff() -> [TopologyFinding] {
        guard !topology.queues.contains(where: { $0.declaration.name == Names.commandsLog }) else { return [] }
        let bound = facts.bindings.filter {
            $0.source == Names.commands && $0.destination == .queue(Names.commandsLog)
        }
        guard !bound.isEmpty else { return [] }
        return [
            .init(
                .journalNotWanted, Names.commandsLog, expected: "no binding",
                found: "slots \(slotRanges(bound.map(\.routingKey)))")
        ]
    }

    // MARK: - Others' queues

    /// What others have bound to our exchanges, and whether it can stop us.
    private func subscribers() -> [TopologyFinding] {
        let ours = Set(topology.queues.map(\.declaration.name)).union([Names.commandsLog])
        var exchangesByQueue: [String: [String]] = [:]
        for exchange in topology.exchanges.map(\.name) {
            for queue in facts.queues(reachedFrom: exchange)
            where !ours.contains(queue) && Names.laneNumber(queue) == nil {
                exchangesByQueue[queue, default: []].append(exchange)
            }
        }
        return exchangesByQueue.sorted { $0.key < $1.key }.flatMap { name, exchanges in
            queues[name].map { subscriber($0, of: exchanges) } ?? []
        }
    }

    private func subscriber(_ queue: BrokerFacts.Queue, of exchanges: [String]) -> [TopologyFinding] {
        let exchangeNames = exchanges.joined(separator: ", ")
        func values(_ key: String) -> [AMQPValue] {
            (queue.arguments["x-\(key)"].map { [$0] } ?? [])
                + facts.policyEntries(on: queue).filter { $0.key == key }.map(\.value)
        }
        let limits = ["max-length", "max-length-bytes"].flatMap { key in values(key).map { "\(key) \($0.shown)" } }
        let refusing = values("overflow").filter { $0 != "drop-head" }
        var findings: [TopologyFinding] = []
        if queue.type != "stream", let refusing = refusing.first, !limits.isEmpty {
            findings.append(
                .init(
                    .subscriberCanStop, queue.name, expected: "overflow drop-head",
                    found: "overflow \(refusing.shown) at \(limits.joined(separator: ", ")), bound to \(exchangeNames)")
            )
        }
        if limits.isEmpty, queue.type != "stream" || values("max-age").isEmpty {
            findings.append(
                .init(
                    .subscriberUnlimited, queue.name, expected: "a length limit",
                    found: "none, bound to \(exchangeNames)"))
        }
        if exchanges.contains(Names.commands) {
            findings.append(
                .init(
                    .commandsCopied, queue.name, expected: "lanes and journal alone at \(Names.commands)",
                    found: "a \(queue.type) queue"))
        }
        return findings
    }
}

extension AMQPValue {
    /// As an operator would write it.
    var shown: String {
        switch self {
        case .string(let text): text.isEmpty ? "''" : text
        case .int64(let number): "\(number)"
        case .bool(let bool): "\(bool)"
        case .double(let number): "\(number)"
        default: "another kind of value"
        }
    }
}

extension AMQPTable {
    var shown: String { entries.map { "\($0.key) = \($0.value.shown)" }.joined(separator: ", ") }
}
