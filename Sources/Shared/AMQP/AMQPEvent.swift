// What the broker tells a connection without having been asked.

/// Something that arrived on a connection.
public enum AMQPEvent: Sendable, Equatable {
    case delivery(AMQPDelivery)
    /// The broker has taken responsibility for the publish with this number, and if `multiple` for all before it.
    case confirmed(tag: UInt64, multiple: Bool)
    /// The broker could not take it (a full queue with reject-publish, an internal error).
    case nacked(tag: UInt64, multiple: Bool)
    /// A mandatory publish that no queue took. It comes before the confirm of the same publish.
    case returned(AMQPReturn)
    /// The broker ended the consumer: its queue was deleted or lost its leader.
    case consumerCancelled(tag: String)
    /// Memory or disk alarm: publishes are neither read nor confirmed until `unblocked`.
    case blocked(reason: String)
    case unblocked
}

/// A message that arrived for a consumer.
public struct AMQPDelivery: Sendable, Equatable {
    /// Counts from 1 on each connection; acknowledge it on the same connection only.
    public let deliveryTag: UInt64
    public let isRedelivered: Bool
    public let exchange: String
    public let routingKey: String
    public let consumerTag: String
    public let properties: AMQPReceivedProperties
    public let body: [UInt8]
}

/// A mandatory message that came back.
public struct AMQPReturn: Sendable, Equatable {
    /// 312 when no queue is bound for it.
    public let code: UInt16
    public let text: String
    public let exchange: String
    public let routingKey: String
    public let properties: AMQPReceivedProperties
    public let body: [UInt8]
}

/// An exchange to declare.
public struct AMQPExchangeDeclaration: Sendable, Equatable {
    public var name: String
    /// "direct", "topic", "fanout", "headers", or a plugin's.
    public var type: String
    public var isDurable: Bool
    public var isAutoDelete: Bool
    public var isInternal: Bool
    public var arguments: AMQPTable

    public init(
        _ name: String, type: String, durable: Bool = true, autoDelete: Bool = false, internal isInternal: Bool = false,
        arguments: AMQPTable = []
    ) {
        self.name = name
        self.type = type
        isDurable = durable
        isAutoDelete = autoDelete
        self.isInternal = isInternal
        self.arguments = arguments
    }
}

/// A queue or stream to declare. RabbitMQ accepts and ignores arguments it does not know: verify what matters.
public struct AMQPQueueDeclaration: Sendable, Equatable {
    public var name: String
    public var isDurable: Bool
    public var isExclusive: Bool
    public var isAutoDelete: Bool
    /// `x-queue-type` = quorum or stream, `x-single-active-consumer` …
    public var arguments: AMQPTable

    public init(
        _ name: String, durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false,
        arguments: AMQPTable = []
    ) {
        self.name = name
        isDurable = durable
        isExclusive = exclusive
        isAutoDelete = autoDelete
        self.arguments = arguments
    }
}
