// Wallets with money in them, written through the rules and the chain like any others, so that the checker covers them.

import Domain
import Ledger
import Postgres
import Topology
import Wire

/// The people of a benchmark: their wallets in the order of their numbers.
struct Population {
    let owners: [OwnerID]
    let wallets: [WalletID]

    init(count: Int) {
        var random = SplitMix64(state: 20_261_122)
        owners = (0..<count).map { _ in
            OwnerID(high: random.next() & ~0xf000 | 0x4000, low: random.next() >> 2 | 0x8000_0000_0000_0000)
        }
        wallets = owners.map { WalletID(ofPerson: $0, .dzd) }
    }
}

/// A small generator with a seed (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Writes commands straight into the ledger, lane by lane: the batch's own statements without the broker around them.
struct Generator {
    let connection: PostgresConnection
    let slots: Slots
    private let batchMax = 2_000

    /// Opens every wallet and puts `amount` minor units in.
    func fill(_ population: Population, amount: Int64) throws {
        let lanes = Dictionary(grouping: population.owners.indices) { slots.lane(of: population.owners[$0].lastByte) }
        for (lane, members) in lanes.sorted(by: { $0.key < $1.key }) {
            var epoch = try take(lane)
            for start in stride(from: 0, to: members.count, by: batchMax) {
                let chunk = members[start..<min(start + batchMax, members.count)]
                try write(chunk.map { open(population.owners[$0]) }, lane, &epoch)
                try write(chunk.map { topUp(population.owners[$0], population.wallets[$0], amount) }, lane, &epoch)
                try write(chunk.map { settle(population.owners[$0], population.wallets[$0], amount) }, lane, &epoch)
            }
        }
    }

    private func take(_ lane: Int) throws -> Int64 {
        var parameters = PostgresParameters()
        parameters.append(int2: Int16(lane))
        return try connection.execute(Statements.takeLane, parameters).int8(0, 0)
    }

    private func command(_ owner: OwnerID, _ key: String, _ type: CommandType, _ request: Request) -> Command {
        let isFact = type == .settleTopUp
        return Command(
            id: CommandID(client: "bench", subject: owner.description, key: key), type: type,
            caller: Caller(
                client: "bench", user: isFact ? nil : owner, permissions: isFact ? .service : [.manage, .topUp]),
            acceptedAt: Timestamp(microseconds: 0), notAfter: Timestamp(microseconds: .max), request: request)
    }

    private func open(_ owner: OwnerID) -> Command {
        let forever = Timestamp(microseconds: 4_102_444_800_000_000)
        return command(
            owner, "open", .openWallet,
            .openWallet(
                OpenWallet(
                    walletID: WalletID(ofPerson: owner, .dzd), ownerID: owner, type: .personal, currency: .dzd,
                    name: nil, verification: Verification(level: 2, expiresAt: forever, levelOneExpiresAt: forever))))
    }

    private func topUp(_ owner: OwnerID, _ wallet: WalletID, _ amount: Int64) -> Command {
        command(
            owner, "topup", .submitTopUp,
            .submitTopUp(
                SubmitTopUp(wallet: wallet, method: .bankTransfer, amount: Money(amount, .dzd), paymentMethod: nil)))
    }

    private func settle(_ owner: OwnerID, _ wallet: WalletID, _ amount: Int64) -> Command {
        command(
            owner, "settle", .settleTopUp,
            .settleTopUp(
                SettleTopUp(
                    topUp: CommandID(client: "bench", subject: owner.description, key: "topup"), wallet: wallet,
                    result: .captured, amount: Money(amount, .dzd))))
    }

    private func write(_ commands: [Command], _ lane: Int, _ epoch: inout Int64) throws {
        var plan = BatchPlan(lane: Int16(lane))
        for command in commands { plan.add(command) }
        try plan.enqueue(on: connection)
        let read = try BatchRead(plan, try results())
        var state = read.state
        let decisions = decide(
            commands.map { BatchItem(command: $0, seen: .never) }, state: &state,
            context: DecisionContext(
                time: read.lane.time, lane: Int16(lane), nextSequence: read.lane.head + 1, fees: .standard,
                limits: .standard))
        let records = commands.map { command in
            let content = CommandContent(type: command.type?.name ?? "", body: [0x7b, 0x7d])
            return CommandRecord(
                id: command.id, type: command.type, content: content, contentDigest: Array(content.digest),
                client: "bench", caller: "bench", acceptedAt: read.lane.time, traceparent: nil)
        }
        let write = BatchWrite(
            lane: Int16(lane), epoch: epoch, head: read.lane, decisions: decisions, state: state, records: records,
            details: decisions.outcomes.map { _ in nil }, securityRecords: [],
            published: read.lane.head + Int64(commands.count), repeatedPositions: [], repeats: 0)
        let expected = try write.enqueue(on: connection)
        _ = try write.check(try results(), expected)
    }

    private func results() throws -> [PostgresRows] {
        var results: [PostgresRows] = []
        while true {
            switch try connection.waitForEvent() {
            case .rows(let rows): results.append(rows)
            case .failed(let error): throw error
            case .skipped: break
            case .synced: return results
            }
        }
    }
}
