// Verification at start: a process goes on when the topology is sound, waits while nobody can tell, and ends when it is not.

import AMQP
import Foundation
public import Logging
public import Topology

/// The broker is not as the topology says; nothing was consumed or accepted.
public struct TopologyMismatch: Error, CustomStringConvertible {
    /// `EX_UNAVAILABLE` of sysexits.h: starting again does not help until somebody has mended the broker.
    public static let exitCode: Int32 = 69

    public let findings: [TopologyFinding]

    public var description: String {
        findings.map { "topology: \($0)" }.joined(separator: "\n")
    }
}

/// One look at the broker.
public enum TopologyLook: Sendable {
    /// Everything that the management API shows.
    case whole([TopologyFinding], BrokerFacts)
    /// What AMQP shows.
    case partial([TopologyFinding])
    /// Nobody could tell; the text says why.
    case none(String)
    /// The management API refuses this user or virtual host; the text says with what.
    case refused(String)

    public var findings: [TopologyFinding]? {
        switch self {
        case .whole(let findings, _), .partial(let findings): findings
        case .none, .refused: nil
        }
    }
}

/// Looks at the broker as a process's configuration allows.
public struct TopologyCheck: Sendable {
    public let configuration: TopologyCheckConfiguration
    public let amqp: AMQPLook

    public init(_ configuration: TopologyCheckConfiguration) {
        self.configuration = configuration
        amqp = AMQPLook(configuration.broker)
    }

    public func look() async -> TopologyLook {
        guard let management = configuration.management else { return await lookOverAMQP() }
        do throws(BrokerManagementError) {
            let facts = try await management.facts()
            return .whole(TopologyVerifier(configuration.topology, facts).findings(), facts)
        } catch {
            if case .refused(_, let status) = error, 400..<500 ~= status { return .refused("\(error)") }
            return .none("\(error)")
        }
    }

    public func lookOverAMQP() async -> TopologyLook {
        do throws(AMQPError) {
            return .partial(try await amqp.findings(configuration.topology))
        } catch {
            return .none("\(error)")
        }
    }
}

extension TopologyCheck {
    private static let pauseMilliseconds = 500
    /// Said again so often while a process waits.
    private static let sayEverySeconds = 10

    /// Returns once the topology is sound.
    ///
    /// A finding counts when two looks in a row show it, since a declare may be under way; one that can pass by itself (a
    /// queue without its leader after a restart) when it has outlasted the patience. While the broker cannot be reached
    /// this waits. While only its management cannot, it waits as long as the patience lasts, then takes what AMQP shows.
    ///
    /// - Throws: `TopologyMismatch`; `CancellationError`.
    public func awaitSound(logger: Logger) async throws {
        let start = ContinuousClock.now
        var earlier: [TopologyFinding]?
        var said: ContinuousClock.Instant?
        while true {
            let isPatient = ContinuousClock.now - start < .seconds(configuration.patienceSeconds)
            var look = await look()
            if look.findings == nil, configuration.management != nil, !isPatient {
                look = try await withoutManagement(look, logger: logger)
            }
            switch look {
            case .whole(let findings, _), .partial(let findings):
                let refusals = findings.filter { $0.severity == .refusal }
                if refusals.isEmpty {
                    for finding in findings { logger.warning("topology", metadata: finding.metadata) }
                    return
                }
                let canPass = refusals.allSatisfy(\.kind.canPass)
                if refusals == earlier, !canPass || !isPatient { throw TopologyMismatch(findings: refusals) }
                earlier = refusals
            case .none(let reason), .refused(let reason):
                earlier = nil
                if said.map({ ContinuousClock.now - $0 > .seconds(Self.sayEverySeconds) }) ?? true {
                    logger.warning("the topology cannot be verified yet", metadata: ["reason": "\(reason)"])
                    said = .now
                }
            }
            try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))
        }
    }

    /// The management API has not answered for as long as the patience lasts. When it refuses, the configuration is
    /// wrong, and a process that would look less closely than it was told to does not start.
    private func withoutManagement(_ look: TopologyLook, logger: Logger) async throws -> TopologyLook {
        if case .refused(let reason) = look {
            throw TopologyMismatch(
                findings: [
                    .init(.notToBeSeen, "WALLET_AMQP_MANAGEMENT", expected: "the virtual host's facts", found: reason)
                ])
        }
        let partial = await lookOverAMQP()
        if partial.findings != nil {
            logger.error(
                "bindings, policies and other people's queues are not verified: the broker's management does not answer"
            )
        }
        return partial
    }
}

extension TopologyFinding {
    public var metadata: Logger.Metadata {
        [
            "finding": "\(kind.rawValue)", "place": "\(place)", "expected": "\(expected)", "found": "\(found)",
            "advice": "\(advice)",
        ]
    }
}

/// Ends the process as every program does whose topology is not sound: each finding on a line of standard error.
public func endForTopology(_ program: String, _ mismatch: TopologyMismatch) -> Never {
    FileHandle.standardError.write(Data("\(program): the broker is not as it has to be\n\(mismatch)\n".utf8))
    exit(TopologyMismatch.exitCode)
}
