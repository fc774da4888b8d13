// Clients that do not give up: each sends transfers one after the other, and again under the same key until one is accepted.

import Synchronization
import TestSupport
import Testing

final class Traffic: Sendable {
    /// Stands among the answers for a connection that broke or was refused.
    static let brokenConnection = 0
    static let clients = 8
    private static let amount: Int64 = 1_00
    private static let funds: Int64 = 1_000_000_00

    private let stack: Stack
    private let payers: [TestWallet]
    private let payee: TestWallet
    private let acceptedCounts = Mutex([Int](repeating: 0, count: clients))
    private let answerCounts = Mutex<[Int: Int]>([:])
    private let isStopping = Atomic(false)

    private init(_ stack: Stack, payers: [TestWallet], payee: TestWallet) {
        self.stack = stack
        self.payers = payers
        self.payee = payee
    }

    static func prepare(on stack: Stack) async throws -> Traffic {
        let payee = try await stack.openWallet()
        var payers: [TestWallet] = []
        for _ in 0..<clients { payers.append(try await stack.openWallet(funds)) }
        return Traffic(stack, payers: payers, payee: payee)
    }

    var accepted: Int { acceptedByClient.reduce(0, +) }

    /// How many transfers of each client were accepted so far.
    var acceptedByClient: [Int] { acceptedCounts.withLock { $0 } }

    /// How often each status was the answer so far.
    var answers: [Int: Int] { answerCounts.withLock { $0 } }

    /// Sends while `body` runs, then lets every client come to an accepted transfer.
    func run<Value: Sendable>(_ body: () async throws -> Value) async throws -> ([Int: Int], Value) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, payer) in payers.enumerated() {
                group.addTask { try await self.send(as: payer, client: number) }
            }
            let result: Value
            do { result = try await body() } catch {
                isStopping.store(true, ordering: .relaxed)
                group.cancelAll()
                throw error
            }
            isStopping.store(true, ordering: .relaxed)
            try await group.waitForAll()
            return (answers, result)
        }
    }

    private func send(as payer: TestWallet, client: Int) async throws {
        var number = 0
        while !isStopping.load(ordering: .relaxed) {
            let key = "traffic-\(client)-\(number)"
            try await eventually("client \(client)'s transfer \(number) is accepted", within: 90) {
                let reply = try? await stack.post(
                    "/transfers", as: payer.person, key: key, transferJSON(payer.id, payee.id, Self.amount))
                answerCounts.withLock { $0[reply?.status ?? Self.brokenConnection, default: 0] += 1 }
                return reply?.status == 202
            }
            number += 1
            acceptedCounts.withLock { $0[client] += 1 }
        }
    }

    /// Whether of each client a transfer is decided that it had not yet sent when so many of its own were accepted: the
    /// one after these may have been on its way.
    func isDecidedBeyond(_ accepted: [Int]) async throws -> Bool {
        let decided = try await stack.counts(
            "SELECT caller, count(*) FROM ledger.outcomes WHERE type = 2 GROUP BY caller")
        return zip(payers, accepted).allSatisfy { payer, accepted in
            decided["\(payer.person.id)", default: 0] > accepted + 1
        }
    }

    /// Every accepted transfer moved its money, and did so once, however often it was sent.
    func assertMadeOnce() async throws {
        let expected = Int64(accepted) * Self.amount
        try await eventually("every accepted transfer is decided", within: 60) {
            try await stack.number("SELECT count(*) FROM ledger.outcomes WHERE type = 2") >= accepted
        }
        #expect(try await stack.number("SELECT count(*) FROM ledger.outcomes WHERE type = 2") == accepted)
        #expect(try await stack.number("SELECT count(*) FROM ledger.outcomes WHERE type = 2 AND code <> 0") == 0)
        try await eventually("the payee sees its money", within: 30) {
            // A read may be answered 503 once for each session that fell silent.
            (try? await stack.balance(payee))?.available == expected
        }
    }
}
