// What the demo does: one request each, with the answer that the demo's own books predict for it.

import Domain
import Wire

/// What commands are posted to: the last part of a path.
enum Resource: String, CaseIterable, Sendable {
    case wallets
    case topUps = "top-ups"
    case transfers
    case payments
    case refunds
    case beneficiaries
    case withdrawals
    case cancellations = "cancellation"
    case subWallets = "sub-wallets"
    case moves
    case bulkTransfers = "bulk-transfers"
    case members
    case freezes = "freeze"
    case unfreezes = "unfreeze"
    case closings = "close"
    case disputes
    case acceptances = "accept"
    case rejections = "reject"

    // Of the operators' own API.
    case settlements
    case bankCharges = "bank-charges"
    case ownFunds = "own-funds"
    case feeSweeps = "fee-sweeps"
    case lines
    case lineReturns = "line-returns"
    case lineReturnConfirmations = "confirmations"
    case adjustments
    case approvals = "approval"
    case adjustmentRejections = "rejection"
    case chargebacks = "chargeback"
    case chargebackReversals = "reversal"

    /// Whether it is part of `/admin/v1`.
    var isOperators: Bool {
        switch self {
        case .settlements, .bankCharges, .ownFunds, .feeSweeps, .lines, .lineReturns, .lineReturnConfirmations,
            .adjustments, .approvals, .adjustmentRejections, .chargebacks, .chargebackReversals:
            true
        default: false
        }
    }

    /// What the report calls one of its commands.
    var commandName: String {
        switch self {
        case .wallets: "wallet"
        case .topUps: "top-up"
        case .transfers: "transfer"
        case .payments: "payment"
        case .refunds: "refund"
        case .beneficiaries: "beneficiary"
        case .withdrawals: "withdrawal"
        case .cancellations: "withdrawal cancellation"
        case .subWallets: "sub-wallet"
        case .moves: "move"
        case .bulkTransfers: "bulk transfer"
        case .members: "member"
        case .freezes: "freeze"
        case .unfreezes: "unfreeze"
        case .closings: "closing"
        case .disputes: "dispute"
        case .acceptances: "dispute acceptance"
        case .rejections: "dispute rejection"
        case .settlements: "settlement"
        case .bankCharges: "bank charge"
        case .ownFunds: "own funds"
        case .feeSweeps: "fee sweep"
        case .lines: "unexplained line"
        case .lineReturns: "line return"
        case .lineReturnConfirmations: "line return confirmed"
        case .adjustments: "adjustment"
        case .approvals: "adjustment approval"
        case .adjustmentRejections: "adjustment rejection"
        case .chargebacks: "chargeback"
        case .chargebackReversals: "chargeback reversal"
        }
    }
}

/// One HTTP request that submits a command.
struct WalletRequest: Hashable, Sendable {
    /// The client app whose scope, with the subject, a command's id is made of.
    static let client = "demo"

    let resource: Resource
    /// What it is posted below: `payments/…` of a refund.
    var parent: String?
    /// Whose token it carries.
    let subject: OwnerID
    /// The roles in it, of an operator.
    var roles: [String] = []
    /// The idempotency key; nil only for a request that is to be refused for the want of one.
    let key: String?
    let body: [UInt8]

    /// Below `/api/v1` or `/admin/v1`.
    var path: String { parent.map { "\($0)/\(resource.rawValue)" } ?? resource.rawValue }

    /// The id that the command must get: it follows from the scope and the key (spec/wallet.md §4).
    var commandID: CommandID? {
        key.map { CommandID(client: WalletRequest.client, subject: subject.description, key: $0) }
    }
}

/// How an action touches a wallet: what must not overlap with what.
enum Access: Hashable, Sendable {
    /// Its result does not depend on the wallet's balance: credits, for example, come in any order.
    case shared
    /// Its result does.
    case exclusive
}

struct WalletAccess: Hashable, Sendable {
    let wallet: WalletID
    let access: Access

    init(_ wallet: WalletID, _ access: Access) {
        self.wallet = wallet
        self.access = access
    }
}

/// The answer that the books predict.
enum Prediction: Hashable, Sendable {
    case decided(CommandStatus, OutcomeCode)
    /// Refused at the door, by an HTTP status and a code.
    case refused(Int, String)
    /// One of several, for what two of them decide by who comes first.
    indirect case either([Prediction])

    /// A refusal of the wallet's table of codes.
    static func refused(_ code: OutcomeCode) -> Prediction { .refused(code.rule.httpStatus, code.name) }
}

/// A change of a wallet's total, in minor units.
struct Change: Hashable, Sendable {
    let wallet: WalletID
    let minorUnits: Int64

    init(_ wallet: WalletID, _ minorUnits: Int64) {
        self.wallet = wallet
        self.minorUnits = minorUnits
    }
}

/// What a command does to totals, by the status in which it ends; every other end changes nothing. What is completed in
/// part is what was predicted of it.
struct Effects: Hashable, Sendable {
    var completed: [Change] = []
    var returned: [Change] = []
}

/// How much of a command's life an action waits for.
enum Stage: Hashable, Sendable {
    /// All of it.
    case whole
    /// Until it waits for somebody who acts later.
    case begins(CommandStatus)
    /// The rest of one that was begun, asked for under the same key.
    case finishes

    /// Whether what was begun waits as it was to wait.
    func isReached(by state: CommandState) -> Bool {
        if case .begins(let status) = self { return state.status == status.name }
        return false
    }
}

/// One thing the demo does, however many identical requests it takes.
struct Action: Sendable {
    /// 1 is the first.
    let number: Int
    var request: WalletRequest
    let accesses: [WalletAccess]
    let prediction: Prediction
    let effects: Effects
    /// Identical requests that are sent at once.
    var copies = 1
    var stage = Stage.whole
    /// Whether an earlier action made this very request, so that it is no new command.
    var repeatsEarlier = false
    /// Set for a beneficiary that is to be verified before the action counts as done.
    var awaitsVerification: BeneficiaryID?
    /// Whom `identity` has to tell of before anything is played.
    var introduces: Participant?
    /// The field that a refusal must name.
    var refusedField: String?
}
