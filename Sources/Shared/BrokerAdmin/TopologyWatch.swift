// The topology, looked at again and again while a process runs: what is wrong is said and shown in readiness, and a queue
// that has vanished is declared again by whoever may.

import AMQP
public import Logging
import Synchronization
public import Topology

/// Whether the broker is as it has to be, for `/readyz`.
public final class TopologyHealth: Sendable {
    private let refusals = Mutex<[TopologyFinding]>([])

    /// As the last looks found it; true until two in a row have found something.
    public var isSound: Bool { refusals.withLock { $0.isEmpty } }
    /// What makes it unsound.
    public var findings: [TopologyFinding] { refusals.withLock { $0 } }
    /// Its kinds, each once: `queue_policy`.
    public var kinds: [String] { Set(findings.map(\.kind.rawValue)).sorted() }

    fileprivate func set(_ findings: [TopologyFinding]) { refusals.withLock { $0 = findings } }
}

/// Looks at the topology while a process runs.
public struct TopologyWatch: Sendable {
    public let health = TopologyHealth()
    private let check: TopologyCheck
    private let isMending: Bool
    private let logger: Logger

    /// - Parameter mending: whether to declare queues again that have vanished.
    public init(_ configuration: TopologyCheckConfiguration, mending: Bool, logger: Logger) {
        check = TopologyCheck(configuration)
        isMending = mending
        self.logger = logger
    }

    /// Looks until it is cancelled.
    public func run() async {
        var earlier: [TopologyFinding] = []
        var isBlind = false
        while true {
            do { try await Task.sleep(for: .seconds(check.configuration.everySeconds)) } catch { return }
            var look = await check.look()
            if isMending, let mended = await declareMissing(look) { look = mended }
            guard let findings = look.findings else {
                if !isBlind, !Task.isCancelled {
                    logger.warning("the topology cannot be verified", metadata: ["reason": "\(look.reason)"])
                }
                isBlind = true
                continue
            }
            isBlind = false
            let refusals = findings.filter { $0.severity == .refusal }
            // What one look alone shows may be half of somebody's declaring.
            report(refusals.filter { earlier.contains($0) })
            earlier = refusals
        }
    }

    /// Says what is new, and when all is well again.
    private func report(_ refusals: [TopologyFinding]) {
        let known = health.findings
        for finding in refusals where !known.contains(finding) {
            logger.error("the broker is not as it has to be", metadata: finding.metadata)
        }
        if refusals.isEmpty, !known.isEmpty { logger.notice("the broker is as it has to be again") }
        health.set(refusals)
    }

    /// - Returns: how it looks afterwards; nil when nothing was missing or nothing could be done.
    private func declareMissing(_ look: TopologyLook) async -> TopologyLook? {
        let missing = look.findings?.filter { $0.kind == .queueMissing }.map(\.place) ?? []
        guard !missing.isEmpty else { return nil }
        var bindings: [BrokerFacts.Binding] = []
        if case .whole(_, let facts) = look { bindings = facts.bindings }
        let queues = check.configuration.topology.redeclarations(of: missing, with: bindings)
        do throws(AMQPError) {
            try await check.amqp.declare(queues)
        } catch {
            logger.error(
                "queues have vanished and cannot be declared again",
                metadata: ["queues": "\(missing.joined(separator: " "))", "error": "\(error)"])
            return nil
        }
        for queue in missing {
            logger.error(
                "a queue had vanished with its messages and was declared again",
                metadata: ["queue": "\(queue)", "advice": "\(Self.advice(queue))"])
        }
        return await check.look()
    }

    private static func advice(_ queue: String) -> String {
        Names.laneNumber(queue) == nil
            ? "find out who deleted it; what it held is gone"
            : "commands accepted since it vanished, and those it held, are in \(Names.commandsLog) alone: whoever asks "
                + "for them by id is told 'accepted'; a client that sends its request again with the same key gets it decided"
    }
}

extension TopologyLook {
    fileprivate var reason: String {
        switch self {
        case .none(let reason), .refused(let reason): reason
        case .whole, .partial: ""
        }
    }
}
