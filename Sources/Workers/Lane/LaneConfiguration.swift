// What a lane must know, in one place, with its defaults.

public import AMQP
public import Domain
public import Postgres
public import Telemetry
public import Wire

public struct LaneConfiguration: Sendable {
    /// Which lane: its queue is `Names.lane(number)`.
    public var lane: Int16
    public var broker: AMQPConfiguration
    public var database: PostgresConfiguration
    public var keyring: Keyring
    public var fees = FeeSchedule.standard
    public var limits = LimitSchedule.standard
    public var withdrawals = WithdrawalRules.standard
    /// Shared by the lanes of a process.
    public var gate: BatchGate
    /// What is recorded goes into a registry of its own unless it is given one.
    public var instruments = Instruments(program: "lane")

    /// The weight of one batch, in transfers. Beyond 500 a set gains nothing and its locks are held longer.
    public var batchWeightMax = 512
    /// Deliveries that the broker sends ahead: two batches wait while one is decided.
    public var prefetchMessages: UInt16 = 1536
    /// Events sent and not yet confirmed.
    public var unconfirmedEventsMax = 2048
    /// Events written to the broker in one turn of the loop, so that no turn is long.
    public var eventsPerTurnMax = 256
    /// Outcomes read at once when a lane is taken over.
    public var takeOverOutcomesMax = 500
    /// The longest wait in the loop: below half a heartbeat.
    public var turnMillisecondsMax: Int32 = 500
    /// After so long without a batch, what was announced is noted in the lane's row.
    public var restMilliseconds: UInt64 = 1_000
    /// How long a transaction may keep its place among those that run at once. Eight lanes whose sessions stand still find
    /// that out two at a time: three of these and the limit on an answer stay below ten seconds.
    public var gateMillisecondsMax: UInt64 = 500
    /// How long the database may leave a pipeline unanswered: beyond the limit on a statement.
    public var answerSecondsMax: UInt64 = 5
    /// Between two reminders that the lane has halted.
    public var haltReminderSeconds: UInt64 = 60
    /// How long an orderly end may take.
    public var drainSecondsMax: UInt64 = 8

    public init(
        lane: Int16, broker: AMQPConfiguration, database: PostgresConfiguration, keyring: Keyring, gate: BatchGate
    ) {
        self.lane = lane
        self.broker = broker
        self.database = database
        self.keyring = keyring
        self.gate = gate
    }
}
