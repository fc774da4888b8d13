// The public keys of `identity`, fetched when a token names one that is not known yet.

import JWTKit
import Polling
import Wire

/// Keeps the key set, and fetches it anew for an unknown key id, not more often than an attacker may make it.
actor KeySource {
    static let fetchIntervalNanoseconds: UInt64 = 10_000_000_000
    /// After a fetch that failed, so that tokens are taken soon after `identity` is back.
    static let retryIntervalNanoseconds: UInt64 = 1_000_000_000

    private struct KeySet: Sendable {
        var ids: Set<String> = []
        var keys = JWTKeyCollection()
    }

    private let fetch: @Sendable () async throws -> [UInt8]
    private let now: @Sendable () -> UInt64
    private var current = KeySet()
    private var fetching: Task<KeySet?, Never>?
    private var lastFetch: UInt64?
    private var lastFailed = false

    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - fetch: gives a JSON Web Key Set (RFC 7517 §5).
    init(
        now: @escaping @Sendable () -> UInt64 = { monotonicNanoseconds() },
        fetch: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.now = now
        self.fetch = fetch
    }

    /// The keys, among them the one with this id.
    ///
    /// - Throws: `UNAUTHENTICATED` when there is no such key, `UNAVAILABLE` when that cannot be known.
    func keys(with id: String) async throws(APIError) -> JWTKeyCollection {
        if current.ids.contains(id) { return current.keys }
        if let task = fetchIfDue() {
            let fetched = await task.value
            if fetching == task {
                fetching = nil
                lastFailed = fetched == nil
                if let fetched { current = fetched }
            }
        }
        if current.ids.contains(id) { return current.keys }
        throw lastFailed ? .unavailable("identity") : APIError(.unauthenticated)
    }

    private func fetchIfDue() -> Task<KeySet?, Never>? {
        if let fetching { return fetching }
        let now = now()
        let interval = lastFailed ? Self.retryIntervalNanoseconds : Self.fetchIntervalNanoseconds
        if let lastFetch, now - lastFetch < interval { return nil }
        lastFetch = now
        let task = Task { [fetch] in
            guard let bytes = try? await fetch() else { return KeySet?.none }
            return await Self.read(bytes)
        }
        fetching = task
        return task
    }

    /// Reads a key set. Keys of other kinds than ours, and those not for signatures, are passed over (RFC 7517 §5).
    private static func read(_ bytes: [UInt8]) async -> KeySet? {
        guard let elements = (try? JSON(parsing: bytes))?["keys"]?.elements else { return nil }
        var set = KeySet()
        for element in elements {
            guard let id = element["kid"]?.text, let type = element["kty"]?.text, type == "EC" || type == "RSA",
                (element["use"]?.text ?? "sig") == "sig"
            else { continue }
            var json = JSONWriter()
            json.value(element)
            guard let key = try? JWK(json: json.text), (try? await set.keys.add(jwk: key)) != nil else { continue }
            set.ids.insert(id)
        }
        return set
    }
}
