// The laws of the whole road: real programs, a real broker, a real database, and HTTP or AMQP from outside.
//
// Every test has a wallet of its own and ends with clean books. One runs at a time, because each is several processes.

import Domain
import TestSupport
import Testing
import Wire

@Suite(.serialized, .enabled(if: TestEnvironment.isComplete, "needs the servers that deploy/local test starts"))
enum Integration {}

/// The fee of a transfer (spec/wallet.md §2), in minor units.
let transferFee: Int64 = 10_00

extension JSON {
    /// `rejected INSUFFICIENT_FUNDS`, for comparing a command's standing in one go.
    var standing: String { "\(self["status"]?.text ?? "none") \(self["code"]?.text ?? "none")" }
}

/// Sends the same or similar requests at once, and gives the answers in the order of the calls.
func atOnce(_ count: Int, _ send: @escaping @Sendable (Int) async throws -> Reply) async throws -> [Reply] {
    try await withThrowingTaskGroup(of: (Int, Reply).self) { group in
        for number in 0..<count { group.addTask { (number, try await send(number)) } }
        var replies: [(Int, Reply)] = []
        for try await reply in group { replies.append(reply) }
        return replies.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
