// What `identity` says of people, as its events and as the stand-in is told to send them.

public import Domain
import Foundation
import Wire

/// A person as `identity` tells of one.
public struct TestProfile: Sendable {
    public var name: String
    public var phone: String?
    public var email: String?
    public var username: String?

    public init(_ name: String, phone: String? = nil, email: String? = nil, username: String? = nil) {
        self.name = name
        self.phone = phone
        self.email = email
        self.username = username
    }

    fileprivate func write(_ json: inout JSONWriter) {
        json.member("name", name)
        if let phone { json.member("phone", phone) }
        if let email { json.member("email", email) }
        if let username { json.member("username", username) }
    }
}

/// An event of `identity`; without a profile, of somebody who is gone.
public func personJSON(_ person: OwnerID, _ profile: TestProfile?, at time: Timestamp) -> String {
    var json = JSONWriter()
    json.beginObject()
    json.member("type", profile == nil ? "user.deleted" : "user.updated")
    json.member("timestamp", time)
    json.object("data") { json in
        json.member("id", person)
        profile?.write(&json)
    }
    json.endObject()
    return json.text
}

/// A time so many seconds from now.
public func secondsFromNow(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)).adding(seconds: seconds)
}

/// Whom to pay, by one of the ways to name a payee.
public func transferJSON(_ from: WalletID, toHandle to: (kind: String, value: String), _ amount: Int64) -> String {
    #"{"from":"\#(from)","to":{"\#(to.kind)":"\#(to.value)"},"amount":\#(moneyJSON(amount))}"#
}

extension Stack {
    /// Sends an event of `identity` to the wallet.
    public func report(_ person: OwnerID, _ profile: TestProfile?, at time: Timestamp) async throws -> Reply {
        try await callback(
            "/callbacks/identity", personJSON(person, profile, at: time), signedBy: webhookSecrets(of: "IDENTITY"))
    }

    /// Has the stand-in for `identity` tell the wallet of a person now, and waits until the wallet has it.
    public func introduce(_ person: OwnerID, _ profile: TestProfile) async throws {
        var json = JSONWriter()
        json.beginObject()
        profile.write(&json)
        json.endObject()
        let reply = try await exchange(
            "PUT", "http://127.0.0.1:\(ports.sandbox)/identity/users/\(person)",
            headers: [("content-type", "application/json")], body: json.bytes)
        guard reply.status == 200 else { throw Failure("identity could not tell of a person: \(reply)") }
    }

    /// Asks what a transfer would cost and who would get it.
    public func quote(
        _ payer: TestWallet, toHandle to: (kind: String, value: String), _ amount: Int64 = 1_00
    ) async throws -> Reply {
        let body = #"{"type":"transfer","# + transferJSON(payer.id, toHandle: to, amount).dropFirst()
        return try await request("POST", "/quotes", token: payer.person.token, body: Array(body.utf8))
    }
}
