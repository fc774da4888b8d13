// What a lane writes into its log of single commands: which one, in which trace, and why. Never what is in it.

import AMQP
import Domain
import Ledger
import Logging
import Postgres
import Telemetry
import Wire

/// The log lines of a lane that are about commands. Its logger carries the lane.
struct LaneLog {
    /// Messages set aside that one batch tells of: whoever sends forgeries in masses is counted, not quoted.
    static let setAsideLinesMax = 20

    let logger: Logger

    /// What of a committed batch somebody may have to look for.
    func committed(_ batch: Batch, _ written: BatchWrite) {
        var setAside = 0
        for item in batch.items {
            guard let (code, reason) = item.setAsideReason else { continue }
            setAside += 1
            if setAside > Self.setAsideLinesMax { continue }
            var metadata = item.about
            metadata["code"] = "\(code)"
            metadata["reason"] = "\(reason)"
            logger.warning("a message was set aside", metadata: metadata)
        }
        if setAside > Self.setAsideLinesMax {
            logger.warning(
                "further messages were set aside", metadata: ["count": "\(setAside - Self.setAsideLinesMax)"])
        }
        guard logger.logLevel <= .debug else { return }
        for (outcome, record) in zip(written.decisions.outcomes, written.records) where outcome.code != .ok {
            logger.debug(
                "a command was refused",
                metadata: [
                    "command": "\(record.id)", "type": "\(record.content.type)", "code": "\(outcome.code.name)",
                    "trace": "\(traceID(record.traceparent))",
                ])
        }
    }

    /// The lane goes no further: the announcement at which it stands can never be sent.
    func halted(_ unsendable: Unsendable) {
        let announcement = unsendable.announcement
        // Whoever sent a message that was set aside wrote its id, too.
        let id = (announcement.message.properties.correlationID ?? announcement.message.properties.messageID)
            .flatMap { CommandID($0) }
        logger.critical(
            "the lane has halted: an announcement can never be sent",
            metadata: [
                "sequence": "\(announcement.sequence.map { "\($0)" } ?? "none")",
                "command": "\(id.map { "\($0)" } ?? "unreadable")", "error": "\(unsendable.error)",
                "advice": "nothing of this lane is decided or announced until a worker runs that can send it",
            ])
    }

    /// The database did not take a batch.
    func failed(_ batch: Batch?, _ error: PostgresError) {
        var metadata: Logger.Metadata = ["error": "\(error)", "commands": "\(batch?.items.count ?? 0)"]
        // Of many, nobody knows yet which it was.
        if let batch, batch.items.count == 1 { metadata.merge(batch.items[0].about) { first, _ in first } }
        logger.warning("a batch was not taken", metadata: metadata)
    }
}

extension RunItem {
    /// Which message it is, as far as it says so itself.
    fileprivate var about: Logger.Metadata {
        switch content {
        case .command(let command, let record):
            return ["command": "\(command.id)", "trace": "\(traceID(record.traceparent))"]
        case .setAside, .refusedByDatabase:
            // Anybody may have written these: what is not of its form is not repeated.
            let id = delivery.properties.messageID.flatMap { CommandID($0) }
            return [
                "command": "\(id.map { "\($0)" } ?? "unreadable")",
                "trace": "\(traceID(delivery.properties.headerString("traceparent")))",
            ]
        }
    }

    fileprivate var setAsideReason: (code: String, reason: String)? {
        switch content {
        case .command: nil
        case .setAside(let record): (record.code.name, record.reason)
        case .refusedByDatabase(let reason): (Self.refusedByDatabaseCode, reason)
        }
    }

    /// The code of what the database refused when it stood alone. No outcome has it.
    static let refusedByDatabaseCode = "REFUSED_BY_DATABASE"
}

extension LanePhase {
    /// The batch under way.
    var batch: Batch? {
        switch self {
        case .reading(let batch), .writing(let batch, _, _): batch
        default: nil
        }
    }
}

private func traceID(_ traceparent: String?) -> String {
    traceparent.flatMap { TraceContext(traceparent: $0) }?.traceID ?? "none"
}
