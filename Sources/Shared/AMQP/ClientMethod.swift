// What this side says to a broker, apart from publishing.

/// A method that the client sends. Names and limits are checked when it is encoded.
enum ClientMethod {
    case startOk(properties: AMQPTable, response: [UInt8])
    case tuneOk(channelMax: UInt16, frameMax: UInt32, heartbeat: UInt16)
    case open(virtualHost: String)
    case connectionClose, connectionCloseOk, channelOpen, channelCloseOk

    case exchangeDeclare(AMQPExchangeDeclaration, passive: Bool)
    case queueDeclare(AMQPQueueDeclaration, passive: Bool)
    case queueBind(queue: String, exchange: String, routingKey: String, arguments: AMQPTable)
    case queueUnbind(queue: String, exchange: String, routingKey: String, arguments: AMQPTable)
    case queueDelete(queue: String, ifUnused: Bool, ifEmpty: Bool)
    case queuePurge(queue: String)

    case confirmSelect
    case qos(prefetch: UInt16)
    case consume(queue: String, tag: String, exclusive: Bool, arguments: AMQPTable)
    case cancel(tag: String)
    case ack(tag: UInt64, multiple: Bool)
    case nack(tag: UInt64, multiple: Bool, requeue: Bool)
    case reject(tag: UInt64, requeue: Bool)

    /// 0 for what concerns the connection, else the one channel.
    var channel: UInt16 {
        switch self {
        case .startOk, .tuneOk, .open, .connectionClose, .connectionCloseOk: 0
        default: 1
        }
    }
}
