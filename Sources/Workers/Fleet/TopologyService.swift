// The fleet's watch over the topology, which declares again what has vanished, as a service.

import BrokerAdmin
import Logging
import ServiceLifecycle

struct TopologyService: Service {
    private let watch: TopologyWatch

    init(_ configuration: TopologyCheckConfiguration, logger: Logger) {
        watch = TopologyWatch(configuration, mending: true, logger: logger)
    }

    /// Whether the broker is as it has to be.
    var health: TopologyHealth { watch.health }

    func run() async throws { await cancelWhenGracefulShutdown { await watch.run() } }
}
