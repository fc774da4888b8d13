// Transfers and top-ups on all lanes, signed and published as the ingress does it, faster than HTTP.

import Domain
import Synchronization
import TestSupport
import Testing
import Wire

/// Counts for several tasks at once.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    /// - Returns: how many there were before.
    @discardableResult
    func increment() -> Int { count.add(1, ordering: .relaxed).oldValue }

    var value: Int { count.load(ordering: .relaxed) }
}

/// People with money, and what was sent in their name.
final class Load: Sendable {
    struct Account: Sendable {
        let person: OwnerID
        let wallet: WalletID
    }

    /// A transfer to publish.
    private struct Order: Sendable {
        let payer: Account
        let body: String
        let key: String
        /// Published twice, as a client that was not sure would.
        let isRepeated: Bool
    }

    static let senders = 16
    private static let funds: Int64 = 20_000_00

    let accounts: [Account]
    private let orders: Mutex<SeededRandom>
    private let commands = Mutex<Set<CommandID>>([])
    private let lastNumber = Atomic<Int>(0)

    private init(_ accounts: [Account], seed: UInt64) {
        self.accounts = accounts
        orders = Mutex(SeededRandom(seed: seed))
    }

    /// The transfers that the broker has confirmed.
    var sent: Set<CommandID> { commands.withLock { $0 } }

    /// Opens 32 wallets, four in each of eight lanes, and puts money into each.
    static func prepare(_ stack: Stack, seed: UInt64) async throws -> Load {
        let people = (0..<32).map { number in
            OwnerID(
                high: UInt64.random(in: .min ... .max) & 0x0fff_ffff_ffff_0fff | 0x5000_0000_0000_4000,
                low: UInt64.random(in: .min ... .max) & 0x3fff_ffff_ffff_ff00 | 1 << 63 | UInt64(number) * 8)
        }
        let wallets = try await stack.withCommander { commander in
            let wallets = try await commander.openWallets(people)
            for (person, wallet) in zip(people, wallets) {
                try await commander.send(
                    try commander.envelope(
                        "topup.submit.v1", topUpJSON(wallet, funds, method: "card"), as: person,
                        key: "funds"),
                    slot: wallet.lastByte)
            }
            return wallets
        }
        try await eventually("every wallet has its money", within: 60) {
            try await stack.number("SELECT count(*) FROM ledger.movements WHERE status = 5") == people.count
        }
        return Load(zip(people, wallets).map { Account(person: $0, wallet: $1) }, seed: seed)
    }

    /// Publishes so many transfers from several tasks, about one in twenty of them twice and one in twenty more than
    /// there is; and a few top-ups. Returns when the broker has confirmed them all.
    func send(_ count: Int, topUps: Int = 0, on stack: Stack) async throws {
        let orders = makeOrders(count)
        let next = Counter()
        try await stack.withCommander { commander in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.senders {
                    group.addTask {
                        while true {
                            let index = next.increment()
                            guard index < orders.count else { return }
                            try await self.send(orders[index], commander)
                        }
                    }
                }
                try await group.waitForAll()
            }
            for _ in 0..<topUps {
                let account = accounts[Int.random(in: accounts.indices)]
                let envelope = try commander.envelope(
                    "topup.submit.v1", topUpJSON(account.wallet, 1_00, method: "card"), as: account.person,
                    key: newKey())
                try await commander.send(envelope, slot: account.wallet.lastByte)
            }
        }
    }

    private func makeOrders(_ count: Int) -> [Order] {
        let first = lastNumber.add(count, ordering: .relaxed).oldValue
        return orders.withLock { random in
            (0..<count).map { offset in
                let payer = accounts[Int.random(in: accounts.indices, using: &random)]
                var payee = payer
                while payee.wallet == payer.wallet {
                    payee = accounts[Int.random(in: accounts.indices, using: &random)]
                }
                let amount = Int.random(in: 0..<20, using: &random) == 0 ? Self.funds * 100 : 1_00
                return Order(
                    payer: payer, body: transferJSON(payer.wallet, payee.wallet, amount),
                    key: "transfer-\(first + offset)", isRepeated: Int.random(in: 0..<20, using: &random) == 0)
            }
        }
    }

    private func send(_ order: Order, _ commander: Commander) async throws {
        for _ in 0..<(order.isRepeated ? 2 : 1) {
            let envelope = try commander.envelope(
                "transfer.submit.v1", order.body, as: order.payer.person, key: order.key)
            let id = try await commander.send(envelope, slot: order.payer.wallet.lastByte)
            commands.withLock { _ = $0.insert(id) }
        }
    }

    // MARK: - What became of it

    func awaitDecisions(_ stack: Stack, within seconds: Double = 60) async throws {
        let count = sent.count
        try await eventually("\(count) transfers are decided", within: seconds) {
            try await stack.number("SELECT count(*) FROM ledger.outcomes WHERE type = 2") >= count
        }
        try await eventually("every top-up is settled", within: seconds) {
            try await stack.number("SELECT count(*) FROM ledger.movements WHERE status = 2") == 0
        }
    }

    /// The command of every outcome of a transfer.
    func decidedTransfers(_ stack: Stack) async throws -> [CommandID] {
        try await stack.texts("SELECT command_id::text FROM ledger.outcomes WHERE type = 2").map { text in
            guard let id = CommandID(text) else { throw Failure("not a command id") }
            return id
        }
    }
}
