// A lane as a service: its thread, and what others may see of it.

public import Logging
import Polling
import Synchronization

/// One lane, on a thread of its own.
public final class LaneWorker: Sendable {
    private let shared: LaneShared
    private let thread: PollingThread

    /// Starts the lane at once. It takes its lane from the database when the first command is delivered to it.
    ///
    /// - Throws: `SystemError` when the process is out of descriptors.
    public init(_ configuration: LaneConfiguration, logger: Logger) throws {
        let shared = try LaneShared()
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

    /// Whether both connections to the broker and the one to the database stand.
    public var isReady: Bool { shared.isReady }

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

    init() throws(SystemError) {
        wakeup = try Wakeup()
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

    func setConnected(_ value: Bool) { connected.store(value, ordering: .relaxed) }
    func setDatabase(_ value: Bool) { database.store(value, ordering: .relaxed) }
    func countCommitted(_ count: Int) { committed.add(count, ordering: .relaxed) }
    func countAnnounced(_ count: Int) { announced.add(count, ordering: .relaxed) }
}
