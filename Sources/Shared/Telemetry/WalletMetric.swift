// Every metric that the wallet's processes show: instruments, docs/metrics.md and the tests come from this one table.

/// A metric of the wallet.
public enum WalletMetric: String, CaseIterable, Sendable {
    // A lane.
    case laneOwned = "wallet_lane_owned"
    case laneHalted = "wallet_lane_halted"
    case laneEpoch = "wallet_lane_epoch"
    case laneCommandsTaken = "wallet_lane_commands_taken_total"
    case laneOutcomes = "wallet_lane_outcomes_total"
    case laneRepeats = "wallet_lane_repeats_total"
    case laneSetAside = "wallet_lane_set_aside_total"
    case laneBatchCommands = "wallet_lane_batch_commands"
    case laneBatchPhase = "wallet_lane_batch_phase_seconds"
    case laneBatchesFailed = "wallet_lane_batches_failed_total"
    case laneCriticalTime = "wallet_lane_critical_time_seconds"
    case laneLag = "wallet_lane_lag_seconds"
    case laneUnannounced = "wallet_lane_unannounced_outcomes"
    case laneSessionsLost = "wallet_lane_database_sessions_lost_total"
    case laneBrokerLost = "wallet_lane_broker_connections_lost_total"
    case partitionsAhead = "wallet_partition_months_ahead"

    // A worker for the outside world.
    case outsideCalls = "wallet_outside_calls_total"
    case outsideCallTime = "wallet_outside_call_seconds"
    case outsideRetries = "wallet_outside_retries_total"
    case outsideSubmitted = "wallet_outside_commands_submitted_total"
    case outsideSetAside = "wallet_outside_set_aside_total"
    case outsideRepublished = "wallet_outside_publishes_repeated_total"
    case payoutsReleased = "wallet_outside_withdrawals_released_total"
    case payoutsRebuilt = "wallet_outside_schedule_written_total"
    case outsidePostponed = "wallet_outside_postponed_total"
    case outsideBreakerOpen = "wallet_outside_breaker_open"

    // The ingress.
    case httpRequests = "wallet_http_requests_total"
    case httpRequestTime = "wallet_http_request_seconds"
    case httpInFlight = "wallet_http_requests_in_flight"
    case publishes = "wallet_ingress_publishes_total"
    case publishTime = "wallet_ingress_publish_seconds"
    case waiters = "wallet_ingress_waiters"
    case balanceReads = "wallet_balance_reads_total"
    case lookups = "wallet_ingress_payee_lookups_total"
    case peopleReports = "wallet_ingress_people_reports_total"
    case redisUnavailable = "wallet_redis_unavailable_total"
    case redisConnected = "wallet_redis_connected"
    case redisConnectionsLost = "wallet_redis_connections_lost_total"
    case brokerConnected = "wallet_ingress_broker_connected"
    case databaseAvailable = "wallet_ingress_database_available"

    // Any process.
    case buildInfo = "wallet_build_info"
    case processStart = "process_start_time_seconds"
    case processCPU = "process_cpu_seconds_total"
    case processResident = "process_resident_memory_bytes"
    case processVirtual = "process_virtual_memory_bytes"
    case processDescriptors = "process_open_fds"
    case processDescriptorsMax = "process_max_fds"
    case processThreads = "process_threads"
}

extension WalletMetric {
    /// Which processes show it.
    public enum Place: String, CaseIterable, Sendable {
        case fleet = "wallet-fleet"
        case ingress = "wallet-ingress"
        case both
    }

    /// One line of the table.
    public struct Rule: Sendable {
        public let metric: WalletMetric
        public let place: Place
        public let definition: MetricDefinition

        init(
            _ metric: WalletMetric, _ kind: MetricDefinition.Kind, _ place: Place, unit: String, labels: [String] = [],
            _ help: String
        ) {
            self.metric = metric
            self.place = place
            definition = MetricDefinition(metric.rawValue, kind, unit: unit, labels: labels, help: help)
        }
    }

    /// From a round trip on one machine to a payment service that takes its time.
    public static let timeBuckets = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// Doubling up to the largest batch.
    public static let batchBuckets: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

    /// Every metric, in the order in which it is shown.
    public static let table: [Rule] = laneRules + outsideRules + ingressRules + processRules

    private static let laneRules: [Rule] = [
        Rule(
            .laneOwned, .gauge, .fleet, unit: "lanes", labels: ["lane"],
            "1 while this process has taken the lane, 0 while it stands by."),
        Rule(
            .laneHalted, .gauge, .fleet, unit: "lanes", labels: ["lane"],
            "1 while the lane has stopped at an announcement that can never be sent; its log says which."),
        Rule(
            .laneEpoch, .gauge, .fleet, unit: "epochs", labels: ["lane"],
            "The epoch under which this process last took the lane; it rises with every owner."),
        Rule(
            .laneCommandsTaken, .counter, .fleet, unit: "messages", labels: ["lane"],
            "Messages that the broker delivered to the lane; one that comes again counts again."),
        Rule(
            .laneOutcomes, .counter, .fleet, unit: "outcomes", labels: ["lane", "type", "code"],
            "Outcomes committed, by the type of the command and the outcome code."),
        Rule(
            .laneRepeats, .counter, .fleet, unit: "commands", labels: ["lane"],
            "Commands that came again and got the answer that stands, or KEY_REUSED."),
        Rule(
            .laneSetAside, .counter, .fleet, unit: "messages", labels: ["lane", "code"],
            "Messages committed to the dead letters, by the code of the reason."),
        Rule(
            .laneBatchCommands, .histogram(buckets: batchBuckets), .fleet, unit: "messages", labels: ["lane"],
            "Messages in a batch that was committed; the count is that of batches."),
        Rule(
            .laneBatchPhase, .histogram(buckets: timeBuckets), .fleet, unit: "seconds", labels: ["lane", "phase"],
            "How long the phases of a batch took: read, decide, write (with its commit), announce (until every event of "
                + "it was confirmed)."),
        Rule(
            .laneBatchesFailed, .counter, .fleet, unit: "batches", labels: ["lane"],
            "Batches that the database did not take, for whatever reason; each is tried again or found committed."),
        Rule(
            .laneCriticalTime, .histogram(buckets: timeBuckets), .fleet, unit: "seconds", labels: ["lane"],
            "From accepted-at to the confirm of the event, for each command decided and announced here. By the clocks of "
                + "two processes; repeats and outcomes of an earlier owner are left out."),
        Rule(
            .laneLag, .gauge, .fleet, unit: "seconds", labels: ["lane"],
            "The age by accepted-at of the oldest command delivered here and not committed; 0 when none waits."),
        Rule(
            .laneUnannounced, .gauge, .fleet, unit: "outcomes", labels: ["lane"],
            "Outcomes committed and not known to be announced: head less published, of a lane that is owned."),
        Rule(
            .laneSessionsLost, .counter, .fleet, unit: "sessions", labels: ["lane"],
            "Database sessions of the lane that were lost or given up."),
        Rule(
            .laneBrokerLost, .counter, .fleet, unit: "connections", labels: ["lane", "side"],
            "Connections of the lane to the broker that were lost or given up, by side: consumer, publisher."),
        Rule(
            .partitionsAhead, .gauge, .fleet, unit: "months",
            "Months ahead for which the ledger has partitions, when it was last looked at."),
    ]

    private static let outsideRules: [Rule] = [
        Rule(
            .outsideCalls, .counter, .fleet, unit: "calls", labels: ["worker", "answer"],
            "Requests to an outside service by what was known afterwards: status, unknown_key, silence, refused."),
        Rule(
            .outsideCallTime, .histogram(buckets: timeBuckets), .fleet, unit: "seconds", labels: ["worker"],
            "From a request to an outside service to the last byte of its answer, or to giving up."),
        Rule(
            .outsideRetries, .counter, .fleet, unit: "events", labels: ["worker", "delay"],
            "Events put into a retry queue, by its delay in seconds."),
        Rule(
            .outsideSubmitted, .counter, .fleet, unit: "commands", labels: ["worker"],
            "Commands submitted and confirmed by the broker."),
        Rule(
            .outsideSetAside, .counter, .fleet, unit: "events", labels: ["worker"], "Events put among the dead letters."
        ),
        Rule(
            .outsideRepublished, .counter, .fleet, unit: "publishes", labels: ["worker"],
            "Publishes that were not confirmed and are made again under the same id."),
        Rule(
            .payoutsReleased, .counter, .fleet, unit: "commands", labels: ["way"],
            "Commands submitted for withdrawals that were due, by how those were found: schedule, database."),
        Rule(
            .payoutsRebuilt, .counter, .fleet, unit: "times",
            "Times that the schedule of withdrawals was written anew from the database."),
        Rule(
            .outsidePostponed, .counter, .fleet, unit: "events", labels: ["worker"],
            "Events put into a retry queue without asking, because the service has been silent too often of late."),
        Rule(
            .outsideBreakerOpen, .gauge, .fleet, unit: "services", labels: ["worker"],
            "1 while the outside service is left alone because it has been silent, or is being tried with one request."),
    ]

    private static let ingressRules: [Rule] = [
        Rule(
            .httpRequests, .counter, .ingress, unit: "requests", labels: ["route", "method", "status"],
            "Requests answered, by route, method and class of status (2xx); a path without a route is `none`."),
        Rule(
            .httpRequestTime, .histogram(buckets: timeBuckets), .ingress, unit: "seconds", labels: ["route", "method"],
            "From a request's head to its answer's. A request with ?wait= takes as long as it waits."),
        Rule(.httpInFlight, .gauge, .ingress, unit: "requests", "Requests being answered, those that wait included."),
        Rule(
            .publishes, .counter, .ingress, unit: "publishes", labels: ["answer"],
            "Commands published, by the broker's answer: confirmed, returned, refused, unknown."),
        Rule(
            .publishTime, .histogram(buckets: timeBuckets), .ingress, unit: "seconds",
            "From publishing a command to the broker's answer or to giving up."),
        Rule(.waiters, .gauge, .ingress, unit: "requests", "Requests held until their command is decided."),
        Rule(
            .balanceReads, .counter, .ingress, unit: "reads", labels: ["source"],
            "Wallets shown, by where the balance came from: redis (a hit), database (a miss)."),
        Rule(
            .lookups, .counter, .ingress, unit: "lookups", labels: ["result"],
            "Payees looked up by phone, e-mail or user name, by what came of it: found, nobody, limited (over the "
                + "caller's allowance, so not looked up), unavailable."),
        Rule(
            .peopleReports, .counter, .ingress, unit: "events", labels: ["result"],
            "Events of identity about people: applied, superseded (a repeat, or older than what is known)."),
        Rule(
            .redisUnavailable, .counter, .ingress, unit: "commands",
            "Commands to Redis that got no answer; the request went on without."),
        Rule(.redisConnected, .gauge, .ingress, unit: "connections", "1 while Redis takes commands."),
        Rule(
            .redisConnectionsLost, .counter, .ingress, unit: "connections",
            "Connections to Redis that were lost, overdue answers included."),
        Rule(
            .brokerConnected, .gauge, .ingress, unit: "connections",
            "1 while the broker takes commands: connected and not blocked."),
        Rule(.databaseAvailable, .gauge, .ingress, unit: "databases", "1 while the database can be asked."),
    ]

    private static let processRules: [Rule] = [
        Rule(
            .buildInfo, .gauge, .both, unit: "builds", labels: ["program", "version", "configuration"],
            "Always 1; the labels say what runs."),
        Rule(
            .processStart, .gauge, .both, unit: "seconds", "When the process started, in seconds since 1970-01-01 UTC."),
        Rule(.processCPU, .counter, .both, unit: "seconds", "CPU time used, in user and kernel mode."),
        Rule(.processResident, .gauge, .both, unit: "bytes", "Resident memory."),
        Rule(.processVirtual, .gauge, .both, unit: "bytes", "Virtual memory."),
        Rule(.processDescriptors, .gauge, .both, unit: "descriptors", "Open file descriptors."),
        Rule(.processDescriptorsMax, .gauge, .both, unit: "descriptors", "File descriptors the process may open."),
        Rule(.processThreads, .gauge, .both, unit: "threads", "Threads of the process."),
    ]

    private static let rules: [WalletMetric: Rule] = Dictionary(uniqueKeysWithValues: table.map { ($0.metric, $0) })

    /// The metric's line. A test holds that every metric has one.
    public var rule: Rule {
        guard let rule = Self.rules[self] else { preconditionFailure("\(self) is missing in WalletMetric.table") }
        return rule
    }
}
