// What is known of wallets and beneficiaries that never changes: kept in memory, filled from PostgreSQL.

import Domain
import Ledger
import Postgres
import Wire

/// What is known of something that may exist.
enum Knowledge<Fact: Sendable>: Sendable {
    case known(Fact)
    /// It does not exist as of now.
    case absent
    /// Nobody can say: the database is away.
    case unknown
}

/// Immutable facts by id. That something does not exist is never remembered: it may be opened the next moment.
struct WalletDirectory: Sendable {
    static let walletsMax = 400_000
    static let beneficiariesMax = 100_000

    private let reader: LedgerReader
    private let wallets = BoundedCache<WalletID, WalletFacts>(countMax: walletsMax)
    private let beneficiaries = BoundedCache<BeneficiaryID, WalletID>(countMax: beneficiariesMax)

    init(_ reader: LedgerReader) { self.reader = reader }

    func wallet(_ id: WalletID) async throws(APIError) -> Knowledge<WalletFacts> {
        try await wallets(id, id).0
    }

    /// Two wallets with one question at most.
    func wallets(
        _ first: WalletID, _ second: WalletID
    ) async throws(APIError) -> (Knowledge<WalletFacts>, Knowledge<WalletFacts>) {
        var found: [WalletID: WalletFacts] = [:]
        for id in [first, second] { found[id] = wallets.value(id) }
        let missing = Set([first, second].filter { found[$0] == nil })
        var absence = Knowledge<WalletFacts>.absent
        if !missing.isEmpty {
            let read = try await reading { () async throws(PostgresError) in
                try await reader.walletFacts(Array(missing))
            }
            if let read {
                for (id, facts) in read { wallets.set(facts, for: id) }
                found.merge(read) { $1 }
            } else {
                absence = .unknown
            }
        }
        return (found[first].map { .known($0) } ?? absence, found[second].map { .known($0) } ?? absence)
    }

    /// The wallet that a beneficiary belongs to.
    func wallet(of beneficiary: BeneficiaryID) async throws(APIError) -> Knowledge<WalletID> {
        if let wallet = beneficiaries.value(beneficiary) { return .known(wallet) }
        let read = try await reading { () async throws(PostgresError) in
            try await reader.beneficiary(beneficiary)
        }
        guard let read else { return .unknown }
        guard let wallet = read?.beneficiary.wallet else { return .absent }
        beneficiaries.set(wallet, for: beneficiary)
        return .known(wallet)
    }

    /// Nil when the database is away.
    private func reading<Value>(
        _ body: () async throws(PostgresError) -> Value
    ) async throws(APIError) -> Value? {
        guard reader.isAvailable else { return nil }
        do {
            return try await body()
        } catch {
            if error.isUnavailable { return nil }
            throw APIError(reading: error)
        }
    }
}

extension APIError {
    /// A read that failed where nothing else can answer.
    init(reading error: PostgresError) {
        switch error {
        case .cancelled: self = .unavailable("database")
        case _ where error.isUnavailable: self = .unavailable("database", cause: error.description)
        default: self.init(.internalError, cause: error.description)
        }
    }
}

// MARK: - Checks that routes share

/// What somebody wants with a wallet.
enum WalletUse: Sendable {
    case read, moveMoney
    /// Decide who may act on it, or whether it is open: its owner's alone.
    case manage
}

extension WalletDirectory {
    /// Check 4 of spec/wallet.md §3 as far as it is known: the wallet exists and the caller may act on it.
    ///
    /// - Parameters:
    ///   - knowledge: of the wallet, when it was looked up already.
    ///   - field: where the request names the wallet; nil when its path does.
    /// - Returns: the facts; nil when the database is away and the lane has to decide.
    func allow(
        _ use: WalletUse, of id: WalletID, _ knowledge: Knowledge<WalletFacts>? = nil, by identity: Identity,
        field: String?
    ) async throws(APIError) -> WalletFacts? {
        let details: [JSON.Member] = field.map { [.init("field", .string($0))] } ?? []
        let found: Knowledge<WalletFacts>
        if let knowledge { found = knowledge } else { found = try await wallet(id) }
        switch found {
        case .unknown: return nil
        case .absent: throw APIError(.outcome(.walletNotFound), details: details)
        case .known(let facts):
            if facts.controller == identity.user { return facts }
            guard facts.type == .business, use != .manage else {
                throw APIError(.outcome(.notPermitted), details: details)
            }
            // Teams change: they are asked for each time.
            let role = try await reading { () async throws(PostgresError) in
                try await reader.role(of: identity.user, on: id)
            }
            guard let role else { return nil }
            guard role == .manager || (role == .viewer && use == .read) else {
                throw APIError(.outcome(.notPermitted), details: details)
            }
            return facts
        }
    }

    /// The facts of a wallet that is about to be read.
    @discardableResult
    func readable(_ id: WalletID, by identity: Identity, field: String?) async throws(APIError) -> WalletFacts {
        guard let facts = try await allow(.read, of: id, by: identity, field: field) else {
            throw .unavailable("database")
        }
        return facts
    }
}
