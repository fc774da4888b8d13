// What on a random day is asked of the operator's own books, by hand, and by those whose card was charged.

import Domain

extension Traffic {
    mutating func chargeback(_ id: CommandID, _ books: Books) -> (CommandType, Request) {
        let topUp = earlier(.topUp, books)
        let (earlier, wallet) = (topUp?.id ?? CommandID(high: 0, low: 0), topUp?.wallet ?? wallet(books))
        if random.chance(30) {
            let lost = books.movements.values.filter { $0.code == .chargedBack }.sorted { $0.id < $1.id }
            let won = random.chance(80) ? lost.randomElement(using: &random) : nil
            return (
                .winChargeback,
                .winChargeback(WinChargeback(topUp: won?.id ?? earlier, wallet: won?.wallet ?? wallet))
            )
        }
        let parts = (0...UInt64(RecordChargeback.cancellationsMax)).map { CommandID(high: 0xe0 + id.low, low: $0) }
        return (
            .recordChargeback,
            .recordChargeback(RecordChargeback(topUp: earlier, wallet: wallet, parts: parts))
        )
    }

    mutating func adjustment(_ books: Books) -> (CommandType, Request) {
        if random.chance(50) {
            let wallet = wallet(books)
            let direction: ProposeAdjustment.Direction = random.chance(50) ? .credit : .debit
            return (
                .proposeAdjustment,
                .proposeAdjustment(
                    ProposeAdjustment(
                        wallet: wallet, direction: direction, amount: amount(of: wallet, books), reason: "by hand"))
            )
        }
        let proposal = earlier(.adjustment, books)
        return (
            .settleAdjustment,
            .settleAdjustment(
                SettleAdjustment(
                    adjustment: proposal?.id ?? CommandID(high: 0, low: 0), wallet: proposal?.wallet ?? wallet(books),
                    step: random.chance(80) ? .approved : .rejected))
        )
    }

    mutating func booking(_ books: Books) -> (CommandType, Request) {
        let amount = amount(books)
        let commission = Int64.random(in: 0...amount.minorUnits, using: &random)
        let (type, kind): (CommandType, Booking.Kind) =
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<2:
                (
                    .recordSettlement,
                    .settlement(from: random.chance(50) ? .cardClearing : .mobileClearing, commission: commission)
                )
            case 2: (.recordBankCharge, .bankCharge)
            case 3..<5: (.sweepFees, .feeSweep)
            case 5: (.addOwnFunds, .ownFunds)
            case 6..<8: (.recordLine, .line(random.chance(70) ? .credit : .debit))
            case 8: (.returnLine, .lineReturn)
            default: (.confirmLineReturn, .lineReturnConfirmed)
            }
        let counterpart: SystemAccount = random.chance(30) ? .suspense : .omnibus
        return (type, .book(Booking(kind, amount, reference: "line", against: counterpart)))
    }
}
