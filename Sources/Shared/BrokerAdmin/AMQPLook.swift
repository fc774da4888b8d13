// What a process can see of the topology without the management API: names, types and arguments, over AMQP alone.
//
// It cannot see bindings, policies, other people's queues, lanes of an earlier number of lanes, or leaders.

public import AMQP
import Polling
public import Topology

/// Looks, and mends, over an AMQP connection of its own. Every call blocks, so each runs on a thread of its own.
public struct AMQPLook: Sendable {
    private let broker: AMQPConfiguration

    public init(_ broker: AMQPConfiguration) {
        var broker = broker
        broker.connectionName += " topology"
        self.broker = broker
    }

    /// What differs, as far as it can be seen so. Nothing is changed.
    public func findings(_ topology: Topology) async throws(AMQPError) -> [TopologyFinding] {
        try await onConnection { connection throws(AMQPError) in
            var findings: [TopologyFinding] = []
            for queue in topology.queues { findings += try Self.look(at: queue.declaration, connection) }
            for exchange in topology.exchanges { findings += try Self.look(at: exchange, connection) }
            return findings
        }
    }

    /// Declares queues with their bindings.
    public func declare(_ queues: [Topology.Queue]) async throws(AMQPError) {
        try await onConnection { connection throws(AMQPError) in try Topology.declare(queues, on: connection) }
    }

    // MARK: - One thing at a time

    private static func look(
        at queue: AMQPQueueDeclaration, _ connection: AMQPConnection
    ) throws(AMQPError) -> [TopologyFinding] {
        let exists = try attempt(connection) { connection throws(AMQPError) in
            _ = try connection.declareQueuePassively(queue.name)
        }
        switch exists {
        case .refused(404): return [.init(.queueMissing, queue.name, expected: "a queue", found: "none")]
        case .refused(405): return [.init(.queueNotDurable, queue.name, expected: "durable", found: "exclusive")]
        case .refused, .done: break
        }
        // It is there: declaring it again changes nothing, and compares what the broker compares.
        let same = try attempt(connection) { connection throws(AMQPError) in
            _ = try connection.declareQueue(queue)
        }
        guard same == .refused(406) else { return [] }
        return [.init(.queueArgument, queue.name, expected: "as declared", found: "another type or other arguments")]
    }

    private static func look(
        at exchange: AMQPExchangeDeclaration, _ connection: AMQPConnection
    ) throws(AMQPError) -> [TopologyFinding] {
        let exists = try attempt(connection) { connection throws(AMQPError) in
            try connection.declareExchangePassively(exchange.name)
        }
        if exists == .refused(404) {
            return [.init(.exchangeMissing, exchange.name, expected: "a \(exchange.type) exchange", found: "none")]
        }
        let same = try attempt(connection) { connection throws(AMQPError) in
            try connection.declareExchange(exchange)
        }
        guard same == .refused(406) else { return [] }
        return [.init(.exchangeType, exchange.name, expected: "a durable \(exchange.type) exchange", found: "another")]
    }

    private enum Attempt: Equatable { case done, refused(UInt16) }

    /// A refusal closes the channel; the next attempt has a new one. 403 tells that this user may not ask, and no more.
    private static func attempt(
        _ connection: AMQPConnection, _ call: (AMQPConnection) throws(AMQPError) -> Void
    ) throws(AMQPError) -> Attempt {
        do throws(AMQPError) {
            try call(connection)
            return .done
        } catch .channelClosed(let code, _) {
            try connection.reopenChannel()
            return .refused(code)
        }
    }

    // MARK: - The thread

    private func onConnection<Value: Sendable>(
        _ body: @escaping @Sendable (AMQPConnection) throws(AMQPError) -> Value
    ) async throws(AMQPError) -> Value {
        let result: Result<Value, AMQPError> = await withCheckedContinuation { continuation in
            _ = PollingThread(name: "topology") { [broker] in
                let result: Result<Value, AMQPError>
                do throws(AMQPError) {
                    let connection = try AMQPConnection(broker)
                    defer { connection.close() }
                    result = .success(try body(connection))
                } catch {
                    result = .failure(error)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
