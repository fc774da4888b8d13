// Keeps the months ahead in the ledger: a missing partition would fail every insert.

import CoreMetrics
import Ledger
import Logging
import Postgres
import ServiceLifecycle
import Telemetry

struct PartitionsService: Service {
    private let pool: PostgresPool
    private let ahead: Meter
    private let logger: Logger

    /// Far more often than months change, so that a failure has time to be seen.
    private static let everySeconds = 3_600
    /// One more than is needed, so that the first hour of a month finds enough of them.
    private static let ensure = PostgresStatement(
        name: "ensure_partitions", sql: "SELECT ledger.ensure_partitions(\(Schema.monthsAheadMin + 1))")
    private static let count = PostgresStatement(name: "months_ahead", sql: "SELECT ledger.months_ahead()")

    init(_ database: PostgresConfiguration, _ instruments: Instruments, logger: Logger) throws(PostgresError) {
        pool = try PostgresPool(PostgresPoolConfiguration(database, connectionsMax: 1))
        ahead = instruments.gauge(.partitionsAhead)
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
                _ = await monthsAhead()
                do { try await Task.sleep(for: .seconds(Self.everySeconds)) } catch { return }
            }
        }
        await pool.stop()
    }

    /// Months ahead for which there are partitions; nil when the database cannot be asked.
    func monthsAhead() async -> Int32? {
        guard pool.isAvailable else { return nil }
        do throws(PostgresError) {
            let months = try await pool.query(Self.count, .none).int4(0, 0)
            ahead.set(Int64(months))
            return months
        } catch {
            return nil
        }
    }
}
