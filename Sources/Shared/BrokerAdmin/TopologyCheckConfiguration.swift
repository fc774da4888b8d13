// What a process has to know to verify its topology, by the names that people write.

public import AMQP
public import Settings
public import Topology

/// Where to look, and what ought to be there.
public struct TopologyCheckConfiguration: Sendable {
    public var topology: Topology
    public var broker: AMQPConfiguration
    /// Without one a process sees what AMQP shows, which is less: see `AMQPLook`.
    public var management: BrokerManagement?
    /// Between two looks of a running process.
    public var everySeconds = 30
    /// How long at start a finding that can pass by itself, or a management API that does not answer, is waited for.
    public var patienceSeconds = 15

    public init(topology: Topology, broker: AMQPConfiguration, management: BrokerManagement? = nil) {
        self.topology = topology
        self.broker = broker
        self.management = management
    }

    /// Reads `WALLET_LANES`, `WALLET_JOURNAL`, `WALLET_AMQP_MANAGEMENT`, `WALLET_TOPOLOGY_CHECK_SECONDS` and
    /// `WALLET_TOPOLOGY_PATIENCE_SECONDS`.
    ///
    /// - Parameter broker: the process's own; its virtual host is the one that is verified.
    public init(_ variables: Variables, broker: AMQPConfiguration) throws(SettingError) {
        let laneCount = try variables.integer("WALLET_LANES", in: 1...Slots.count) ?? 8
        let hasJournal = try variables.choice("WALLET_JOURNAL") { ["on": true, "off": false][$0] } ?? true
        self.init(topology: Topology(laneCount: laneCount, hasJournal: hasJournal), broker: broker)
        if let url = variables.optional("WALLET_AMQP_MANAGEMENT", secret: true) {
            do throws(BrokerManagementError) {
                management = try BrokerManagement(url: url, virtualHost: broker.virtualHost)
            } catch {
                throw SettingError(variable: "WALLET_AMQP_MANAGEMENT", problem: "cannot be used: \(error)")
            }
        }
        everySeconds = try variables.integer("WALLET_TOPOLOGY_CHECK_SECONDS", in: 1...3_600) ?? everySeconds
        patienceSeconds = try variables.integer("WALLET_TOPOLOGY_PATIENCE_SECONDS", in: 0...600) ?? patienceSeconds
    }
}
