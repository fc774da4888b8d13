// A ledger in memory: what the database would keep between batches, and the checks that hold after each of them.

import Domain

/// The rows of a ledger. A batch is judged against rows loaded afresh, and only what its state reports as new or
/// changed is stored, as a lane does it.
struct Books {
    var wallets: [WalletID: Wallet] = [:]
    var owners: [OwnerID: Owner] = [:]
    var movements: [CommandID: Movement] = [:]
    var beneficiaries: [BeneficiaryID: Beneficiary] = [:]
    /// Credits positive.
    var system: [SystemAccount: Int64] = [:]
    /// The outcome that first answered each command.
    var answered: [CommandID: Position] = [:]
    var outcomes: [Told] = []
    var time = Timestamp(microseconds: 1_795_372_754_000_000)
    var sequence: Int64 = 1
    let lane: Int16 = 3

    init() {}

    /// An outcome with its entries, in a form that can be compared.
    struct Told: Equatable {
        let position: Position
        let command: CommandID
        let subject: CommandID
        let transition: Transition
        let status: CommandStatus
        let code: OutcomeCode
        let field: String?
        let wallet: WalletID?
        let amount: Money?
        let fee: Money?
        let feeVersion: Int16?
        let time: Timestamp
        let transaction: TransactionID?
        let entries: [Entry]

        init(_ outcome: Outcome, _ entries: [Entry]) {
            position = outcome.position
            command = outcome.commandID
            subject = outcome.subject
            transition = outcome.transition
            status = outcome.status
            code = outcome.code
            field = outcome.field
            wallet = outcome.wallet
            amount = outcome.amount
            fee = outcome.fee
            feeVersion = outcome.feeVersion
            time = outcome.time
            transaction = outcome.transactionID
            self.entries = Array(entries[outcome.entries])
        }
    }

    /// What a command was answered with, in a form that does not depend on how commands were put into batches.
    enum Answer: Equatable {
        case outcome(Told)
        case repeated(Position)
        case keyReused(String)
    }

    /// A command, and whether its content differs from what came before under its id.
    struct Sent {
        let command: Command
        var differingField: String?
    }

    /// The rows, as a batch reads them.
    var state: LedgerState {
        var state = LedgerState()
        state.reserveCapacity(wallets: wallets.count)
        for wallet in wallets.values { state.load(wallet) }
        for owner in owners.values { state.load(owner) }
        for movement in movements.values { state.load(movement) }
        for beneficiary in beneficiaries.values { state.load(beneficiary) }
        return state
    }

    /// Judges one batch and stores what it came to.
    mutating func take(_ batch: [Sent]) -> [Answer] {
        var first: [CommandID: Int] = [:]
        let items = batch.enumerated().map { index, sent in
            let id = sent.command.id
            if let position = answered[id] {
                return BatchItem(
                    command: sent.command,
                    seen: .before(EarlierDecision(last: position, differingField: sent.differingField)))
            }
            if let earlier = first[id] {
                return BatchItem(
                    command: sent.command, seen: .inBatch(earlier, differingField: sent.differingField))
            }
            first[id] = index
            return BatchItem(command: sent.command, seen: .never)
        }
        var state = state
        let decisions = decide(
            items, state: &state,
            context: DecisionContext(time: time, lane: lane, nextSequence: sequence, fees: .standard))
        let told = decisions.outcomes.map { Told($0, decisions.entries) }
        store(state, told)
        return decisions.answers.map { answer in
            switch answer {
            case .outcome(let index): .outcome(told[index])
            case .repeated(let position): .repeated(position)
            case .keyReused(let field): .keyReused(field)
            }
        }
    }

    /// Judges one command alone that nobody has seen.
    mutating func take(_ command: Command) -> Told {
        guard case .outcome(let told)? = take([Sent(command: command)]).first else {
            preconditionFailure("a command that nobody has seen has an outcome")
        }
        return told
    }

    private mutating func store(_ state: LedgerState, _ told: [Told]) {
        for wallet in state.newWallets { wallets[wallet.id] = wallet }
        for wallet in state.changedWallets { wallets[wallet.id] = wallet }
        for owner in state.newOwners { owners[owner.id] = owner }
        for id in state.newMovements { movements[id] = state.movements[id] }
        for id in state.changedMovements { movements[id] = state.movements[id] }
        for id in state.newBeneficiaries { beneficiaries[id] = state.beneficiaries[id] }
        for id in state.verifiedBeneficiaries { beneficiaries[id] = state.beneficiaries[id] }
        for (balance, change) in state.systemChanges { system[balance.account, default: 0] += change }
        for outcome in told { answered[outcome.command] = outcome.position }
        outcomes += told
        sequence += Int64(told.count)
    }
}

// MARK: - What always holds

extension Books {
    /// What of the rules of the books does not hold; empty when all do.
    var faults: [String] {
        identityFaults + holdFaults + historyFaults + numberingFaults
    }

    /// The identity of spec/wallet.md §1, each account on its normal side.
    private var identityFaults: [String] {
        var faults: [String] = []
        var (debitNormal, creditNormal) = (Int64(0), Int64(0))
        for (account, credits) in system {
            if account.isDebitNormal { debitNormal -= credits } else { creditNormal += credits }
        }
        for wallet in wallets.values {
            creditNormal += wallet.available + wallet.pending + wallet.reserve
            if wallet.available < 0 || wallet.pending < 0 || wallet.reserve < 0 {
                faults.append("wallet \(wallet.id) has a bucket below zero")
            }
        }
        if debitNormal != creditNormal { faults.append("debit side \(debitNormal), credit side \(creditNormal)") }
        for outcome in outcomes where outcome.entries.reduce(0, { $0 + $1.amount.minorUnits }) != 0 {
            faults.append("transaction \(outcome.position) does not add up to zero")
        }
        return faults
    }

    /// What is pending is what withdrawals hold, amount and fee, and nothing else.
    private var holdFaults: [String] {
        var held: [WalletID: Int64] = [:]
        for movement in movements.values where movement.status == .held {
            held[movement.wallet, default: 0] += movement.amount.minorUnits + movement.fee.minorUnits
        }
        return wallets.values.filter { $0.pending != held[$0.id, default: 0] }.map { wallet in
            "wallet \(wallet.id) has \(wallet.pending) pending and \(held[wallet.id, default: 0]) held"
        }
    }

    /// Each wallet's entries, in order, lead from nothing to what it is: versions +1, each pointing at the last.
    private var historyFaults: [String] {
        var faults: [String] = []
        var histories: [WalletID: (last: Position?, version: Int64, buckets: [Bucket: Int64])] = [:]
        var derived: [SystemAccount: Int64] = [:]
        for outcome in outcomes {
            var touched: Set<WalletID> = []
            for entry in outcome.entries {
                switch entry.account {
                case .system(let account): derived[account, default: 0] += entry.amount.minorUnits
                case .customer(let id, let bucket):
                    histories[id, default: (nil, 0, [:])].buckets[bucket, default: 0] += entry.amount.minorUnits
                    touched.insert(id)
                }
            }
            for id in touched {
                guard var history = histories[id] else { continue }
                let after = outcome.entries.compactMap(\.wallet).filter { $0.id == id }
                history.version += 1
                let expected = WalletSnapshot(
                    id: id, currency: .dzd, version: history.version,
                    available: history.buckets[.available, default: 0],
                    pending: history.buckets[.pending, default: 0], reserve: history.buckets[.reserve, default: 0])
                if after.contains(where: { $0 != expected }) { faults.append("\(outcome.position) tells \(after)") }
                let previous = outcome.entries.filter { $0.wallet?.id == id }.map(\.previous)
                if previous.contains(where: { $0 != history.last }) {
                    faults.append("\(outcome.position) does not point at \(String(describing: history.last))")
                }
                history.last = outcome.position
                histories[id] = history
            }
        }
        for wallet in wallets.values {
            let history = histories[wallet.id] ?? (nil, 0, [:])
            let buckets = Bucket.allCases.map { history.buckets[$0, default: 0] }
            if buckets != [wallet.available, wallet.pending, wallet.reserve] || history.version != wallet.version
                || history.last != wallet.last
            {
                faults.append("wallet \(wallet.id) is not what its entries make it")
            }
        }
        if derived.filter({ $0.value != 0 }) != system.filter({ $0.value != 0 }) {
            faults.append("system accounts are not what their entries make them")
        }
        return faults
    }

    /// Outcomes are numbered from 1 without gaps, and no command has two.
    private var numberingFaults: [String] {
        var faults: [String] = []
        if outcomes.map(\.position.sequence) != Array(1..<sequence) {
            faults.append("outcomes are not numbered in a row")
        }
        if Set(outcomes.map(\.command)).count != outcomes.count { faults.append("a command has two outcomes") }
        for outcome in outcomes where outcome.code != .ok && outcome.subject == outcome.command {
            if !outcome.entries.isEmpty { faults.append("\(outcome.position) is refused and moves money") }
        }
        return faults
    }
}
