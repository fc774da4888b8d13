// The lane's two connections to the broker, one that consumes and one that publishes, and when to open them again.

import AMQP
import Polling
import Topology

/// One connection and its way back after a loss.
final class BrokerSide {
    private let configuration: AMQPConfiguration
    private(set) var connection: AMQPConnection?
    /// Counts connections: tags of an earlier one mean nothing on a later.
    private(set) var generation = 0
    private var retryAt: UInt64 = 0
    private var attempts: UInt64 = 0

    private static let delayMilliseconds: ClosedRange<UInt64> = 100...2_000

    init(_ configuration: AMQPConfiguration) {
        self.configuration = configuration
    }

    /// When the next attempt is due; nil while connected.
    var dueAt: UInt64? { connection == nil ? retryAt : nil }

    /// Connects if it is time to.
    ///
    /// - Parameter prepare: what must be done before the connection is used.
    /// - Returns: the failure of an attempt.
    func connect(now: UInt64, prepare: (AMQPConnection, Int) throws(AMQPError) -> Void) -> AMQPError? {
        guard connection == nil, now >= retryAt else { return nil }
        do throws(AMQPError) {
            let connection = try AMQPConnection(configuration)
            try prepare(connection, generation + 1)
            self.connection = connection
            generation += 1
            attempts = 0
            return nil
        } catch {
            drop()
            return error
        }
    }

    func drop() {
        connection = nil
        let delay = min(Self.delayMilliseconds.upperBound, Self.delayMilliseconds.lowerBound << min(attempts, 10))
        attempts += 1
        retryAt = monotonicNanoseconds() + delay * 1_000_000
    }

    func close() {
        connection?.close()
        connection = nil
        retryAt = .max
    }
}
