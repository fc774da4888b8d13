// Who takes part: people and merchants, with ids that follow from a run's label and their names.

import Crypto
import Domain
import Wire

/// A person or a merchant.
///
/// The stand-in for `identity` reads the KYC level off the first hex digit of the subject, so the digit is chosen here:
/// 2 to e is level 2, f is level 0.
struct Participant: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case person
        case merchant
        /// A person whom identity does not know: may not open a wallet.
        case stranger
    }

    let name: String
    let kind: Kind
    /// The user who acts: the person, or who runs the merchant's wallet.
    let subject: OwnerID
    /// The idempotency key under which the wallet is opened.
    let openingKey: String
    let wallet: WalletID

    /// - Parameters:
    ///   - label: keeps the participants of one run apart from those of any other.
    ///   - name: unique in the run.
    init(label: String, name: String, kind: Kind) {
        self.name = name
        self.kind = kind
        openingKey = "\(label)/open/\(name)"
        let drawn = Self.subject(label: label, name: name)
        let digit = kind == .stranger ? 0xf : 2 + (drawn.high >> 60) % 13
        subject = OwnerID(high: drawn.high & ~(0xf << 60) | digit << 60, low: drawn.low)
        switch kind {
        case .person, .stranger:
            wallet = WalletID(ofPerson: subject, .dzd)
        case .merchant:
            let opening = CommandID(client: WalletRequest.client, subject: subject.description, key: openingKey)
            wallet = WalletID(ofMerchant: OwnerID(ofMerchantOpenedBy: opening), openedBy: opening)
        }
    }

    /// A number that no telephone has, of as many digits as there may be: few share one.
    var phone: String {
        let digits = String(subject.low % 100_000_000_000)
        return "+2130" + String(repeating: "0", count: 11 - digits.utf8.count) + digits
    }

    /// A UUIDv8 of a hash.
    private static func subject(label: String, name: String) -> OwnerID {
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in SHA256.hash(data: Array("\(label)/\(name)".utf8)).prefix(16).enumerated() {
            if index < 8 { words.0 = words.0 << 8 | UInt64(byte) } else { words.1 = words.1 << 8 | UInt64(byte) }
        }
        return OwnerID(
            high: words.0 & ~0xf000 | 0x8000, low: words.1 & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}

/// A name for a run, from all that its requests depend on: the same run has the same keys, so playing it twice on one
/// ledger changes nothing the second time, and a different one meets none of its keys.
func runLabel(_ parts: String...) -> String {
    let digest = SHA256.hash(data: Array(parts.joined(separator: "\n").utf8))
    return "demo-" + hexadecimal(digest.prefix(6))
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// Bank accounts for beneficiaries. The branch tells the stand-in for the bank how to behave.
enum BankAccount {
    /// A RIB with its right key.
    static func rib(branch: UInt64, account: UInt64) -> String {
        let (number, key) = parts(branch, account)
        return "007" + digits(number, 15) + digits(key, 2)
    }

    /// A RIB whose key is not its own.
    static func ribWithWrongKey(branch: UInt64, account: UInt64) -> String {
        let (number, key) = parts(branch, account)
        return "007" + digits(number, 15) + digits(key % 97 + 1, 2)
    }

    private static func parts(_ branch: UInt64, _ account: UInt64) -> (number: UInt64, key: UInt64) {
        let number = branch % 100_000 * 10_000_000_000 + account % 10_000_000_000
        return (number, RIB.key(branchAndAccount: number))
    }

    private static func digits(_ value: UInt64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
