// Money is added within one currency and without wrapping, and rounded half to even.

import Domain
import Testing

@Suite("Money")
struct MoneyTests {
    @Test("amounts of two currencies have no sum and no difference")
    func currencies() {
        #expect(Money(1, .dzd).adding(Money(1, .eur)) == nil)
        #expect(Money(1, .usd).subtracting(Money(1, .eur)) == nil)
        #expect(Money(1, .dzd).adding(Money(2, .dzd)) == Money(3, .dzd))
        #expect(Money(1, .dzd).subtracting(Money(2, .dzd)) == Money(-1, .dzd))
    }

    @Test("a sum that does not fit is reported, not wrapped")
    func overflow() {
        #expect(Money(.max, .dzd).adding(Money(1, .dzd)) == nil)
        #expect(Money(.min, .dzd).subtracting(Money(1, .dzd)) == nil)
        #expect(Money(.max, .dzd).adding(.zero(.dzd)) == Money(.max, .dzd))
    }

    @Test("a command may name 1 to 10^13 minor units")
    func commandRange() {
        #expect(Money.commandRange == 1...10_000_000_000_000)
    }

    @Test("a currency is known by its ISO 4217 code alone", arguments: ["dzd", "DZ", "DZD ", "", "XXX"])
    func unknownCurrency(code: String) {
        #expect(Currency(code: code) == nil)
    }

    @Test("a currency's code leads back to it", arguments: Currency.allCases)
    func currencyCodes(currency: Currency) {
        #expect(Currency(code: currency.code) == currency)
    }
}

@Suite("Proportions")
struct ProportionTests {
    @Test("a proportion is never further than half from the exact quotient, and even when it is just half")
    func halfEven() {
        var wrong: [String] = []
        for denominator in Int64(1)...40 {
            for numerator in Int64(0)...40 {
                for value in Int64(0)...120 {
                    guard let result = proportion(of: value, numerator, per: denominator) else {
                        wrong.append("\(value) × \(numerator) ÷ \(denominator) has no result")
                        continue
                    }
                    let twiceOff = abs(2 * (result * denominator - value * numerator))
                    if twiceOff > denominator || (twiceOff == denominator && result % 2 != 0) {
                        wrong.append("\(value) × \(numerator) ÷ \(denominator) = \(result)")
                    }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test(
        "a fee of 2.0 or 1.5 percent is rounded half to even, to the centime",
        arguments: [
            (amount: 25, basisPoints: 200, fee: 0), (75, 200, 2), (125, 200, 2), (175, 200, 4), (26, 200, 1),
            (1, 200, 0),
            (100, 150, 2), (300, 150, 4), (500, 150, 8), (33, 150, 0), (34, 150, 1),
            (10_000_000_000_000, 200, 200_000_000_000), (10_000_000_000_000, 150, 150_000_000_000),
        ] as [(amount: Int64, basisPoints: Int64, fee: Int64)])
    func fees(amount: Int64, basisPoints: Int64, fee: Int64) {
        #expect(proportion(of: amount, basisPoints, per: 10_000) == fee)
    }

    @Test("a quotient that does not fit is nil, however large the product, and none traps")
    func extremes() {
        #expect(proportion(of: .max, 1, per: 1) == .max)
        #expect(proportion(of: .max, .max, per: .max) == .max)
        #expect(proportion(of: .max, Int64.max - 1, per: .max) == Int64.max - 1)
        #expect(proportion(of: .max, .max, per: 1) == nil)
        #expect(proportion(of: .max, 2, per: 1) == nil)
        #expect(proportion(of: .max, 1, per: 2) == 1 << 62)
        // 2^64 − 1 halved is Int64.max and a half: the even neighbour does not fit.
        #expect(proportion(of: 6_148_914_691_236_517_205, 3, per: 2) == nil)
        // 2^65 − 1 halved is UInt64.max and a half: rounding up would leave 64 bits.
        #expect(proportion(of: 145_295_143_558_111, 253_921, per: 2) == nil)
        #expect(proportion(of: 0, .max, per: 1) == 0)
    }

    @Test("a negative argument, or nothing to divide by, has no proportion")
    func outside() {
        #expect(proportion(of: -1, 1, per: 1) == nil)
        #expect(proportion(of: 1, -1, per: 1) == nil)
        #expect(proportion(of: 1, 1, per: 0) == nil)
        #expect(proportion(of: 1, 1, per: -1) == nil)
    }
}

@Suite("Fees")
struct FeeTests {
    @Test("the standard fees are those of the specification")
    func standard() {
        let fees = FeeTable.standard
        #expect(fees.freeTransfersPerMonth == 5)
        #expect(fees.transferFee(in: .dzd) == Money(10_00, .dzd))
        #expect(fees.paymentFee(Money(1000_00, .dzd), level: 2) == Money(15_00, .dzd))
        #expect(fees.paymentFee(Money(1000_00, .dzd), level: 3) == Money(10_00, .dzd))
        #expect(fees.topUpFee(.card, Money(1000_00, .dzd)) == Money(20_00, .dzd))
        #expect(fees.topUpFee(.mobile, Money(1000_00, .dzd)) == Money(15_00, .dzd))
        #expect(fees.topUpFee(.bankTransfer, Money(1000_00, .dzd)) == Money(0, .dzd))
        #expect(fees.withdrawalFee(.standard, in: .dzd) == Money(0, .dzd))
        #expect(fees.withdrawalFee(.express, in: .dzd) == Money(200_00, .dzd))
    }

    @Test("a fee table holds from its start date, in whatever order the tables are given")
    func startDates() {
        func table(_ version: Int16, _ from: Int64) -> FeeTable {
            FeeTable(
                version: version, validFrom: Timestamp(microseconds: from), freeTransfersPerMonth: 1, transferFlat: 1,
                paymentBasisPoints: 1, negotiatedPaymentBasisPoints: 1, cardTopUpBasisPoints: 1,
                mobileTopUpBasisPoints: 1, expressWithdrawalFlat: 1)
        }
        let schedule = FeeSchedule(first: table(1, 100), later: [table(3, 300), table(2, 200)])
        let versions = [0, 100, 199, 200, 299, 300, 1_000_000].map { time in
            schedule.table(at: Timestamp(microseconds: time)).version
        }
        #expect(versions == [1, 1, 1, 2, 2, 3, 3])
    }
}

@Suite("RIB")
struct RIBTests {
    @Test("the Bank of Algeria's example has key 41")
    func example() {
        #expect(RIB.key(branchAndAccount: 999_990_023_456_789) == 41)
        #expect(RIB("00799999002345678941")?.branch == "99999")
    }

    @Test("the bank's code is not part of the key")
    func bank() {
        #expect(RIB("00299999002345678941") != nil)
    }

    @Test("any other key is refused, and so is any one digit of branch or account changed")
    func wrongKeys() {
        let right = Array("00799999002345678941")
        for key in 0...99 where key != 41 {
            #expect(RIB(String(right[0..<18]) + (key < 10 ? "0\(key)" : "\(key)")) == nil)
        }
        for index in 3..<18 {
            for digit in "0123456789" where digit != right[index] {
                var changed = right
                changed[index] = digit
                #expect(RIB(String(changed)) == nil)
            }
        }
    }

    @Test("every key is 1 to 97")
    func keyRange() {
        var random = Seeded(97)
        #expect(RIB.key(branchAndAccount: 0) == 97)
        let keys = (0..<5_000).map { _ in
            RIB.key(branchAndAccount: UInt64.random(in: 0...999_999_999_999_999, using: &random))
        }
        #expect(keys.allSatisfy { 1...97 ~= $0 } && Set(keys).count == 97)
    }

    @Test(
        "a RIB is 20 ASCII digits and nothing else",
        arguments: [
            "", "0079999900234567894", "007999990023456789410", "007 99999 0023456789 41", "0079999900234567894１",
            "٠٠٧٩٩٩٩٩٠٠٢٣٤٥٦٧٨٩٤١", "-0799999002345678941", "0x799999002345678941",
        ])
    func form(text: String) {
        #expect(RIB(text) == nil)
    }
}
