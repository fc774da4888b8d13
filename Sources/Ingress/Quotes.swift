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
        case transfer(from: WalletID, to: Payee, Money)
        case payment(from: WalletID, to: WalletID, Money)
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
        let now = backend.clock()
        let fees = backend.configuration.fees.table(at: now)
        var free: Int32 = 0
        if case .transfer(let from, _, _) = movement {
            do {
                let taken = try await backend.reader.freeTransfers(of: from) ?? .none
                free = max(0, fees.freeTransfersPerMonth - taken.count(in: now.monthInAlgiers))
            } catch {
                throw APIError(reading: error)
            }
        }
        guard let cost = movement.cost(fees, isFree: free > 0) else {
            throw APIError(.outcome(.amountOutOfRange), field: "amount")
        }
        return .success { json in
            json.member("type", movement.type)
            json.member("amount", movement.amount)
            json.fee(cost.fee, version: fees.version)
            json.member("total", cost.total)
            if case .transfer = movement { json.member("free_transfers_left", Int64(free)) }
            if case .withdrawal(_, let speed, _) = movement {
                json.release(backend.configuration.withdrawals.release(for: speed, at: now))
            }
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
            return try await name(of: to, from: from, amount, by: identity).map(masked)
        case .payment(let from, let to, let amount):
            let merchant = try await payee(from: from, to: to, amount, by: identity)
            guard merchant.type == .business else { throw APIError(.outcome(.notABusiness), field: "to") }
            return merchant.name
        case .topUp(let wallet, _, let amount), .withdrawal(let wallet, _, let amount):
            let facts = try await backend.directory.readable(wallet, by: identity, field: "wallet")
            if facts.currency != amount.currency {
                throw APIError(.outcome(.currencyMismatch), field: "amount.currency")
            }
            return nil
        }
    }
}

extension Quotes {
    /// A person's name is what `identity` says, however the payee is found; without its word, what the wallet is called.
    private func name(
        of payee: Payee, from: WalletID, _ amount: Money, by identity: Identity
    ) async throws(APIError) -> String? {
        switch payee {
        case .wallet(let to):
            let facts = try await self.payee(from: from, to: to, amount, by: identity)
            guard facts.type == .personal else { return facts.name }
            do {
                return try await backend.reader.name(of: facts.controller) ?? facts.name
            } catch {
                throw APIError(reading: error)
            }
        case .handle(let handle):
            // Who may not ask for this wallet finds nobody either.
            try await backend.directory.readable(from, by: identity, field: "from")
            let lookup = PayeeLookup(handle, amount.currency)
            guard let found = try await backend.payees.find([lookup], for: identity)[0] else {
                throw APIError(.outcome(.payeeNotFound), field: "to")
            }
            let facts = try await self.payee(from: from, to: found.wallet, amount, by: identity)
            return found.name ?? facts.name
        }
    }

    fileprivate func payee(
        from: WalletID, to: WalletID, _ amount: Money, by identity: Identity
    ) async throws(APIError) -> WalletFacts {
        let payee = try await backend.directory.checkTransfer(from: from, to: to, amount, by: identity, use: .read)
        guard let payee else { throw .unavailable("database") }
        return payee
    }
}

extension Quotes.Movement {
    init(_ body: [UInt8]) throws(FieldError) {
        var fields = try FieldReader(body: body)
        switch try fields.required("type").text {
        case "transfer":
            let from = try fields.identifier("from", of: WalletKind.self)
            let to = try Payee(&fields, "to")
            self = .transfer(from: from, to: to, try fields.money("amount"))
        case "payment":
            self = .payment(
                from: try fields.identifier("from", of: WalletKind.self),
                to: try fields.identifier("to", of: WalletKind.self), try fields.money("amount"))
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
        case .payment: "payment"
        case .topUp: "top_up"
        case .withdrawal: "withdrawal"
        }
    }

    var amount: Money {
        switch self {
        case .transfer(_, _, let amount), .payment(_, _, let amount), .topUp(_, _, let amount),
            .withdrawal(_, _, let amount):
            amount
        }
    }

    /// The fee, and what the wallet loses or gains in all; nil when that is not an amount.
    ///
    /// - Parameter isFree: whether a transfer takes one of the month's free places.
    func cost(_ fees: FeeTable, isFree: Bool) -> (fee: Money, total: Money)? {
        let fee: Money?
        let total: Money?
        switch self {
        case .transfer:
            fee = isFree ? .zero(amount.currency) : fees.transferFee(in: amount.currency)
            total = fee.flatMap(amount.adding)
        case .payment:
            fee = .zero(amount.currency)
            total = amount
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
