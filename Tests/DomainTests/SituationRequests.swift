// What the command of a situation asks for.

import Domain

extension Situation.Making {
    private static let wallet = Situation.wallet
    private static let movement = Situation.movement

    var request: Request {
        if has(.malformed) { return .unacceptable(.malformed, field: "metadata") }
        if has(.unknownType) { return .unacceptable(.unknownType, field: "type") }
        if has(.amountOutOfRange) { return .unacceptable(.amountOutOfRange, field: "amount.amount") }
        switch type {
        case .openWallet, .openSubWallet, .freezeWallet, .unfreezeWallet, .closeWallet, .setMember, .removeMember:
            return walletRequest
        case .submitTransfer, .submitPayment, .submitRefund, .openDispute, .settleDispute, .submitMove, .submitBulk:
            return movementRequest
        case .submitTopUp, .settleTopUp, .addBeneficiary, .verifyBeneficiary, .submitWithdrawal, .cancelWithdrawal,
            .settleWithdrawal, .expireWithdrawal, .removeBeneficiary:
            return outsideRequest
        case .proposeAdjustment, .settleAdjustment, .recordChargeback, .winChargeback: return bookRequest
        case .recordSettlement: return booking(.settlement(from: .cardClearing, commission: 10_00))
        case .recordBankCharge: return booking(.bankCharge)
        case .sweepFees: return booking(.feeSweep)
        case .addOwnFunds: return booking(.ownFunds)
        case .recordLine: return booking(.line(.credit))
        case .returnLine: return booking(.lineReturn)
        case .confirmLineReturn: return booking(.lineReturnConfirmed)
        }
    }

    private var money: Money {
        has(.otherCurrency) ? Money(Situation.amount.minorUnits, .eur) : Situation.amount
    }

    private var target: WalletID { has(.sameWallet) ? Self.wallet : Situation.payee }

    private var walletRequest: Request {
        switch type {
        case .openWallet:
            .openWallet(
                OpenWallet(
                    walletID: Situation.opened, ownerID: Situation.user, type: .personal, currency: .dzd, name: nil,
                    verification: verification))
        case .openSubWallet:
            .openSubWallet(OpenSubWallet(walletID: Situation.opened, parent: Self.wallet, name: "Taxes"))
        case .freezeWallet: .freezeWallet(ChangeWallet(wallet: Self.wallet))
        case .unfreezeWallet: .unfreezeWallet(ChangeWallet(wallet: Self.wallet))
        case .closeWallet: .closeWallet(ChangeWallet(wallet: Self.wallet))
        case .setMember:
            .setMember(
                SetMember(
                    wallet: Self.wallet, user: has(.userIsController) ? Situation.user : Situation.member,
                    role: .manager))
        default: .removeMember(RemoveMember(wallet: Self.wallet, user: Situation.member))
        }
    }

    private var movementRequest: Request {
        switch type {
        case .submitTransfer: .submitTransfer(SubmitTransfer(from: Self.wallet, to: target, amount: money))
        case .submitPayment:
            .submitPayment(
                SubmitPayment(from: Self.wallet, to: target, amount: money, reference: Situation.reference))
        case .submitRefund:
            .submitRefund(
                SubmitRefund(
                    payment: Self.movement, wallet: Self.wallet,
                    amount: has(.refundTooHigh) ? Money(money.minorUnits + 1, money.currency) : money))
        case .openDispute: .openDispute(OpenDispute(payment: Self.movement, wallet: Self.wallet))
        case .settleDispute:
            .settleDispute(SettleDispute(dispute: Self.movement, wallet: Self.wallet, step: .accepted))
        case .submitMove:
            .submitMove(
                SubmitMove(
                    from: SubmitMove.Place(wallet: Self.wallet, bucket: .available),
                    to: SubmitMove.Place(wallet: target, bucket: has(.notABusiness) ? .reserve : .available),
                    amount: money))
        default:
            .submitBulk(
                SubmitBulk(
                    from: Self.wallet, isAllOrNothing: true,
                    legs: [SubmitBulk.Leg(id: Situation.leg, to: target, amount: money)]))
        }
    }

    /// What the bank's line should have brought is not there, for those that explain one.
    private func booking(_ kind: Booking.Kind) -> Request {
        .book(Booking(kind, money, reference: "2026-11-22/7", against: has(.tooPoor) ? .suspense : .omnibus))
    }

    private var bookRequest: Request {
        switch type {
        case .proposeAdjustment:
            .proposeAdjustment(
                ProposeAdjustment(wallet: Self.wallet, direction: .debit, amount: money, reason: "counted twice"))
        case .settleAdjustment:
            .settleAdjustment(SettleAdjustment(adjustment: Self.movement, wallet: Self.wallet, step: .approved))
        case .recordChargeback:
            .recordChargeback(
                RecordChargeback(topUp: Self.movement, wallet: Self.wallet, parts: Situation.parts(of: 1)))
        default: .winChargeback(WinChargeback(topUp: Self.movement, wallet: Self.wallet))
        }
    }

    private var outsideRequest: Request {
        switch type {
        case .submitTopUp:
            .submitTopUp(SubmitTopUp(wallet: Self.wallet, method: .card, amount: money, paymentMethod: nil))
        case .settleTopUp:
            .settleTopUp(
                SettleTopUp(
                    topUp: Self.movement, wallet: Self.wallet, result: .captured,
                    amount: has(.otherAmount) ? Money(money.minorUnits + 1, .dzd) : money))
        case .addBeneficiary:
            .addBeneficiary(
                AddBeneficiary(
                    beneficiary: Situation.beneficiary, wallet: Self.wallet,
                    rib: has(.wrongRIB)
                        ? "00799999002345678942"
                        : has(.unknownBank) ? "99999999002345678941" : Situation.exampleRIB, holderName: "Amina"))
        case .removeBeneficiary:
            .removeBeneficiary(RemoveBeneficiary(beneficiary: Situation.beneficiary, wallet: Self.wallet))
        case .verifyBeneficiary:
            .verifyBeneficiary(VerifyBeneficiary(beneficiary: Situation.beneficiary, wallet: Self.wallet))
        case .submitWithdrawal:
            .submitWithdrawal(
                SubmitWithdrawal(
                    wallet: Self.wallet, beneficiary: Situation.beneficiary, speed: .express, amount: money))
        case .cancelWithdrawal:
            .cancelWithdrawal(CancelWithdrawal(withdrawal: Self.movement, wallet: Self.wallet))
        case .expireWithdrawal:
            .expireWithdrawal(ExpireWithdrawal(withdrawal: Self.movement, wallet: Self.wallet))
        default:
            .settleWithdrawal(SettleWithdrawal(withdrawal: Self.movement, wallet: Self.wallet, step: step))
        }
    }
}

extension Situation {
    /// Ids for the parts of a chargeback.
    static func parts(of number: UInt64) -> [CommandID] {
        (0...UInt64(RecordChargeback.cancellationsMax)).map { CommandID(high: 70 + number, low: $0) }
    }
}
