// The one table of outcome codes: what each means, where it stands in the order of checks, what HTTP makes of it.

/// Why a command ended as it did. Raw values are what the database stores; they never change their meaning.
public enum OutcomeCode: Int16, CaseIterable, Sendable {
    case ok = 0
    case malformed = 101
    case unknownType = 102
    case amountOutOfRange = 103
    case untrustedPublisher = 201
    case badSignature = 202
    case keyReused = 301
    case expired = 302
    case walletNotFound = 401
    case notPermitted = 402
    case walletExists = 501
    case walletClosed = 502
    case walletFrozen = 503
    case payeeNotFound = 504
    case sameWallet = 505
    case currencyMismatch = 506
    case kycLevelTooLow = 507
    case kycExpired = 508
    case ribInvalid = 509
    case beneficiaryNotFound = 510
    case beneficiaryNotVerified = 511
    case topUpNotFound = 512
    case withdrawalNotFound = 513
    case alreadyFinal = 514
    case amountMismatch = 515
    case walletNotFrozen = 516
    case walletNotEmpty = 517
    case notABusiness = 518
    case memberNotFound = 519
    case tooMany = 520
    case paymentNotFound = 521
    case referencePaid = 522
    case refundExceedsPayment = 523
    case disputeNotFound = 524
    case disputeOpen = 525
    case adjustmentNotFound = 526
    case sameOperator = 527
    case beneficiaryTooNew = 536
    case limitDaily = 601
    case limitMonthly = 602
    case insufficientFunds = 701
    case safeguarding = 702
    case chargeDeclined = 1001
    case payoutReturned = 1002
    case cancelled = 1003
    case chargedBack = 1004
    case chargebackWon = 1005
    case notSent = 1010
    case notPaid = 1011
}

extension OutcomeCode {
    /// One line of the table.
    public struct Rule: Sendable {
        public let code: OutcomeCode
        public let name: String
        /// The number of the check in spec/wallet.md §3; 10 is what the outside world answered, 0 is success.
        public let check: Int
        /// The status with which the ingress answers when it finds this out itself.
        public let httpStatus: Int
        /// Whether the command can still change after an outcome with this code.
        public let isFinal: Bool
        public let meaning: String
    }

    /// The table, in the order in which the checks are made: of two codes that fit, the one further up is the answer.
    public static let table: [Rule] = [
        rule(.ok, "OK", 0, 200, "Done, or on its way: the status says which.", isFinal: false),
        rule(.malformed, "MALFORMED", 1, 400, "The named field is missing, unknown, twice there or not of its form."),
        rule(.unknownType, "UNKNOWN_TYPE", 1, 400, "No command has this type."),
        rule(.amountOutOfRange, "AMOUNT_OUT_OF_RANGE", 1, 400, "An amount is 1 to 10000000000000 minor units."),
        rule(.untrustedPublisher, "UNTRUSTED_PUBLISHER", 2, 403, "Who handed the message over may not send this."),
        rule(.badSignature, "BAD_SIGNATURE", 2, 403, "The signature is not that of the named key over this message."),
        rule(.keyReused, "KEY_REUSED", 3, 409, "The key was used before with other content; details name the field."),
        rule(.expired, "EXPIRED", 3, 422, "The command was not decided before its not-after time."),
        rule(.walletNotFound, "WALLET_NOT_FOUND", 4, 404, "There is no wallet with this id."),
        rule(.notPermitted, "NOT_PERMITTED", 4, 403, "The caller may not do this with this wallet."),
        rule(.walletExists, "WALLET_EXISTS", 5, 422, "A person has one wallet in a currency, and this one is there."),
        rule(.walletClosed, "WALLET_CLOSED", 5, 422, "The wallet is closed."),
        rule(.walletFrozen, "WALLET_FROZEN", 5, 422, "The wallet is frozen: nothing may leave it."),
        rule(.walletNotFrozen, "WALLET_NOT_FROZEN", 5, 422, "The wallet is not frozen."),
        rule(.walletNotEmpty, "WALLET_NOT_EMPTY", 5, 422, "The wallet holds money, or something of it is under way."),
        rule(.payeeNotFound, "PAYEE_NOT_FOUND", 5, 422, "There is no wallet to pay to."),
        rule(.sameWallet, "SAME_WALLET", 5, 422, "Payer and payee are one wallet."),
        rule(.notABusiness, "NOT_A_BUSINESS", 5, 422, "Only a business wallet can be paid, have a team or a reserve."),
        rule(.currencyMismatch, "CURRENCY_MISMATCH", 5, 422, "The amount is not in the wallet's currency."),
        rule(.kycLevelTooLow, "KYC_LEVEL_TOO_LOW", 5, 422, "The owner is not verified well enough for this."),
        rule(.kycExpired, "KYC_EXPIRED", 5, 422, "The owner's verification has run out."),
        rule(.memberNotFound, "MEMBER_NOT_FOUND", 5, 404, "The person is not in the wallet's team."),
        rule(.tooMany, "TOO_MANY", 5, 422, "There are as many of these as there may be."),
        rule(.ribInvalid, "RIB_INVALID", 5, 422, "The RIB has not 20 digits, or its key or bank is wrong."),
        rule(.beneficiaryNotFound, "BENEFICIARY_NOT_FOUND", 5, 404, "The wallet has no such beneficiary."),
        rule(.beneficiaryNotVerified, "BENEFICIARY_NOT_VERIFIED", 5, 422, "The beneficiary is not verified yet."),
        rule(.beneficiaryTooNew, "BENEFICIARY_TOO_NEW", 5, 422, "The beneficiary is too new for express."),
        rule(.topUpNotFound, "TOP_UP_NOT_FOUND", 5, 404, "The wallet has no such top-up."),
        rule(.withdrawalNotFound, "WITHDRAWAL_NOT_FOUND", 5, 404, "The wallet has no such withdrawal."),
        rule(.paymentNotFound, "PAYMENT_NOT_FOUND", 5, 404, "The wallet has no such payment."),
        rule(.disputeNotFound, "DISPUTE_NOT_FOUND", 5, 404, "The wallet has no such dispute."),
        rule(.adjustmentNotFound, "ADJUSTMENT_NOT_FOUND", 5, 404, "The wallet has no such adjustment."),
        rule(.sameOperator, "SAME_OPERATOR", 5, 403, "Whoever proposed an adjustment cannot approve it."),
        rule(.referencePaid, "REFERENCE_PAID", 5, 422, "The merchant's reference is paid already."),
        rule(.refundExceedsPayment, "REFUND_EXCEEDS_PAYMENT", 5, 422, "More would go back than was paid."),
        rule(.disputeOpen, "DISPUTE_OPEN", 5, 422, "A dispute about this payment is open."),
        rule(.alreadyFinal, "ALREADY_FINAL", 5, 409, "What the step is for has moved past it."),
        rule(.amountMismatch, "AMOUNT_MISMATCH", 5, 422, "The amount settled is not the amount asked for."),
        rule(.limitDaily, "LIMIT_DAILY", 6, 422, "With it more would go out today than the owner may send in a day."),
        rule(.limitMonthly, "LIMIT_MONTHLY", 6, 422, "With it more would go out than the owner may send in a month."),
        rule(.insufficientFunds, "INSUFFICIENT_FUNDS", 7, 422, "Amount and fee are more than what is available."),
        rule(.safeguarding, "SAFEGUARDING", 7, 422, "What is left would not cover what customers are owed."),
        rule(
            .cancelled, "CANCELLED", 10, 422,
            "Taken back before it took effect, by its owner, by an operator or by a chargeback; what it held is released."
        ),
        rule(.notSent, "NOT_SENT", 10, 422, "It could not be sent in time; amount and fee are available."),
        rule(
            .notPaid, "NOT_PAID", 10, 422,
            "Nobody made the bank transfer in time; one that comes later waits for a person."),
        rule(.chargeDeclined, "CHARGE_DECLINED", 10, 422, "The payment service declined the charge."),
        rule(.payoutReturned, "PAYOUT_RETURNED", 10, 422, "The bank sent the payout back; the money is available."),
        rule(.chargedBack, "CHARGED_BACK", 10, 422, "The card's holder took the top-up back.", isFinal: false),
        rule(.chargebackWon, "CHARGEBACK_WON", 10, 200, "It was charged back, and the card's bank gave it back again."),
    ]

    private static func rule(
        _ code: OutcomeCode, _ name: String, _ check: Int, _ httpStatus: Int, _ meaning: String, isFinal: Bool = true
    ) -> Rule {
        Rule(code: code, name: name, check: check, httpStatus: httpStatus, isFinal: isFinal, meaning: meaning)
    }

    private static let rules: [OutcomeCode: Rule] = Dictionary(uniqueKeysWithValues: table.map { ($0.code, $0) })

    /// The code's line in the table. A test holds that every code has one.
    public var rule: Rule {
        guard let rule = Self.rules[self] else { preconditionFailure("\(self) is missing in OutcomeCode.table") }
        return rule
    }

    /// The name on the wire: `INSUFFICIENT_FUNDS`.
    public var name: String { rule.name }

    public init?(name: String) {
        guard let rule = Self.table.first(where: { $0.name == name }) else { return nil }
        self = rule.code
    }
}
