// The wallet's HTTP API as the tests call it: one request, one answer, nothing tried again.

import AsyncHTTPClient
public import Domain
import NIOCore
import NIOHTTP1
public import Wire

/// An answer.
public struct Reply: Sendable, CustomStringConvertible {
    public let status: Int
    public let body: [UInt8]
    public let json: JSON?
    /// In seconds, as the answer says it.
    public let retryAfter: String?

    public var data: JSON? { json?["data"] }
    /// The code of a refusal.
    public var code: String? { json?["error"]?["code"]?.text }
    /// The field that a refusal names.
    public var field: String? { json?["error"]?["details"]?["field"]?.text }
    public var command: CommandID? { data?["command_id"]?.text.flatMap { CommandID($0) } }
    public var statusURL: String? { data?["status_url"]?.text }

    public var description: String { "\(status) \(String(decoding: body.prefix(600), as: UTF8.self))" }
}

/// One client for all tests. It lives as long as the process.
private let client: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 128
    // A refused connection is an answer here, not something to try again until the time is up.
    configuration.connectionPool.retryConnectionEstablishment = false
    // An idle connection that the server closes just as it is used again would look like a lost request.
    configuration.connectionPool.idleTimeout = .seconds(2)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
}()

/// One exchange.
func exchange(
    _ method: String, _ url: String, headers: [(String, String)], body: [UInt8]? = nil, seconds: Int64 = 40
) async throws -> Reply {
    var request = HTTPClientRequest(url: url)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(body) }
    let response = try await client.execute(request, timeout: .seconds(seconds))
    let bytes = Array(try await response.body.collect(upTo: 8 << 20).readableBytesView)
    return Reply(
        status: Int(response.status.code), body: bytes, json: try? JSON(parsing: bytes),
        retryAfter: response.headers.first(name: "retry-after"))
}

/// A user with a token for everything.
public struct Person: Sendable {
    public let id: OwnerID
    public let token: String
}

extension Stack {
    /// A request to the API as it stands.
    ///
    /// - Parameters:
    ///   - path: below `/api/v1`, or from the root where it begins with `/api`.
    ///   - token: nil sends none.
    ///   - body: nil sends none; with one, its type is JSON unless `headers` says something else.
    public func request(
        _ method: String, _ path: String, token: String?, key: String? = nil, body: [UInt8]? = nil,
        headers: [(String, String)] = []
    ) async throws -> Reply {
        var all = headers
        if let token { all.append(("authorization", "Bearer \(token)")) }
        if let key { all.append(("idempotency-key", key)) }
        if body != nil, !headers.contains(where: { $0.0 == "content-type" }) {
            all.append(("content-type", "application/json"))
        }
        let url = "http://127.0.0.1:\(ports.ingress)" + (path.hasPrefix("/api") ? path : "/api/v1" + path)
        return try await exchange(method, url, headers: all, body: body)
    }

    public func post(_ path: String, as person: Person, key: String, _ body: String) async throws -> Reply {
        try await request("POST", path, token: person.token, key: key, body: Array(body.utf8))
    }

    public func get(_ path: String, as person: Person) async throws -> Reply {
        try await request("GET", path, token: person.token)
    }
}
