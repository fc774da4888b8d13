// What talks to the broker begins once the broker is known to be as it has to be. Until then every command is answered
// 503, and reading goes on.

import BrokerAdmin
import Logging
import ServiceLifecycle

struct BehindTopology: Service {
    let check: TopologyCheck
    let watch: TopologyWatch
    let services: [any Service]
    let logger: Logger

    /// - Throws: `TopologyMismatch`, which ends the process.
    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await check.awaitSound(logger: logger) }
        } catch is CancellationError {
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cancelWhenGracefulShutdown { await watch.run() } }
            for service in services { group.addTask { try await service.run() } }
            try await group.waitForAll()
        }
    }
}
