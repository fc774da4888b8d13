// The 256 slots against the lanes: complete, even, each with one lane; and the lanes of an earlier number of lanes.

extension TopologyVerifier {
    /// The lanes that the broker has bound to a slot, whatever number of lanes they are from.
    private var lanesBySlot: [UInt8: Set<Int>] {
        var lanes: [UInt8: Set<Int>] = [:]
        for binding in facts.bindings where binding.source == Names.commands {
            guard case .queue(let name) = binding.destination, let lane = Names.laneNumber(name),
                let slot = Slots.slot(routingKey: binding.routingKey)
            else { continue }
            lanes[slot, default: []].insert(lane)
        }
        return lanes
    }

    func slots() -> [TopologyFinding] {
        let lanesBySlot = lanesBySlot
        var without: [Int: [UInt8]] = [:]
        var elsewhere: [Int: [UInt8]] = [:]
        var doubled: [Int: [UInt8]] = [:]
        for slot in UInt8.min...UInt8.max {
            let wanted = topology.slots.lane(of: slot)
            let found = lanesBySlot[slot] ?? []
            if found.isEmpty {
                without[wanted, default: []].append(slot)
            } else if !found.contains(wanted) {
                elsewhere[wanted, default: []].append(slot)
            } else if found.contains(where: { $0 != wanted && $0 < topology.slots.laneCount }) {
                doubled[wanted, default: []].append(slot)
            }
        }
        func findings(
            _ kind: TopologyFinding.Kind, _ slots: [Int: [UInt8]], _ found: ([UInt8]) -> String
        ) -> [TopologyFinding] {
            slots.sorted { $0.key < $1.key }.map { lane, slots in
                TopologyFinding(
                    kind, Names.commands, expected: "slots \(slotRanges(slots)) in \(Names.lane(lane))",
                    found: found(slots))
            }
        }
        func lanes(_ slots: [UInt8]) -> String {
            Set(slots.flatMap { lanesBySlot[$0] ?? [] }).sorted().map(Names.lane).joined(separator: ", ")
        }
        return findings(.slotWithoutLane, without) { _ in "no lane" } + findings(.slotInOtherLane, elsewhere, lanes)
            + findings(.slotWithTwoLanes, doubled, lanes) + evenness(lanesBySlot) + foreignBindings()
    }

    /// Whether the lanes that have slots have equally many, give or take one. Lanes without any are found elsewhere.
    private func evenness(_ lanesBySlot: [UInt8: Set<Int>]) -> [TopologyFinding] {
        guard lanesBySlot.count == Slots.count, lanesBySlot.values.allSatisfy({ $0.count == 1 }) else { return [] }
        let counts = lanesBySlot.values.reduce(into: [Int: Int]()) { counts, lanes in
            for lane in lanes { counts[lane, default: 0] += 1 }
        }
        guard let most = counts.values.max(), let least = counts.values.min(), most - least > 1 else { return [] }
        return [
            .init(
                .slotsUneven, Names.commands, expected: "equally many slots for each lane",
                found: "\(least) to \(most)")
        ]
    }

    /// What else than slots is bound to a lane.
    private func foreignBindings() -> [TopologyFinding] {
        facts.bindings.compactMap { binding in
            guard case .queue(let name) = binding.destination, Names.laneNumber(name) != nil, !binding.source.isEmpty
            else { return nil }
            let isSlot = binding.source == Names.commands && Slots.slot(routingKey: binding.routingKey) != nil
            let isDeferred = binding.source == Names.work && binding.routingKey == name
            guard !isSlot, !isDeferred else { return nil }
            return TopologyFinding(
                .laneBoundElsewhere, name, expected: "slots of \(Names.commands)",
                found: "\(binding.source) '\(binding.routingKey)'")
        }
    }

    // MARK: - Retired lanes

    func retiredLanes() -> [TopologyFinding] {
        let retired = facts.queues.filter { queue in
            Names.laneNumber(queue.name).map { $0 >= topology.slots.laneCount } ?? false
        }
        return retired.sorted { $0.name < $1.name }.flatMap { queue in
            let keys = facts.bindings.filter {
                $0.source == Names.commands && $0.destination == .queue(queue.name)
            }.map(\.routingKey)
            var findings: [TopologyFinding] = []
            if !keys.isEmpty {
                findings.append(
                    .init(
                        .retiredLaneBound, queue.name, expected: "no binding of \(topology.slots.laneCount) lanes",
                        found: "slots \(slotRanges(keys))"))
            }
            if let count = queue.messageCount, count > 0 {
                findings.append(
                    .init(.retiredLaneHoldsMessages, queue.name, expected: "no messages", found: "\(count)"))
            }
            if findings.isEmpty {
                findings.append(.init(.retiredLaneLeft, queue.name, expected: "no queue", found: "an empty one"))
            }
            return findings
        }
    }
}

/// Slots as ranges of their routing keys: `00-1f, 40`.
func slotRanges(_ slots: [UInt8]) -> String {
    var ranges: [ClosedRange<UInt8>] = []
    for slot in slots.sorted() {
        if let last = ranges.last, last.upperBound < slot, slot - last.upperBound == 1 {
            ranges[ranges.count - 1] = last.lowerBound...slot
        } else {
            ranges.append(slot...slot)
        }
    }
    return ranges.map { range in
        let first = Slots.routingKey(range.lowerBound)
        return range.count == 1 ? first : "\(first)-\(Slots.routingKey(range.upperBound))"
    }.joined(separator: ", ")
}

func slotRanges(_ routingKeys: [String]) -> String {
    slotRanges(routingKeys.compactMap { Slots.slot(routingKey: $0) })
}
