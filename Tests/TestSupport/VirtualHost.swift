// A virtual host of its own for each test, with the wallet's users on it, through the management API.

import Foundation
import Wire

/// A virtual host and the URLs of its users.
public struct VirtualHost: Sendable {
    let name: String
    /// An administrator's URL.
    public let administrator: String
    /// By the users' names.
    let urls: [String: String]

    static let users = ["wallet-ingress", "wallet-workers", "topups", "payouts", "identity"]
    /// May look through the management API and touch nothing.
    static let verifier = "verifier"

    static func make(number: Int) async throws -> VirtualHost {
        let environment = try TestEnvironment.required()
        let management = try Management(environment.amqpManagement)
        try await management.removeLeftOvers()
        let name = TestEnvironment.namePrefix + "\(number)"
        var urls: [String: String] = [:]
        try await management.request("PUT", "vhosts/\(name)")
        for user in users {
            let password = environment.password(of: user)
            try await management.request("PUT", "users/\(user)", #"{"password":"\#(password)","tags":""}"#)
            urls[user] = try environment.amqp.with(user: user, password: password, path: name)
        }
        let host = VirtualHost(name: name, administrator: try environment.amqp.with(path: name), urls: urls)
        for user in users + [management.user] { try await host.grant(user) }
        let password = environment.password(of: verifier)
        try await management.request("PUT", "users/\(verifier)", #"{"password":"\#(password)","tags":"management"}"#)
        try await management.request(
            "PUT", "permissions/\(name)/\(verifier)", #"{"configure":"^$","write":"^$","read":"^$"}"#)
        return host
    }

    func url(of user: String) throws -> String {
        guard let url = urls[user] else { throw Failure("there is no broker user \(user)") }
        return url
    }

    private func management() throws -> Management {
        try Management(try TestEnvironment.required().amqpManagement)
    }

    /// One request of the administrator's.
    @discardableResult
    func request(_ method: String, _ path: String, _ body: String? = nil) async throws -> [UInt8] {
        try await management().request(method, path, body)
    }

    /// Makes the users again as this run needs them: a broker that starts reads its own definitions of them.
    public func restoreUsers() async throws {
        let environment = try TestEnvironment.required()
        for user in Self.users {
            let password = environment.password(of: user)
            try await request("PUT", "users/\(user)", #"{"password":"\#(password)","tags":""}"#)
            try await grant(user)
        }
    }

    /// Lets a user in, with every right.
    public func grant(_ user: String) async throws {
        try await management().request(
            "PUT", "permissions/\(name)/\(user)", #"{"configure":".*","write":".*","read":".*"}"#)
    }

    /// Lets a user no longer in; connections that stand are not touched.
    public func revoke(_ user: String) async throws {
        try await management().request("DELETE", "permissions/\(name)/\(user)")
    }

    func remove() async throws {
        try await management().request("DELETE", "vhosts/\(name)", missingIsFine: true)
    }

    /// Cuts a user's connections, as many as the broker's statistics know of.
    ///
    /// - Returns: how many.
    public func cutConnections(of user: String) async throws -> Int {
        let connections = try await management().list("vhosts/\(name)/connections")
        let names = connections.filter { $0["user"]?.text == user }.compactMap { $0["name"]?.text }
        for name in names { try await cut(connection: name) }
        return names.count
    }

    /// Cuts the connection of a queue's active consumer.
    ///
    /// - Returns: whether the broker's statistics know of one.
    public func cutActiveConsumer(of queue: String) async throws -> Bool {
        let answer = try await management().request("GET", "queues/\(name)/\(queue)")
        let consumers = (try JSON(parsing: answer))["consumer_details"]?.elements ?? []
        guard let active = consumers.first(where: { $0["active"] == .bool(true) }),
            let connection = active["channel_details"]?["connection_name"]?.text
        else { return false }
        try await cut(connection: connection)
        return true
    }

    private func cut(connection: String) async throws {
        guard let encoded = connection.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
            throw Failure("a connection's name cannot be written in a path")
        }
        try await management().request("DELETE", "connections/\(encoded)", missingIsFine: true)
    }
}

/// The broker's management API.
private struct Management {
    let base: String
    let user: String
    private let credentials: String

    init(_ url: String) throws {
        guard var parts = URLComponents(string: url) else { throw Failure("the management URL cannot be read") }
        user = parts.user ?? "guest"
        credentials = Data("\(user):\(parts.password ?? "guest")".utf8).base64EncodedString()
        parts.user = nil
        parts.password = nil
        parts.path = ""
        guard let base = parts.string else { throw Failure("the management URL cannot be read") }
        self.base = base
    }

    @discardableResult
    func request(
        _ method: String, _ path: String, _ body: String? = nil, missingIsFine: Bool = false
    ) async throws -> [UInt8] {
        let reply = try await exchange(
            method, "\(base)/api/\(path)",
            headers: [("authorization", "Basic \(credentials)"), ("content-type", "application/json")],
            body: body.map { Array($0.utf8) })
        guard 200..<300 ~= reply.status || (missingIsFine && reply.status == 404) else {
            throw Failure("the broker's management answered \(method) \(path) with \(reply.status)")
        }
        return reply.body
    }

    func list(_ path: String) async throws -> [JSON] {
        try JSON(parsing: try await request("GET", path)).elements ?? []
    }

    func removeLeftOvers() async throws {
        for name in try await list("vhosts?columns=name").compactMap({ $0["name"]?.text })
        where TestEnvironment.isLeftOver(name) {
            try await request("DELETE", "vhosts/\(name)", missingIsFine: true)
        }
    }
}
