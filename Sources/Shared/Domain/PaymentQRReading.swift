// A merchant's QR code is read strictly: what is not understood in full is not paid.

extension PaymentQR {
    /// Reads the text of a code.
    ///
    /// The checksum is looked at first, so that any other error is the fault of who made the code and not of the camera.
    /// Tags may come in any order but for the first and the last, and each once. Tags that say nothing of the payment
    /// here are passed over, accounts of other schemes among them; tips and surcharges (55 to 57) are refused.
    public init(_ text: String) throws(Failure) {
        let characters = Array(text.unicodeScalars)
        guard characters.count <= Self.charactersMax else { throw .tooLong }
        try Self.verifyChecksum(text)
        let objects = try Objects(characters[...], within: "")
        guard objects.tags.first == "00" else { throw objects.values["00"] == nil ? .missing("00") : .misplaced("00") }
        guard objects.tags.last == "63" else { throw objects.values["63"] == nil ? .missing("63") : .misplaced("63") }
        guard try objects.value("00") == "01" else { throw .invalid("00") }
        for tag in ["55", "56", "57"] where objects.values[tag] != nil { throw .unsupported(tag) }
        if let method = objects.values["01"], !["11", "12"].contains(method) { throw .invalid("01") }
        let category = try objects.value("52")
        guard category.utf8.count == 4, category.utf8.allSatisfy(Self.isDigit) else { throw .invalid("52") }
        guard let currency = Currency(isoNumber: try objects.value("53")) else { throw .invalid("53") }
        guard try objects.value("58") == "DZ" else { throw .invalid("58") }

        var amount = Amount.open(currency)
        if let written = objects.values["54"] {
            guard let minorUnits = Self.minorUnits(written) else { throw .invalid("54") }
            amount = .fixed(Money(minorUnits, currency))
        }
        var reference: String?
        if let template = objects.values["62"] {
            reference = try Objects(Array(template.unicodeScalars)[...], within: "62.").values["05"]
        }
        try self.init(
            walletID: try Self.account(in: objects), amount: amount, reference: reference,
            merchantName: try objects.value("59"), merchantCity: try objects.value("60"))
    }

    /// A code ends with `6304` and the checksum of all before its four digits.
    private static func verifyChecksum(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 8, bytes[(bytes.count - 8)..<(bytes.count - 4)].elementsEqual("6304".utf8) else {
            throw .missing("63")
        }
        let expected = hexadecimal(checksum(of: bytes.dropLast(4)))
        guard bytes.suffix(4).elementsEqual(expected.utf8) else { throw .checksum }
    }

    /// The wallet in the one template, of tags 26 to 51, that names this scheme.
    private static func account(in objects: Objects) throws(Failure) -> WalletID {
        var account: WalletID?
        for tag in objects.tags {
            guard "26"..."51" ~= tag, let template = objects.values[tag] else { continue }
            let inside = try Objects(Array(template.unicodeScalars)[...], within: "\(tag).")
            guard inside.values["00"] == scheme else { continue }
            guard account == nil else { throw .repeated(tag) }
            guard let id = walletID(try inside.value("01")) else { throw .invalid("\(tag).01") }
            account = id
        }
        guard let account else { throw .otherScheme }
        return account
    }

    /// Reads 32 lower-case hexadecimal digits.
    private static func walletID(_ text: String) -> WalletID? {
        let digits = text.utf8.compactMap { hexDigitValue($0) }
        guard digits.count == 32, text.utf8.count == 32 else { return nil }
        return WalletID(
            high: digits[..<16].reduce(0) { $0 << 4 | $1 }, low: digits[16...].reduce(0) { $0 << 4 | $1 })
    }

    /// Reads an amount in major units: digits, then nothing, a point, or a point and two digits; at most 13 characters.
    /// The standard has `98.73`, `98` and `98.` as its examples. Whether it is in `minorUnitsRange` is seen later.
    private static func minorUnits(_ text: String) -> Int64? {
        guard text.utf8.count <= 13 else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, !parts[0].isEmpty, parts.allSatisfy({ $0.allSatisfy(isDigit) }) else { return nil }
        let decimals = parts.count == 2 ? Array(parts[1]) : []
        guard decimals.isEmpty || decimals.count == 2 else { return nil }
        let cents = decimals.isEmpty ? [UInt8(ascii: "0"), UInt8(ascii: "0")] : decimals
        // 13 digits and two more: far below 2⁶³.
        return (Array(parts[0]) + cents).reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    /// The data objects of a code or of a template.
    private struct Objects {
        /// In the order in which they stand.
        var tags: [String] = []
        var values: [String: String] = [:]
        private let path: String

        /// - Parameter path: what stands before a tag of this template in an error: `26.`.
        init(_ characters: ArraySlice<Unicode.Scalar>, within path: String) throws(Failure) {
            self.path = path
            var rest = characters
            while !rest.isEmpty {
                guard let tag = Self.twoDigits(rest), let length = Self.twoDigits(rest.dropFirst(2)), length > 0,
                    rest.count >= 4 + length
                else { throw .malformed }
                let name = (tag < 10 ? "0" : "") + String(tag)
                var value = String.UnicodeScalarView()
                value.append(contentsOf: rest.dropFirst(4).prefix(length))
                guard values.updateValue(String(value), forKey: name) == nil else { throw .repeated(path + name) }
                tags.append(name)
                rest = rest.dropFirst(4 + length)
            }
        }

        func value(_ tag: String) throws(Failure) -> String {
            guard let value = values[tag] else { throw .missing(path + tag) }
            return value
        }

        private static func twoDigits(_ characters: ArraySlice<Unicode.Scalar>) -> Int? {
            let digits = characters.prefix(2).compactMap { scalar in
                "0"..."9" ~= scalar ? Int(scalar.value - 0x30) : nil
            }
            return digits.count == 2 ? digits[0] * 10 + digits[1] : nil
        }
    }
}
