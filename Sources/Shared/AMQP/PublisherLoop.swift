// The publisher's thread: connect, take, write, settle, wait.

import Polling

/// Owns the connection of an `AMQPPublisher`; made and used on its thread.
final class PublisherLoop {
    /// Publishes written before confirms are looked at again.
    private static let burstMax = 256

    private let configuration: AMQPConfiguration
    private let shared: PublisherState
    private let outstandingMax: Int
    private let declarations: AMQPDeclarations
    private let onConnect: (AMQPConnection) throws(AMQPError) -> Void

    private var connection: AMQPConnection?
    private var backlog = ReadQueue<PublishRequest>()
    private var ledger = ConfirmLedger<Slot>()
    /// The oldest publish of this connection whose time-out has not been dealt with.
    private var expiryTag: UInt64 = 1
    private var backoff = ReconnectBackoff()
    private var nextAttempt: UInt64 = 0
    private var status = PublisherState.Status()

    private struct Slot {
        let request: PublishRequest
        var isAnswered = false
        var outcome = PublishOutcome.confirmed
    }

    init(
        _ configuration: AMQPConfiguration, shared: PublisherState, outstandingMax: Int,
        declarations: AMQPDeclarations, onConnect: @escaping (AMQPConnection) throws(AMQPError) -> Void
    ) {
        self.configuration = configuration
        self.shared = shared
        self.outstandingMax = outstandingMax
        self.declarations = declarations
        self.onConnect = onConnect
    }

    func run() {
        while true {
            let (requests, isStopping) = shared.take(backlogCount: backlog.count)
            for request in requests { backlog.append(request) }
            if isStopping, backlog.isEmpty, ledger.count == 0 { break }
            if connection == nil, monotonicNanoseconds() >= nextAttempt { connect() }
            do throws(AMQPError) {
                if let connection { try turn(connection) }
                try expire()
            } catch {
                lose(error)
            }
            wait()
        }
        connection?.close()
        connection = nil
        status.isConnected = false
        shared.publish(status)
    }

    // MARK: - The connection

    private func connect() {
        do throws(AMQPError) {
            let connection = try AMQPConnection(configuration)
            try connection.declare(declarations)
            try onConnect(connection)
            try connection.enableConfirms()
            self.connection = connection
            status.isConnected = true
            backoff.reset()
            shared.publish(status)
        } catch {
            lose(error)
        }
    }

    /// Everything sent and not settled is unknown from here on, except for what had come back already.
    private func lose(_ error: AMQPError) {
        connection = nil
        status.isConnected = false
        status.isBlocked = false
        status.lastError = error
        let slots = ledger.reset()
        shared.release(slots.lazy.map(\.request))
        for slot in slots where !slot.isAnswered {
            slot.request.answer(slot.outcome == .confirmed ? .unknown(.connectionLost(error)) : slot.outcome)
        }
        expiryTag = 1
        let delay = backoff.nextDelayMilliseconds(fraction: .random(in: 0.5...1))
        nextAttempt = monotonicNanoseconds() + UInt64(delay) * 1_000_000
    }

    // MARK: - A turn

    private func turn(_ connection: AMQPConnection) throws(AMQPError) {
        try settle(connection)
        while !status.isBlocked, ledger.count < outstandingMax, !backlog.isEmpty {
            if backlog.count == 1 {
                guard try sendNext(connection) else { break }
            } else {
                let isFull = try connection.withBurst { () throws(AMQPError) -> Bool in
                    for _ in 0..<min(Self.burstMax, outstandingMax - ledger.count) where !backlog.isEmpty {
                        guard try sendNext(connection) else { return true }
                    }
                    return false
                }
                if isFull { break }
            }
            try settle(connection)
        }
    }

    /// False if the socket takes nothing now.
    private func sendNext(_ connection: AMQPConnection) throws(AMQPError) -> Bool {
        guard let request = backlog.popFirst() else { return true }
        do throws(AMQPError) {
            let tag = try connection.publish(
                request.message, exchange: request.exchange, routingKey: request.routingKey,
                mandatory: request.isMandatory)
            guard tag == ledger.nextTag else { throw .protocolViolation("publishes are counted differently") }
            ledger.append(Slot(request: request))
            return true
        } catch .sendTimedOut {
            backlog.prepend(request)
            return false
        } catch {
            shared.release(CollectionOfOne(request))
            if case .invalidArgument = error {
                request.answer(.unknown(.unsendable(error)))
                return true
            }
            // Part of it may have been written, and all of it may have arrived.
            request.answer(.unknown(.connectionLost(error)))
            throw error
        }
    }

    private func settle(_ connection: AMQPConnection) throws(AMQPError) {
        while let event = try connection.nextEvent() {
            switch event {
            case .confirmed(let tag, let multiple):
                try settle(tag, multiple) { $0.outcome }
            case .nacked(let tag, let multiple):
                try settle(tag, multiple) { _ in .refused }
            case .returned(let message):
                try noteReturn(message)
            case .blocked: status.isBlocked = true
            case .unblocked: status.isBlocked = false
            case .delivery, .consumerCancelled:
                throw .protocolViolation("a publisher's connection consumes nothing")
            }
        }
    }

    private func settle(
        _ tag: UInt64, _ multiple: Bool, _ outcome: (Slot) -> PublishOutcome
    ) throws(AMQPError) {
        guard let settled = ledger.settle(tag: tag, multiple: multiple) else {
            throw .protocolViolation("a confirm for a publish that was never sent")
        }
        shared.release(settled.lazy.map(\.request))
        for slot in settled where !slot.isAnswered { slot.request.answer(outcome(slot)) }
    }

    /// A return has no number. It precedes its confirm, and returns come in the order of the publishes, so that it
    /// belongs to the first unsettled publish that looks the same; publishes that look the same in all of this are the
    /// same message.
    private func noteReturn(_ message: AMQPReturn) throws(AMQPError) {
        let messageID = message.properties.messageID
        let isFound = ledger.updateFirst { slot in
            slot.outcome == .confirmed && slot.request.isMandatory
                && slot.request.message.properties.messageID == messageID
                && slot.request.routingKey == message.routingKey && slot.request.exchange == message.exchange
                && slot.request.message.body == message.body
        } _: {
            $0.outcome = .returned(code: message.code, text: message.text)
        }
        if !isFound { throw .protocolViolation("a return of a publish that was never sent") }
    }

    // MARK: - Time

    private func expire() throws(AMQPError) {
        let now = monotonicNanoseconds()
        while let request = backlog.first, request.deadline <= now {
            _ = backlog.popFirst()
            shared.release(CollectionOfOne(request))
            request.answer(.unknown(waitingReason))
        }
        // Deadlines do not decrease from one publish to the next but by the little that callers overtake one another.
        while expiryTag < ledger.nextTag {
            if var slot = ledger[expiryTag] {
                guard slot.request.deadline <= now else { break }
                if !slot.isAnswered {
                    slot.request.answer(slot.outcome == .confirmed ? .unknown(.timedOut) : slot.outcome)
                    slot.isAnswered = true
                    ledger[expiryTag] = slot
                }
            }
            expiryTag += 1
        }
        if ledger.count >= outstandingMax, let oldest = ledger.first, oldest.isAnswered {
            throw .timedOut("confirms")
        }
    }

    private var waitingReason: PublishOutcome.UnknownReason {
        if connection == nil { return .notConnected(status.lastError) }
        return status.isBlocked ? .brokerBlocked : .overloaded
    }

    /// Until something is waiting, the socket is readable, a deadline has passed or a heartbeat is due.
    private func wait() {
        guard shared.fallAsleep(backlogCount: backlog.count, status: status) else { return }
        let now = monotonicNanoseconds()
        var end = now + 1_000_000_000
        if let connection {
            end = now + UInt64(connection.heartbeatSeconds) * 500_000_000
        } else {
            end = min(end, nextAttempt)
        }
        if let request = backlog.first { end = min(end, request.deadline) }
        if let slot = ledger[expiryTag] { end = min(end, slot.request.deadline) }

        var targets = [PollTarget(shared.wakeup.descriptor)]
        if let connection {
            let isStalled = !backlog.isEmpty && !status.isBlocked && ledger.count < outstandingMax
            targets.append(PollTarget(connection.socket, read: true, write: isStalled))
        }
        let milliseconds = end <= now ? 0 : Int32(clamping: (end - now) / 1_000_000 + 1)
        do throws(SystemError) {
            try poll(&targets, timeoutMilliseconds: milliseconds)
            if targets[0].isReadable { shared.wakeup.drain() }
        } catch {
            lose(.connectionLost(error.description))
        }
    }
}
