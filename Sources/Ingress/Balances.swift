// Balances in Redis: written with compare-and-set on the version, and read only when not older than what was seen.

import Domain
import Ledger
import Redis
import Wire

/// Cached balances of wallets.
///
/// Redis may lose or lack any of them. What makes them safe to show is here: the highest version of each wallet that
/// this process has seen lately, below which nothing from Redis is believed.
struct Balances: Sendable {
    static let lifetimeSeconds: Int64 = 30
    static let recentMax = 20_000
    static let versionsMax = 200_000

    /// A lower version never replaces a higher one.
    private static let compareAndSet = RedisScript(
        """
        local current = redis.call('GET', KEYS[1])
        if current then
            local version = tonumber(string.match(current, '"version":(%d+)'))
            if version and version > tonumber(ARGV[1]) then return 0 end
        end
        redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
        return 1
        """)

    private let redis: Cache
    /// Wallets that were asked for lately, as last known: these are kept fresh from events.
    private let recent = BoundedCache<WalletID, WalletView>(
        countMax: recentMax, generationSeconds: UInt64(lifetimeSeconds))
    private let versionsSeen = BoundedCache<WalletID, Int64>(
        countMax: versionsMax, generationSeconds: UInt64(lifetimeSeconds))

    init(_ redis: Cache) { self.redis = redis }

    /// Whether events have anything to refresh.
    var hasRecent: Bool { !recent.isEmpty }

    /// Whether Redis may hold the wallet as this process last knew it.
    func isRecent(_ id: WalletID) -> Bool { recent.update(id) { _ in true } ?? false }

    /// A wallet's JSON, unless Redis has none or an older one than was seen here.
    func cached(_ id: WalletID) async -> [UInt8]? {
        guard case .bytes(let json)? = await redis.send(RedisCommand("GET", .string(key(id)))),
            let version = (try? JSON(parsing: json))?["version"]?.integer
        else { return nil }
        if let seen = versionsSeen.value(id), version < seen { return nil }
        return json
    }

    /// Remembers a wallet that was read from the database.
    func store(_ view: WalletView) async {
        let id = view.wallet.id
        see(id, version: view.wallet.version)
        let isKnown =
            recent.update(id) { known in
                known = known.wallet.version <= view.wallet.version ? view : known
            } != nil
        if !isKnown { recent.set(view, for: id) }
        await redis.run(Self.compareAndSet, keys: [.string(key(id))], arguments: arguments(view))
    }

    /// Takes note of what an outcome made of a wallet. The cache follows if the wallet was asked for lately.
    func note(_ snapshot: WalletSnapshot, at time: Timestamp) {
        see(snapshot.id, version: snapshot.version)
        let changed = recent.update(snapshot.id) { view -> WalletView? in
            guard view.wallet.version < snapshot.version else { return nil }
            view.wallet.available = snapshot.available
            view.wallet.pending = snapshot.pending
            view.wallet.reserve = snapshot.reserve
            view.wallet.version = snapshot.version
            view.asOf = time
            return view
        }
        guard case .some(.some(let view)) = changed else { return }
        let arguments = [.string(Self.compareAndSet.source), .integer(1), .string(key(snapshot.id))] + arguments(view)
        redis.sendAndForget(RedisCommand("EVAL", arguments))
    }

    /// From now on nothing older is shown.
    func see(_ id: WalletID, version: Int64) {
        let isKnown = versionsSeen.update(id) { $0 = max($0, version) } != nil
        if !isKnown { versionsSeen.set(version, for: id) }
    }

    private func arguments(_ view: WalletView) -> [RedisArgument] {
        [.integer(view.wallet.version), .bytes(view.json), .integer(Self.lifetimeSeconds)]
    }

    private func key(_ id: WalletID) -> String { "wallet:balance:\(id)" }
}

extension WalletView {
    /// The wallet as `GET /wallets/{id}` shows it.
    var json: [UInt8] {
        var json = JSONWriter(capacity: 384)
        json.value(self)
        return json.bytes
    }
}

extension JSONWriter {
    mutating func value(_ view: WalletView) {
        let wallet = view.wallet
        beginObject()
        member("id", wallet.id)
        member("type", wallet.type.name)
        member("owner", wallet.owner)
        member("status", wallet.status.name)
        member("currency", wallet.currency.code)
        member("available", wallet.available)
        member("pending", wallet.pending)
        if wallet.type == .business || wallet.reserve != 0 { member("reserve", wallet.reserve) }
        member("total", wallet.snapshot.total)
        member("version", wallet.version)
        if let name = wallet.name { member("name", name) }
        member("as_of", view.asOf)
        endObject()
    }
}
