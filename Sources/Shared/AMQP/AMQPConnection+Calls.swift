// What a channel can be asked for: topology, consuming, acknowledging.

extension AMQPConnection {
    // MARK: - Topology

    /// Declares an exchange; nothing happens if it is there as described.
    ///
    /// - Throws: `channelClosed` with 406 if it is there but different; so for queues.
    public func declareExchange(_ exchange: AMQPExchangeDeclaration) throws(AMQPError) {
        try declare(exchange, passive: false)
    }

    /// Looks whether an exchange exists.
    ///
    /// - Throws: `channelClosed` with 404 if it does not; `reopenChannel()` before going on.
    public func declareExchangePassively(_ name: String) throws(AMQPError) {
        try declare(AMQPExchangeDeclaration(name, type: "direct"), passive: true)
    }

    private func declare(_ exchange: AMQPExchangeDeclaration, passive: Bool) throws(AMQPError) {
        guard case .exchangeDeclareOk = try call(.exchangeDeclare(exchange, passive: passive), "exchange.declare")
        else { throw unexpected() }
    }

    /// Declares a queue and tells how many messages are ready and how many consumers there are.
    @discardableResult
    public func declareQueue(
        _ queue: AMQPQueueDeclaration
    ) throws(AMQPError) -> (messageCount: UInt32, consumerCount: UInt32) {
        try declare(queue, passive: false)
    }

    /// Looks whether a queue exists.
    ///
    /// - Throws: `channelClosed` with 404 if it does not; `reopenChannel()` before going on.
    @discardableResult
    public func declareQueuePassively(
        _ name: String
    ) throws(AMQPError) -> (messageCount: UInt32, consumerCount: UInt32) {
        try declare(AMQPQueueDeclaration(name), passive: true)
    }

    private func declare(
        _ queue: AMQPQueueDeclaration, passive: Bool
    ) throws(AMQPError) -> (messageCount: UInt32, consumerCount: UInt32) {
        let answer = try call(.queueDeclare(queue, passive: passive), "queue.declare")
        guard case .queueDeclareOk(_, let messageCount, let consumerCount) = answer else { throw unexpected() }
        return (messageCount, consumerCount)
    }

    /// Binds a queue; nothing happens if it is bound so.
    public func bindQueue(
        queue: String, exchange: String, routingKey: String, arguments: AMQPTable = []
    ) throws(AMQPError) {
        let bind = ClientMethod.queueBind(
            queue: queue, exchange: exchange, routingKey: routingKey, arguments: arguments)
        guard case .queueBindOk = try call(bind, "queue.bind") else { throw unexpected() }
    }

    /// Unbinds a queue; nothing happens if it is not bound so.
    public func unbindQueue(
        queue: String, exchange: String, routingKey: String, arguments: AMQPTable = []
    ) throws(AMQPError) {
        let unbind = ClientMethod.queueUnbind(
            queue: queue, exchange: exchange, routingKey: routingKey, arguments: arguments)
        guard case .queueUnbindOk = try call(unbind, "queue.unbind") else { throw unexpected() }
    }

    /// Deletes a queue and tells how many messages went with it. (Quorum queues do not support the conditions: 540.)
    @discardableResult
    public func deleteQueue(
        _ name: String, ifUnused: Bool = false, ifEmpty: Bool = false
    ) throws(AMQPError) -> UInt32 {
        let delete = ClientMethod.queueDelete(queue: name, ifUnused: ifUnused, ifEmpty: ifEmpty)
        guard case .queueDeleteOk(let messageCount) = try call(delete, "queue.delete") else { throw unexpected() }
        return messageCount
    }

    /// Removes the messages that are ready, and tells how many.
    @discardableResult
    public func purgeQueue(_ name: String) throws(AMQPError) -> UInt32 {
        guard case .queuePurgeOk(let messageCount) = try call(.queuePurge(queue: name), "queue.purge") else {
            throw unexpected()
        }
        return messageCount
    }

    // MARK: - Consuming

    /// How many deliveries each later consumer may have unacknowledged; 0 sets no limit.
    public func setPrefetch(_ count: UInt16) throws(AMQPError) {
        guard case .qosOk = try call(.qos(prefetch: count), "basic.qos") else { throw unexpected() }
    }

    /// Begins to consume, with acknowledgements.
    ///
    /// - Parameters:
    ///   - tag: never one that was used on this connection before: consuming again under a tag with deliveries under
    ///     way kills the connection (541, RabbitMQ 3.10).
    ///   - arguments: for a stream `x-stream-offset`.
    public func consume(
        queue: String, tag: String, exclusive: Bool = false, arguments: AMQPTable = []
    ) throws(AMQPError) {
        let consume = ClientMethod.consume(queue: queue, tag: tag, exclusive: exclusive, arguments: arguments)
        guard case .consumeOk = try call(consume, "basic.consume") else { throw unexpected() }
    }

    /// Ends a consumer. Deliveries that were under way are still to be taken and acknowledged.
    public func cancel(tag: String) throws(AMQPError) {
        guard case .cancelOk = try call(.cancel(tag: tag), "basic.cancel") else { throw unexpected() }
    }

    /// Acknowledges a delivery, and if `multiple` all before it as well.
    public func acknowledge(deliveryTag: UInt64, multiple: Bool) throws(AMQPError) {
        try send(.ack(tag: deliveryTag, multiple: multiple))
    }

    /// Refuses one delivery: back to the queue, or to its dead-letter exchange.
    public func reject(deliveryTag: UInt64, requeue: Bool) throws(AMQPError) {
        try send(.reject(tag: deliveryTag, requeue: requeue))
    }

    /// Refuses a delivery, and if `multiple` all before it as well.
    public func nack(deliveryTag: UInt64, multiple: Bool, requeue: Bool) throws(AMQPError) {
        try send(.nack(tag: deliveryTag, multiple: multiple, requeue: requeue))
    }
}
