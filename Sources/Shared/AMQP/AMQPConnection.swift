// One connection with one channel for one thread: layer 1, driven by a poll loop.

import Polling

/// A connection to a broker with one open channel, for use from one thread at a time.
///
/// Calls with an answer (declare, bind, consume …) wait for it; what arrives meanwhile is kept for `nextEvent`. Nothing
/// else waits, except that a send waits for room in a full socket, up to `sendTimeoutMilliseconds`, and that a message
/// larger than the socket's buffer may wait until the broker has read it: `tcpUserTimeoutMilliseconds` after it has
/// stopped reading, or `watchdogMilliseconds` altogether.
///
/// A poll loop calls `nextEvent` until it gives nil, then polls `socket`, at least every half heartbeat.
public final class AMQPConnection {
    private var handle: AMQPHandle
    private let watched: WatchedSocket
    private var assembly: FrameAssembly
    private var pending = ReadQueue<AMQPEvent>()
    private var pendingBytes = 0
    private let configuration: AMQPConfiguration

    /// Why nothing goes any more.
    private var failure: AMQPError?
    /// Why the channel cannot be used until it is opened again.
    private var channelFailure: AMQPError?
    private var publishSequence: UInt64 = 0
    private var confirmsAreEnabled = false
    /// Bytes that may be sent before the socket is asked for room again, and how many that are after it was asked.
    private var sendAllowance = 0
    private let sendAllowanceBytes: Int

    /// The descriptor to poll for reading.
    public var socket: Int32 { handle.socket }

    /// False once the connection or its channel is gone.
    public var isOpen: Bool { failure == nil && channelFailure == nil }

    /// The interval that both sides agreed on.
    public private(set) var heartbeatSeconds: Int

    /// Connects, logs in and opens the channel.
    ///
    /// Announces consumer_cancel_notify, connection.blocked, publisher_confirms, basic.nack and
    /// authentication_failure_close, without which a deleted queue, an alarm and a wrong password would be silence.
    /// - Throws: `connectFailed`; `tlsFailed`, which says why; `connectionClosed` with 403 for wrong credentials, 530 for
    ///   a virtual host that is missing or not allowed; `timedOut`, `connectionLost`.
    public init(_ configuration: AMQPConfiguration) throws(AMQPError) {
        self.configuration = configuration
        heartbeatSeconds = min(max(1, configuration.heartbeatSeconds), Int(UInt16.max))
        assembly = FrameAssembly(bodyBytesMax: configuration.bodyBytesMax)
        handle = try AMQPHandle(
            host: configuration.host, port: configuration.port, tls: configuration.tls,
            timeoutSeconds: configuration.connectTimeoutSeconds)
        watched = try WatchedSocket(handle.socket)
        sendAllowanceBytes = try SocketOptions.prepare(
            handle.socket, userTimeoutMilliseconds: configuration.tcpUserTimeoutMilliseconds)
        try logIn()
        try openChannel()
    }

    // MARK: - The login

    private func logIn() throws(AMQPError) {
        let deadline = Deadline(seconds: configuration.connectTimeoutSeconds)
        try watch("login") { () throws(AMQPError) in try handle.sendProtocolHeader() }
        guard case .start(let versionMajor, let mechanisms) = try reply("login", by: deadline) else {
            throw unexpected()
        }
        guard versionMajor == 0 else { throw fail(.protocolViolation("another version of AMQP")) }
        guard mechanisms.split(separator: " ").contains("PLAIN") else {
            throw fail(.connectFailed("the broker does not offer PLAIN"))
        }
        let response = [0] + Array(configuration.user.utf8) + [0] + Array(configuration.password.text.utf8)
        try send(.startOk(properties: clientProperties, response: response))

        guard case .tune(let channelMax, let frameMax, let heartbeat) = try reply("login", by: deadline) else {
            throw unexpected()
        }
        // The library takes for granted that a frame's own header fits into a frame.
        guard frameMax == 0 || frameMax >= Self.frameBytesMin else {
            throw fail(.protocolViolation("frames smaller than AMQP allows"))
        }
        let frameBytes = frameMax == 0 ? Self.frameBytesWanted : min(Int(frameMax), Self.frameBytesWanted)
        if heartbeat > 0 { heartbeatSeconds = min(heartbeatSeconds, Int(heartbeat)) }
        let channels = channelMax == 0 ? 1 : min(channelMax, 1)
        try handle.tune(channelMax: channels, frameBytesMax: frameBytes, heartbeatSeconds: heartbeatSeconds)
        try send(.tuneOk(channelMax: channels, frameMax: UInt32(frameBytes), heartbeat: UInt16(heartbeatSeconds)))
        try send(.open(virtualHost: configuration.virtualHost))
        guard case .openOk = try reply("login", by: deadline) else { throw unexpected() }
    }

    private static let frameBytesWanted = 131_072
    /// AMQP 0-9-1 §4.2.3, frame-min-size.
    private static let frameBytesMin = 4_096

    private var clientProperties: AMQPTable {
        [
            ("product", "contacto-wallet"), ("connection_name", .string(configuration.connectionName)),
            (
                "capabilities",
                .table([
                    ("consumer_cancel_notify", true), ("connection.blocked", true), ("publisher_confirms", true),
                    ("basic.nack", true), ("authentication_failure_close", true),
                ])
            ),
        ]
    }

    private func openChannel() throws(AMQPError) {
        try send(.channelOpen)
        guard case .channelOpenOk = try reply("channel.open") else { throw unexpected() }
    }

    /// Opens the channel again after `channelClosed`.
    ///
    /// Consumers, prefetch, confirms and the count of publishes are gone with the old one, and so are its events.
    public func reopenChannel() throws(AMQPError) {
        if let failure { throw failure }
        guard channelFailure != nil else { return }
        channelFailure = nil
        pending.removeAll()
        pendingBytes = 0
        publishSequence = 0
        confirmsAreEnabled = false
        try openChannel()
    }

    // MARK: - Events

    /// The next event, if one is complete. Never waits; keeps the heartbeat.
    ///
    /// - Throws: `channelClosed`, `connectionClosed`, `connectionLost`, `limitExceeded`, `protocolViolation`; what
    ///   arrived before is given first.
    public func nextEvent() throws(AMQPError) -> AMQPEvent? {
        if let event = pending.popFirst() {
            pendingBytes -= event.bodyBytes
            return event
        }
        try checkChannel()
        while let output = try receive(timeoutMicroseconds: 0) {
            switch output {
            case .event(let event): return event
            default: throw fail(.protocolViolation("an answer that nothing was asked for"))
            }
        }
        return nil
    }

    /// Sends a heartbeat if one is due, and notices a silent peer. For a loop that does not take events just now.
    public func serviceHeartbeat() throws(AMQPError) {
        try checkChannel()
        // A frame in the library's buffer would be returned before the heartbeat is looked at.
        repeat {
            guard let output = try receive(timeoutMicroseconds: 0) else { return }
            guard case .event(let event) = output else {
                throw fail(.protocolViolation("an answer that nothing was asked for"))
            }
            try keep(event)
        } while handle.hasBufferedInput
    }

    /// Keeps an event until it is asked for.
    private func keep(_ event: AMQPEvent) throws(AMQPError) {
        guard pending.count < configuration.pendingEventsMax else { throw fail(.limitExceeded("pendingEventsMax")) }
        let bytes = event.bodyBytes
        guard pendingBytes == 0 || bytes <= configuration.pendingBytesMax - pendingBytes else {
            throw fail(.limitExceeded("pendingBytesMax"))
        }
        pendingBytes += bytes
        pending.append(event)
    }

    /// Frames until one completes something; nil when the time is over.
    private func receive(timeoutMicroseconds: Int) throws(AMQPError) -> FrameAssembly.Output? {
        func nextFrame() throws(AMQPError) -> AMQPFrame? {
            try watch("receive", waitingMilliseconds: timeoutMicroseconds / 1_000) { () throws(AMQPError) in
                try handle.nextFrame(timeoutMicroseconds: timeoutMicroseconds)
            }
        }
        do throws(AMQPError) {
            while let frame = try nextFrame() {
                guard let output = try assembly.receive(frame) else { continue }
                switch output {
                case .channelClosed(let code, let text):
                    channelFailure = .channelClosed(code: code, text: text)
                    try watch("channel.close-ok") { () throws(AMQPError) in try handle.send(.channelCloseOk) }
                    throw AMQPError.channelClosed(code: code, text: text)
                case .connectionClosed(let code, let text):
                    failure = .connectionClosed(code: code, text: text)
                    try watch("connection.close-ok") { () throws(AMQPError) in try handle.send(.connectionCloseOk) }
                    throw AMQPError.connectionClosed(code: code, text: text)
                default: return output
                }
            }
            return nil
        } catch {
            if case .channelClosed = error { throw error }
            throw fail(error)
        }
    }

    // MARK: - Sending

    /// Publishes and does not wait for the confirm.
    ///
    /// - Parameter mandatory: a message that no queue takes comes back as `AMQPEvent.returned`; without it such a
    ///   message is confirmed and lost.
    /// - Returns: the publish's number, counted from 1 since `enableConfirms` on this channel, which is the tag of its
    ///   confirm; 0 without confirms.
    /// - Throws: `invalidArgument` and `sendTimedOut` with nothing written: the connection can still be used. With
    ///   anything else the connection or channel is gone and what became of the message is unknown.
    @discardableResult
    public func publish(
        _ message: borrowing AMQPMessage, exchange: String, routingKey: String, mandatory: Bool
    ) throws(AMQPError) -> UInt64 {
        try checkChannel()
        let bodyBytes = message.body.count
        guard bodyBytes <= configuration.bodyBytesMax else { throw .invalidArgument("the body is over bodyBytesMax") }
        // The names, the frames around them and TLS's records around those take less than 900 bytes, and for a large
        // body a 128th of it; the properties are counted once encoded. They are less than a frame, which fits into what
        // `SocketOptions.prepare` keeps back.
        try makeRoom(forBytes: bodyBytes + bodyBytes / 128 + 900)
        // Not in the closure: what is borrowed cannot be captured.
        watched.begin(milliseconds: configuration.watchdogMilliseconds)
        do throws(AMQPError) {
            sendAllowance -= try handle.publish(
                message, exchange: exchange, routingKey: routingKey, mandatory: mandatory)
        } catch {
            if watched.end() { throw fail(.timedOut("publish")) }
            if case .invalidArgument = error { throw error }
            throw fail(error)
        }
        if watched.end() { throw fail(.timedOut("publish")) }
        guard confirmsAreEnabled else { return 0 }
        publishSequence += 1
        return publishSequence
    }

    /// Runs a burst of publishes and acknowledgements, whose small segments the kernel gathers to full ones.
    ///
    /// All is sent when it returns or throws.
    public func withBurst<Result>(_ body: () throws(AMQPError) -> Result) throws(AMQPError) -> Result {
        try checkChannel()
        try SocketOptions.setCork(handle.socket, true)
        let result: Result
        do throws(AMQPError) {
            result = try body()
        } catch {
            // The connection may be gone together with its socket: the burst's own error is the one that tells.
            if failure == nil { try SocketOptions.setCork(handle.socket, false) }
            throw error
        }
        try SocketOptions.setCork(handle.socket, false)
        return result
    }

    /// Sends a method that has no answer.
    func send(_ method: ClientMethod) throws(AMQPError) {
        if let failure { throw failure }
        if method.channel != 0 { try checkChannel() }
        try makeRoom(forBytes: 64)
        do throws(AMQPError) {
            try watch("send") { () throws(AMQPError) in try handle.send(method) }
        } catch {
            if case .invalidArgument = error { throw error }
            throw fail(error)
        }
    }

    /// Makes a call into the library, which the watchdog ends if it does not come back.
    private func watch<Result>(
        _ name: String, waitingMilliseconds: Int = 0, _ call: () throws(AMQPError) -> Result
    ) throws(AMQPError) -> Result {
        watched.begin(milliseconds: configuration.watchdogMilliseconds + waitingMilliseconds)
        let result: Result
        do throws(AMQPError) {
            result = try call()
        } catch {
            throw watched.end() ? fail(.timedOut(name)) : error
        }
        if watched.end() { throw fail(.timedOut(name)) }
        return result
    }

    /// Waits until the socket takes so many bytes, so that the library's sends do not block (it would wait without
    /// limit for a broker that sends heartbeats and does not read). Takes what arrives meanwhile: a broker that cannot
    /// write to us may not read from us either.
    private func makeRoom(forBytes count: Int) throws(AMQPError) {
        if sendAllowance >= count {
            sendAllowance -= count
            return
        }
        let deadline = Deadline(milliseconds: configuration.sendTimeoutMilliseconds)
        while true {
            var targets = [PollTarget(handle.socket, read: true, write: true)]
            let milliseconds = Int32(clamping: deadline.remainingMicroseconds / 1_000)
            do throws(SystemError) {
                try poll(&targets, timeoutMilliseconds: milliseconds)
            } catch {
                throw fail(.connectionLost(error.description))
            }
            if targets[0].isWritable, !targets[0].hasFailed {
                sendAllowance = sendAllowanceBytes - count
                return
            }
            // Also when nothing is readable: reading tells the reason of a failed socket.
            while let output = try receive(timeoutMicroseconds: 0) {
                guard case .event(let event) = output else {
                    throw fail(.protocolViolation("an answer that nothing was asked for"))
                }
                try keep(event)
            }
            if deadline.remainingMicroseconds < 1_000 { throw .sendTimedOut }
        }
    }

    // MARK: - Calls

    /// Sends a method on the channel and waits for its answer.
    func call(_ method: ClientMethod, _ name: String) throws(AMQPError) -> ServerMethod {
        try send(method)
        return try reply(name)
    }

    /// The next answer; events that come before it are kept.
    private func reply(_ name: String, by limit: Deadline? = nil) throws(AMQPError) -> ServerMethod {
        let deadline = limit ?? Deadline(seconds: configuration.callTimeoutSeconds)
        while true {
            let left = deadline.remainingMicroseconds
            guard left > 0 else { throw fail(.timedOut(name)) }
            switch try receive(timeoutMicroseconds: left) {
            case .event(let event): try keep(event)
            case .reply(let method): return method
            case .channelClosed, .connectionClosed, nil: continue
            }
        }
    }

    /// From here on every publish is numbered and answered by `confirmed` or `nacked`.
    public func enableConfirms() throws(AMQPError) {
        guard case .confirmSelectOk = try call(.confirmSelect, "confirm.select") else { throw unexpected() }
        confirmsAreEnabled = true
    }

    /// Says goodbye and gives up the connection; unacknowledged deliveries go back to their queues.
    ///
    /// Waits up to a second for the broker's answer and does not mind if it does not come: what was sent before was
    /// sent, and the socket is shut in either case when the connection is freed.
    public func close() {
        guard failure == nil else { return }
        do throws(AMQPError) {
            try send(.connectionClose)
            let deadline = Deadline(seconds: 1)
            while deadline.remainingMicroseconds > 0 {
                if case .reply(.connectionCloseOk) = try receive(timeoutMicroseconds: deadline.remainingMicroseconds) {
                    break
                }
            }
        } catch {
            // Closed by the other side or lost: either way it is closed, which is what was asked for.
        }
        failure = .closed
    }

    // MARK: - Failures

    private func checkChannel() throws(AMQPError) {
        if let failure { throw failure }
        if let channelFailure { throw channelFailure }
    }

    /// Notes the first failure, which every later call throws again, and lets the broker see the end at once.
    private func fail(_ error: AMQPError) -> AMQPError {
        if failure == nil { failure = error }
        watched.shut()
        return failure ?? error
    }

    /// The answer to something else came.
    func unexpected() -> AMQPError { fail(.protocolViolation("another answer than the one awaited")) }
}

extension AMQPEvent {
    /// The bytes of a body that it holds.
    fileprivate var bodyBytes: Int {
        switch self {
        case .delivery(let delivery): delivery.body.count
        case .returned(let message): message.body.count
        default: 0
        }
    }
}

/// A point in time to wait for.
struct Deadline {
    private let nanoseconds: UInt64

    init(milliseconds: Int) { nanoseconds = monotonicNanoseconds() + UInt64(max(0, milliseconds)) * 1_000_000 }

    init(seconds: Int) { self.init(milliseconds: seconds * 1_000) }

    /// 0 once it has passed.
    var remainingMicroseconds: Int {
        let now = monotonicNanoseconds()
        return now >= nanoseconds ? 0 : Int((nanoseconds - now) / 1_000)
    }
}
