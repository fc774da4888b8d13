// What a client needs on the broker, as a value: declared anew on every connection.

/// Exchanges, queues and bindings. A client that is given them declares them on each connection it makes, in this
/// order, before it publishes or consumes; what is there as described stays as it is.
public struct AMQPDeclarations: Sendable, Equatable {
    public var exchanges: [AMQPExchangeDeclaration]
    public var queues: [AMQPQueueDeclaration]
    public var bindings: [AMQPBinding]

    public init(
        exchanges: [AMQPExchangeDeclaration] = [], queues: [AMQPQueueDeclaration] = [], bindings: [AMQPBinding] = []
    ) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }
}

/// A queue's binding to an exchange.
public struct AMQPBinding: Sendable, Equatable {
    public var queue: String
    public var exchange: String
    public var routingKey: String
    public var arguments: AMQPTable

    public init(queue: String, exchange: String, routingKey: String, arguments: AMQPTable = []) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.arguments = arguments
    }
}

extension AMQPConnection {
    /// Declares everything: exchanges, then queues, then bindings, which need both.
    ///
    /// - Throws: `channelClosed` with 406 at the first that is there but different.
    public func declare(_ declarations: AMQPDeclarations) throws(AMQPError) {
        for exchange in declarations.exchanges { try declareExchange(exchange) }
        for queue in declarations.queues { try declareQueue(queue) }
        for binding in declarations.bindings {
            try bindQueue(
                queue: binding.queue, exchange: binding.exchange, routingKey: binding.routingKey,
                arguments: binding.arguments)
        }
    }
}
