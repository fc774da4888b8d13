// The lanes of one worker: what it runs, what it may run, and what is to be done about the difference.
//
// A pure machine. It is told what the database says, what was taken and what has stopped, and answers with actions; it never
// asks for a lane to be run that it does not hold, and never gives a lane back before that lane has stopped.

public import Ledger

/// The leases of one worker.
public struct LeaseHolder: Sendable {
    /// What the driver has to do. `start` and `take` may fail: then the next look brings them again.
    public enum Action: Sendable, Hashable {
        /// Begin to consume a lane whose lease is held; `started` says that it was done.
        case start(Int16)
        /// End a lane in order: finish and announce what is under way. `stopped` says that it has ended.
        case stop(Int16)
        /// End a lane, or one that is ending, at once: somebody else may have it already.
        case abandon(Int16)
        /// Ask for leases; `took` says which were given.
        case take([LeaseWish])
        case release([Int16])
    }

    private enum Running: Sendable {
        case running, stopping, abandoned
    }

    /// After so long a lane that its living owner was to give away is taken from it: longer than ending a lane in order
    /// takes.
    public static let handOverSecondsMax: UInt64 = 9

    public let id: WorkerID
    private let laneCount: Int
    private var lanes: [Int16: Running] = [:]
    /// Since when a lane that is to be this worker's has been another's, on the monotonic clock.
    private var awaitedSince: [Int16: UInt64] = [:]
    private var mine: Set<Int16> = []
    private var isEnding = false

    public private(set) var isPaused = false
    /// Whether an operator wants it to have no lanes, or it is ending.
    public private(set) var isLeaving = false
    /// Whether every lane has an owner that is alive, or is not to have one, and this worker runs what it is to run.
    public private(set) var isSettled = false

    public init(id: WorkerID, laneCount: Int) {
        self.id = id
        self.laneCount = laneCount
    }

    /// The lanes that it runs, those that are stopping included.
    public var runs: Set<Int16> { Set(lanes.keys) }
    /// Whether it waits for another to let go of a lane: then looking again soon is worth it.
    public var isAwaiting: Bool { !awaitedSince.isEmpty }

    // MARK: - Events

    /// The database was looked at.
    ///
    /// - Parameter now: on the monotonic clock, in nanoseconds.
    public mutating func observed(_ members: [FleetMember], at now: UInt64) -> [Action] {
        let own = members.first { $0.id == id }
        mine = Set(own?.lanes ?? [])
        isPaused = own?.standing == .paused
        isLeaving = isEnding || own?.standing == .leaving
        let owners = isEnding ? [:] : targets(members)
        let holders = holders(members)

        var actions: [Action] = []
        var wishes: [LeaseWish] = []
        var releases: [Int16] = []
        for lane in 0..<Int16(laneCount) {
            let isToOwn = owners[lane] == id
            guard !mine.contains(lane) else {
                awaitedSince[lane] = nil
                switch lanes[lane] {
                case .running where !isToOwn || isPaused: actions.append(stop(lane))
                case .running, .stopping, .abandoned: break
                case nil where !isToOwn: releases.append(lane)
                case nil: if !isPaused { actions.append(.start(lane)) }
                }
                continue
            }
            if let running = lanes[lane] {
                if running != .abandoned { actions.append(abandon(lane)) }
            } else if isToOwn, let wish = wish(lane, holders[lane], at: now) {
                wishes.append(wish)
            }
            if !isToOwn { awaitedSince[lane] = nil }
        }
        if !wishes.isEmpty { actions.append(.take(wishes)) }
        if !releases.isEmpty { actions.append(.release(releases)) }
        isSettled =
            actions.isEmpty && lanes.values.allSatisfy { $0 == .running }
            && owners.allSatisfy { $0.value == holders[$0.key]?.id }
        return actions
    }

    /// Leases that were asked for are held.
    public mutating func took(_ taken: [Int16]) -> [Action] {
        mine.formUnion(taken)
        for lane in taken { awaitedSince[lane] = nil }
        return taken.filter { lanes[$0] == nil && !isPaused && !isEnding }.map { .start($0) }
    }

    public mutating func started(_ lane: Int16) { lanes[lane] = .running }

    /// A lane has ended, as it was asked to. The next look gives its lease back, unless the worker is only paused.
    public mutating func stopped(_ lane: Int16) { lanes[lane] = nil }

    /// The worker is ending: every lane is to stop. What the database says changes nothing about that.
    public mutating func end() -> [Action] {
        isEnding = true
        isLeaving = true
        awaitedSince = [:]
        return lanes.keys.sorted().filter { lanes[$0] == .running }.map { stop($0) }
    }

    // MARK: - Judging

    private func targets(_ members: [FleetMember]) -> [Int16: WorkerID] {
        var targets: [Int16: WorkerID] = [:]
        for (lane, owner) in Spread.owners(laneCount: laneCount, members: members).enumerated() {
            targets[Int16(lane)] = owner
        }
        return targets
    }

    private func holders(_ members: [FleetMember]) -> [Int16: FleetMember] {
        var holders: [Int16: FleetMember] = [:]
        for member in members {
            for lane in member.lanes { holders[lane] = member }
        }
        return holders
    }

    /// A lane that is free or whose holder is dead can be taken; for a living holder there is a time to wait.
    private mutating func wish(_ lane: Int16, _ holder: FleetMember?, at now: UInt64) -> LeaseWish? {
        guard let holder, holder.isAlive else { return LeaseWish(lane: lane, holder: holder?.id) }
        let since = awaitedSince[lane] ?? now
        awaitedSince[lane] = since
        if now - since < Self.handOverSecondsMax * 1_000_000_000 { return nil }
        return LeaseWish(lane: lane, holder: holder.id)
    }

    private mutating func stop(_ lane: Int16) -> Action {
        lanes[lane] = .stopping
        return .stop(lane)
    }

    private mutating func abandon(_ lane: Int16) -> Action {
        lanes[lane] = .abandoned
        return .abandon(lane)
    }
}
