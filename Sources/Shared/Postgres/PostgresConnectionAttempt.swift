// Connecting without standing still: a poll loop keeps serving its other sockets while a session comes up.

public import Polling

/// The way to one connection, host by host. Poll for `target`, then `advance`, until there is a connection.
///
/// One thread, like the connection that comes of it. Host names are resolved inside `init` and `advance`, which is the
/// one thing that can block: give addresses, or a resolver near by, where that matters.
public final class PostgresConnectionAttempt {
    private let configuration: PostgresConfiguration
    private var hostsLeft: ArraySlice<[(name: String, value: String)]>
    private var handle: ConnectionHandle?
    private var wants = ConnectProgress.wantsWrite
    /// When the present host's time is over, on the clock of `monotonicNanoseconds`.
    public private(set) var deadline: UInt64 = 0

    /// - Throws: `.connection` when the URL cannot be read.
    public init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        self.configuration = configuration
        hostsLeft = try configuration.attempts()[...]
        startNextHost()
    }

    /// What to poll for. Ask again after each `advance`: the socket changes from address to address.
    public var target: PollTarget {
        let socket = handle?.socketNow() ?? -1
        return PollTarget(socket, read: wants == .wantsRead, write: wants == .wantsWrite)
    }

    /// Takes the next step, if the socket is ready for it or the host's time is over. Does not block.
    ///
    /// - Returns: the connection, in pipeline mode; nil while it is still to come.
    /// - Throws: the last host's `.connection` when no host is left to try.
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
            if monotonicNanoseconds() >= deadline { try giveUpHost("the server did not answer in time") }
            return nil
        }
        guard let progress = handle?.advance() else { throw .connection("the attempt is over") }
        wants = progress
        switch progress {
        case .connected: return handle.take()
        case .failed: try giveUpHost(handle?.reason() ?? "no reason was given")
        case .wantsRead, .wantsWrite: break
        }
        return nil
    }

    private func startNextHost() {
        guard let keywords = hostsLeft.popFirst() else { return }
        let seconds = UInt64(max(1, configuration.connectTimeoutSeconds))
        deadline = monotonicNanoseconds() + seconds * 1_000_000_000
        wants = .wantsWrite
        handle = ConnectionHandle(keywords: keywords)
    }

    private func giveUpHost(_ reason: String) throws(PostgresError) {
        handle = nil
        if hostsLeft.isEmpty { throw .connection(reason) }
        startNextHost()
    }
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
