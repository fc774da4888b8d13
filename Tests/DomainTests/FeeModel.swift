// The fees of spec/wallet.md §2 worked out a second time, from the outcomes alone and without the table of the code.

import Domain

/// What every outcome's fee must be, given those before it.
struct FeeModel {
    /// Transfers completed, by owner and month.
    private var transfers: [OwnerID: [Int: Int]] = [:]
    private var payments: [CommandID: Payment] = [:]
    private var topUps: [CommandID: Int64] = [:]
    private var withdrawals: [CommandID: Int64] = [:]
    /// The legs told since the last outcome that was not a leg's: those completed, and all.
    private var legs = Legs()

    private struct Legs {
        var amount: Int64 = 0
        var fee: Int64 = 0
        var completed = 0
        var told = 0
    }

    private struct Payment {
        let amount: Int64
        let fee: Int64
        var refunded: Int64 = 0
        var feeBack: Int64 = 0
    }

    /// Midnights in Algiers, an hour ahead of UTC, with which months begin.
    static let monthsBegin: [Timestamp] = (2026...2032).flatMap { year in
        (1...12).compactMap { month in
            Timestamp(rfc3339: "\(year)-\(month < 10 ? "0" : "")\(month)-01T00:00:00Z")?.adding(seconds: -3_600)
        }
    }

    /// Takes in one outcome, of which the books are those after its batch.
    ///
    /// - Returns: what is wrong with it; nil when nothing is.
    mutating func fault(of told: Books.Told, _ commands: [CommandID: Command], _ books: Books) -> String? {
        if told.leg != nil { legs.told += 1 }
        let expected = fee(of: told, commands, books)
        let legsFault = told.leg == nil ? legsFault(of: told, commands[told.command]?.request) : nil
        let revenue = told.entries.reduce(0) { sum, entry in
            sum + (entry.account == .system(.feeRevenue) ? entry.amount.minorUnits : 0)
        }
        if told.leg == nil { legs = Legs() }
        if let legsFault { return legsFault }
        if told.fee?.minorUnits != expected.told { return "\(told.position) tells a fee of \(told.fee as Any)" }
        return revenue == expected.booked ? nil : "\(told.position) books a fee of \(revenue)"
    }

    /// The fee that an outcome tells, and what of it is revenue at that moment.
    private mutating func fee(
        of told: Books.Told, _ commands: [CommandID: Command], _ books: Books
    ) -> (told: Int64?, booked: Int64) {
        let request = commands[told.command]?.request
        let amount = told.amount?.minorUnits ?? 0
        switch told.transition {
        case .transferCompleted:
            let fee = transferFee(told, books)
            if told.leg != nil {
                legs.amount += amount
                legs.fee += fee
                legs.completed += 1
            }
            return (fee, fee)
        case .bulkCompleted, .bulkPartlyCompleted: return (legs.fee, 0)
        case .paymentCompleted:
            guard case .submitPayment(let payment)? = request else { return (nil, 0) }
            let fee = Self.halfEven(amount, isNegotiated(payment.to, told.time, books) ? 100 : 150, 10_000)
            payments[told.command] = Payment(amount: amount, fee: fee)
            return (fee, fee)
        case .refundCompleted:
            guard case .submitRefund(let refund)? = request else { return (nil, 0) }
            let fee = refundFee(refund.payment, amount)
            return (fee, fee)
        case .disputeAccepted:
            guard case .openDispute(let dispute)? = commands[told.subject]?.request,
                let payment = payments[dispute.payment], payment.amount - payment.refunded == amount
            else { return (-1, -1) }
            let fee = amount == 0 ? nil : refundFee(dispute.payment, amount)
            return (fee, fee ?? 0)
        case .topUpPending:
            guard case .submitTopUp(let topUp)? = request else { return (nil, 0) }
            let perMille: Int64 = topUp.method == .card ? 20 : topUp.method == .mobile ? 15 : 0
            topUps[told.command] = Self.halfEven(amount, perMille, 1_000)
            return (topUps[told.command], 0)
        case .topUpCompleted: return (topUps[told.subject], topUps[told.subject] ?? -1)
        case .withdrawalHeld:
            guard case .submitWithdrawal(let withdrawal)? = request else { return (nil, 0) }
            withdrawals[told.command] = withdrawal.speed == .express ? 200_00 : 0
            return (withdrawals[told.command], 0)
        case .feeSweepCompleted: return (nil, -amount)
        case .withdrawalSent: return (withdrawals[told.subject], withdrawals[told.subject] ?? -1)
        case .withdrawalCompleted, .withdrawalReturned: return (withdrawals[told.subject], 0)
        default: return (nil, 0)
        }
    }

    /// What is wrong with the legs that stand right before an outcome that is not a leg's.
    private func legsFault(of told: Books.Told, _ request: Request?) -> String? {
        var (all, isAllOrNothing) = (0, false)
        if case .submitBulk(let bulk)? = request { (all, isAllOrNothing) = (bulk.legs.count, bulk.isAllOrNothing) }
        let isRight =
            switch told.transition {
            case .bulkCompleted: legs.completed == all && legs.amount == told.amount?.minorUnits
            case .bulkPartlyCompleted:
                !isAllOrNothing && 0 < legs.completed && legs.completed < all && legs.told == all
                    && legs.amount == told.amount?.minorUnits
            case .bulkRejected: legs.completed == 0 && (legs.told == 0 || (legs.told == all && !isAllOrNothing))
            // Its parts are told, however many.
            case .topUpChargedBack: legs.completed == 0
            default: legs.told == 0
            }
        return isRight ? nil : "\(told.position) stands after \(legs) of \(all) legs"
    }

    /// The owner's first five of a month are free, over all of its wallets.
    private mutating func transferFee(_ told: Books.Told, _ books: Books) -> Int64 {
        guard let wallet = told.wallet, let owner = books.wallets[wallet]?.owner else { return -1 }
        let month = Self.monthsBegin.count { $0 <= told.time }
        transfers[owner, default: [:]][month, default: 0] += 1
        return transfers[owner, default: [:]][month, default: 0] <= 5 ? 0 : 10_00
    }

    private func isNegotiated(_ merchant: WalletID, _ time: Timestamp, _ books: Books) -> Bool {
        guard let owner = books.wallets[merchant]?.owner, let verification = books.owners[owner]?.verification else {
            return false
        }
        return verification.level == 3 && time < verification.expiresAt
    }

    private mutating func refundFee(_ id: CommandID, _ amount: Int64) -> Int64 {
        guard var payment = payments[id] else { return -1 }
        payment.refunded += amount
        let feeBack = Self.halfEven(payment.fee, payment.refunded, payment.amount)
        let fee = payment.feeBack - feeBack
        payment.feeBack = feeBack
        payments[id] = payment
        return fee
    }

    /// The whole number next to `value × numerator ÷ denominator`, and of two equally near the even one.
    private static func halfEven(_ value: Int64, _ numerator: Int64, _ denominator: Int64) -> Int64 {
        let product = Int128(value) * Int128(numerator)
        let below = product / Int128(denominator)
        let distances = (
            below: product - below * Int128(denominator), above: (below + 1) * Int128(denominator) - product
        )
        if distances.below == distances.above { return Int64(below % 2 == 0 ? below : below + 1) }
        return Int64(distances.below < distances.above ? below : below + 1)
    }
}
