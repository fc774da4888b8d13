// Histories: what happened in a wallet, and in one transaction. Never the other side's balance.

import Domain
import Hummingbird
import Ledger
import Postgres
import Wire

/// `GET /wallets/{id}/transactions`, `GET /transactions/{id}`
struct Transactions: Resources {
    private let backend: Backend

    init(_ backend: Backend) { self.backend = backend }

    func addRoutes(to routes: inout RouteTable) {
        routes.get("/wallets/{id}/transactions", list)
        routes.get("/transactions/{id}", show)
    }

    /// An item's `amount` is the signed change of `available`: what the owner can spend. A step that moves held money
    /// only, such as `withdrawal.sent`, shows 0 there and its effect in `balance_after`.
    @Sendable private func list(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let id = try context.pathID(WalletKind.self, else: .outcome(.walletNotFound))
        let limit = try request.integer("limit", in: 1...Page.limitMax) ?? 50
        let start = try request.text("cursor").map { text throws(APIError) in
            guard let position = Position(cursor: text) else {
                throw APIError(.outcome(.malformed), field: "cursor")
            }
            return position
        }
        try await backend.directory.readable(id, by: identity, field: nil)
        let items: [HistoryItem]
        do {
            items = try await backend.reader.history(of: id, from: start, limit: Int64(limit))
        } catch {
            throw APIError(reading: error)
        }
        return .list { json in
            for item in items { json.value(item) }
        } page: { json in
            json.member("limit", Int64(limit))
            if items.count == limit, let next = items.last?.previous { json.member("next_cursor", next.cursor) }
        }
    }

    @Sendable private func show(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let id = try context.pathID(TransactionKind.self, else: .ingress(.transactionNotFound))
        guard let position = id.position else { throw APIError(.transactionNotFound) }
        let found: TransactionView?
        do {
            found = try await backend.reader.transaction(at: position, seenBy: identity.user)
        } catch {
            throw APIError(reading: error)
        }
        guard let found, found.lines.contains(where: \.isOwn) else { throw APIError(.transactionNotFound) }
        return .success { json in
            json.member("transaction_id", id)
            json.transaction(found)
        }
    }
}

extension Position {
    /// The position as a text to hand back: base64url of month, lane and number.
    var cursor: String {
        var bytes: [UInt8] = []
        func append(_ value: some FixedWidthInteger) {
            for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        append(period)
        append(lane)
        append(sequence)
        return encodeBase64URL(bytes)
    }

    /// Reads a cursor; nil for what none was ever like.
    init?(cursor: String) {
        guard cursor.utf8.count <= 32, let bytes = decodeBase64(cursor), bytes.count == 14 else { return nil }
        func number(_ range: Range<Int>) -> Int64 { bytes[range].reduce(0) { $0 << 8 | Int64($1) } }
        let (period, lane, sequence) = (number(0..<4), number(4..<6), number(6..<14))
        guard 197_001...999_912 ~= period, 0...255 ~= lane, sequence > 0 else { return nil }
        self.init(period: Int32(period), lane: Int16(lane), sequence: sequence)
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ item: HistoryItem) {
        beginObject()
        member("transaction_id", TransactionID(item.position))
        member("command_id", item.command)
        member("type", item.transition.eventName)
        member("at", item.at)
        member("amount", Money(item.change, item.after.currency))
        balance(item.after)
        member("version", item.after.version)
        if let description = describe(item.transition, item.body) { member("description", description) }
        endObject()
    }

    fileprivate mutating func transaction(_ view: TransactionView) {
        let own = view.lines.filter(\.isOwn)
        member("command_id", view.command)
        member("type", view.transition.eventName)
        member("at", view.at)
        // The fee is the business of who pays it: of a payment, the merchant.
        let isMerchants = view.transition == .paymentCompleted
        if let fee = view.fee, let version = view.feeVersion,
            let payer = own.first(where: { ($0.wallet.id == view.wallet) != isMerchants })
        {
            self.fee(Money(fee, payer.amount.currency), version: version)
        }
        array("entries") { json in
            for line in own {
                json.beginObject()
                json.member("wallet", line.wallet.id)
                json.member("bucket", line.bucket.name)
                json.member("amount", line.amount)
                json.balance(line.wallet)
                json.member("version", line.wallet.version)
                json.endObject()
            }
        }
        array("counterparties") { json in
            for line in view.lines where !line.isOwn { json.value(line.wallet.id.description) }
        }
        if let description = describe(view.transition, view.body) { member("description", description) }
    }

    private mutating func balance(_ wallet: WalletSnapshot) {
        object("balance_after") { json in
            json.member("available", wallet.available)
            json.member("pending", wallet.pending)
            if wallet.reserve != 0 { json.member("reserve", wallet.reserve) }
            json.member("total", wallet.total)
        }
    }
}

/// The payer's words, which both sides of a transfer may read.
private func describe(_ transition: Transition, _ body: [UInt8]) -> String? {
    guard transition == .transferCompleted else { return nil }
    return (try? JSON(parsing: body))?["description"]?.text
}
