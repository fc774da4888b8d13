// Keeps the months ahead in the ledger: a missing partition would fail every insert.

import Ledger
import Logging
import Postgres
import ServiceLifecycle

struct PartitionsService: Service {
    private let pool: PostgresPool
    private let logger: Logger

    /// Far more often than months change, so that a failure has time to be seen.
    private static let everySeconds = 3_600
    private static let ensure = PostgresStatement(
        name: "ensure_partitions", sql: "SELECT ledger.ensure_partitions(\(Schema.monthsAheadMin + 1))")

    init(_ database: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        pool = try PostgresPool(PostgresPoolConfiguration(database, connectionsMax: 1))
        self.logger = logger
    }

    func run() async throws {
        pool.start()
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(PostgresError) {
                    _ = try await pool.query(Self.ensure, .none)
                } catch {
                    logger.error("partitions could not be ensured", metadata: ["error": "\(error)"])
                }
                do { try await Task.sleep(for: .seconds(Self.everySeconds)) } catch { return }
            }
        }
        await pool.stop()
    }
}
