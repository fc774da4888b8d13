// Which further facts an outcome has, from the command and what it met.

public import Domain

extension OutcomeDetail {
    /// The further facts of an outcome; a refusal has none, but that of a bulk's leg.
    ///
    /// - Parameter state: as the batch left it.
    public static func of(_ outcome: Outcome, _ command: Command, _ state: LedgerState) -> [UInt8]? {
        if let leg = outcome.leg, case .submitBulk = command.request { return self.leg(leg, of: command.id) }
        switch outcome.transition {
        case .walletOpened, .walletFrozen, .walletUnfrozen, .walletClosed:
            // The wallet that is opened, not the one that it stands beside.
            return command.request.wallets.last.flatMap { state.wallet($0) }.map { self.wallet($0) }
        case .memberChanged:
            return self.member(command.request)
        case .topUpPending:
            guard case .submitTopUp(let topUp) = command.request else { return nil }
            return self.topUp(
                topUp.method, paymentMethod: topUp.paymentMethod, reference: state.newReferences[outcome.subject])
        case .beneficiaryAdded, .beneficiaryVerified, .beneficiaryRemoved:
            return command.request.beneficiary.flatMap { state.beneficiaries[$0] }.map { self.beneficiary($0) }
        case .withdrawalHeld, .withdrawalSent, .withdrawalCompleted, .withdrawalReturned, .withdrawalCancelled,
            .withdrawalExpired:
            guard let movement = state.movements[outcome.subject],
                case .withdrawal(let speed, let id) = movement.kind, let beneficiary = state.beneficiaries[id]
            else { return nil }
            return self.withdrawal(speed, to: beneficiary, movement.release)
        case .paymentCompleted:
            guard case .submitPayment(let payment) = command.request else { return nil }
            return self.payment(merchant: payment.to, reference: payment.reference)
        case .refundCompleted:
            return command.request.movement.map { self.payment($0) }
        case .paymentDisputed, .disputeAnswered, .disputeAccepted, .disputeDismissed:
            guard case .dispute(let payment, _)? = state.movements[outcome.subject]?.kind else { return nil }
            return self.payment(payment)
        case .moveCompleted:
            guard case .submitMove(let move) = command.request else { return nil }
            return self.move(move)
        case .settlementCompleted, .bankChargeCompleted, .feeSweepCompleted, .ownFundsAdded, .lineRecorded,
            .lineReturned, .lineReturnConfirmed:
            return command.request.booking.map { self.booking($0) }
        case .adjustmentProposed, .adjustmentCompleted, .adjustmentDismissed:
            guard case .adjustment(let direction, _)? = state.movements[outcome.subject]?.kind else { return nil }
            return self.adjustment(direction)
        case .bulkCompleted, .bulkPartlyCompleted:
            guard case .submitBulk(let bulk) = command.request else { return nil }
            return self.bulk(bulk)
        default:
            return nil
        }
    }
}

extension Request {
    /// What a command has put into the operator's books, should it have.
    fileprivate var booking: Booking? {
        switch self {
        case .book(let booking): booking
        case .settleTopUp(let settle): settle.line.map { Booking(.line(.credit), settle.amount, reference: $0) }
        default: nil
        }
    }
}
