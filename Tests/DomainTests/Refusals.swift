// What each command is refused for, in the order in which the checks are made.

import Domain

/// One thing that can be wrong, and how the command is answered then.
struct Refusal: Sendable, CustomStringConvertible {
    let fault: Fault
    let code: OutcomeCode
    let field: String?

    init(_ fault: Fault, _ code: OutcomeCode, _ field: String?) {
        self.fault = fault
        self.code = code
        self.field = field
    }

    var description: String { "\(fault)" }
}

extension Refusal {
    /// What can be wrong with a command of each type, the check that comes first first.
    static func all(of type: CommandType) -> [Refusal] {
        switch type {
        case .openWallet, .openSubWallet, .freezeWallet, .unfreezeWallet, .closeWallet, .setMember, .removeMember:
            form + wallets(type)
        case .submitTransfer, .submitPayment, .submitMove, .submitBulk: form + money(type)
        case .submitRefund, .openDispute, .settleDispute: form + payments(type)
        case .submitTopUp, .settleTopUp: form + topUps(type)
        case .addBeneficiary, .verifyBeneficiary, .removeBeneficiary, .submitWithdrawal, .cancelWithdrawal,
            .settleWithdrawal, .expireWithdrawal:
            form + withdrawals(type)
        case .recordSettlement, .recordBankCharge, .sweepFees, .addOwnFunds, .recordLine, .returnLine,
            .confirmLineReturn, .proposeAdjustment, .settleAdjustment, .recordChargeback, .winChargeback:
            form + books(type)
        }
    }

    // MARK: - Checks that commands share

    private static let form = [
        Refusal(.malformed, .malformed, "metadata"), Refusal(.amountOutOfRange, .amountOutOfRange, "amount.amount"),
        Refusal(.expired, .expired, nil),
    ]

    private static func who(_ field: String) -> [Refusal] {
        [
            Refusal(.walletMissing, .walletNotFound, field), Refusal(.permissionMissing, .notPermitted, field),
            Refusal(.foreignCaller, .notPermitted, field),
        ]
    }

    private static func service(_ field: String) -> [Refusal] { who(field).filter { $0.fault != .foreignCaller } }

    private static func active(_ field: String) -> [Refusal] {
        [Refusal(.walletClosed, .walletClosed, field), Refusal(.walletFrozen, .walletFrozen, field)]
    }

    /// A closed wallet, whether payer's or payee's, comes before a frozen one.
    private static func active(_ field: String, payee: String) -> [Refusal] {
        [
            Refusal(.walletClosed, .walletClosed, field), Refusal(.payeeClosed, .walletClosed, payee),
            Refusal(.walletFrozen, .walletFrozen, field),
        ]
    }

    private static let verification = [
        Refusal(.levelTooLow, .kycLevelTooLow, nil), Refusal(.verificationExpired, .kycExpired, nil),
    ]

    private static func movement(_ code: OutcomeCode, _ field: String) -> [Refusal] {
        [
            Refusal(.movementMissing, code, field), Refusal(.movementOfOther, code, field),
            Refusal(.movementOfOtherKind, code, field),
        ]
    }

    private static func limits(_ field: String) -> [Refusal] {
        [Refusal(.dayFull, .limitDaily, field), Refusal(.monthFull, .limitMonthly, field)]
    }

    private static func funds(_ field: String) -> [Refusal] {
        [Refusal(.tooPoor, .insufficientFunds, field), Refusal(.payeeFull, .amountOutOfRange, field)]
    }

    // MARK: - Families of commands

    private static func wallets(_ type: CommandType) -> [Refusal] {
        switch type {
        case .openWallet:
            [
                Refusal(.permissionMissing, .notPermitted, nil), Refusal(.foreignCaller, .notPermitted, nil),
                Refusal(.walletThere, .walletExists, "currency"),
            ] + verification
        case .openSubWallet:
            who("wallet") + [Refusal(.parentIsSubWallet, .notPermitted, "wallet")] + active("wallet") + verification
                + [Refusal(.subWalletsFull, .tooMany, "name")]
        case .freezeWallet:
            who("wallet") + active("wallet") + [Refusal(.frozenByCompliance, .walletFrozen, "wallet")]
        case .unfreezeWallet:
            who("wallet") + [
                Refusal(.frozenByCompliance, .notPermitted, "wallet"), Refusal(.walletClosed, .walletClosed, "wallet"),
                Refusal(.notFrozen, .walletNotFrozen, "wallet"),
            ]
        case .closeWallet:
            who("wallet") + active("wallet") + [
                Refusal(.notEmpty, .walletNotEmpty, "total"), Refusal(.underWay, .walletNotEmpty, "under_way"),
                Refusal(.subWalletsOpen, .walletNotEmpty, "sub_wallets"),
            ]
        case .setMember:
            who("wallet") + [
                Refusal(.userIsController, .notPermitted, "user"), Refusal(.walletClosed, .walletClosed, "wallet"),
                Refusal(.notABusiness, .notABusiness, "wallet"), Refusal(.teamFull, .tooMany, "user"),
            ]
        default:
            who("wallet") + [
                Refusal(.walletClosed, .walletClosed, "wallet"), Refusal(.notABusiness, .notABusiness, "wallet"),
                Refusal(.memberMissing, .memberNotFound, "user"),
            ]
        }
    }

    private static func money(_ type: CommandType) -> [Refusal] {
        switch type {
        case .submitTransfer:
            who("from") + active("from", payee: "to") + [
                Refusal(.payeeMissing, .payeeNotFound, "to"), Refusal(.sameWallet, .sameWallet, "to"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
                Refusal(.payeeOfOtherCurrency, .currencyMismatch, "to"),
            ] + verification + limits("amount") + funds("amount")
        case .submitPayment:
            who("from") + active("from", payee: "to") + [
                Refusal(.payeeMissing, .payeeNotFound, "to"), Refusal(.sameWallet, .sameWallet, "to"),
                Refusal(.payeeNotABusiness, .notABusiness, "to"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
                Refusal(.payeeOfOtherCurrency, .currencyMismatch, "to"),
            ] + verification + [
                Refusal(.payeeLevelTooLow, .kycLevelTooLow, "to"),
                Refusal(.payeeVerificationExpired, .kycExpired, "to"),
                Refusal(.referencePaid, .referencePaid, "reference"),
            ] + limits("amount") + funds("amount")
        case .submitMove:
            who("from.wallet") + [
                Refusal(.payeeMissing, .walletNotFound, "to.wallet"),
                Refusal(.payeeOfOther, .notPermitted, "to.wallet"),
            ] + active("from.wallet", payee: "to.wallet") + [
                Refusal(.sameWallet, .sameWallet, "to"), Refusal(.notABusiness, .notABusiness, "to.bucket"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
                Refusal(.payeeOfOtherCurrency, .currencyMismatch, "to.wallet"),
            ] + funds("amount")
        default:
            who("from") + active("from") + verification + [
                Refusal(.payeeClosed, .walletClosed, "legs[0].to"),
                Refusal(.payeeMissing, .payeeNotFound, "legs[0].to"),
                Refusal(.sameWallet, .sameWallet, "legs[0].to"),
                Refusal(.otherCurrency, .currencyMismatch, "legs[0].amount.currency"),
                Refusal(.payeeOfOtherCurrency, .currencyMismatch, "legs[0].to"),
            ] + limits("legs[0].amount") + funds("legs[0].amount")
        }
    }

    private static func payments(_ type: CommandType) -> [Refusal] {
        switch type {
        case .submitRefund:
            who("wallet") + active("wallet") + [Refusal(.otherCurrency, .currencyMismatch, "amount.currency")]
                + movement(.paymentNotFound, "payment") + [
                    Refusal(.payeeMissing, .paymentNotFound, "payment"),
                    Refusal(.refundTooHigh, .refundExceedsPayment, "amount"),
                    Refusal(.refundedAlready, .refundExceedsPayment, "amount"),
                ] + funds("amount")
        case .openDispute:
            who("wallet") + [Refusal(.walletClosed, .walletClosed, "wallet")]
                + movement(.paymentNotFound, "payment") + [
                    Refusal(.payeeMissing, .paymentNotFound, "payment"),
                    Refusal(.payeeClosed, .walletClosed, "payment"),
                    Refusal(.refundedAlready, .refundExceedsPayment, "payment"),
                    Refusal(.disputeOpen, .disputeOpen, "payment"),
                ]
        default:
            // The wallet's state concerns only a dispute that is open, and of its steps the one that moves money.
            who("wallet") + movement(.disputeNotFound, "dispute")
                + [Refusal(.movementFinal, .alreadyFinal, "dispute")] + active("wallet") + funds("dispute")
        }
    }

    private static func topUps(_ type: CommandType) -> [Refusal] {
        switch type {
        case .submitTopUp:
            who("wallet") + [
                Refusal(.walletClosed, .walletClosed, "wallet"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
            ] + verification
        default:
            service("wallet") + movement(.topUpNotFound, "topup") + [
                Refusal(.movementFinal, .alreadyFinal, "topup"), Refusal(.otherAmount, .amountMismatch, "amount"),
                Refusal(.otherCurrency, .amountMismatch, "amount"),
            ]
        }
    }

    private static func books(_ type: CommandType) -> [Refusal] {
        switch type {
        case .proposeAdjustment:
            operators("wallet") + [
                Refusal(.walletClosed, .walletClosed, "wallet"),
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency"),
            ]
        case .settleAdjustment:
            operators("wallet") + movement(.adjustmentNotFound, "adjustment") + [
                Refusal(.ownProposal, .sameOperator, "adjustment"),
                Refusal(.movementFinal, .alreadyFinal, "adjustment"), Refusal(.walletFrozen, .walletFrozen, "wallet"),
                Refusal(.tooPoor, .insufficientFunds, "amount"),
            ]
        case .recordChargeback, .winChargeback:
            service("wallet") + movement(.topUpNotFound, "topup") + [Refusal(.movementFinal, .alreadyFinal, "topup")]
        case .sweepFees:
            [
                Refusal(.permissionMissing, .notPermitted, nil), Refusal(.tooPoor, .insufficientFunds, "amount"),
                Refusal(.notCovered, .safeguarding, "amount"),
            ]
        case .recordSettlement, .addOwnFunds, .returnLine:
            [Refusal(.permissionMissing, .notPermitted, nil), Refusal(.tooPoor, .insufficientFunds, "amount")]
        default: [Refusal(.permissionMissing, .notPermitted, nil)]
        }
    }

    private static func operators(_ field: String) -> [Refusal] { service(field) }

    private static let beneficiary = [Fault.beneficiaryMissing, .beneficiaryOfOther, .beneficiaryRemoved].map {
        Refusal($0, .beneficiaryNotFound, "beneficiary")
    }

    private static func withdrawals(_ type: CommandType) -> [Refusal] {
        switch type {
        case .addBeneficiary:
            who("wallet") + [
                Refusal(.walletClosed, .walletClosed, "wallet"), Refusal(.wrongRIB, .ribInvalid, "rib"),
                Refusal(.unknownBank, .ribInvalid, "rib.bank"),
            ]
        case .verifyBeneficiary:
            service("wallet") + beneficiary + [Refusal(.verifiedAlready, .alreadyFinal, "beneficiary")]
        case .removeBeneficiary: who("wallet") + beneficiary
        case .submitWithdrawal:
            who("wallet") + active("wallet") + [
                Refusal(.otherCurrency, .currencyMismatch, "amount.currency")
            ] + verification + beneficiary + [
                Refusal(.beneficiaryUnverified, .beneficiaryNotVerified, "beneficiary"),
                Refusal(.beneficiaryTooNew, .beneficiaryTooNew, "beneficiary"),
            ] + limits("amount") + [Refusal(.tooPoor, .insufficientFunds, "amount")]
        case .cancelWithdrawal:
            who("wallet") + movement(.withdrawalNotFound, "withdrawal")
                + [Refusal(.movementFinal, .alreadyFinal, "withdrawal")]
        case .expireWithdrawal:
            service("wallet") + movement(.withdrawalNotFound, "withdrawal")
                + [Refusal(.movementFinal, .alreadyFinal, "withdrawal")]
        default:
            // A freeze stops a held withdrawal from being sent; one that is not held is not concerned by it.
            service("wallet") + movement(.withdrawalNotFound, "withdrawal") + [
                Refusal(.movementFinal, .alreadyFinal, "withdrawal"),
                Refusal(.walletFrozen, .walletFrozen, "wallet"),
            ]
        }
    }
}

extension Refusal {
    /// Faults that cannot be there together: the one takes away what the other is about.
    private static let exclusive: [Set<Fault>] = [
        [.walletClosed, .walletFrozen, .frozenByCompliance, .notFrozen],
        [.payeeMissing, .payeeClosed, .payeeOfOtherCurrency, .payeeFull, .payeeNotABusiness, .payeeOfOther],
        [.sameWallet, .payeeMissing], [.sameWallet, .payeeClosed], [.sameWallet, .payeeOfOtherCurrency],
        [.sameWallet, .payeeFull], [.sameWallet, .payeeNotABusiness], [.sameWallet, .payeeOfOther],
        [.sameWallet, .notABusiness],
        [.beneficiaryMissing, .beneficiaryOfOther, .beneficiaryUnverified, .verifiedAlready],
        [.beneficiaryMissing, .beneficiaryRemoved], [.beneficiaryMissing, .beneficiaryTooNew],
        [.movementMissing, .refundedAlready], [.payeeNotABusiness, .payeeLevelTooLow],
    ]

    static func canMeet(_ faults: Set<Fault>) -> Bool {
        !exclusive.contains { $0.intersection(faults).count > 1 }
    }
}
