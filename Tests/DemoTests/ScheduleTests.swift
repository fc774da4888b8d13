// The order of actions: lines of what is added and finished, and what may begin.

import Domain
import Testing

@testable import Demo

@Suite("The schedule")
struct ScheduleTests {
    private let first = WalletID(high: 1, low: 1)
    private let second = WalletID(high: 2, low: 2)

    private func begun(_ schedule: inout Schedule) -> [Int] {
        var numbers: [Int] = []
        while let number = schedule.next() { numbers.append(number) }
        return numbers
    }

    @Test("actions of different wallets begin together")
    func independent() {
        var schedule = Schedule()
        schedule.add(1, [WalletAccess(first, .exclusive)])
        schedule.add(2, [WalletAccess(second, .exclusive)])
        #expect(begun(&schedule) == [1, 2])
    }

    @Test("a debit waits for all credits before it, and credits after it wait for the debit")
    func creditsAndDebits() {
        var schedule = Schedule()
        schedule.add(1, [WalletAccess(first, .shared)])
        schedule.add(2, [WalletAccess(first, .shared)])
        schedule.add(3, [WalletAccess(first, .exclusive)])
        schedule.add(4, [WalletAccess(first, .shared)])
        #expect(begun(&schedule) == [1, 2])
        schedule.finish(2)
        #expect(begun(&schedule) == [])
        schedule.finish(1)
        #expect(begun(&schedule) == [3])
        schedule.finish(3)
        #expect(begun(&schedule) == [4])
        schedule.finish(4)
        #expect(schedule.count == 0)
    }

    @Test("a transfer waits for both of its wallets")
    func bothWallets() {
        var schedule = Schedule()
        schedule.add(1, [WalletAccess(first, .exclusive)])
        schedule.add(2, [WalletAccess(second, .exclusive)])
        schedule.add(3, [WalletAccess(first, .exclusive), WalletAccess(second, .shared)])
        #expect(begun(&schedule) == [1, 2])
        schedule.finish(1)
        #expect(begun(&schedule) == [])
        schedule.finish(2)
        #expect(begun(&schedule) == [3])
    }

    @Test("an action that names a wallet twice does not wait for itself")
    func sameWalletTwice() {
        var schedule = Schedule()
        schedule.add(1, [WalletAccess(first, .exclusive), WalletAccess(first, .shared)])
        schedule.add(2, [WalletAccess(first, .shared)])
        #expect(begun(&schedule) == [1])
        schedule.finish(1)
        #expect(begun(&schedule) == [2])
    }

    @Test("played in any order the schedule allows, each wallet's exclusive accesses keep theirs", arguments: 1...20)
    func anyOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var schedule = Schedule()
        var accesses: [Int: [WalletAccess]] = [:]
        for number in 1...300 {
            accesses[number] = (0...1).map { _ in
                WalletAccess(
                    WalletID(high: 0, low: UInt64(random.below(8))), random.chance(percent: 50) ? .exclusive : .shared)
            }
            schedule.add(number, accesses[number] ?? [])
        }
        var underWay: [Int] = []
        var finished: Set<Int> = []
        while finished.count < 300 {
            while let number = schedule.next() {
                for access in accesses[number] ?? [] {
                    let earlier = (1..<number).filter { other in
                        (accesses[other] ?? []).contains { before in
                            before.wallet == access.wallet
                                && (before.access == .exclusive || access.access == .exclusive)
                        }
                    }
                    #expect(finished.isSuperset(of: earlier), "seed \(seed)")
                }
                underWay.append(number)
            }
            guard !underWay.isEmpty else {
                Issue.record("nothing may begin, seed \(seed)")
                return
            }
            let number = underWay.remove(at: random.below(underWay.count))
            schedule.finish(number)
            finished.insert(number)
        }
        #expect(schedule.count == 0)
    }
}
