// What each event asks for, and that what is submitted is what the lanes read.

import Domain
import Outside
import Testing
import Wire

@testable import Payouts
@testable import Sandbox
@testable import TopUps

@Suite("What an event asks of its worker")
struct PlanTests {
    private let command = CommandID(high: 0x0102_0304_0506_8708, low: 0x890a_0b0c_0d0e_0f10)
    private let beneficiary = Beneficiary(
        id: BeneficiaryID(high: 1, low: 2), wallet: wallet,
        rib: RIB("00799999002345678941")!, holderName: "Amine B.", addedAt: Timestamp(microseconds: 0))
    private let amount = Money(150_000, .dzd)

    /// The event as the ledger writes it.
    private func event(_ transition: Transition, detail: [UInt8]?) throws -> WalletEvent {
        let outcome = Outcome(
            commandIndex: 0, position: Position(period: 202_611, lane: 4, sequence: 7), commandID: command,
            subject: command, transition: transition, status: .pending, code: .ok, field: nil, wallet: wallet,
            amount: amount, fee: Money(3_000, .dzd), feeVersion: 1, time: Timestamp(microseconds: 0), entries: 0..<0)
        let encoded = Events.encode(outcome, entries: [Entry](), detail: detail, traceparent: nil)
        return try WalletEvent(body: encoded.body)
    }

    /// Reads an order as a lane does.
    private func request(_ order: Order) throws -> Request {
        try order.content.request(id: command, user: nil, resolved: Resolved())
    }

    @Test("a pending top-up is charged under its command id, and each final word settles it once")
    func topUp() throws {
        let detail = OutcomeDetail.topUp(.card, paymentMethod: "pm_late")
        guard case .ask(let inquiry) = try TopUpPlan.plan(event(.topUpPending, detail: detail)) else {
            Issue.record("nothing is asked")
            return
        }
        #expect(inquiry.path == "charges")
        #expect(inquiry.idempotencyKey == command.description)
        var fields = try FieldReader(body: inquiry.body)
        let charge = try Payment.Charge(&fields)
        #expect(charge.scenario == .late)
        #expect(charge.amount == amount)
        #expect(inquiry.orders.keys.sorted() == ["captured", "declined"])
        for (word, order) in inquiry.orders {
            #expect(order.key == "topup/\(command)/\(word)")
            #expect(order.slot == wallet.lastByte)
            guard case .settleTopUp(let settle) = try request(order) else {
                Issue.record("it is not a settlement")
                return
            }
            #expect(settle.topUp == command)
            #expect(settle.result.name == word)
            #expect(settle.amount == amount)
            #expect(settle.wallet == wallet)
        }
    }

    @Test("a held withdrawal goes into the schedule, without a word to ledger or bank")
    func held() throws {
        let release = ReleaseTimes(at: Timestamp(microseconds: 123_456), expectedBy: Timestamp(microseconds: 200_000))
        let detail = OutcomeDetail.withdrawal(.standard, to: beneficiary, release)
        #expect(try PayoutPlan.plan(event(.withdrawalHeld, detail: detail)) == .schedule(command, at: release.at))
        // One that was announced before there were release times is due.
        let before = OutcomeDetail.withdrawal(.standard, to: beneficiary, nil)
        let plan = try PayoutPlan.plan(event(.withdrawalHeld, detail: before))
        #expect(plan == .schedule(command, at: Timestamp(microseconds: 0)))
    }

    @Test("a sent withdrawal goes to the bank under its command id, and each final word settles it once")
    func sent() throws {
        let detail = OutcomeDetail.withdrawal(.express, to: beneficiary, nil)
        guard case .ask(let inquiry) = try PayoutPlan.plan(event(.withdrawalSent, detail: detail)) else {
            Issue.record("nothing is asked")
            return
        }
        #expect(inquiry.idempotencyKey == command.description)
        var fields = try FieldReader(body: inquiry.body)
        #expect(try Bank.Payout(&fields).holderName == "Amine B.")
        #expect(inquiry.orders.keys.sorted() == ["confirmed", "returned"])
        for (word, order) in inquiry.orders {
            guard case .settleWithdrawal(let settle) = try request(order) else {
                Issue.record("it is not a settlement")
                return
            }
            #expect(settle.step.name == word)
            #expect(order.key == "withdrawal/\(command)/\(word)")
        }
    }

    @Test("a beneficiary is verified once, unless its holder's name begins with Refuse")
    func verification() throws {
        let added = try event(.beneficiaryAdded, detail: OutcomeDetail.beneficiary(beneficiary))
        guard case .submit(let order) = try BeneficiaryVerification.plan(added),
            case .verifyBeneficiary(let verify) = try request(order)
        else {
            Issue.record("it is not verified")
            return
        }
        #expect(verify.beneficiary == beneficiary.id)
        #expect(order.key == "beneficiary/\(beneficiary.id)/verified")

        let refused = Beneficiary(
            id: beneficiary.id, wallet: wallet, rib: beneficiary.rib, holderName: "Refuse Me",
            addedAt: Timestamp(microseconds: 0))
        let other = try event(.beneficiaryAdded, detail: OutcomeDetail.beneficiary(refused))
        #expect(try BeneficiaryVerification.plan(other) == .nothing)
    }

    @Test("an event that is not a worker's, or says too little, names the field to blame")
    func unreadable() throws {
        let topUp = try event(.topUpPending, detail: nil)
        #expect(throws: FieldError(.malformed, field: "data.detail")) { try TopUpPlan.plan(topUp) }
        #expect(throws: FieldError(.malformed, field: "type")) { try PayoutPlan.plan(topUp) }
        let sent = try event(.withdrawalSent, detail: OutcomeDetail.topUp(.card, paymentMethod: nil))
        #expect(throws: FieldError(.malformed, field: "data.detail.rib")) { try PayoutPlan.plan(sent) }
        for (body, field) in [
            ("", ""), ("[]", ""), ("{}", "type"), (#"{"type":"topup.pending"}"#, "type"),
            (#"{"type":"dz.contacto.wallet.topup.pending.v1"}"#, "data"),
            (#"{"type":"dz.contacto.wallet.topup.pending.v1","data":{"command_id":"x"}}"#, "data.command_id"),
        ] {
            #expect(throws: FieldError(.malformed, field: field)) { try WalletEvent(body: Array(body.utf8)) }
        }
    }
}
