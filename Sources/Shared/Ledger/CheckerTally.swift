// What one pass over the outcomes and entries adds up, in any order and in parts that are put together at the end.

import Domain

/// Sums of keyed hashes by which two collections are compared without sorting or keeping either.
///
/// What must occur once on each side is added on one and taken away on the other: when both are the same, every sum is
/// zero; when they are not, the chance of a zero is 2⁻⁶⁴, since the hash's key is drawn anew by each process. The sums
/// are kept apart by the first bits of an id, so that a difference says where to look.
struct TokenSums {
    static let groupBits: UInt64 = 12
    private var sums = [UInt64](repeating: 0, count: 1 << Int(groupBits))

    /// The group of an id; `condition` is the same in SQL.
    static func group<Kind>(_ id: Identifier<Kind>) -> Int { Int(id.high >> (64 - groupBits)) }

    mutating func add(_ token: UInt64, _ group: Int) { sums[group] &+= token }
    mutating func take(_ token: UInt64, _ group: Int) { sums[group] &-= token }

    mutating func add(_ other: TokenSums) {
        for (index, sum) in other.sums.enumerated() { sums[index] &+= sum }
    }

    /// The groups in which the two sides differ.
    var unequal: [Int] { sums.indices.filter { sums[$0] != 0 } }
}

/// A wallet between two transactions.
struct WalletPoint: Hashable {
    let id: WalletID
    let currency: Currency
    let version: Int64
    let available: Int64
    let pending: Int64
    let reserve: Int64
    /// The transaction that left it so; nil before the first.
    let last: Position?

    var token: UInt64 {
        var hasher = Hasher()
        hash(into: &hasher)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// A stripe of a system account.
struct Stripe: Hashable {
    let account: SystemAccount
    let currency: Currency
    let lane: Int16
}

struct Tally {
    var findings = Findings()
    var outcomes = 0
    var entries = 0
    var chainRows = 0
    var wallets = 0
    /// Each transaction takes a wallet from one point to the next: all but a wallet's first and last point cancel out.
    var walletPoints = TokenSums()
    /// Outcomes against the index of commands.
    var commands = TokenSums()
    /// What the entries say of the system accounts.
    var stripes: [Stripe: Int128] = [:]
    /// What the wallets hold.
    var customers: [Currency: Int128] = [:]

    mutating func add(_ other: Tally) {
        findings.add(other.findings)
        outcomes += other.outcomes
        entries += other.entries
        chainRows += other.chainRows
        wallets += other.wallets
        walletPoints.add(other.walletPoints)
        commands.add(other.commands)
        stripes.merge(other.stripes, uniquingKeysWith: +)
        customers.merge(other.customers, uniquingKeysWith: +)
    }

    static func commandToken(_ command: CommandID, _ position: Position) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(command)
        hasher.combine(position)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
