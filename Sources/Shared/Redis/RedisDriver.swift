// The polling thread's side: does what the machine says, moves bytes, tells callers. Nothing in it is shared.

import Polling

/// Owns the socket. Lives and dies on the polling thread.
final class RedisDriver {
    private let configuration: RedisConfiguration
    private let inbox: Inbox
    private let greeting: [RedisCommand]
    private var machine: ConnectionMachine
    private var exchange = Exchange<Ticket>()
    private var handle: RedisHandle?
    /// What was written last did not all fit into the socket.
    private var hasUnwritten = false
    private var random = SystemRandomNumberGenerator()
    private var taken: [Batch<Ticket>] = []
    private var answers: [RedisValue] = []

    /// Command bytes handed to hiredis before they are written. What it holds counts as sent when the connection is
    /// lost, and it moves the rest forward after each partial write, so it is not given more.
    private static let writeAheadBytesMax = 256 << 10
    /// Reads in a row before new commands get their turn.
    private static let readsMax = 64

    init(configuration: RedisConfiguration, inbox: Inbox) {
        self.configuration = configuration
        self.inbox = inbox
        greeting = configuration.greeting
        machine = ConnectionMachine(
            configuration: configuration, greetingCount: greeting.count, now: monotonicNanoseconds())
    }

    /// Turns until the client is stopped and every caller has been told.
    func run() {
        blockBrokenPipeSignal()
        while machine.state != .ended {
            perform(machine.timePassed(now: monotonicNanoseconds(), using: &random))
            takeInbox()
            if machine.state == .ended { break }
            do {
                try send()
                let (isReadable, isWritable) = try wait()
                if isWritable { try connectedOrWritable() }
                if isReadable { try receive() }
                try checkDeadline()
            } catch {
                perform(machine.lost(now: monotonicNanoseconds(), using: &random))
            }
        }
    }

    // MARK: - A turn

    private func takeInbox() {
        inbox.wakeup.drain()
        let isStopping = inbox.take(into: &taken)
        for batch in taken { exchange.accept(batch) }
        taken.removeAll(keepingCapacity: true)
        if isStopping { perform(machine.stop(isIdle: exchange.isIdle)) }
    }

    /// Sends all that is queued, as far as the socket takes it.
    private func send() throws(RedisHandle.Broken) {
        switch machine.state {
        case .away, .connecting, .ended: return
        case .greeting, .ready, .draining: break
        }
        if hasUnwritten { try write() }
        while !hasUnwritten, try appendWaiting() { try write() }
    }

    /// Returns whether there was anything to send.
    private func appendWaiting() throws(RedisHandle.Broken) -> Bool {
        var byteCount = 0
        while byteCount < Self.writeAheadBytesMax, let batch = exchange.nextToSend() {
            for command in batch.commands { try handle?.append(command) }
            byteCount += batch.byteCount
        }
        return byteCount > 0
    }

    private func write() throws(RedisHandle.Broken) {
        hasUnwritten = !(try handle?.write() ?? true)
    }

    /// Waits for the socket, a caller, or the time at which something is due.
    private func wait() throws(RedisHandle.Broken) -> (isReadable: Bool, isWritable: Bool) {
        var isConnecting = false
        if case .connecting = machine.state { isConnecting = true }
        var targets = [PollTarget(inbox.wakeup.descriptor)]
        if let descriptor = handle?.descriptor {
            targets.append(PollTarget(descriptor, read: !isConnecting, write: isConnecting || hasUnwritten))
        }
        do {
            try poll(&targets, timeoutMilliseconds: pollTimeoutMilliseconds())
        } catch {
            // poll(2) fails only on a bad argument or without memory: begin anew with another socket.
            throw RedisHandle.Broken()
        }
        guard targets.count == 2 else { return (false, false) }
        // After a failure reading or SO_ERROR tells what happened.
        return (
            !isConnecting && (targets[1].isReadable || targets[1].hasFailed),
            targets[1].isWritable || (isConnecting && targets[1].hasFailed)
        )
    }

    private func pollTimeoutMilliseconds() -> Int32 {
        let due = [machine.wakeAt, exchange.nextDeadline].compactMap { $0 }.min()
        guard let due else { return -1 }
        let now = monotonicNanoseconds()
        guard due > now else { return 0 }
        return Int32(clamping: (due - now + 999_999) / 1_000_000)
    }

    private func connectedOrWritable() throws(RedisHandle.Broken) {
        guard case .connecting = machine.state else { return try write() }
        try handle?.finishConnecting()
        perform(machine.connected(now: monotonicNanoseconds()))
    }

    private func receive() throws(RedisHandle.Broken) {
        var settled: [Exchange<Ticket>.Settled] = []
        // Whoever has an answer gets it, also when the connection breaks behind it.
        defer { tell(settled) }
        for _ in 0..<Self.readsMax {
            answers.removeAll(keepingCapacity: true)
            var mayHoldMore = false
            var isBroken = false
            do { mayHoldMore = try handle?.read(into: &answers) ?? false } catch { isBroken = true }
            for answer in answers {
                if case .greeting = machine.state {
                    perform(machine.greeted(answer, now: monotonicNanoseconds(), using: &random))
                    continue
                }
                // Refused: what else the server says no longer matters.
                guard handle != nil else { return }
                switch exchange.answered(answer) {
                case .partial: break
                case .complete(let batch): settled.append(batch)
                case .unexpected: isBroken = true
                }
            }
            if isBroken { throw RedisHandle.Broken() }
            if !mayHoldMore { return }
        }
    }

    private func checkDeadline() throws(RedisHandle.Broken) {
        guard let deadline = exchange.nextDeadline, monotonicNanoseconds() >= deadline else { return }
        throw RedisHandle.Broken()
    }

    // MARK: - What the machine says

    private func perform(_ action: ConnectionMachine.Action) {
        switch action {
        case .nothing: break
        case .openSocket:
            do {
                handle = try RedisHandle(host: configuration.host, port: configuration.port)
            } catch {
                perform(machine.lost(now: monotonicNanoseconds(), using: &random))
            }
        case .sendGreeting:
            do {
                for command in greeting { try handle?.append(command) }
                try write()
            } catch {
                perform(machine.lost(now: monotonicNanoseconds(), using: &random))
            }
        case .admit:
            inbox.count { $0.connectionsOpened += 1 }
            inbox.setAccess(.open)
        case .giveUp(let refusal):
            giveUp(reason: refusal.map { .refused(code: $0) } ?? .unavailable)
        case .end:
            giveUp(reason: .unavailable)
        }
    }

    /// Closes the door first, so that nobody comes in behind those who are told.
    private func giveUp(reason: RedisError) {
        let wasOpen = inbox.isOpen
        inbox.setAccess(.closed(reason))
        let isStopping = inbox.take(into: &taken)
        for batch in taken { exchange.accept(batch) }
        taken.removeAll(keepingCapacity: true)
        if !isStopping {
            inbox.count { counters in
                if wasOpen { counters.connectionsLost += 1 } else { counters.attemptsFailed += 1 }
            }
        }
        handle = nil
        hasUnwritten = false
        let losses = exchange.abandon(now: monotonicNanoseconds(), unsent: reason)
        inbox.release(
            commands: losses.reduce(0) { $0 + $1.0.commands.count }, bytes: losses.reduce(0) { $0 + $1.0.byteCount })
        for (batch, error) in losses { fail(batch, error) }
    }

    // MARK: - Telling callers

    /// Makes room before anyone is told, so that who calls again at once finds it.
    private func tell(_ settled: [Exchange<Ticket>.Settled]) {
        guard !settled.isEmpty else { return }
        inbox.release(
            commands: settled.reduce(0) { $0 + $1.batch.commands.count },
            bytes: settled.reduce(0) { $0 + $1.batch.byteCount })
        for one in settled {
            switch one.batch.ticket {
            case .one(let caller):
                if case .error(let code) = one.answers[0] {
                    caller.resume(returning: .failure(.reply(code: code)))
                } else {
                    caller.resume(returning: .success(one.answers[0]))
                }
            case .many(let caller): caller.resume(returning: .success(one.answers))
            case .nobody:
                guard case .error = one.answers[0] else { continue }
                inbox.count { $0.forgottenFailed += 1 }
            }
        }
    }

    private func fail(_ batch: Batch<Ticket>, _ error: RedisError) {
        switch batch.ticket {
        case .one(let caller): caller.resume(returning: .failure(error))
        case .many(let caller): caller.resume(returning: .failure(error))
        case .nobody:
            inbox.count { counters in
                if error.mayHaveHappened { counters.forgottenFailed += 1 } else { counters.forgottenDropped += 1 }
            }
        }
    }
}
