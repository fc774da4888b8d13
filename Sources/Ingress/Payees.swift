// Finding payees by phone number, e-mail address and user name: so often and no oftener, and with one answer for nobody.

import Domain
import Hummingbird
import Ledger
import Postgres
import Wire

/// The directory as payers may use it.
///
/// Nothing found here is kept for the next time: a number that has changed hands must not lead to who had it before.
struct Payees: Sendable {
    private let reader: LedgerReader
    private let allowance: LookupAllowance
    private let meters: IngressMeters

    init(_ reader: LedgerReader, _ allowance: LookupAllowance, meters: IngressMeters) {
        self.reader = reader
        self.allowance = allowance
        self.meters = meters
    }

    /// Who is found, one for each look-up: nil alike for nobody and for somebody without a wallet.
    ///
    /// - Parameter isCounted: whether it counts against the caller's allowance, what is found and what is not alike.
    /// - Throws: `TOO_MANY_LOOKUPS`; `UNAVAILABLE` without the database, before anything is counted.
    func find(
        _ lookups: [PayeeLookup], for identity: Identity, isCounted: Bool = true
    ) async throws(APIError) -> [PayeeFound?] {
        // The same one twice in a body is asked for once.
        let count = Set(lookups).count
        guard reader.isAvailable else {
            meters.lookedUp(.unavailable, count)
            throw .unavailable("database")
        }
        if isCounted {
            do {
                try await allowance.take(count, by: identity.subject)
            } catch {
                meters.lookedUp(.limited, count)
                throw APIError(error)
            }
        }
        let found: [PayeeFound?]
        do {
            found = try await reader.payees(lookups)
        } catch {
            meters.lookedUp(.unavailable, count)
            throw APIError(reading: error)
        }
        let distinct = Dictionary(zip(lookups, found)) { first, _ in first }.values
        meters.lookedUp(.found, distinct.count { $0 != nil })
        meters.lookedUp(.nobody, distinct.count { $0 == nil })
        return found
    }
}

extension APIError {
    init(_ refusal: LookupAllowance.Refusal) {
        self.init(
            .tooManyLookups,
            details: [
                .init("per", .string(refusal.window.rawValue)), .init("limit", .number("\(refusal.limit)")),
                .init("asked", .number("\(refusal.asked)")),
            ])
        headers[.retryAfter] = "\(refusal.retryAfterSeconds)"
    }
}
