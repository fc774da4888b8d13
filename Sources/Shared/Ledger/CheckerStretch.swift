// A stretch of a lane: outcomes, entries and chain rows walked side by side in their order.

import Domain
import Wire

/// Consecutive numbers of a lane, checked by themselves: what comes before is known by its chain row.
struct Stretch: Sendable {
    let lane: Int16
    /// The last number before the stretch, and its own last; `Int64.max` for the lane's last stretch.
    let after: Int64
    let through: Int64
    /// Of the chain row before; nil when there is none that ends at `after`.
    let previousHash: [UInt8]?
    let previousTime: Timestamp?
    /// The lane's row; nil when it is missing.
    let head: Int64?

    var isLast: Bool { through == .max }
}

/// Walks a stretch: `add` each outcome in order, then `finish`.
struct StretchWalk {
    private let stretch: Stretch
    private let chain: [CheckedChainRow]
    private let entries: [CheckedEntry]
    private(set) var tally: Tally

    private var nextEntry = 0
    private var nextChainRow = 0
    /// Of the batch being walked.
    private var hasher: ChainHasher?
    private var batchIsReadable = true
    private var lastSequence: Int64
    private var lastTime: Timestamp?

    /// - Parameters: the chain rows that begin in the stretch and its entries, in order.
    init(_ stretch: Stretch, chain: [CheckedChainRow], entries: [CheckedEntry], tally: Tally) {
        self.stretch = stretch
        self.chain = chain
        self.entries = entries
        self.tally = tally
        lastSequence = stretch.after
        lastTime = stretch.previousTime
        self.tally.chainRows += chain.count
        self.tally.entries += entries.count
        checkTiling()
    }

    /// - Parameter row: what `CheckedOutcome.query` gives.
    mutating func add(_ row: inout CopyRow) {
        tally.outcomes += 1
        let position: Position
        do throws(CopyRow.Unreadable) {
            position = try CheckedOutcome.position(&row, lane: stretch.lane)
        } catch {
            return found(.unreadable, nil, part: "lane_seq")
        }
        advance(to: position.sequence)
        let entries = takeEntries(of: position)
        do throws(CopyRow.Unreadable) {
            let outcome = try CheckedOutcome(&row, at: position)
            check(outcome, entries)
            hasher?.add(outcome.outcome, outcome.record, detail: outcome.detail, entries: entries)
        } catch {
            batchIsReadable = false
            found(.unreadable, position.sequence, part: error.column)
        }
    }

    /// What was not met is missing.
    mutating func finish() -> Tally {
        let end = stretch.isLast ? max(stretch.head ?? lastSequence, lastSequence) : stretch.through
        if lastSequence < end { missing(lastSequence + 1, end) }
        while nextChainRow < chain.count || hasher != nil { endBatch() }
        while nextEntry < entries.count { strayEntry() }
        return tally
    }

    // MARK: - The order of outcomes

    private mutating func advance(to sequence: Int64) {
        if sequence <= lastSequence {
            found(.outcomeRepeated, sequence)
        } else if sequence > lastSequence + 1 {
            missing(lastSequence + 1, sequence - 1)
        }
        if let head = stretch.head, sequence > head { found(.outcomeBeyondHead, sequence, expected: head) }
        lastSequence = max(lastSequence, sequence)
        while hasher != nil, chain[nextChainRow - 1].last < sequence { endBatch() }
        while hasher == nil, nextChainRow < chain.count, chain[nextChainRow].first <= sequence {
            beginBatch()
            if chain[nextChainRow - 1].last < sequence { endBatch() }
        }
    }

    private mutating func missing(_ first: Int64, _ last: Int64) {
        found(.outcomeMissing, first, expected: last - first + 1, found: 0)
    }

    private mutating func check(_ checked: CheckedOutcome, _ entries: [Entry]) {
        let outcome = checked.outcome
        let sequence = outcome.position.sequence
        if outcome.time.period != outcome.position.period {
            found(.period, sequence, expected: Int64(outcome.time.period), found: Int64(outcome.position.period))
        }
        if let lastTime, outcome.time < lastTime {
            found(.timeWentBack, sequence, expected: lastTime.microseconds, found: outcome.time.microseconds)
        }
        lastTime = outcome.time
        if hasher != nil, chain[nextChainRow - 1].time != outcome.time {
            found(
                .chainTime, sequence, expected: outcome.time.microseconds,
                found: chain[nextChainRow - 1].time.microseconds)
        }
        if checked.hasEntries == entries.isEmpty {
            found(.hasEntries, sequence, expected: checked.hasEntries ? 1 : 0, found: Int64(entries.count))
        }
        if !checked.record.content.digest.elementsEqual(checked.record.contentDigest) {
            found(.contentDigest, sequence)
        }
        tally.commands.add(
            Tally.commandToken(outcome.commandID, outcome.position), TokenSums.group(outcome.commandID))
    }

    // MARK: - Entries

    private mutating func takeEntries(of position: Position) -> [Entry] {
        while nextEntry < entries.count, entries[nextEntry].sequence < position.sequence { strayEntry() }
        var taken: [Entry] = []
        while nextEntry < entries.count, entries[nextEntry].sequence == position.sequence {
            let row = entries[nextEntry]
            guard row.period == position.period else {
                strayEntry()
                continue
            }
            nextEntry += 1
            if Int(row.ordinal) != taken.count + 1 {
                found(.entryOrdinals, position.sequence, expected: Int64(taken.count + 1), found: Int64(row.ordinal))
            }
            if let entry = row.entry { taken.append(entry) } else { unreadableEntry(row) }
        }
        checkBalance(of: taken, position)
        for (index, entry) in taken.enumerated() { post(entry, index, taken, position) }
        return taken
    }

    private mutating func unreadableEntry(_ row: CheckedEntry) {
        batchIsReadable = false
        found(.unreadable, row.sequence, part: "entry \(row.ordinal)")
    }

    private mutating func strayEntry() {
        found(.entryWithoutOutcome, entries[nextEntry].sequence)
        nextEntry += 1
    }

    private mutating func checkBalance(of entries: [Entry], _ position: Position) {
        var sums: [(currency: Currency, sum: Int128)] = []
        for entry in entries {
            if let index = sums.firstIndex(where: { $0.currency == entry.amount.currency }) {
                sums[index].sum += Int128(entry.amount.minorUnits)
            } else {
                sums.append((entry.amount.currency, Int128(entry.amount.minorUnits)))
            }
        }
        for (currency, sum) in sums where sum != 0 {
            tally.findings.add(
                Finding(
                    .entriesUnbalanced, lane: position.lane, sequence: position.sequence, part: currency.code,
                    expected: "0", found: "\(sum)"))
        }
    }

    /// Adds an entry to its account; a wallet's entries in one transaction together take it from one point to the next.
    private mutating func post(_ entry: Entry, _ index: Int, _ entries: [Entry], _ position: Position) {
        switch entry.account {
        case .system(let account):
            let stripe = Stripe(account: account, currency: entry.amount.currency, lane: position.lane)
            tally.stripes[stripe, default: 0] += Int128(entry.amount.minorUnits)
        case .customer(let id, _):
            guard let wallet = entry.wallet, !entries[..<index].contains(where: { $0.wallet?.id == id }) else { return }
            let group = TokenSums.group(id)
            guard let step = WalletStep(wallet, entry.previous, entries[index...], at: position) else {
                // A token that nothing cancels: the wallet is looked at closely.
                return tally.walletPoints.add(UInt64.random(in: 1 ... .max), group)
            }
            tally.walletPoints.add(step.after.token, group)
            tally.walletPoints.take(step.before.token, group)
        }
    }

    // MARK: - The chain

    /// The chain rows must follow one another over the whole stretch.
    private mutating func checkTiling() {
        var expected = stretch.after + 1
        for row in chain {
            if row.first != expected { found(.chainGap, row.first, expected: expected, found: row.first) }
            expected = max(expected, row.last + 1)
        }
        let end = stretch.isLast ? stretch.head ?? expected - 1 : stretch.through
        if expected != end + 1 { found(.chainGap, expected, expected: end, found: expected - 1) }
    }

    private mutating func beginBatch() {
        let previous = nextChainRow == 0 ? stretch.previousHash : chain[nextChainRow - 1].hash
        nextChainRow += 1
        // Without the hash before it a row cannot be checked; that hash is missing, which the tiling has found.
        batchIsReadable = previous != nil
        hasher = ChainHasher(previous: previous ?? [])
    }

    private mutating func endBatch() {
        if hasher == nil { beginBatch() }
        let row = chain[nextChainRow - 1]
        // One changed row is one finding: the next row is checked against the hash that is stored here.
        if batchIsReadable, hasher?.finish() != row.hash { found(.chainHash, row.first) }
        hasher = nil
    }

    // MARK: - Findings

    private mutating func found(
        _ kind: Finding.Kind, _ sequence: Int64?, part: String? = nil, expected: Int64? = nil, found: Int64? = nil
    ) {
        tally.findings.add(
            Finding(
                kind, lane: stretch.lane, sequence: sequence, part: part, expected: expected.map(String.init),
                found: found.map(String.init)))
    }
}

/// What one transaction does to one wallet.
struct WalletStep {
    let before: WalletPoint
    let after: WalletPoint

    /// - Parameter entries: those of the transaction, from the wallet's first on.
    /// - Returns: nil when the wallet's entries do not agree with one another.
    init?(_ wallet: WalletSnapshot, _ previous: Position?, _ entries: some Collection<Entry>, at position: Position) {
        var (available, pending, reserve) = (wallet.available, wallet.pending, wallet.reserve)
        for entry in entries {
            guard case .customer(wallet.id, let bucket) = entry.account else { continue }
            guard entry.wallet == wallet, entry.previous == previous else { return nil }
            switch bucket {
            case .available: available &-= entry.amount.minorUnits
            case .pending: pending &-= entry.amount.minorUnits
            case .reserve: reserve &-= entry.amount.minorUnits
            }
        }
        before = WalletPoint(
            id: wallet.id, currency: wallet.currency, version: wallet.version &- 1, available: available,
            pending: pending, reserve: reserve, last: previous)
        after = WalletPoint(
            id: wallet.id, currency: wallet.currency, version: wallet.version, available: wallet.available,
            pending: wallet.pending, reserve: wallet.reserve, last: position)
    }
}
