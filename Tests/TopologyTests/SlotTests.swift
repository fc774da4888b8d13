// 256 slots over any number of lanes: complete, even, contiguous; and what must exist on the broker.

import AMQP
import Domain
import Testing
import Topology

@Suite("Slots")
struct SlotTests {
    @Test(
        "every slot has a lane, every lane nearly as many slots as any other, and they are contiguous",
        arguments: 1...256)
    func spread(laneCount: Int) {
        let slots = Slots(laneCount: laneCount)
        let lanes = (0...UInt8.max).map { slots.lane(of: $0) }
        #expect(lanes == lanes.sorted())
        #expect(Set(lanes) == Set(0..<laneCount))
        let sizes = (0..<laneCount).map { lane in lanes.count { $0 == lane } }
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        #expect(sizes.reduce(0, +) == 256)
    }

    @Test("a routing key is two lower-case hex digits, another for each slot")
    func routingKeys() {
        let keys = (0...UInt8.max).map { Slots.routingKey($0) }
        #expect(Set(keys).count == 256)
        #expect(keys.allSatisfy { $0.count == 2 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
        #expect(keys[0] == "00" && keys[15] == "0f" && keys[16] == "10" && keys[255] == "ff")
    }

    @Test("a request travels by the wallet debited, otherwise by the one named; opening by the owner")
    func slotOfRequest() {
        let (one, two) = (WalletID(high: 1, low: 0x0a), WalletID(high: 1, low: 0xfb))
        let amount = Money(1, .dzd)
        #expect(Slots.slot(of: .submitTransfer(SubmitTransfer(from: one, to: two, amount: amount))) == 0x0a)
        #expect(Slots.slot(of: .submitTransfer(SubmitTransfer(from: two, to: one, amount: amount))) == 0xfb)
        let topUp = SettleTopUp(topUp: CommandID(high: 0, low: 0x77), wallet: two, result: .captured, amount: amount)
        #expect(Slots.slot(of: .settleTopUp(topUp)) == 0xfb)
        let verification = Verification(
            level: 1, expiresAt: Timestamp(microseconds: 0), levelOneExpiresAt: Timestamp(microseconds: 0))
        let opening = OpenWallet(
            walletID: one, ownerID: OwnerID(high: 1, low: 0x33), type: .personal, currency: .dzd, name: nil,
            verification: verification)
        #expect(Slots.slot(of: .openWallet(opening)) == 0x33)
        #expect(Slots.slot(of: .unacceptable(.malformed, field: "x")) == nil)
    }
}

@Suite("Topology")
struct TopologyTests {
    @Test("every routing key of a command is bound to one lane and to the journal", arguments: [1, 2, 3, 8, 16, 256])
    func bindings(laneCount: Int) {
        let topology = Topology(laneCount: laneCount)
        let lanes = topology.queues.filter { queue in
            (0..<laneCount).contains { Names.lane($0) == queue.declaration.name }
        }
        #expect(lanes.count == laneCount)
        let keys = lanes.flatMap(\.bindings).filter { $0.exchange == Names.commands }.map(\.routingKey)
        #expect(keys.count == 256 && Set(keys).count == 256)
        // Beside its slots a lane has one binding: by its own name comes back what was to come again.
        for lane in lanes {
            let others = lane.bindings.filter { $0.exchange != Names.commands }
            #expect(others.map(\.exchange) == [Names.work] && others.map(\.routingKey) == [lane.declaration.name])
        }
        let journal = topology.queues.first { $0.declaration.name == Names.commandsLog }
        #expect(journal.map { Set($0.bindings.map(\.routingKey)) } == Set(keys))
        #expect(
            !Topology(laneCount: laneCount, hasJournal: false).queues.contains {
                $0.declaration.name == Names.commandsLog
            })
    }

    @Test("a lane is a quorum queue with one active consumer, and dead-letters at least once")
    func lanes() throws {
        let lane = try #require(Topology().queues.first { $0.declaration.name == "wallet.commands.00" })
        let arguments = lane.declaration.arguments
        #expect(lane.declaration.isDurable && arguments["x-queue-type"] == "quorum")
        #expect(arguments["x-single-active-consumer"] == true && arguments["x-delivery-limit"] == 1_000)
        #expect(arguments["x-dead-letter-strategy"] == "at-least-once")
        // Without it the broker falls back to at-most-once, silently.
        #expect(arguments["x-overflow"] == "reject-publish")
    }

    @Test("no queue has two declarations, and each is bound to an exchange that is declared")
    func consistent() {
        let topology = Topology()
        let names = topology.queues.map(\.declaration.name)
        #expect(Set(names).count == names.count)
        let exchanges = Set(topology.exchanges.map(\.name))
        let unknown = topology.queues.flatMap(\.bindings).filter { !exchanges.contains($0.exchange) }
        #expect(unknown.isEmpty)
        #expect(topology.exchanges.allSatisfy(\.isDurable) && topology.queues.allSatisfy(\.declaration.isDurable))
    }

    @Test("the stable names are what other services build against")
    func names() {
        let topology = Topology()
        let exchanges = Dictionary(
            topology.exchanges.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        #expect(exchanges["wallet.commands"] == "direct" && exchanges["wallet.events"] == "topic")
        let queues = Set(topology.queues.map(\.declaration.name))
        #expect(
            queues.isSuperset(of: [
                "wallet.commands.00", "wallet.commands.07", "wallet.commands.log", "wallet.events.log",
                "wallet.dead-letters", "wallet.payments", "wallet.payouts",
            ]))
        #expect(Names.lane(15) == "wallet.commands.15" && Names.lane(255) == "wallet.commands.255")
    }

    @Test("what a worker's queue takes from the events is what a transition is announced as")
    func workerBindings() {
        let announced = Set(Transition.allCases.map(\.eventName))
        for name in [Names.payments, Names.payouts] {
            let queue = Topology().queues.first { $0.declaration.name == name }
            let keys = queue?.bindings.filter { $0.exchange == Names.events }.map(\.routingKey) ?? []
            #expect(!keys.isEmpty && announced.isSuperset(of: keys))
        }
    }

    @Test(
        "a message in a retry queue comes back to the queue that its routing key names",
        arguments: Topology.retrySeconds)
    func retries(seconds: Int) {
        let queue = Topology().queues.first { $0.declaration.name == Names.retry(seconds: seconds) }
        #expect(queue?.declaration.arguments["x-message-ttl"] == .int64(Int64(seconds) * 1_000))
        #expect(queue?.declaration.arguments["x-dead-letter-exchange"] == .string(Names.work))
        #expect(queue?.declaration.arguments["x-dead-letter-routing-key"] == nil)
    }
}
