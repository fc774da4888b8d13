// Balances in Redis: written with compare-and-set on the versions, and read only when not older than what was seen.

import Domain
import Ledger
import Redis
import Wire

/// Cached balances of wallets.
///
/// Redis may lose or lack any of them. What makes them safe to show is here: the highest version of each wallet that
/// this process has seen lately, of its money and of its status, below which nothing from Redis is believed.
struct Balances: Sendable {
    static let lifetimeSeconds: Int64 = 30
    static let recentMax = 20_000
    static let versionsMax = 200_000

    /// How far a wallet has come: its transactions, and the changes of its status.
    struct Versions: Sendable {
        var money: Int64
        var status: Int64

        init(money: Int64, status: Int64) {
            self.money = money
            self.status = status
        }

        init(_ wallet: Wallet) { self.init(money: wallet.version, status: wallet.standing.version) }

        /// The further of each.
        mutating func advance(to other: Versions) {
            money = max(money, other.money)
            status = max(status, other.status)
        }

        func isOlder(than other: Versions) -> Bool { money < other.money || status < other.status }
    }

    /// What is older in either version replaces nothing.
    private static let compareAndSet = RedisScript(
        """
        local current = redis.call('GET', KEYS[1])
        if current then
            local version = tonumber(string.match(current, '"version":(%d+)'))
            local status = tonumber(string.match(current, '"status_version":(%d+)'))
            if version and version > tonumber(ARGV[1]) then return 0 end
            if status and status > tonumber(ARGV[2]) then return 0 end
        end
        redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
        return 1
        """)

    private let redis: Cache
    /// Wallets that were asked for lately, as last known: these are kept fresh from events.
    private let recent = BoundedCache<WalletID, WalletView>(
        countMax: recentMax, generationSeconds: UInt64(lifetimeSeconds))
    private let versionsSeen = BoundedCache<WalletID, Versions>(
        countMax: versionsMax, generationSeconds: UInt64(lifetimeSeconds))

    init(_ redis: Cache) { self.redis = redis }

    /// Whether events have anything to refresh.
    var hasRecent: Bool { !recent.isEmpty }

    /// Whether Redis may hold the wallet as this process last knew it.
    func isRecent(_ id: WalletID) -> Bool { recent.update(id) { _ in true } ?? false }

    /// A wallet's JSON, unless Redis has none or an older one than was seen here.
    func cached(_ id: WalletID) async -> [UInt8]? {
        guard case .bytes(let json)? = await redis.send(RedisCommand("GET", .string(key(id)))),
            let parsed = try? JSON(parsing: json), let money = parsed["version"]?.integer,
            let status = parsed["status_version"]?.integer
        else { return nil }
        if let seen = versionsSeen.value(id), Versions(money: money, status: status).isOlder(than: seen) { return nil }
        return json
    }

    /// Remembers a wallet that was read from the database.
    func store(_ view: WalletView) async {
        let id = view.wallet.id
        let versions = Versions(view.wallet)
        see(id, versions)
        let isKnown =
            recent.update(id) { known in
                known = versions.isOlder(than: Versions(known.wallet)) ? known : view
            } != nil
        if !isKnown { recent.set(view, for: id) }
        await redis.run(Self.compareAndSet, keys: [.string(key(id))], arguments: arguments(view))
    }

    /// Takes note of what an outcome made of a wallet. The cache follows if the wallet was asked for lately.
    func note(_ snapshot: WalletSnapshot, at time: Timestamp) {
        see(snapshot.id, Versions(money: snapshot.version, status: 0))
        let changed = recent.update(snapshot.id) { view -> WalletView? in
            guard view.wallet.version < snapshot.version else { return nil }
            view.wallet.available = snapshot.available
            view.wallet.pending = snapshot.pending
            view.wallet.reserve = snapshot.reserve
            view.wallet.version = snapshot.version
            view.asOf = time
            return view
        }
        if case .some(.some(let view)) = changed { keep(view) }
    }

    /// Takes note of a change of a wallet's status.
    func note(_ id: WalletID, _ status: WalletStatus, version: Int64, at time: Timestamp) {
        see(id, Versions(money: 0, status: version))
        let changed = recent.update(id) { view -> WalletView? in
            guard view.wallet.standing.version < version else { return nil }
            view.wallet.standing.status = status
            view.wallet.standing.version = version
            view.asOf = time
            return view
        }
        if case .some(.some(let view)) = changed { keep(view) }
    }

    private func keep(_ view: WalletView) {
        let script: [RedisArgument] = [
            .string(Self.compareAndSet.source), .integer(1), .string(key(view.wallet.id)),
        ]
        redis.sendAndForget(RedisCommand("EVAL", script + arguments(view)))
    }

    /// From now on nothing older is shown.
    func see(_ id: WalletID, _ versions: Versions) {
        let isKnown = versionsSeen.update(id) { $0.advance(to: versions) } != nil
        if !isKnown { versionsSeen.set(versions, for: id) }
    }

    private func arguments(_ view: WalletView) -> [RedisArgument] {
        [
            .integer(view.wallet.version), .integer(view.wallet.standing.version), .bytes(view.json),
            .integer(Self.lifetimeSeconds),
        ]
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
        member("status_version", wallet.standing.version)
        if let parent = wallet.parent { member("parent", parent) }
        if let name = wallet.name { member("name", name) }
        member("as_of", view.asOf)
        endObject()
    }
}
