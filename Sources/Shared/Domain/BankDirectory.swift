// The banks that a RIB can name.

/// The code of a bank: the first three digits of a RIB.
public struct BankCode: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// 0 to 999.
    public let number: UInt16

    /// Reads three ASCII digits; anything else is nil.
    public init?(_ text: String) {
        self.init(utf8: Array(text.utf8))
    }

    init?(utf8 bytes: [UInt8]) {
        guard bytes.count == 3, bytes.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        number = bytes.reduce(0) { $0 * 10 + UInt16($1 - UInt8(ascii: "0")) }
    }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    /// The three digits: `007`.
    public var description: String {
        String(String(1_000 + number).dropFirst())
    }
}

extension RIB {
    /// The bank: the first three digits. The key says nothing of them, so only a `BankDirectory` can tell a slip there.
    public var bank: BankCode {
        guard let code = BankCode(String(digits.prefix(3))) else {
            preconditionFailure("a RIB has 20 digits")
        }
        return code
    }
}

/// The list of banks to which a withdrawal can be sent: their codes and names.
public struct BankDirectory: Sendable {
    private let names: [BankCode: String]

    /// Reads a list, `011 CNEP-Banque`, one bank a line in the form of `ListText`.
    public init(text: String) throws(ListText.Failure) {
        names = try ListText.read(text) { BankCode(utf8: $0) }
    }

    /// The built-in list: `standardText`.
    public static let standard: BankDirectory = {
        do {
            return try BankDirectory(text: standardText)
        } catch {
            // The text is a constant, and a test reads it.
            preconditionFailure("BankDirectory.standardText, \(error)")
        }
    }()

    public func contains(_ code: BankCode) -> Bool { names[code] != nil }

    public func name(of code: BankCode) -> String? { names[code] }

    /// The codes, in their order.
    public var codes: [BankCode] { names.keys.sorted() }
}

extension BankDirectory {
    /// The banks whose codes public software for Algerian RIBs agrees upon (rib-validator-dz for npm and NuGet, and an
    /// independent list of the clearing house's members), in the form that is configured. Instruction 06-2004 gives the
    /// form of the code and no list, and only its example's 007; before money is sent, an operator replaces this by the
    /// list of his clearing bank.
    public static let standardText = """
        001 Banque Nationale d’Algérie
        002 Banque Extérieure d’Algérie
        003 Banque de l’Agriculture et du Développement Rural
        004 Crédit Populaire d’Algérie
        005 Banque de Développement Local
        006 Al Baraka Bank Algérie
        007 Algérie Poste (CCP)
        008 Trésor central
        010 Caisse Nationale de Mutualité Agricole
        011 CNEP-Banque
        012 Citibank Algérie
        014 Arab Banking Corporation Algérie
        020 Natixis Algérie
        021 Société Générale Algérie
        026 Arab Bank Algérie
        027 BNP Paribas El Djazaïr
        029 Trust Bank Algérie
        031 Housing Bank Algérie
        032 Gulf Bank Algérie
        035 Fransabank El Djazaïr
        036 Crédit Agricole CIB Algérie
        037 HSBC Algérie
        038 Al Salam Bank Algérie
        111 Banque d’Algérie
        """
}
