// The laws of the whole road: real programs, a real broker, a real database, and HTTP or AMQP from outside.
//
// Every test has a wallet of its own and ends with clean books. One runs at a time, because each is several processes.

import Domain
import TestSupport
import Testing
import Wire

@Suite(.serialized, .enabled(if: TestEnvironment.isComplete, "needs the servers that deploy/local test starts"))
enum Integration {}

/// What so many completed transfers of an owner cost in a month, in minor units: five are free (spec/wallet.md §2).
func transferFees(_ count: Int) -> Int64 { Int64(max(0, count - 5)) * 10_00 }

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

/// Adds a bank account and waits until it may be paid.
func addBeneficiary(_ stack: Stack, _ wallet: TestWallet, _ rib: String) async throws -> String {
    let reply = try await stack.post(
        "/beneficiaries", as: wallet.person, key: newKey(),
        #"{"wallet":"\#(wallet.id)","rib":"\#(rib)","holder_name":"A Holder"}"#)
    try await stack.awaitDecision(of: reply, as: wallet.person)
    let id = try #require(reply.data?["beneficiary_id"]?.text)
    try await stack.awaitVerification(of: id, as: wallet.person)
    return id
}
