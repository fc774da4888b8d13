// What the demo does: one request each, with the answer that the demo's own books predict for it.

import Domain
import Wire

/// A collection that commands are posted to.
enum Resource: String, CaseIterable, Sendable {
    case wallets
    case topUps = "top-ups"
    case transfers
    case payments
    case refunds
    case beneficiaries
    case withdrawals

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
        }
    }
}

/// One HTTP request that submits a command.
struct WalletRequest: Hashable, Sendable {
    /// The client app whose scope, with the subject, a command's id is made of.
    static let client = "demo"

    let resource: Resource
    /// Whose token it carries.
    let subject: OwnerID
    /// The idempotency key; nil only for a request that is to be refused for the want of one.
    let key: String?
    let body: [UInt8]
    /// The payment that a refund is of.
    var payment: CommandID?

    /// Below `/api/v1`.
    var path: String {
        payment.map { "\(Resource.payments.rawValue)/\($0)/\(resource.rawValue)" } ?? resource.rawValue
    }

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

/// What a command does to totals, by the status in which it ends; every other end changes nothing.
struct Effects: Hashable, Sendable {
    var completed: [Change] = []
    var returned: [Change] = []
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
    /// Whether an earlier action made this very request, so that it is no new command.
    var repeatsEarlier = false
    /// Set for a beneficiary that is to be verified before the action counts as done.
    var awaitsVerification: BeneficiaryID?
    /// The field that a refusal must name.
    var refusedField: String?
}
