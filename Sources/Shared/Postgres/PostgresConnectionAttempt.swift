// Connecting without standing still: a poll loop keeps serving its other sockets while a session comes up.

public import Polling

/// The way to one connection, host by host and address by address. Poll for `target`, then `advance`, until there is a
/// connection.
///
/// One thread, like the connection that comes of it. Host names are resolved inside `init` and `advance`, which is the
/// one thing that can block: give addresses, or a resolver near by, where that matters.
public final class PostgresConnectionAttempt {
    typealias Host = PostgresConfiguration.Host

    private let resolve: (String) -> [String]
    private var hostsLeft: ArraySlice<Host>
    private var addressesLeft: ArraySlice<Host> = []
    private var current: Host?
    /// Why each address so far would not do.
    private var reasons: [String] = []
    private var handle: ConnectionHandle?
    private var wants = ConnectProgress.wantsWrite
    /// When the present address's time is over, on the clock of `monotonicNanoseconds`.
    public private(set) var deadline: UInt64 = 0

    /// - Throws: `.connection` when the URL cannot be read.
    public convenience init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        try self.init(configuration, resolve: addresses(ofHost:))
    }

    init(_ configuration: PostgresConfiguration, resolve: @escaping (String) -> [String]) throws(PostgresError) {
        self.resolve = resolve
        hostsLeft = try configuration.hosts()[...]
        startNext()
    }

    /// What to poll for. Ask again after each `advance`: the socket changes from address to address.
    public var target: PollTarget {
        let socket = handle?.socketNow() ?? -1
        return PollTarget(socket, read: wants == .wantsRead, write: wants == .wantsWrite)
    }

    /// Takes the next step, if the socket is ready for it or the address's time is over. Does not block.
    ///
    /// - Returns: the connection, in pipeline mode; nil while it is still to come.
    /// - Throws: `.connection` when no host is left to try, with the reasons of all.
    public func advance() throws(PostgresError) -> PostgresConnection? {
        guard let handle = try step(blocking: false) else { return nil }
        return try PostgresConnection(adopting: handle)
    }

    /// Blocks until the session is up, or throws as `advance` does.
    func wait() throws(PostgresError) -> ConnectionHandle {
        while true {
            if let handle = try step(blocking: true) { return handle }
        }
    }

    private func step(blocking: Bool) throws(PostgresError) -> ConnectionHandle? {
        // libpq takes a socket that is not ready for one that has connected, so look before each of its steps.
        var targets = [target]
        try pollMapped(&targets, until: blocking ? deadline : 0)
        guard targets[0].isReadable || targets[0].isWritable || targets[0].hasFailed || targets[0].descriptor < 0 else {
            if monotonicNanoseconds() >= deadline {
                try giveUp("\(current?.name ?? "host"): the server did not answer in time")
            }
            return nil
        }
        guard let progress = handle?.advance() else { throw .connection("the attempt is over") }
        wants = progress
        switch progress {
        case .connected: return handle.take()
        case .failed: try giveUp(handle?.reason() ?? "no reason was given")
        case .wantsRead, .wantsWrite: break
        }
        return nil
    }

    private func startNext() {
        if addressesLeft.isEmpty, let host = hostsLeft.popFirst() { addressesLeft = host.addresses(resolve)[...] }
        guard let host = addressesLeft.popFirst() else { return }
        current = host
        deadline = monotonicNanoseconds() + nanoseconds(milliseconds: max(1, host.timeoutSeconds), times: 1000)
        wants = .wantsWrite
        handle = ConnectionHandle(keywords: host.keywords.map { (name: $0.key, value: $0.value) })
    }

    private func giveUp(_ reason: String) throws(PostgresError) {
        handle = nil
        reasons.append(reason)
        if hostsLeft.isEmpty, addressesLeft.isEmpty { throw .connection(reasons.joined(separator: "; ")) }
        startNext()
    }
}

/// A span of time to add to `monotonicNanoseconds`: a year at most, whatever was configured, so that no sum overflows.
func nanoseconds(milliseconds: Int, times factor: Int = 1) -> UInt64 {
    let yearMilliseconds = 366 * 86_400_000
    let (product, isOverflow) = milliseconds.multipliedReportingOverflow(by: factor)
    return UInt64(isOverflow ? yearMilliseconds : min(max(0, product), yearMilliseconds)) * 1_000_000
}

/// Polls until a target is ready or the clock of `monotonicNanoseconds` passes `deadline`; nil waits for ever.
func pollMapped(_ targets: inout [PollTarget], until deadline: UInt64?) throws(PostgresError) {
    var milliseconds: Int32 = -1
    if let deadline {
        let now = monotonicNanoseconds()
        // Rounded up, so that the deadline has passed when the time is over.
        milliseconds = now >= deadline ? 0 : Int32(clamping: (deadline - now) / 1_000_000 + 1)
    }
    do {
        try poll(&targets, timeoutMilliseconds: milliseconds)
    } catch {
        throw .connection(error.description)
    }
}
