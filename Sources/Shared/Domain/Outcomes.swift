// What a lane decides: outcomes, each announced as one event.

/// What happened, as an event names it. Raw values are what the database stores.
public enum Transition: Int16, CaseIterable, Sendable {
    case walletOpened = 101
    case walletRejected = 102
    case walletExpired = 103
    case walletFrozen = 104
    case walletUnfrozen = 105
    case walletClosed = 106
    case memberChanged = 107
    case walletChangeRejected = 108
    case walletChangeExpired = 109
    case transferCompleted = 201
    case transferRejected = 202
    case transferExpired = 203
    case topUpPending = 301
    case topUpCompleted = 302
    case topUpFailed = 303
    case topUpRejected = 304
    case topUpExpired = 305
    case topUpSettlementRejected = 306
    case beneficiaryAdded = 401
    case beneficiaryVerified = 402
    case beneficiaryRejected = 403
    case beneficiaryExpired = 404
    case beneficiaryVerificationRejected = 405
    case beneficiaryRemoved = 406
    case beneficiaryRemovalRejected = 407
    case withdrawalHeld = 501
    case withdrawalSent = 502
    case withdrawalCompleted = 503
    case withdrawalReturned = 504
    case withdrawalRejected = 505
    case withdrawalExpired = 506
    case withdrawalSettlementRejected = 507
    case withdrawalCancelled = 508
    case withdrawalCancellationRejected = 509
    case withdrawalExpiryRejected = 510
    case paymentCompleted = 601
    case paymentRejected = 602
    case paymentExpired = 603
    case refundCompleted = 611
    case refundRejected = 612
    case refundExpired = 613
    case paymentDisputed = 621
    case disputeAnswered = 622
    case disputeAccepted = 623
    case disputeDismissed = 624
    case disputeRejected = 625
    case disputeExpired = 626
    case disputeSettlementRejected = 627
    case moveCompleted = 631
    case moveRejected = 632
    case moveExpired = 633
    case bulkCompleted = 641
    case bulkPartlyCompleted = 642
    case bulkRejected = 643
    case bulkExpired = 644
    case settlementCompleted = 651
    case settlementRejected = 652
    case bankChargeCompleted = 653
    case bankChargeRejected = 654
    case feeSweepCompleted = 655
    case feeSweepRejected = 656
    case ownFundsAdded = 657
    case ownFundsRejected = 658
    case lineRecorded = 659
    case lineRejected = 660
    case lineReturned = 661
    case lineReturnRejected = 662
    case lineReturnConfirmed = 663
    case lineReturnConfirmationRejected = 664
    case adjustmentProposed = 671
    case adjustmentCompleted = 672
    case adjustmentDismissed = 673
    case adjustmentRejected = 674
    case adjustmentExpired = 675
    case adjustmentSettlementRejected = 676
    case topUpChargedBack = 681
    case topUpChargebackWon = 682
    case topUpChargebackRejected = 683
    case commandRejected = 901

    /// The routing key of its event on `wallet.events`.
    public var eventName: String {
        switch self {
        case .walletOpened: "wallet.opened"
        case .walletRejected: "wallet.rejected"
        case .walletExpired: "wallet.expired"
        case .walletFrozen: "wallet.frozen"
        case .walletUnfrozen: "wallet.unfrozen"
        case .walletClosed: "wallet.closed"
        case .memberChanged: "wallet.member_changed"
        case .walletChangeRejected: "wallet.change_rejected"
        case .walletChangeExpired: "wallet.change_expired"
        case .transferCompleted: "transfer.completed"
        case .transferRejected: "transfer.rejected"
        case .transferExpired: "transfer.expired"
        case .topUpPending: "topup.pending"
        case .topUpCompleted: "topup.completed"
        case .topUpFailed: "topup.failed"
        case .topUpRejected: "topup.rejected"
        case .topUpExpired: "topup.expired"
        case .topUpSettlementRejected: "topup.settlement_rejected"
        case .beneficiaryAdded: "beneficiary.added"
        case .beneficiaryVerified: "beneficiary.verified"
        case .beneficiaryRejected: "beneficiary.rejected"
        case .beneficiaryExpired: "beneficiary.expired"
        case .beneficiaryVerificationRejected: "beneficiary.verification_rejected"
        case .beneficiaryRemoved: "beneficiary.removed"
        case .beneficiaryRemovalRejected: "beneficiary.removal_rejected"
        case .withdrawalHeld: "withdrawal.held"
        case .withdrawalSent: "withdrawal.sent"
        case .withdrawalCompleted: "withdrawal.completed"
        case .withdrawalReturned: "withdrawal.returned"
        case .withdrawalRejected: "withdrawal.rejected"
        case .withdrawalExpired: "withdrawal.expired"
        case .withdrawalSettlementRejected: "withdrawal.settlement_rejected"
        case .withdrawalCancelled: "withdrawal.cancelled"
        case .withdrawalCancellationRejected: "withdrawal.cancellation_rejected"
        case .withdrawalExpiryRejected: "withdrawal.expiry_rejected"
        case .paymentCompleted: "payment.completed"
        case .paymentRejected: "payment.rejected"
        case .paymentExpired: "payment.expired"
        case .refundCompleted: "refund.completed"
        case .refundRejected: "refund.rejected"
        case .refundExpired: "refund.expired"
        case .paymentDisputed: "payment.disputed"
        case .disputeAnswered: "dispute.answered"
        case .disputeAccepted: "dispute.accepted"
        case .disputeDismissed: "dispute.dismissed"
        case .disputeRejected: "dispute.rejected"
        case .disputeExpired: "dispute.expired"
        case .disputeSettlementRejected: "dispute.settlement_rejected"
        case .moveCompleted: "move.completed"
        case .moveRejected: "move.rejected"
        case .moveExpired: "move.expired"
        case .bulkCompleted: "bulk.completed"
        case .bulkPartlyCompleted: "bulk.partly_completed"
        case .bulkRejected: "bulk.rejected"
        case .bulkExpired: "bulk.expired"
        case .settlementCompleted: "settlement.completed"
        case .settlementRejected: "settlement.rejected"
        case .bankChargeCompleted: "bank_charge.completed"
        case .bankChargeRejected: "bank_charge.rejected"
        case .feeSweepCompleted: "fee_sweep.completed"
        case .feeSweepRejected: "fee_sweep.rejected"
        case .ownFundsAdded: "own_funds.added"
        case .ownFundsRejected: "own_funds.rejected"
        case .lineRecorded: "line.recorded"
        case .lineRejected: "line.rejected"
        case .lineReturned: "line_return.sent"
        case .lineReturnRejected: "line_return.rejected"
        case .lineReturnConfirmed: "line_return.confirmed"
        case .lineReturnConfirmationRejected: "line_return.confirmation_rejected"
        case .adjustmentProposed: "adjustment.proposed"
        case .adjustmentCompleted: "adjustment.completed"
        case .adjustmentDismissed: "adjustment.dismissed"
        case .adjustmentRejected: "adjustment.rejected"
        case .adjustmentExpired: "adjustment.expired"
        case .adjustmentSettlementRejected: "adjustment.settlement_rejected"
        case .topUpChargedBack: "topup.charged_back"
        case .topUpChargebackWon: "topup.won_back"
        case .topUpChargebackRejected: "topup.chargeback_rejected"
        case .commandRejected: "command.rejected"
        }
    }

    /// How a command of a type is announced when it is refused, or when it came too late.
    static func refusal(of type: CommandType?, _ code: OutcomeCode) -> Transition {
        let (rejected, expired) = refusals(of: type)
        return code == .expired ? expired : rejected
    }

    /// How an entry in the operator's own books is announced.
    static func completion(of booking: Booking) -> Transition {
        switch booking.kind {
        case .settlement: .settlementCompleted
        case .bankCharge: .bankChargeCompleted
        case .feeSweep: .feeSweepCompleted
        case .ownFunds: .ownFundsAdded
        case .line: .lineRecorded
        case .lineReturn: .lineReturned
        case .lineReturnConfirmed: .lineReturnConfirmed
        }
    }

    private static func refusals(of type: CommandType?) -> (rejected: Transition, expired: Transition) {
        switch type {
        case .openWallet, .openSubWallet: (.walletRejected, .walletExpired)
        case .freezeWallet, .unfreezeWallet, .closeWallet, .setMember, .removeMember:
            (.walletChangeRejected, .walletChangeExpired)
        case .submitTransfer: (.transferRejected, .transferExpired)
        case .submitPayment: (.paymentRejected, .paymentExpired)
        case .submitRefund: (.refundRejected, .refundExpired)
        case .openDispute: (.disputeRejected, .disputeExpired)
        case .settleDispute: (.disputeSettlementRejected, .disputeSettlementRejected)
        case .submitMove: (.moveRejected, .moveExpired)
        case .submitBulk: (.bulkRejected, .bulkExpired)
        case .submitTopUp: (.topUpRejected, .topUpExpired)
        case .settleTopUp: (.topUpSettlementRejected, .topUpSettlementRejected)
        case .addBeneficiary: (.beneficiaryRejected, .beneficiaryExpired)
        case .verifyBeneficiary: (.beneficiaryVerificationRejected, .beneficiaryVerificationRejected)
        case .submitWithdrawal: (.withdrawalRejected, .withdrawalExpired)
        case .cancelWithdrawal: (.withdrawalCancellationRejected, .withdrawalCancellationRejected)
        case .settleWithdrawal: (.withdrawalSettlementRejected, .withdrawalSettlementRejected)
        case .recordSettlement: (.settlementRejected, .settlementRejected)
        case .recordBankCharge: (.bankChargeRejected, .bankChargeRejected)
        case .sweepFees: (.feeSweepRejected, .feeSweepRejected)
        case .addOwnFunds: (.ownFundsRejected, .ownFundsRejected)
        case .recordLine: (.lineRejected, .lineRejected)
        case .returnLine: (.lineReturnRejected, .lineReturnRejected)
        case .confirmLineReturn: (.lineReturnConfirmationRejected, .lineReturnConfirmationRejected)
        case .proposeAdjustment: (.adjustmentRejected, .adjustmentExpired)
        case .settleAdjustment: (.adjustmentSettlementRejected, .adjustmentSettlementRejected)
        case .recordChargeback, .winChargeback: (.topUpChargebackRejected, .topUpChargebackRejected)
        case .expireWithdrawal: (.withdrawalExpiryRejected, .withdrawalExpiryRejected)
        case .removeBeneficiary: (.beneficiaryRemovalRejected, .beneficiaryRemovalRejected)
        case nil: (.commandRejected, .commandRejected)
        }
    }
}

/// One decision about one command: frozen once it is committed.
public struct Outcome: Sendable {
    /// Which of the batch's commands it answers.
    public let commandIndex: Int
    /// Which of a bulk's legs it is about, from 0; nil for an outcome of the command itself.
    public let leg: Int?
    public let position: Position
    public let commandID: CommandID
    /// The command whose status it sets: the command itself, or the earlier one of which it is a step.
    public let subject: CommandID
    public let transition: Transition
    /// Of the subject.
    public let status: CommandStatus
    public let code: OutcomeCode
    /// The field that a refusal blames.
    public let field: String?
    /// The wallet that is debited, otherwise the one named.
    public let wallet: WalletID?
    public let amount: Money?
    public let fee: Money?
    public let feeVersion: Int16?
    /// The limits that were applied, where any were.
    public let limit: LimitUse?
    public let time: Timestamp
    /// Its entries in `Decisions.entries`; empty when no money moved.
    public let entries: Range<Int>

    /// An outcome read back from its row; decisions are made by `decide` alone.
    public init(
        commandIndex: Int, leg: Int? = nil, position: Position, commandID: CommandID, subject: CommandID,
        transition: Transition,
        status: CommandStatus, code: OutcomeCode, field: String?, wallet: WalletID?, amount: Money?, fee: Money?,
        feeVersion: Int16?, limit: LimitUse? = nil, time: Timestamp, entries: Range<Int>
    ) {
        self.commandIndex = commandIndex
        self.leg = leg
        self.position = position
        self.commandID = commandID
        self.subject = subject
        self.transition = transition
        self.status = status
        self.code = code
        self.field = field
        self.wallet = wallet
        self.amount = amount
        self.fee = fee
        self.feeVersion = feeVersion
        self.limit = limit
        self.time = time
        self.entries = entries
    }

    public var transactionID: TransactionID? {
        entries.isEmpty ? nil : TransactionID(position)
    }
}

/// What a lane knows of a command that came before.
public struct EarlierDecision: Hashable, Sendable {
    /// The outcome that brought the command where it is.
    public let last: Position
    /// The field in which the content differs from what came before, nil when it is the same.
    public let differingField: String?

    public init(last: Position, differingField: String?) {
        self.last = last
        self.differingField = differingField
    }
}

/// The answer to one command of a batch.
public enum Decision: Hashable, Sendable {
    /// A new outcome: its index in `Decisions.outcomes`. A bulk's legs stand right before it.
    case outcome(Int)
    /// Decided before, with this same content: the outcome at this position stands.
    case repeated(Position)
    /// The key was used before with other content.
    case keyReused(field: String)
    /// It is about a command that is not decided yet, and has time: it is to come again. Nothing is recorded.
    case deferred
}

/// Everything that a batch decided.
public struct Decisions: Sendable {
    /// One for each command, in their order.
    public internal(set) var answers: [Decision] = []
    public internal(set) var outcomes: [Outcome] = []
    public internal(set) var entries: [Entry] = []
}
