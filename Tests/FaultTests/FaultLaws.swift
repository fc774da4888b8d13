// The laws of servers that die, stop and cut connections: real servers under real traffic, and how long until it flows again.
//
// One test runs at a time, and none beside those of other layers: they end the servers of the whole run.

import TestSupport
import Testing

@Suite(.serialized, .enabled(if: TestEnvironment.isComplete, "needs the servers that deploy/local test starts"))
enum FaultLaws {
    /// Outcomes flow again within this time of the moment the dependency answers (docs/failures.md).
    static let recoverySecondsMax = 10.0
}

extension FaultLaws {
    /// What counts as flowing again.
    enum Recovery {
        /// The next outcome.
        case firstOutcome
        /// An outcome, for each client, of a transfer that it sent after the fault: where what is on its way at that
        /// moment may still be decided.
        case everyClient
    }

    /// Traffic over HTTP, a fault in the middle of it, and what must be true afterwards.
    ///
    /// - Parameters:
    ///   - fault: does its worst, and returns once what it took away answers again.
    /// - Returns: the traffic and the seconds from the end of the fault to the recovery.
    @discardableResult
    static func survive(
        _ name: String, on stack: Stack, until recovery: Recovery = .firstOutcome,
        _ fault: (Traffic) async throws -> Void
    ) async throws -> (traffic: Traffic, seconds: Double) {
        let traffic = try await Traffic.prepare(on: stack)
        let (answers, seconds) = try await traffic.run {
            try await eventually("\(name): traffic flows", within: 60) { traffic.accepted > 50 }
            try await fault(traffic)
            let clock = ContinuousClock()
            let back = clock.now
            let acceptedBefore = traffic.acceptedByClient
            switch recovery {
            case .firstOutcome:
                let before = try await stack.outcomeCount()
                try await eventually("\(name): outcomes flow again", within: 60) {
                    try await stack.outcomeCount() > before
                }
            case .everyClient:
                try await eventually("\(name): every client's transfers are decided again", within: 60) {
                    try await traffic.isDecidedBeyond(acceptedBefore)
                }
            }
            let took = clock.now - back
            // A little more, so that what comes after the first outcome is seen too.
            let accepted = traffic.accepted
            try await eventually("\(name): traffic goes on", within: 60) { traffic.accepted > accepted + 20 }
            return Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
        }
        #expect(seconds < recoverySecondsMax, "\(name)")
        #expect(answers.keys.allSatisfy { [202, 503, Traffic.brokenConnection].contains($0) }, "\(answers)")
        try await traffic.assertMadeOnce()
        _ = try await stack.assertStreamComplete()
        try await stack.assertLedgerClean()
        let rounded = (seconds * 10).rounded() / 10
        print("fault: \(name): flows again after \(rounded) s, \(traffic.accepted) accepted, answers \(answers)")
        return (traffic, seconds)
    }
}
