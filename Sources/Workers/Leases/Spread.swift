// Who is to own which lane: even, with as few moves as that takes, and the same for whoever computes it.

public import Ledger

/// The rule by which lanes are spread over workers. Pure: the same members give the same owners.
public enum Spread {
    /// The owner that each lane is to have; nil where nobody may take it.
    ///
    /// Lanes of paused workers, and of those that are alive and not yet steady, stay where they are. The others are
    /// spread evenly over the workers that take lanes: each keeps its lowest lanes up to its share, those that have most
    /// get the larger shares, and what is left goes to those below theirs, the oldest first.
    ///
    /// - Parameters:
    ///   - laneCount: lanes are numbered from 0.
    ///   - members: the fleet with the leases that it has.
    public static func owners(laneCount: Int, members: [FleetMember]) -> [WorkerID?] {
        let members = members.filter(\.isAlive).sorted { ($0.number, $0.id) < ($1.number, $1.id) }
        let takers = takers(among: members)
        var owners = [WorkerID?](repeating: nil, count: laneCount)
        var isFixed = [Bool](repeating: false, count: laneCount)
        for member in members where member.standing != .leaving {
            let isTaker = takers.contains(member)
            for lane in member.lanes where owners.indices.contains(Int(lane)) {
                owners[Int(lane)] = member.id
                isFixed[Int(lane)] = !isTaker
            }
        }
        if takers.isEmpty { return owners }

        let free = owners.indices.filter { !isFixed[$0] }
        var shares = shares(of: free.count, among: takers, owners: owners)
        var homeless: [Int] = []
        for lane in free {
            if let owner = owners[lane], let share = shares[owner], share > 0 {
                shares[owner] = share - 1
            } else {
                homeless.append(lane)
            }
        }
        var next = homeless.makeIterator()
        for taker in takers {
            for _ in 0..<(shares[taker.id] ?? 0) {
                if let lane = next.next() { owners[lane] = taker.id }
            }
        }
        return owners
    }

    /// The workers among which lanes move: those that are steady. While there is none, those that have lanes; and if
    /// nobody has, everyone who runs, so that a fleet that has just started does not wait.
    private static func takers(among members: [FleetMember]) -> [FleetMember] {
        let running = members.filter { $0.standing == .running }
        let steady = running.filter(\.isSteady)
        if !steady.isEmpty { return steady }
        let owning = running.filter { !$0.lanes.isEmpty }
        return owning.isEmpty ? running : owning
    }

    /// How many lanes each is to have: equal to within one, the larger shares for those that have most already.
    private static func shares(
        of count: Int, among takers: [FleetMember], owners: [WorkerID?]
    ) -> [WorkerID: Int] {
        let held = takers.map { taker in owners.count { $0 == taker.id } }
        let order = takers.indices.sorted { held[$0] != held[$1] ? held[$0] > held[$1] : $0 < $1 }
        var shares: [WorkerID: Int] = [:]
        for (rank, index) in order.enumerated() {
            shares[takers[index].id] = count / takers.count + (rank < count % takers.count ? 1 : 0)
        }
        return shares
    }
}
