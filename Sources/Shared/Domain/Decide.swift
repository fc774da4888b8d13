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
    public let limits: LimitSchedule
    public let withdrawals: WithdrawalRules

    public init(
        time: Timestamp, lane: Int16, nextSequence: Int64, fees: FeeSchedule, limits: LimitSchedule,
        withdrawals: WithdrawalRules = .standard
    ) {
        self.time = time
        self.lane = lane
        self.nextSequence = nextSequence
        self.fees = fees
        self.limits = limits
        self.withdrawals = withdrawals
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
    /// Whether it may be only that an earlier command is not decided yet.
    var isPremature = false
    /// The limits that it was measured against.
    var limit: LimitUse?

    init(_ code: OutcomeCode, field: String? = nil, isPremature: Bool = false, limit: LimitUse? = nil) {
        self.code = code
        self.field = field
        self.isPremature = isPremature
        self.limit = limit
    }
}

/// What a command that passed its checks came to.
struct Verdict {
    var transition: Transition
    let status: CommandStatus
    var code = OutcomeCode.ok
    /// What a refusal blames.
    var field: String?
    /// The command whose status it is, when it is not the command's own.
    var subject: CommandID?
    var amount: Money?
    var fee: Money?
    var feeVersion: Int16?
    var limit: LimitUse?
    var entries: Range<Int> = 0..<0
}

/// The work of one call of `decide`.
struct Judge {
    var state: LedgerState
    let context: DecisionContext
    let fees: FeeTable
    let limits: LimitTable
    var decisions = Decisions()
    /// Which of the batch's commands is being judged.
    var commandIndex = 0

    /// How long a command waits for another that it is about, from when it was accepted.
    static let prematureSecondsMax: Int64 = 60

    init(state: LedgerState, context: DecisionContext) {
        self.state = state
        self.context = context
        fees = context.fees.table(at: context.time)
        limits = context.limits.table(at: context.time)
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
            switch decisions.answers[first] {
            case .outcome(let outcome):
                let position = decisions.outcomes[outcome].position
                decisions.answers.append(repeated(item.command, position, differingField))
            case .deferred: decisions.answers.append(.deferred)
            case .repeated, .keyReused:
                preconditionFailure("a repeat within the batch points at a command that was not new")
            }
        case .never:
            commandIndex = index
            guard let outcome = outcome(of: item.command) else {
                decisions.answers.append(.deferred)
                return
            }
            decisions.answers.append(.outcome(decisions.outcomes.count))
            decisions.outcomes.append(outcome)
        }
    }

    private func repeated(_ command: Command, _ position: Position, _ differingField: String?) -> Decision {
        if let differingField { return .keyReused(field: differingField) }
        return .repeated(state.movements[command.id]?.last ?? position)
    }

    /// - Returns: nil for a command that is to come again.
    private mutating func outcome(of command: Command) -> Outcome? {
        do throws(Refusal) {
            let verdict = try judge(command)
            return outcome(of: command.id, verdict, wallet: command.request.subject)
        } catch {
            if error.isPremature, context.time < command.acceptedAt.adding(seconds: Self.prematureSecondsMax) {
                return nil
            }
            return refusal(of: command.id, command.type, error, wallet: command.request.subject)
        }
    }

    func outcome(of id: CommandID, leg: Int? = nil, _ verdict: Verdict, wallet: WalletID?) -> Outcome {
        Outcome(
            commandIndex: commandIndex, leg: leg, position: position, commandID: id, subject: verdict.subject ?? id,
            transition: verdict.transition, status: verdict.status, code: verdict.code, field: verdict.field,
            wallet: wallet, amount: verdict.amount, fee: verdict.fee, feeVersion: verdict.feeVersion,
            limit: verdict.limit, time: context.time, entries: verdict.entries)
    }

    func refusal(
        of id: CommandID, leg: Int? = nil, _ type: CommandType?, _ refusal: Refusal, wallet: WalletID?
    ) -> Outcome {
        let verdict = Verdict(
            transition: .refusal(of: type, refusal.code),
            status: refusal.code == .expired ? .expired : .rejected, code: refusal.code, field: refusal.field,
            limit: refusal.limit)
        return outcome(of: id, leg: leg, verdict, wallet: wallet)
    }

    private mutating func judge(_ command: Command) throws(Refusal) -> Verdict {
        if case .unacceptable(let code, let field) = command.request { throw Refusal(code, field: field) }
        if command.notAfter < context.time { throw Refusal(.expired) }
        return switch command.request {
        case .openWallet(let request): try openWallet(request, command)
        case .openSubWallet(let request): try openSubWallet(request, command)
        case .freezeWallet(let request): try freezeWallet(request, command)
        case .unfreezeWallet(let request): try unfreezeWallet(request, command)
        case .closeWallet(let request): try closeWallet(request, command)
        case .setMember(let request): try setMember(request, command)
        case .removeMember(let request): try removeMember(request, command)
        case .submitTransfer(let request): try submitTransfer(request, command)
        case .submitPayment(let request): try submitPayment(request, command)
        case .submitRefund(let request): try submitRefund(request, command)
        case .openDispute(let request): try openDispute(request, command)
        case .settleDispute(let request): try settleDispute(request, command)
        case .submitMove(let request): try submitMove(request, command)
        case .submitBulk(let request): try submitBulk(request, command)
        case .submitTopUp(let request): try submitTopUp(request, command)
        case .settleTopUp(let request): try settleTopUp(request, command)
        case .addBeneficiary(let request): try addBeneficiary(request, command)
        case .verifyBeneficiary(let request): try verifyBeneficiary(request, command)
        case .submitWithdrawal(let request): try submitWithdrawal(request, command)
        case .cancelWithdrawal(let request): try cancelWithdrawal(request, command)
        case .settleWithdrawal(let request): try settleWithdrawal(request, command)
        case .book(let booking): try book(booking, command)
        case .proposeAdjustment(let request): try proposeAdjustment(request, command)
        case .settleAdjustment(let request): try settleAdjustment(request, command)
        case .recordChargeback(let request): try recordChargeback(request, command)
        case .winChargeback(let request): try winChargeback(request, command)
        case .expireWithdrawal(let request): try expireWithdrawal(request, command)
        case .removeBeneficiary(let request): try removeBeneficiary(request, command)
        case .unacceptable: preconditionFailure("refused above")
        }
    }
}

// MARK: - Checks that commands share

/// A wallet that a command names, with whose it is.
struct Found {
    let index: Int
    let wallet: Wallet
    let owner: Owner
}

extension Judge {
    /// Check 4 for the wallet that money leaves, or that is managed: it exists, and the caller may act on it.
    ///
    /// Money is moved by the owner or a manager of its team; everything else is the owner's alone.
    func wallet(
        _ id: WalletID, for command: Command, needing permission: Permissions, field: String
    ) throws(Refusal) -> Found {
        let found = try wallet(id, field: field)
        let caller = command.caller
        let mayAct =
            switch permission {
            case .service: true
            case .manage: caller.user == found.owner.controller
            default: found.owner.mayMoveMoney(caller.user)
            }
        guard mayAct, caller.permissions.contains(permission) else { throw Refusal(.notPermitted, field: field) }
        return found
    }

    func wallet(_ id: WalletID, field: String) throws(Refusal) -> Found {
        guard let index = state.index(of: id) else { throw Refusal(.walletNotFound, field: field) }
        let wallet = state.wallets[index]
        // Owners are read before wallets are locked. One that is missing belongs to a wallet that another lane opened in
        // between, for a command that came to the wrong lane: it is judged as having come before the opening.
        guard let owner = state.owners[wallet.owner] else { throw Refusal(.walletNotFound, field: field) }
        return Found(index: index, wallet: wallet, owner: owner)
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
    func checkVerification(_ found: Found, field: String? = nil) throws(Refusal) {
        if let code = found.owner.verification.check(atLeast: found.wallet.type.kycLevelMin, at: context.time) {
            throw Refusal(code, field: field)
        }
    }

    /// The wallets, amount and currency of a movement from one customer to another.
    ///
    /// - Returns: the payee.
    func checkParties(
        _ payer: Wallet, _ to: WalletID?, _ amount: Money, fields: (to: String, amount: String),
        needing type: WalletType? = nil
    ) throws(Refusal) -> Wallet {
        let known = to.flatMap(state.wallet)
        // Of two closed wallets the payer's is blamed; the payee's comes before what is wrong with the payer otherwise.
        if payer.status != .closed, known?.status == .closed { throw Refusal(.walletClosed, field: fields.to) }
        try checkIsActive(payer, field: "from")
        guard let payee = known else { throw Refusal(.payeeNotFound, field: fields.to) }
        if payer.id == to { throw Refusal(.sameWallet, field: fields.to) }
        if let type, payee.type != type { throw Refusal(.notABusiness, field: fields.to) }
        guard payer.currency == amount.currency else {
            throw Refusal(.currencyMismatch, field: "\(fields.amount).currency")
        }
        guard payee.currency == amount.currency else { throw Refusal(.currencyMismatch, field: fields.to) }
        return payee
    }

    /// Where money for a wallet goes: to what is available there, or, should it be closed by now, to suspense.
    func credit(_ wallet: Wallet) -> Account {
        wallet.status == .closed ? .system(.suspense) : .customer(wallet.id, .available)
    }
}
