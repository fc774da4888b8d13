// What a movement would cost, and whose name is on the other side: nothing is moved or kept.

import Domain
import Hummingbird
import Ledger
import Wire

/// `POST /quotes`
///
/// `total` is what a transfer or withdrawal takes from the wallet, or what a top-up brings into it. Asking changes
/// nothing, so it needs no idempotency key.
struct Quotes: Resources {
    private let backend: Backend

    init(_ backend: Backend) { self.backend = backend }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/quotes", quote)
    }

    /// A movement not yet made.
    enum Movement: Sendable, Equatable {
        case transfer(from: WalletID, to: WalletID, Money)
        case topUp(WalletID, TopUpMethod, Money)
        case withdrawal(WalletID, WithdrawalSpeed, Money)
    }

    @Sendable private func quote(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let movement: Movement
        do {
            let body = try await request.jsonBody()
            movement = try Movement(body)
        } catch let error as FieldError {
            throw APIError(error)
        }
        let payeeName = try await check(movement, by: identity)
        let fees = FeeSchedule.standard.table(at: backend.clock())
        guard let cost = movement.cost(fees) else { throw APIError(.outcome(.amountOutOfRange), field: "amount") }
        return .success { json in
            json.member("type", movement.type)
            json.member("amount", movement.amount)
            json.fee(cost.fee, version: fees.version)
            json.member("total", cost.total)
            if let payeeName {
                json.member("payee_name", payeeName)
            } else {
                json.member("payee_name", json: Array("null".utf8))
            }
        }
    }

    /// - Returns: the payee's name, masked, if there is one.
    private func check(_ movement: Movement, by identity: Identity) async throws(APIError) -> String? {
        switch movement {
        case .transfer(let from, let to, let amount):
            let payee = try await backend.directory.checkTransfer(from: from, to: to, amount, by: identity)
            guard let payee else { throw .unavailable("database") }
            return payee.name.map(masked)
        case .topUp(let wallet, _, let amount), .withdrawal(let wallet, _, let amount):
            _ = try await backend.directory.wallet(wallet).readable(by: identity, field: "wallet")
            try await backend.directory.checkWallet(wallet, amount, by: identity)
            return nil
        }
    }
}

extension Quotes.Movement {
    init(_ body: [UInt8]) throws(FieldError) {
        var fields = try FieldReader(body: body)
        switch try fields.required("type").text {
        case "transfer":
            let from = try fields.identifier("from", of: WalletKind.self)
            var payee = try FieldReader(fields.required("to"), path: "to")
            let to = try payee.identifier("wallet", of: WalletKind.self)
            try payee.finish()
            self = .transfer(from: from, to: to, try fields.money("amount"))
        case "top_up":
            self = .topUp(
                try fields.identifier("wallet", of: WalletKind.self), try fields.choice("method", \.name),
                try fields.money("amount"))
        case "withdrawal":
            self = .withdrawal(
                try fields.identifier("wallet", of: WalletKind.self), try fields.choice("speed", \.name),
                try fields.money("amount"))
        default: throw fields.malformed("type")
        }
        try fields.finish()
    }

    var type: String {
        switch self {
        case .transfer: "transfer"
        case .topUp: "top_up"
        case .withdrawal: "withdrawal"
        }
    }

    var amount: Money {
        switch self {
        case .transfer(_, _, let amount), .topUp(_, _, let amount), .withdrawal(_, _, let amount): amount
        }
    }

    /// The fee, and what the wallet loses or gains in all; nil when that is not an amount.
    func cost(_ fees: FeeTable) -> (fee: Money, total: Money)? {
        let fee: Money?
        let total: Money?
        switch self {
        case .transfer:
            fee = fees.transferFee(in: amount.currency)
            total = fee.flatMap(amount.adding)
        case .topUp(_, let method, _):
            fee = fees.topUpFee(method, amount)
            total = fee.flatMap(amount.subtracting)
        case .withdrawal(_, let speed, _):
            fee = fees.withdrawalFee(speed, in: amount.currency)
            total = fee.flatMap(amount.adding)
        }
        guard let fee, let total else { return nil }
        return (fee, total)
    }
}

/// A name of which each word shows its first letter only, and not how long it is.
func masked(_ name: String) -> String {
    name.split(whereSeparator: \.isWhitespace).map { "\($0.prefix(1))***" }.joined(separator: " ")
}
