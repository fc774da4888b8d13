// The trial balance: every account on its normal side, and what must hold between them.

public import Domain
public import Postgres

/// The books of one currency in one snapshot.
public struct TrialBalance: Sendable {
    /// An account, or all customers' buckets together.
    public struct Line: Sendable {
        public enum Side: String, Sendable { case debit, credit }

        public let account: String
        public let normalSide: Side
        /// Minor units on the normal side; below zero when the account stands on the other.
        public let balance: Int128
    }

    public let currency: Currency
    public let lines: [Line]
    /// What `audit.trial_balance` says: every account on the side it stands on.
    public let debits: Int128
    public let credits: Int128
    /// Customer money at the bank and on its way there, less what customers and the bank may claim of it.
    public let safeguardingSurplus: Int128

    /// spec/wallet.md §1: the accounts with a debit side equal those with a credit side, exactly.
    public var identityHolds: Bool { sum(.debit) == sum(.credit) }
    public var isBalanced: Bool { debits == credits && identityHolds }
    public var isSafeguarded: Bool { safeguardingSurplus >= 0 }

    /// The normal-side total of the accounts of a side.
    public func sum(_ side: Line.Side) -> Int128 {
        lines.filter { $0.normalSide == side }.reduce(0) { $0 + $1.balance }
    }

    /// Reads every currency in one snapshot. Blocks; the connection must be outside any transaction.
    public static func read(_ connection: PostgresConnection) throws(PostgresError) -> [TrialBalance] {
        try Checker.beginSnapshot(connection)
        let outcome = Result { () throws(PostgresError) in
            (
                accounts: try connection.execute(CheckStatements.accounts),
                sides: try connection.execute("SELECT currency, debits, credits FROM audit.trial_balance")
            )
        }
        if connection.isOpen { try connection.execute("ROLLBACK") }
        let (accounts, sides) = try outcome.get()

        var balances: [Currency: [Int16: Int128]] = [:]
        for row in 0..<accounts.count {
            let currency = try accounts.number(row, 1, as: Currency.self)
            balances[currency, default: [:]][try accounts.int2(row, 0)] = try amount(accounts, row, 2)
        }
        var trialBalances: [TrialBalance] = []
        for row in 0..<sides.count {
            guard let currency = Currency(code: try sides.text(row, 0)), let balances = balances[currency] else {
                throw .protocolViolation("a currency of the trial balance is unknown to this version")
            }
            trialBalances.append(
                TrialBalance(
                    currency, balances, debits: try amount(sides, row, 1), credits: try amount(sides, row, 2)))
        }
        return trialBalances.sorted { $0.currency.rawValue < $1.currency.rawValue }
    }

    private init(_ currency: Currency, _ balances: [Int16: Int128], debits: Int128, credits: Int128) {
        self.currency = currency
        self.debits = debits
        self.credits = credits
        let customers = balances[0] ?? 0
        func credit(_ account: SystemAccount) -> Int128 { balances[account.rawValue] ?? 0 }
        let accounts = SystemAccount.allCases.map { account in
            Line(
                account: account.name, normalSide: account.isDebitNormal ? .debit : .credit,
                balance: account.isDebitNormal ? -credit(account) : credit(account))
        }
        lines = accounts + [Line(account: "customers", normalSide: .credit, balance: customers)]
        let assets = -(credit(.omnibus) + credit(.cardClearing) + credit(.mobileClearing))
        safeguardingSurplus = assets - (customers + credit(.payoutClearing) + credit(.suspense))
    }

    private static func amount(_ rows: PostgresRows, _ row: Int, _ column: Int) throws(PostgresError) -> Int128 {
        guard let amount = Int128(try rows.numericText(row, column)) else {
            throw .protocolViolation("a sum of whole numbers is not a whole number")
        }
        return amount
    }
}
