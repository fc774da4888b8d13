// What most tests begin with: wallets with money in them, and what became of a command.

public import Domain
public import Wire

/// A wallet and the person whose it is.
public struct TestWallet: Sendable {
    public let person: Person
    public let id: WalletID

    public init(person: Person, id: WalletID) {
        self.person = person
        self.id = id
    }
}

/// A wallet's balance as the API shows it, in a command's answer as in the wallet's own.
public struct ShownBalance: Sendable, Equatable {
    public let id: String
    public let version: Int64
    public let available: Int64
    public let pending: Int64
    public let total: Int64

    public init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.text, let version = json["version"]?.integer,
            let available = json["available"]?.integer, let pending = json["pending"]?.integer,
            let total = json["total"]?.integer
        else { return nil }
        self.id = id
        self.version = version
        self.available = available
        self.pending = pending
        self.total = total
    }
}

public func moneyJSON(_ amount: Int64, _ currency: String = "DZD") -> String {
    #"{"amount":\#(amount),"currency":"\#(currency)"}"#
}

public func transferJSON(_ from: WalletID, _ to: WalletID, _ amount: Int64) -> String {
    #"{"from":"\#(from)","to":{"wallet":"\#(to)"},"amount":\#(moneyJSON(amount))}"#
}

public func topUpJSON(
    _ wallet: WalletID, _ amount: Int64, method: String = "bank_transfer", paymentMethod: String? = nil
) -> String {
    let paymentMethod = paymentMethod.map { #","payment_method_id":"\#($0)""# } ?? ""
    return #"{"wallet":"\#(wallet)","method":"\#(method)","amount":\#(moneyJSON(amount))\#(paymentMethod)}"#
}

public func withdrawalJSON(_ wallet: WalletID, _ beneficiary: String, _ amount: Int64, speed: String) -> String {
    """
    {"wallet":"\(wallet)","beneficiary":"\(beneficiary)","speed":"\(speed)","amount":\(moneyJSON(amount))}
    """
}

/// A key that nobody used before.
public func newKey() -> String { "key-\(UInt64.random(in: 0...UInt64.max))" }

extension Stack {
    /// Follows a command until it is decided.
    ///
    /// - Returns: the data of its last answer.
    @discardableResult
    public func awaitDecision(
        of reply: Reply, as person: Person, within seconds: Double = 40
    ) async throws -> JSON {
        guard reply.status == 202, let url = reply.statusURL else { throw Failure("not accepted: \(reply)") }
        var last: JSON?
        try await eventually("\(url) is decided", within: seconds) {
            let answer = try await get(url + "&wait=5", as: person)
            guard answer.status == 200, let data = answer.data else { throw Failure("no status: \(answer)") }
            last = data
            return data["decided_at"] != nil
        }
        guard let last else { throw Failure("no status") }
        return last
    }

    /// Sends a command and follows it until it is decided.
    public func decide(_ path: String, as person: Person, key: String = newKey(), _ body: String) async throws -> JSON {
        try await awaitDecision(of: try await post(path, as: person, key: key, body), as: person)
    }

    /// Opens a personal wallet and puts money into it by a bank transfer, which costs nothing.
    public func openWallet(_ amount: Int64 = 0, as person: Person? = nil, currency: String = "DZD") async throws
        -> TestWallet
    {
        let person = try person ?? self.person()
        let reply = try await post(
            "/wallets", as: person, key: newKey(), #"{"type":"personal","currency":"\#(currency)","name":"A Test"}"#)
        guard let id = reply.data?["wallet_id"]?.text.flatMap({ WalletID($0) }) else {
            throw Failure("no wallet: \(reply)")
        }
        let decision = try await awaitDecision(of: reply, as: person)
        guard decision["status"]?.text == "completed" else { throw Failure("the wallet was not opened: \(decision)") }
        let wallet = TestWallet(person: person, id: id)
        if amount > 0 { try await topUp(wallet, amount, currency: currency) }
        return wallet
    }

    public func topUp(_ wallet: TestWallet, _ amount: Int64, currency: String = "DZD") async throws {
        let body = """
            {"wallet":"\(wallet.id)","method":"bank_transfer","amount":\(moneyJSON(amount, currency))}
            """
        let decision = try await decide("/top-ups", as: wallet.person, body)
        guard decision["status"]?.text == "completed" else { throw Failure("the top-up failed: \(decision)") }
    }

    public func balance(_ wallet: TestWallet) async throws -> ShownBalance {
        let reply = try await get("/wallets/\(wallet.id)", as: wallet.person)
        guard reply.status == 200, let balance = ShownBalance(reply.data) else { throw Failure("no balance: \(reply)") }
        return balance
    }
}
