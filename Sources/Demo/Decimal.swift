// Decimal fractions as written, without a detour through binary ones.

/// A decimal number of up to 18 digits, exactly.
struct DecimalNumber: Hashable, Sendable {
    /// The number times 10^places.
    let units: Int64
    /// Digits behind the point; negative for tens.
    let places: Int

    static let digitsMax = 18
    static let exponentMax = 18

    /// Reads `12`, `12.50` or `1.25e4`, not signed; anything else is nil.
    init?(_ text: some StringProtocol) {
        var units: Int64 = 0
        var (digits, places) = (0, 0)
        var isBehindPoint = false
        var rest = text.utf8[...]
        while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            rest.removeFirst()
            if byte == UInt8(ascii: "."), !isBehindPoint, digits > 0 {
                isBehindPoint = true
                continue
            }
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, digits < Self.digitsMax else { return nil }
            units = units * 10 + Int64(byte - UInt8(ascii: "0"))
            digits += 1
            if isBehindPoint { places += 1 }
        }
        guard digits > 0, !isBehindPoint || places > 0 else { return nil }
        if !rest.isEmpty {
            guard let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)),
                abs(exponent) <= Self.exponentMax
            else { return nil }
            places -= exponent
        }
        self.units = units
        self.places = places
    }

    /// The product in hundredths, half a hundredth going to the even one; nil when it does not fit.
    func hundredths(times factor: DecimalNumber) -> Int64? {
        var product = Int128(units) * Int128(factor.units)
        var shift = places + factor.places - 2
        while shift < 0 {
            let (larger, overflow) = product.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            product = larger
            shift += 1
        }
        // Both factors have at most 36 places, so the product is below the divisor's half long before this overflows.
        guard shift <= 37 else { return 0 }
        var divisor: Int128 = 1
        for _ in 0..<shift { divisor *= 10 }
        var (quotient, rest) = product.quotientAndRemainder(dividingBy: divisor)
        if rest > divisor - rest || (rest == divisor - rest && quotient % 2 == 1) { quotient += 1 }
        return Int64(exactly: quotient)
    }
}
