// The Algerian bank account number.

/// A Relevé d'Identité Bancaire: 20 digits, bank 3, branch 5, account 10, key 2.
///
/// Key = 97 − ((branch and account as one 15-digit number × 100) mod 97); the bank is not part of it (Bank of Algeria,
/// Instruction 06-2004). The example there, 007 99999 0023456789, has key 41.
public struct RIB: Hashable, Sendable {
    /// The 20 digits without spaces.
    public let digits: String

    /// Reads 20 ASCII digits with a right key; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        let value = bytes[3..<18].reduce(into: UInt64(0)) { $0 = $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
        let key = bytes[18..<20].reduce(into: UInt64(0)) { $0 = $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
        guard key == Self.key(branchAndAccount: value) else { return nil }
        digits = text
    }

    /// The key of a 15-digit branch and account number, 1 to 97.
    public static func key(branchAndAccount: UInt64) -> UInt64 {
        97 - branchAndAccount * 100 % 97
    }

    /// The branch's five digits.
    public var branch: Substring { digits.dropFirst(3).prefix(5) }
}
