// Where the servers under test are, and what a run of tests prints and waits for.

import Crypto
import Foundation
import Glibc

/// The servers and programs that the environment names.
public struct TestEnvironment: Sendable {
    /// A superuser's URL.
    let database: String
    /// An administrator's URLs.
    let amqp: String
    let amqpManagement: String
    let redis: String
    /// The folder of the wallet's executables.
    let programs: String
    /// The folder for keys and logs.
    let run: String

    /// Nil unless everything is named.
    public static let current: TestEnvironment? = {
        let environment = ProcessInfo.processInfo.environment
        guard let database = environment["WALLET_TEST_DATABASE"], let amqp = environment["WALLET_TEST_AMQP"],
            let management = environment["WALLET_TEST_AMQP_MANAGEMENT"], let redis = environment["WALLET_TEST_REDIS"],
            let programs = environment["WALLET_TEST_BIN"]
        else { return nil }
        let run = environment["WALLET_TEST_RUN"] ?? FileManager.default.temporaryDirectory.path
        return TestEnvironment(
            database: database, amqp: amqp, amqpManagement: management, redis: redis, programs: programs, run: run)
    }()

    public static var isComplete: Bool { current != nil }

    static func required() throws -> TestEnvironment {
        guard let current else { throw Failure("the servers under test are not named by the environment") }
        return current
    }

    /// A password for an account of the tests: the same in every process of a run, and not to be guessed without the
    /// administrator's own.
    func password(of account: String) -> String {
        let digest = SHA256.hash(data: Data("wallet-test \(account) \(database) \(amqpManagement)".utf8))
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Begins every name that this process gives out on a server; what has a dead process's is left over.
    static let namePrefix = "wallet_test_\(getpid())_"

    /// Whether a name is one of a process that has ended without tidying up.
    static func isLeftOver(_ name: String) -> Bool {
        guard name.hasPrefix("wallet_test_"), let pid = Int32(name.split(separator: "_")[2]) else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }
}

extension String {
    /// A URL with other credentials and another path.
    func with(user: String, password: String, path: String) throws -> String {
        guard var parts = URLComponents(string: self) else { throw Failure("a server's URL cannot be read") }
        parts.user = user
        parts.password = password
        parts.path = "/" + path
        guard let url = parts.string else { throw Failure("a server's URL cannot be made") }
        return url
    }

    /// A URL with another port; nil leaves it as it is.
    func with(port: UInt16?) throws -> String {
        guard let port else { return self }
        guard var parts = URLComponents(string: self) else { throw Failure("a server's URL cannot be read") }
        parts.port = Int(port)
        guard let url = parts.string else { throw Failure("a server's URL cannot be made") }
        return url
    }

    func port() throws -> UInt16 {
        guard let port = URLComponents(string: self)?.port.flatMap(UInt16.init(exactly:)) else {
            throw Failure("a server's URL names no port")
        }
        return port
    }

    /// A URL with the same credentials and another path.
    func with(path: String) throws -> String {
        guard var parts = URLComponents(string: self) else { throw Failure("a server's URL cannot be read") }
        parts.path = "/" + path
        guard let url = parts.string else { throw Failure("a server's URL cannot be made") }
        return url
    }
}

/// Why a test cannot go on.
public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Looks again and again until the condition holds; the deadline is for a test that fails.
public func eventually(
    _ what: String, within seconds: Double = 30, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw Failure("not within \(seconds) s: \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same seed gives the same run.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    public let seed: UInt64
    private var state: UInt64

    /// - Parameter seed: without one, that of the variable WALLET_TEST_SEED, or a new one.
    public init(seed: UInt64? = nil) {
        let seed =
            seed ?? ProcessInfo.processInfo.environment["WALLET_TEST_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64(UInt32.max))
        self.seed = seed
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Prints what a law's test has looked at.
public func report(_ law: String, seed: UInt64, _ counts: String) {
    print("law \(law): seed \(seed), \(counts)")
}
