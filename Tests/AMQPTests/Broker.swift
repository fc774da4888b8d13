// A virtual host of its own for each test, made and removed through the management interface.

import Foundation
import Polling
import Testing

@testable import AMQP

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The broker named by the environment.
enum Broker {
    static let url = ProcessInfo.processInfo.environment["WALLET_TEST_AMQP"]
    static let management = ProcessInfo.processInfo.environment["WALLET_TEST_AMQP_MANAGEMENT"]
    static var isAvailable: Bool { url != nil && management != nil }

    /// Runs a test in a fresh virtual host, which is removed afterwards whatever happens.
    static func withVirtualHost(_ body: (AMQPConfiguration) async throws -> Void) async throws {
        let name = "amqp-tests-\(UUID().uuidString.lowercased())"
        let url = try #require(url)
        var configuration = try AMQPConfiguration(url: url)
        try await request("PUT", "vhosts/\(name)")
        try await request(
            "PUT", "permissions/\(name)/\(configuration.user)", #"{"configure":".*","write":".*","read":".*"}"#)
        configuration.virtualHost = name
        configuration.connectionName = name
        do {
            try await body(configuration)
        } catch {
            try await request("DELETE", "vhosts/\(name)")
            throw error
        }
        try await request("DELETE", "vhosts/\(name)")
    }

    /// What the management interface says of something, as an object of JSON.
    static func describe(_ path: String) async throws -> Any {
        try JSONSerialization.jsonObject(with: try await request("GET", path))
    }

    /// Cuts every connection with this name that the management interface knows of, and tells how many.
    static func cutConnections(named name: String) async throws -> Int {
        struct Connection: Decodable {
            struct Properties: Decodable {
                let connectionName: String?
            }
            let name: String
            let clientProperties: Properties?
        }
        let data = try await request("GET", "connections")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let connections = try decoder.decode([Connection].self, from: data)
        var cut = 0
        for connection in connections where connection.clientProperties?.connectionName == name {
            let path = connection.name.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            let encoded = try #require(path)
            try await request("DELETE", "connections/\(encoded)", missingIsFine: true)
            cut += 1
        }
        return cut
    }

    struct Refused: Error { let status: Int }

    @discardableResult
    private static func request(
        _ method: String, _ path: String, _ body: String? = nil, missingIsFine: Bool = false
    ) async throws -> Data {
        let management = try #require(management)
        var parts = try #require(URLComponents(string: management))
        let credentials = Data("\(parts.user ?? "guest"):\(parts.password ?? "guest")".utf8).base64EncodedString()
        parts.user = nil
        parts.password = nil
        parts.percentEncodedPath = "/api/\(path)"
        let url = try #require(parts.url)
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        request.setValue("Basic \(credentials)", forHTTPHeaderField: "authorization")
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard (200..<300).contains(status) || (missingIsFine && status == 404) else { throw Refused(status: status) }
        return data
    }
}

/// Looks until the condition holds; the deadline is for a test that fails.
func eventually(
    _ what: Comment, withinSeconds seconds: Double = 10, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not in time: \(what)")
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// A body and a message id, and a dozen headers as a command has.
func sampleMessage(_ id: String, body: [UInt8] = Array(repeating: 0x61, count: 400)) -> AMQPMessage {
    var message = AMQPMessage(body: body)
    message.properties.contentType = "application/json"
    message.properties.messageID = id
    message.properties.type = "transfer.submit.v1"
    message.properties.appID = "tests"
    message.properties.timestamp = 1_700_000_000
    for number in 0..<12 {
        message.properties.headers.append("header-\(number)", .string("a value of some length \(number)"))
    }
    return message
}

/// Runs on a thread of its own, so that what blocks does not stand on Swift's pool.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        _ = PollingThread(name: "amqp-test") { continuation.resume(returning: body()) }
    }
}

/// The error that a call throws, and how long it took; nil if it does not throw.
func failure(_ body: () throws(AMQPError) -> Void) -> (error: AMQPError?, milliseconds: UInt64) {
    let start = monotonicNanoseconds()
    do throws(AMQPError) {
        try body()
        return (nil, (monotonicNanoseconds() - start) / 1_000_000)
    } catch {
        return (error, (monotonicNanoseconds() - start) / 1_000_000)
    }
}

/// The next event of a connection, waited for as a poll loop would.
func next(_ connection: AMQPConnection, seconds: Int = 10) throws -> AMQPEvent {
    let deadline = Deadline(seconds: seconds)
    while deadline.remainingMicroseconds > 0 {
        if let event = try connection.nextEvent() { return event }
        var targets = [PollTarget(connection.socket)]
        try poll(&targets, timeoutMilliseconds: 500)
    }
    throw AMQPError.timedOut("the test's event")
}

/// The next delivery, where nothing else is expected.
func delivery(_ connection: AMQPConnection) throws -> AMQPDelivery {
    guard case .delivery(let delivery) = try next(connection) else { throw AMQPError.timedOut("a delivery") }
    return delivery
}
