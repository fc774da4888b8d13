// A lane as a service: its thread, and what others may see of it.

public import Logging
import Polling
import Synchronization

/// One lane, on a thread of its own.
public final class LaneWorker: Sendable {
    private let shared: LaneShared
    private let thread: PollingThread

    /// Starts the lane at once: it takes its lane in the database, announces what an earlier owner left unannounced, and
    /// consumes.
    ///
    /// - Parameter leasedUntil: on the monotonic clock, in nanoseconds. From then on it consumes nothing, unless the
    ///   lease is renewed; a lane that nobody else wants needs no end.
    /// - Throws: `SystemError` when the process is out of descriptors.
    public init(_ configuration: LaneConfiguration, leasedUntil: UInt64 = .max, logger: Logger) throws {
        let shared = try LaneShared(leasedUntil: leasedUntil)
        self.shared = shared
        var logger = logger
        logger[metadataKey: "lane"] = "\(configuration.lane)"
        let laneLogger = logger
        thread = PollingThread(name: "lane-\(configuration.lane)") {
            LaneLoop(configuration, shared: shared, logger: laneLogger).run()
        }
    }

    /// Ends the lane in order: the batch under way is committed, announced and acknowledged; what waits goes back.
    public func stop() async {
        shared.stop()
        await thread.join()
    }

    /// Ends the lane at once, whatever is under way: it is somebody else's. `stop` returns soon after.
    public func abandon() { shared.abandon() }

    /// The lease holds until then, on the monotonic clock.
    public func renewLease(until moment: UInt64) { shared.renewLease(until: moment) }

    /// Whether both connections to the broker and the one to the database stand.
    public var isReady: Bool { shared.isReady }

    /// Whether the lane has stopped at an announcement that can never be sent.
    public var isHalted: Bool { shared.isHalted }

    /// Messages whose batch was committed, and announcements confirmed, since the start.
    public var counts: (committed: Int, announced: Int) { shared.counts }
}

/// What the lane's thread shares with others.
final class LaneShared: Sendable {
    let wakeup: Wakeup
    private let stopping = Atomic(false)
    private let connected = Atomic(false)
    private let database = Atomic(false)
    private let committed = Atomic(0)
    private let announced = Atomic(0)
    private let abandoned = Atomic(false)
    private let halted = Atomic(false)
    private let leasedUntil: Atomic<UInt64>

    init(leasedUntil: UInt64 = .max) throws(SystemError) {
        wakeup = try Wakeup()
        self.leasedUntil = Atomic(leasedUntil)
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }
    var isReady: Bool { connected.load(ordering: .relaxed) && database.load(ordering: .relaxed) }
    var counts: (committed: Int, announced: Int) {
        (committed.load(ordering: .relaxed), announced.load(ordering: .relaxed))
    }

    func stop() {
        stopping.store(true, ordering: .relaxed)
        wakeup.signal()
    }

    var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

    func abandon() {
        abandoned.store(true, ordering: .relaxed)
        stop()
    }

    var isHalted: Bool { halted.load(ordering: .relaxed) }

    /// From here on it is never ready.
    func halt() {
        halted.store(true, ordering: .relaxed)
        setConnected(false)
        setDatabase(false)
    }

    func isLeased(at now: UInt64) -> Bool { now < leasedUntil.load(ordering: .relaxed) }

    /// One that had run out wakes its lane.
    func renewLease(until moment: UInt64) {
        let before = leasedUntil.exchange(moment, ordering: .relaxed)
        if before < monotonicNanoseconds() { wakeup.signal() }
    }

    /// Until it is renewed; a lane without an end of its lease has nobody who renews it.
    func giveUpLease() {
        if leasedUntil.load(ordering: .relaxed) != .max { leasedUntil.store(0, ordering: .relaxed) }
    }

    func setConnected(_ value: Bool) { connected.store(value, ordering: .relaxed) }
    func setDatabase(_ value: Bool) { database.store(value, ordering: .relaxed) }
    func countCommitted(_ count: Int) { committed.add(count, ordering: .relaxed) }
    func countAnnounced(_ count: Int) { announced.add(count, ordering: .relaxed) }
}
