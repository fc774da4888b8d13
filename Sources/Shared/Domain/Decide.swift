// The rules. A batch of commands and the state they meet go in, outcomes and entries come out; nothing else happens.

/// One command of a batch, and whether it came before.
public struct BatchItem: Sendable {
    public enum Seen: Sendable {
        case never
        /// Decided in an earlier batch.
        case before(EarlierDecision)
        /// The same id stands further up in this batch, at this index.
        case inBatch(Int, differingField: String?)
    }

    public let command: Command
    public let seen: Seen

    public init(command: Command, seen: Seen) {
        self.command = command
        self.seen = seen
    }
}

/// What a decision depends on beside commands and state.
public struct DecisionContext: Sendable {
    public let time: Timestamp
    public let lane: Int16
    /// The number of the lane's next outcome.
    public let nextSequence: Int64
    public let fees: FeeSchedule

    public init(time: Timestamp, lane: Int16, nextSequence: Int64, fees: FeeSchedule) {
        self.time = time
        self.lane = lane
        self.nextSequence = nextSequence
        self.fees = fees
    }
}

/// Judges a batch in its order. Pure: the same arguments give the same decisions, in a worker, a test or a dry run.
///
/// - Parameter state: the rows that the batch touches; on return, as the batch leaves them.
public func decide(_ batch: [BatchItem], state: inout LedgerState, context: DecisionContext) -> Decisions {
    var judge = Judge(state: state, context: context)
    // The caller's copy is dropped so that the judge changes its arrays in place.
    state = LedgerState()
    judge.decisions.answers.reserveCapacity(batch.count)
    judge.decisions.outcomes.reserveCapacity(batch.count)
    judge.decisions.entries.reserveCapacity(batch.count * 3)
    for (index, item) in batch.enumerated() { judge.answer(item, at: index) }
    state = judge.state
    return judge.decisions
}

/// A refusal: the code, and the field it is about where there is one.
struct Refusal: Error {
    let code: OutcomeCode
    var field: String?

    init(_ code: OutcomeCode, field: String? = nil) {
        self.code = code
        self.field = field
    }
}

/// What a command that passed its checks came to.
struct Verdict {
    let transition: Transition
    let status: CommandStatus
    var code = OutcomeCode.ok
    /// The command whose status it is, when it is not the command's own.
    var subject: CommandID?
    var amount: Money?
    var fee: Money?
    var feeVersion: Int16?
    var entries: Range<Int> = 0..<0
}

/// The work of one call of `decide`.
struct Judge {
    var state: LedgerState
    let context: DecisionContext
    let fees: FeeTable
    var decisions = Decisions()

    init(state: LedgerState, context: DecisionContext) {
        self.state = state
        self.context = context
        fees = context.fees.table(at: context.time)
    }

    /// Where the outcome being decided will stand.
    var position: Position {
        Position(
            period: context.time.period, lane: context.lane,
            sequence: context.nextSequence + Int64(decisions.outcomes.count))
    }

    mutating func answer(_ item: BatchItem, at index: Int) {
        switch item.seen {
        case .before(let earlier):
            decisions.answers.append(repeated(item.command, earlier.last, earlier.differingField))
        case .inBatch(let first, let differingField):
            guard case .outcome(let outcome) = decisions.answers[first] else {
                preconditionFailure("a repeat within the batch points at a command that was not new")
            }
            let position = decisions.outcomes[outcome].position
            decisions.answers.append(repeated(item.command, position, differingField))
        case .never:
            decisions.answers.append(.outcome(decisions.outcomes.count))
            decisions.outcomes.append(outcome(of: item.command, at: index))
        }
    }

    private func repeated(_ command: Command, _ position: Position, _ differingField: String?) -> Decision {
        if let differingField { return .keyReused(field: differingField) }
        return .repeated(state.movements[command.id]?.last ?? position)
    }

    private mutating func outcome(of command: Command, at index: Int) -> Outcome {
        var refusal: Refusal?
        var verdict: Verdict
        do throws(Refusal) {
            verdict = try judge(command)
        } catch {
            refusal = error
            verdict = Verdict(
                transition: .refusal(of: command.type, error.code),
                status: error.code == .expired ? .expired : .rejected, code: error.code)
        }
        return Outcome(
            commandIndex: index, position: position, commandID: command.id, subject: verdict.subject ?? command.id,
            transition: verdict.transition, status: verdict.status, code: verdict.code, field: refusal?.field,
            wallet: command.request.wallets.first, amount: verdict.amount, fee: verdict.fee,
            feeVersion: verdict.feeVersion, time: context.time, entries: verdict.entries)
    }

    private mutating func judge(_ command: Command) throws(Refusal) -> Verdict {
        if case .unacceptable(let code, let field) = command.request { throw Refusal(code, field: field) }
        if command.notAfter < context.time { throw Refusal(.expired) }
        return switch command.request {
        case .openWallet(let request): try openWallet(request, command)
        case .submitTransfer(let request): try submitTransfer(request, command)
        case .submitTopUp(let request): try submitTopUp(request, command)
        case .settleTopUp(let request): try settleTopUp(request, command)
        case .addBeneficiary(let request): try addBeneficiary(request, command)
        case .verifyBeneficiary(let request): try verifyBeneficiary(request, command)
        case .submitWithdrawal(let request): try submitWithdrawal(request, command)
        case .settleWithdrawal(let request): try settleWithdrawal(request, command)
        case .unacceptable: preconditionFailure("refused above")
        }
    }
}

// MARK: - Checks that commands share

extension Judge {
    /// Check 4 for the wallet that money leaves, or that is managed: it exists, and the caller may act on it.
    func wallet(
        _ id: WalletID, for command: Command, needing permission: Permissions, field: String
    ) throws(Refusal) -> (index: Int, wallet: Wallet, owner: Owner) {
        guard let index = state.index(of: id) else { throw Refusal(.walletNotFound, field: field) }
        let wallet = state.wallets[index]
        // Owners are read before wallets are locked. One that is missing belongs to a wallet that another lane opened in
        // between, for a command that came to the wrong lane: it is judged as having come before the opening.
        guard let owner = state.owners[wallet.owner] else { throw Refusal(.walletNotFound, field: field) }
        let mayAct =
            permission == .service
            ? command.caller.permissions.contains(.service)
            : command.caller.user == owner.controller && command.caller.permissions.contains(permission)
        guard mayAct else { throw Refusal(.notPermitted, field: field) }
        return (index, wallet, owner)
    }

    /// Check 5, first part, for a wallet that money leaves.
    func checkIsActive(_ wallet: Wallet, field: String) throws(Refusal) {
        switch wallet.status {
        case .active: break
        case .frozen: throw Refusal(.walletFrozen, field: field)
        case .closed: throw Refusal(.walletClosed, field: field)
        }
    }

    /// Check 5, last part: the owner is verified well enough for the wallet.
    func checkVerification(_ wallet: Wallet, _ owner: Owner) throws(Refusal) {
        if let code = owner.verification.check(atLeast: wallet.type.kycLevelMin, at: context.time) {
            throw Refusal(code)
        }
    }
}
