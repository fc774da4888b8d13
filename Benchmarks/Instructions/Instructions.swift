// A fixed amount of work for an instruction counter: the rules and the codecs of the lane, and nothing around them.
//
// `deploy/local test guard` runs it under callgrind twice for each workload, with few rounds and with more; what is between
// the two counts is the rounds' own.

import Crypto
import Domain
import Foundation
import Ledger
import Postgres
import Wire

@main
struct Instructions {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let workload = Workload(rawValue: arguments[1]), let rounds = Int(arguments[2])
        else {
            let names = Workload.allCases.map(\.rawValue).joined(separator: "|")
            FileHandle.standardError.write(Data("Usage: wallet-instructions \(names) ROUNDS\n".utf8))
            exit(64)
        }
        let batch = FixedBatch()
        var sum = 0
        for _ in 0..<rounds { sum &+= workload.round(batch) }
        // Printed, so that no part of the work can be left out as useless.
        print("\(workload.rawValue): \(rounds) rounds of \(FixedBatch.count), sum \(sum)")
    }
}

/// What is counted. A round is `FixedBatch.count` commands.
enum Workload: String, CaseIterable {
    /// The rules over one batch of transfers.
    case decide
    /// A body as strict JSON.
    case json
    /// Signature, form and digest of a message.
    case authenticate
    /// An outcome as a CloudEvent.
    case event
    /// Outcomes as the arrays of one statement.
    case parameters

    /// - Returns: something that depends on all of the work.
    func round(_ batch: FixedBatch) -> Int {
        switch self {
        case .decide:
            var state = batch.state
            let decisions = Domain.decide(batch.items, state: &state, context: FixedBatch.context)
            return decisions.outcomes.count &+ decisions.entries.count &+ state.changedWallets.count
        case .json:
            return batch.envelopes.reduce(0) { $0 &+ (((try? JSON(parsing: $1.content.body)) == nil) ? 0 : 1) }
        case .authenticate:
            return batch.envelopes.reduce(0) { sum, envelope in
                let command = try? envelope.authenticateWithDigest(
                    handedOverBy: FixedBatch.key.publisher, keyring: batch.keyring)
                return sum &+ Int(command?.contentDigest[0] ?? 0)
            }
        case .event:
            return batch.decisions.outcomes.reduce(0) { sum, outcome in
                let entries = batch.decisions.entries[outcome.entries]
                return sum &+ Events.encode(outcome, entries: entries, detail: nil, traceparent: nil).body.count
            }
        case .parameters:
            var parameters = PostgresParameters()
            parameters.append(
                outcomes: batch.decisions.outcomes, records: batch.records, details: batch.details,
                lane: FixedBatch.context.lane, first: FixedBatch.context.nextSequence, time: FixedBatch.context.time)
            return parameters.count
        }
    }
}
