// An event of the ledger as a worker reads it: what it needs, and no objection to what it does not know.

import AMQP
public import Domain
import Telemetry
public import Wire

/// One of the ledger's events. Fields that nobody here asks for are left alone, since events may grow.
public struct WalletEvent {
    /// `topup.pending`
    public let name: String
    /// The command whose state it tells.
    public let command: CommandID
    private let data: FieldReader

    private static let typePrefix = "dz.contacto.wallet."
    private static let typeSuffix = ".v1"

    /// Reads a CloudEvent in structured mode.
    ///
    /// - Throws: naming the field that is missing or not of its form.
    public init(body: [UInt8]) throws(FieldError) {
        var fields = try FieldReader(body: body)
        let type = try fields.string("type", bytesMax: 128)
        guard type.hasPrefix(Self.typePrefix), type.hasSuffix(Self.typeSuffix) else { throw fields.malformed("type") }
        name = String(type.dropFirst(Self.typePrefix.count).dropLast(Self.typeSuffix.count))
        var data = try FieldReader(fields.required("data"), path: "data")
        command = try data.identifier("command_id", of: CommandKind.self)
        self.data = data
    }

    public func wallet() throws(FieldError) -> WalletID {
        var data = data
        return try data.identifier("wallet", of: WalletKind.self)
    }

    public func amount() throws(FieldError) -> Money {
        var data = data
        return try data.money("amount")
    }

    /// The further facts of the outcome, as `OutcomeDetail` writes them.
    public func detail() throws(FieldError) -> FieldReader {
        var data = data
        return try FieldReader(data.required("detail"), path: "data.detail")
    }
}

/// The headers that workers put on events they publish again.
enum EventHeader {
    static let attempt = "attempt"
    static let traceparent = "traceparent"
    static let reason = "reason"
    static let queue = "queue"

    /// The step that announced the event; nil when it carries none that can be read.
    static func trace(of delivery: AMQPDelivery) -> TraceContext? {
        delivery.properties.headerString(traceparent).flatMap { TraceContext(traceparent: $0) }
    }

    /// How often the event went through a retry queue; 0 for one that comes straight from the ledger.
    static func attempt(of delivery: AMQPDelivery) -> Int {
        guard case .int64(let attempt)? = delivery.properties.headerValue(attempt) else { return 0 }
        return Int(clamping: max(0, attempt))
    }
}

extension AMQPMessage {
    /// The event once more, for a retry queue.
    init(retrying delivery: AMQPDelivery, attempt: Int) {
        self.init(republishing: delivery)
        properties.headers.append(EventHeader.attempt, .int64(Int64(attempt)))
    }

    /// The event for the dead letters, with what was wrong and where it was to be handled.
    init(settingAside delivery: AMQPDelivery, reason: String, queue: String, attempt: Int) {
        self.init(republishing: delivery)
        properties.headers.append(EventHeader.reason, .string(reason))
        properties.headers.append(EventHeader.queue, .string(queue))
        properties.headers.append(EventHeader.attempt, .int64(Int64(attempt)))
    }

    /// The same content under the same id with none of its headers but the trace: the broker's `x-death` would end in
    /// its silently dropping what goes round often, and the user id is its first publisher's.
    private init(republishing delivery: AMQPDelivery) {
        self.init(body: delivery.body)
        properties.contentType = delivery.properties.contentType
        properties.messageID = delivery.properties.messageID
        properties.correlationID = delivery.properties.correlationID
        properties.type = delivery.properties.type
        properties.timestamp = delivery.properties.timestamp
        if let traceparent = delivery.properties.headerString(EventHeader.traceparent) {
            properties.headers.append(EventHeader.traceparent, .string(traceparent))
        }
    }
}
