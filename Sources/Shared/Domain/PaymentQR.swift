// The text of a merchant's QR code.

/// What a merchant's QR code says: who is paid, and for what and how much if that is fixed.
///
/// The text is that of the EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, version 1.1 (EMVCo
/// 2020): data objects of a two-digit tag, a two-digit length in characters, and a value, and a checksum at the end.
/// Other software that reads such codes shows the name and the amount, and sees that the account is not one it knows.
///
/// | tag | value |
/// |---|---|
/// | 00 | `01`, the version of the format; always first |
/// | 01 | `11`: shown to many payers; `12`: made for one payment, which is so when there is a reference |
/// | 26 | the account: 00 = `dz.contacto.wallet`, 01 = the wallet's id in 32 hexadecimal digits |
/// | 52 | `0000`, no category |
/// | 53 | the currency's number in ISO 4217: 012 dinar, 978 euro, 840 US dollar |
/// | 54 | the amount with two decimals, when it is fixed |
/// | 58, 59, 60 | `DZ`, the merchant's name and city |
/// | 62 | 05 = the merchant's reference, when there is one |
/// | 63 | CRC-16/CCITT-FALSE over all before it, its tag and length included; always last |
public struct PaymentQR: Hashable, Sendable {
    /// How much is paid.
    public enum Amount: Hashable, Sendable {
        /// The payer says how much.
        case open(Currency)
        case fixed(Money)

        public var currency: Currency {
            switch self {
            case .open(let currency): currency
            case .fixed(let money): money.currency
            }
        }
    }

    /// The merchant's wallet.
    public let walletID: WalletID
    public let amount: Amount
    /// What the merchant knows the payment by; it can be paid once. 1 to 25 characters.
    public let reference: String?
    /// 1 to 25 characters.
    public let merchantName: String
    /// 1 to 15 characters.
    public let merchantCity: String

    /// What names the accounts of this scheme in tag 26.
    public static let scheme = "dz.contacto.wallet"
    /// The fixed amounts that 13 characters with two decimals can write: up to 9,999,999,999.99.
    public static let minorUnitsRange: ClosedRange<Int64> = 1...999_999_999_999
    public static let nameCharactersMax = 25
    public static let cityCharactersMax = 15
    public static let referenceCharactersMax = 25
    /// The characters that a whole code may have.
    public static let charactersMax = 512

    /// - Parameters:
    ///   - reference: not `***`, which in the standard means that the payer is asked.
    ///   - merchantName: printable ASCII, as the reference and the city are.
    /// - Throws: `invalid` with the tag of the value that has not the form it must have.
    public init(
        walletID: WalletID, amount: Amount = .open(.dzd), reference: String? = nil, merchantName: String,
        merchantCity: String = "ALGER"
    ) throws(Failure) {
        if case .fixed(let money) = amount, !(Self.minorUnitsRange ~= money.minorUnits) { throw .invalid("54") }
        guard Self.isPrintable(merchantName, charactersMax: Self.nameCharactersMax) else { throw .invalid("59") }
        guard Self.isPrintable(merchantCity, charactersMax: Self.cityCharactersMax) else { throw .invalid("60") }
        if let reference {
            guard Self.isPrintable(reference, charactersMax: Self.referenceCharactersMax), reference != "***" else {
                throw .invalid("62.05")
            }
        }
        self.walletID = walletID
        self.amount = amount
        self.reference = reference
        self.merchantName = merchantName
        self.merchantCity = merchantCity
    }

    private static func isPrintable(_ text: String, charactersMax: Int) -> Bool {
        1...charactersMax ~= text.utf8.count && text.utf8.allSatisfy { 0x20...0x7e ~= $0 }
    }

    /// Why a text is not a code that can be paid. It names a tag, `26.01` for one in a template, and no value.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// It has more than `charactersMax` characters.
        case tooLong
        /// It does not consist of data objects.
        case malformed
        /// The checksum is another one: it was misread or changed.
        case checksum
        case missing(String)
        case repeated(String)
        /// 00 is not first or 63 not last.
        case misplaced(String)
        /// The value has not the form, or not the value, that it must have.
        case invalid(String)
        /// It asks for what is not done here, and cannot be left out of account: tips and surcharges.
        case unsupported(String)
        /// It is for no wallet of this scheme.
        case otherScheme

        public var description: String {
            switch self {
            case .tooLong: "the code is too long"
            case .malformed: "the code does not consist of data objects"
            case .checksum: "the checksum is wrong"
            case .missing(let tag): "tag \(tag) is missing"
            case .repeated(let tag): "tag \(tag) is there twice"
            case .misplaced(let tag): "tag \(tag) is not in its place"
            case .invalid(let tag): "tag \(tag) is not of its form"
            case .unsupported(let tag): "tag \(tag) is not supported"
            case .otherScheme: "the code is for no wallet of this scheme"
            }
        }
    }
}

extension PaymentQR {
    /// The text to be shown as a QR code: printable ASCII, at most 201 characters.
    public var text: String {
        var text = Self.object("00", "01")
        text += Self.object("01", reference == nil ? "11" : "12")
        let account = walletID.description.filter { $0 != "-" }
        text += Self.object("26", Self.object("00", Self.scheme) + Self.object("01", account))
        text += Self.object("52", "0000")
        text += Self.object("53", amount.currency.isoNumber)
        if case .fixed(let money) = amount { text += Self.object("54", Self.decimal(money.minorUnits)) }
        text += Self.object("58", "DZ")
        text += Self.object("59", merchantName)
        text += Self.object("60", merchantCity)
        if let reference { text += Self.object("62", Self.object("05", reference)) }
        text += "6304"
        return text + Self.hexadecimal(Self.checksum(of: text.utf8))
    }

    private static func object(_ tag: String, _ value: String) -> String {
        let length = value.utf8.count
        return tag + (length < 10 ? "0" : "") + String(length) + value
    }

    /// Major units with two decimals. All currencies here have an exponent of 2.
    private static func decimal(_ minorUnits: Int64) -> String {
        let cents = minorUnits % 100
        return "\(minorUnits / 100).\(cents < 10 ? "0" : "")\(cents)"
    }

    /// The four hexadecimal digits, in capitals, of a checksum.
    static func hexadecimal(_ checksum: UInt16) -> String {
        String(String(0x10000 + Int(checksum), radix: 16, uppercase: true).dropFirst())
    }

    /// CRC-16/CCITT-FALSE (also called IBM-3740): polynomial 0x1021, initially 0xFFFF, nothing reflected or inverted.
    /// Of the ASCII digits 1 to 9 it is 0x29B1.
    public static func checksum(of bytes: some Sequence<UInt8>) -> UInt16 {
        var register: UInt16 = 0xffff
        for byte in bytes {
            register ^= UInt16(byte) << 8
            for _ in 0..<8 {
                let carry = register & 0x8000 != 0
                register <<= 1
                if carry { register ^= 0x1021 }
            }
        }
        return register
    }
}

extension Currency {
    /// The three digits of ISO 4217.
    public var isoNumber: String {
        switch self {
        case .dzd: "012"
        case .eur: "978"
        case .usd: "840"
        }
    }

    public init?(isoNumber: String) {
        guard let match = Self.allCases.first(where: { $0.isoNumber == isoNumber }) else { return nil }
        self = match
    }
}
