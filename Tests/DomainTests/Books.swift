// A ledger in memory: what the database would keep between batches, and the checks that hold after each of them.

import Domain
import Testing

/// The rows of a ledger. A batch is judged against rows loaded afresh, and only what its state reports as new or
/// changed is stored, as a lane does it.
struct Books {
    var wallets: [WalletID: Wallet] = [:]
    var owners: [OwnerID: Owner] = [:]
    var movements: [CommandID: Movement] = [:]
    var beneficiaries: [BeneficiaryID: Beneficiary] = [:]
    var paidReferences: Set<LedgerState.PaidReference> = []
    var transferReferences: [CommandID: TransferReference] = [:]
    /// Credits positive.
    var system: [Balance: Int64] = [:]
    /// The outcome that first answered each command.
    var answered: [CommandID: Position] = [:]
    var outcomes: [Told] = []
    /// What is configured of the rules for withdrawals.
    var withdrawals = WithdrawalRules.standard
    var limits = LimitSchedule.standard
    var time = Timestamp(microseconds: 1_795_372_754_000_000)
    var sequence: Int64 = 1
    let lane: Int16 = 3

    init() {}

    /// A system account in a currency.
    struct Balance: Hashable {
        let account: SystemAccount
        let currency: Currency
    }

    /// An outcome with its entries, in a form that can be compared.
    struct Told: Equatable {
        let position: Position
        /// Of a bulk's leg, the leg's own id.
        let command: CommandID
        let leg: Int?
        let subject: CommandID
        let transition: Transition
        let status: CommandStatus
        let code: OutcomeCode
        let field: String?
        let wallet: WalletID?
        let amount: Money?
        let fee: Money?
        let feeVersion: Int16?
        let limit: LimitUse?
        let time: Timestamp
        let transaction: TransactionID?
        let entries: [Entry]

        init(_ outcome: Outcome, _ entries: [Entry]) {
            position = outcome.position
            command = outcome.commandID
            leg = outcome.leg
            subject = outcome.subject
            transition = outcome.transition
            status = outcome.status
            code = outcome.code
            field = outcome.field
            wallet = outcome.wallet
            amount = outcome.amount
            fee = outcome.fee
            feeVersion = outcome.feeVersion
            limit = outcome.limit
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
        case deferred
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
        for reference in paidReferences { state.load(reference) }
        for (balance, credits) in system {
            state.load(
                LedgerState.SystemBalance(account: balance.account, currency: balance.currency), credits: credits)
        }
        for reference in transferReferences.values { state.load(reference) }
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
            context: DecisionContext(
                time: time, lane: lane, nextSequence: sequence, fees: .standard, limits: limits,
                withdrawals: withdrawals))
        let told = decisions.outcomes.map { Told($0, decisions.entries) }
        store(state, told)
        return decisions.answers.map { answer in
            switch answer {
            case .outcome(let index): .outcome(told[index])
            case .repeated(let position): .repeated(position)
            case .keyReused(let field): .keyReused(field)
            case .deferred: .deferred
            }
        }
    }

    /// Judges one command alone that nobody has seen and that waits for no other.
    mutating func take(_ command: Command, sourceLocation: SourceLocation = #_sourceLocation) -> Told {
        let answer = answer(to: command)
        if case .outcome(let told) = answer { return told }
        Issue.record("the command has no outcome of its own: \(answer)", sourceLocation: sourceLocation)
        return Told(
            Outcome(
                commandIndex: 0, position: Position(period: 0, lane: 0, sequence: 0), commandID: command.id,
                subject: command.id, transition: .commandRejected, status: .rejected, code: .unknownType, field: nil,
                wallet: nil, amount: nil, fee: nil, feeVersion: nil, time: time, entries: 0..<0), [])
    }

    /// Judges one command alone.
    mutating func answer(to command: Command) -> Answer {
        take([Sent(command: command)])[0]
    }

    /// A wallet's money and its standing are stored apart, so that either is lost when it is not reported.
    private mutating func store(_ state: LedgerState, _ told: [Told]) {
        for wallet in state.newWallets { wallets[wallet.id] = wallet }
        for var wallet in state.changedWallets {
            wallet.standing = wallets[wallet.id]?.standing ?? wallet.standing
            wallets[wallet.id] = wallet
        }
        for wallet in state.walletsOfChangedStanding { wallets[wallet.id]?.standing = wallet.standing }
        for owner in state.newOwners + state.changedOwners { owners[owner.id] = owner }
        paidReferences.formUnion(state.newPaidReferences.keys)
        transferReferences.merge(state.newReferences) { $1 }
        for id in state.newMovements { movements[id] = state.movements[id] }
        for id in state.changedMovements { movements[id] = state.movements[id] }
        for id in state.newBeneficiaries { beneficiaries[id] = state.beneficiaries[id] }
        for id in state.verifiedBeneficiaries { beneficiaries[id]?.verifiedAt = state.beneficiaries[id]?.verifiedAt }
        for id in state.removedBeneficiaries { beneficiaries[id]?.removedAt = state.beneficiaries[id]?.removedAt }
        for (balance, change) in state.systemChanges {
            system[Balance(account: balance.account, currency: balance.currency), default: 0] += change
        }
        for outcome in told { answered[outcome.command] = outcome.position }
        outcomes += told
        sequence += Int64(told.count)
    }
}
