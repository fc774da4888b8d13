// Ends bank transfers that nobody makes: their wallets could never be closed.

import Domain
import Ledger
import Logging
import Outside
public import Postgres
import ServiceLifecycle

/// Where unpaid bank transfers are found, and how long they are waited for.
public struct UnpaidConfiguration: Sendable {
    /// The ledger, as a role that reads.
    public var database: PostgresConfiguration
    /// Where a stand-in tells how far ahead of the system's the time is; nil for the system's.
    public var clockURL: String?
    /// Between two readings of all that are waited for.
    public var scanSeconds = 60
    /// After so many days nobody waits any more.
    public var daysMax = 30

    public init(database: PostgresConfiguration) { self.database = database }
}

/// Reads what is overdue in PostgreSQL, again and again.
///
/// Safe twice: every process may run one, and each asks for the same command. Safe not for a while: what was overdue
/// meanwhile is so still. A line that comes before the command is decided pays for the top-up, and one that comes after it
/// is money that is not explained.
struct UnpaidService: Sendable {
    private let configuration: UnpaidConfiguration
    private let pool: PostgresPool
    /// Of the same session.
    let reader: LedgerReader
    private let clock: DueClock
    private let logger: Logger
    private let news: AsyncStream<Void>
    private let sender: AsyncStream<Void>.Continuation

    private static let pageMax: Int64 = 200
    private static let secondsPerDay: Int64 = 86_400

    init(_ configuration: UnpaidConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        (news, sender) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        pool = try PostgresPool(PostgresPoolConfiguration(configuration.database, connectionsMax: 1))
        reader = LedgerReader(pool)
        clock = DueClock(url: configuration.clockURL, logger: logger)
    }

    /// Works until graceful shutdown.
    ///
    /// - Parameter submit: returns once the broker has a command.
    func run(_ submit: @escaping @Sendable (Order) async throws(CancellationError) -> Void) async {
        pool.start()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await clock.follow { sender.yield() } }
                group.addTask { await work(submit) }
            }
        }
        await pool.stop()
    }

    private func work(_ submit: (Order) async throws(CancellationError) -> Void) async {
        var iterator = news.makeAsyncIterator()
        while !Task.isCancelled {
            do throws(CancellationError) { try await look(submit) } catch { return }
            let timer = Task { [sender] in
                try await Task.sleep(for: .seconds(configuration.scanSeconds))
                sender.yield()
            }
            defer { timer.cancel() }
            guard await iterator.next() != nil else { return }
        }
    }

    /// Asks for the end of everything that is overdue. What is away now is looked at the next time.
    private func look(
        _ submit: (Order) async throws(CancellationError) -> Void
    ) async throws(CancellationError) {
        let now = clock.now
        let secondsMax = Int64(configuration.daysMax) * Self.secondsPerDay
        var last: CommandID?
        while pool.isAvailable {
            let page: [UnpaidTransfer]
            do {
                page = try await reader.unpaidTransfers(
                    givenBy: now.adding(seconds: -secondsMax), after: last, limit: Self.pageMax)
            } catch {
                logger.warning("unpaid bank transfers cannot be read", metadata: ["cause": "\(error)"])
                return
            }
            for transfer in page { try await submit(TopUpPlan.order(transfer)) }
            guard page.count == Self.pageMax else { return }
            last = page.last?.command
        }
    }
}
