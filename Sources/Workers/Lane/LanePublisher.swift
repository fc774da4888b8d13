// The publisher's side of a lane: what is committed goes out in order, and is announced once the broker has confirmed it.

import AMQP
import Logging

/// A lane's announcements, and the connection on which they go out. It lives on the lane's thread.
final class LanePublisher {
    private let configuration: LaneConfiguration
    private let side: BrokerSide
    private let meters: LaneMeters
    private let logger: Logger
    private var announcements = Announcements()
    /// The broker has an alarm and reads nothing.
    private var isBlocked = false

    init(_ configuration: LaneConfiguration, meters: LaneMeters, logger: Logger) {
        self.configuration = configuration
        self.meters = meters
        self.logger = logger
        side = BrokerSide(configuration.broker)
    }

    var connection: AMQPConnection? { side.connection }
    /// When the next attempt to connect is due; nil while connected.
    var dueAt: UInt64? { side.dueAt }
    /// Whether there is nothing left to announce.
    var isDone: Bool { announcements.isEmpty }

    /// Whether something could go out at once.
    var canPublish: Bool {
        connection != nil && !isBlocked && announcements.hasNext
            && announcements.unconfirmed < configuration.unconfirmedEventsMax
    }

    func connect(now: UInt64) {
        if let error = side.connect(
            now: now,
            prepare: { connection, _ throws(AMQPError) in
                try connection.enableConfirms()
            })
        {
            logger.warning("the publisher has no broker", metadata: ["error": "\(error)"])
        }
    }

    func append(_ group: Announcements.Group) { announcements.append(group) }

    /// Writes as much as one turn of the loop may.
    ///
    /// - Returns: an announcement that no connection can ever send, if there is one. It and what follows it stay
    ///   unannounced.
    func publish() -> Unsendable? {
        guard let connection, canPublish else { return nil }
        let room = min(configuration.eventsPerTurnMax, configuration.unconfirmedEventsMax - announcements.unconfirmed)
        var last: Announcement?
        do throws(AMQPError) {
            try connection.withBurst { () throws(AMQPError) in
                for _ in 0..<room {
                    guard let announcement = announcements.next() else { return }
                    last = announcement
                    try connection.publish(
                        announcement.message, exchange: announcement.exchange, routingKey: announcement.routingKey,
                        mandatory: true)
                }
            }
        } catch {
            if case .invalidArgument = error, let last { return Unsendable(announcement: last, error: error) }
            drop("\(error)")
        }
        return nil
    }

    func takeConfirms() {
        guard let connection else { return }
        do throws(AMQPError) {
            while let event = try connection.nextEvent() {
                switch event {
                case .confirmed(let tag, let multiple): announcements.confirm(tag: tag, multiple: multiple)
                case .nacked: return drop("the broker refused an event")
                case .returned(let message): return drop("no queue takes \(message.routingKey)")
                case .blocked(let reason):
                    isBlocked = true
                    logger.warning("the broker takes no events", metadata: ["reason": "\(reason)"])
                case .unblocked:
                    isBlocked = false
                    logger.notice("the broker takes events again")
                case .delivery, .consumerCancelled: break
                }
            }
        } catch {
            drop("\(error)")
        }
    }

    /// Takes out what is wholly confirmed, in order.
    func takeDone() -> [Announcements.Done] { announcements.takeDone() }

    /// For good: it does not connect again.
    func close() { side.close() }

    /// What is not confirmed is unknown, and is published again.
    private func drop(_ reason: String) {
        logger.warning("the publisher's connection is given up", metadata: ["reason": "\(reason)"])
        meters.connectionLost(.publisher)
        side.drop()
        announcements.connectionLost()
        isBlocked = false
    }
}

/// An announcement that was refused before a byte of it was written, and would be on any connection.
struct Unsendable {
    let announcement: Announcement
    let error: AMQPError
}
