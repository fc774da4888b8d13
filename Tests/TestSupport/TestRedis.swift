// The Redis of a test: one of the numbered databases of the shared server, or a server that the test may stop.

import Foundation
import Redis

/// A numbered database of the shared server, claimed in database 0 until it is released.
struct SharedRedis: Sendable {
    let number: Int
    private static let numbers = 1...15
    /// A claim of a test process that died runs out.
    private static let claimSeconds: Int64 = 900

    static func claim() async throws -> SharedRedis {
        let url = try TestEnvironment.required().redis
        var claimed: Int?
        try await eventually("a Redis database is free", within: 60) {
            claimed = try await withRedis(url) { client in
                for number in numbers {
                    let answer = try await client.send(
                        RedisCommand(
                            "SET", .string("wallet-test:database:\(number)"), .string(TestEnvironment.namePrefix), "NX",
                            "EX", .integer(claimSeconds)))
                    if answer.text == "OK" { return number }
                }
                return nil
            }
            return claimed != nil
        }
        guard let claimed else { throw Failure("no Redis database is free") }
        return SharedRedis(number: claimed)
    }

    func url() throws -> String { try TestEnvironment.required().redis.with(path: "\(number)") }

    func release() async throws {
        let url = try TestEnvironment.required().redis
        try await withRedis(url) {
            _ = try await $0.send(RedisCommand("DEL", .string("wallet-test:database:\(number)")))
        }
    }
}

enum TestRedis: Sendable {
    case shared(SharedRedis)
    case own(port: Int)

    func url() throws -> String {
        switch self {
        case .shared(let database): try database.url()
        case .own(let port): "redis://127.0.0.1:\(port)/0"
        }
    }

    func flush() async throws {
        try await withRedis(try url()) { _ = try await $0.send(RedisCommand("FLUSHDB")) }
    }

    func set(_ key: String, _ value: String) async throws {
        try await withRedis(try url()) {
            _ = try await $0.send(RedisCommand("SET", .string(key), .string(value), "KEEPTTL"))
        }
    }

    func get(_ key: String) async throws -> String? {
        try await withRedis(try url()) { try await $0.send(RedisCommand("GET", .string(key))).text }
    }

    func release() async throws {
        guard case .shared(let database) = self else { return }
        try await flush()
        try await database.release()
    }
}

/// A connected client for the time of `body`.
private func withRedis<Value>(_ url: String, _ body: (RedisClient) async throws -> Value) async throws -> Value {
    var configuration = try RedisConfiguration(url: url)
    configuration.commandTimeoutMilliseconds = 10_000
    let client = try RedisClient(configuration)
    client.start()
    let result: Result<Value, any Error>
    do {
        try await eventually("Redis answers", within: 10) { client.isConnected }
        result = .success(try await body(client))
    } catch {
        result = .failure(error)
    }
    await client.stop()
    return try result.get()
}
