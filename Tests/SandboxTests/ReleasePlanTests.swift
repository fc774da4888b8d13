// When a held withdrawal is sent, when it is given back, and under which key.

import Domain
import Ledger
import Outside
import Testing
import Wire

@testable import Payouts

@Suite("The release of a withdrawal")
struct ReleasePlanTests {
    private let command = CommandID(high: 0x0102_0304_0506_8708, low: 0x890a_0b0c_0d0e_0f10)
    private let plan = ReleasePlan(daysMax: 30)
    private let due = Timestamp(microseconds: 1_795_372_754_000_000)

    private func held(isFrozen: Bool = false, standing: Int64 = 0) -> HeldWithdrawal {
        HeldWithdrawal(command: command, wallet: wallet, dueAt: due, isFrozen: isFrozen, standingVersion: standing)
    }

    private func after(_ seconds: Int64, _ withdrawal: HeldWithdrawal) -> Order? {
        plan.order(for: withdrawal, at: due.adding(seconds: seconds))
    }

    private func request(_ order: Order?) throws -> Request {
        let order = try #require(order)
        #expect(order.slot == wallet.lastByte)
        return try order.content.request(id: command, user: nil, resolved: Resolved())
    }

    @Test("it is sent when it is due and not a microsecond before")
    func timely() throws {
        #expect(plan.order(for: held(), at: Timestamp(microseconds: due.microseconds - 1)) == nil)
        guard case .settleWithdrawal(let settle) = try request(after(0, held())) else {
            Issue.record("it is not sent")
            return
        }
        #expect(settle.step == .sent && settle.withdrawal == command && settle.wallet == wallet)
    }

    @Test("who looks at the same row asks for the same command, and after a freeze or a day for another")
    func keys() {
        let keys = [
            after(0, held()), after(1, held()), after(86_399, held()), after(86_400, held()),
            after(0, held(standing: 2)), after(0, held(standing: 4)),
        ].map { $0?.key }
        #expect(keys[0] == "withdrawal/\(command)/sent/0.0")
        #expect(keys[0] == keys[1] && keys[1] == keys[2])
        #expect(Set(keys).count == 4 && !keys.contains(nil))
    }

    @Test("a frozen wallet's waits, and after the last day it is given back, frozen or not")
    func expiry() throws {
        let (day, last): (Int64, Int64) = (86_400, 30 * 86_400)
        #expect(after(day, held(isFrozen: true, standing: 1)) == nil)
        #expect(after(last - 1, held(isFrozen: true, standing: 1)) == nil)
        for isFrozen in [true, false] {
            guard case .expireWithdrawal(let expire) = try request(after(last, held(isFrozen: isFrozen))) else {
                Issue.record("it is not given back")
                return
            }
            #expect(expire.withdrawal == command && expire.wallet == wallet)
        }
        guard case .settleWithdrawal = try request(after(last - 1, held())) else {
            Issue.record("it is not sent on its last day")
            return
        }
    }
}
