// What the tests need around the client: seeded chance, waiting for a condition, a server of one's own.

import Foundation
import Glibc
import Polling
import Redis
import Testing

/// SplitMix64 (Steele, Lea and Flood 2014): the same seed gives the same run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

let testServerURL = ProcessInfo.processInfo.environment["WALLET_TEST_REDIS"]
let redisServerPath = "/usr/bin/redis-server"

/// Asks again and again until `condition` holds; fails after the deadline.
func eventually(
    within seconds: UInt64 = 10, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = monotonicNanoseconds() + seconds * 1_000_000_000
    while try await !condition() {
        guard monotonicNanoseconds() < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            throw DeadlinePassed()
        }
        await Task.yield()
    }
}

struct DeadlinePassed: Error {}

/// A started and connected client for the time of `body`, and a key prefix of its own.
func withClient<T>(
    url: String, _ change: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisClient, _ prefix: String) async throws -> T
) async throws -> T {
    var configuration = try RedisConfiguration(url: url)
    // Debug builds on a busy machine are slow; tests about time set their own.
    configuration.commandTimeoutMilliseconds = 20_000
    change(&configuration)
    let client = try RedisClient(configuration)
    client.start()
    let result: Result<T, any Error>
    do {
        try await eventually("the client did not connect") { client.isConnected }
        result = .success(try await body(client, "redis-tests:\(UInt64.random(in: 0...UInt64.max)):"))
    } catch {
        result = .failure(error)
    }
    await client.stop()
    return try result.get()
}

/// A Redis of the test's own, without persistence, on a free port of the loopback address.
final class OwnServer {
    let port: UInt16
    private let process = Process()

    init(port: UInt16, password: String? = nil) throws {
        self.port = port
        process.executableURL = URL(fileURLWithPath: redisServerPath)
        process.arguments = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no",
            "--dir", FileManager.default.temporaryDirectory.path,
        ]
        if let password { process.arguments? += ["--requirepass", password] }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func signal(_ number: Int32) { _ = kill(process.processIdentifier, number) }

    func end() {
        guard process.isRunning else { return }
        signal(SIGKILL)
        process.waitUntilExit()
    }

    /// What redis-cli answers, on one line.
    static func cli(_ url: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        process.arguments = ["-u", url] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A port that nobody listens on at this moment.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { _ = close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // `address` lives for both calls, and `size` is its size; a sockaddr_in may be seen as a sockaddr.
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                unsafe bind(descriptor, general, size) == 0 && getsockname(descriptor, general, &size) == 0
            }
        }
        try #require(result)
        return UInt16(bigEndian: address.sin_port)
    }
}

extension RedisClient {
    /// `send` of a command written in place.
    func ask(_ name: String, _ arguments: RedisArgument...) async throws(RedisError) -> RedisValue {
        try await send(RedisCommand(name, arguments))
    }
}
