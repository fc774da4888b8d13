// Starting the wallet's programs, and waiting until each is ready.

import Foundation
import Glibc
import Synchronization
import Topology
import Wire

extension Stack {
    /// How long a debug build on a busy machine may take to come up.
    private static let startSeconds = 60.0

    func start(_ program: String, number: Int = 1, adding extra: [String: String] = [:]) async throws -> ChildProcess {
        let child = try await ChildProcess.start(
            program, program: try TestEnvironment.required().programs + "/" + program,
            environment: environment.merging(extra) { $1 }, logPath: "\(folder)/\(program).\(number).log")
        children.withLock { $0.append(child) }
        return child
    }

    private func awaitReadiness(of child: ChildProcess, _ isReady: () async throws -> Bool) async throws {
        try await eventually("\(child.name) is ready", within: Self.startSeconds) {
            if let ending = child.ending {
                throw Failure("\(child.name) ended while starting, \(ending): \(child.log)")
            }
            return try await isReady()
        }
    }

    /// Whether a program answers 200 on a path; a refused connection is a no.
    private func answers(_ port: Int, _ path: String) async -> Bool {
        let reply = try? await exchange("GET", "http://127.0.0.1:\(port)\(path)", headers: [], seconds: 5)
        return reply?.status == 200
    }

    /// Starts a program that need not become ready.
    public func launch(_ program: String) async throws -> ChildProcess {
        try await start(program, number: children.withLock { $0.count })
    }

    @discardableResult
    public func startSandbox() async throws -> ChildProcess {
        let child = try await start("wallet-sandbox")
        try await awaitReadiness(of: child) { await answers(ports.sandbox, "/healthz") }
        return child
    }

    /// Lets time pass in the sandbox, and for the release of withdrawals.
    public func letPass(days: Int64) async throws {
        let reply = try await exchange(
            "POST", "http://127.0.0.1:\(ports.sandbox)/clock", headers: [("content-type", "application/json")],
            body: Array(#"{"advance_seconds":\#(days * 86_400)}"#.utf8), seconds: 5)
        guard reply.status == 200 else { throw Failure("time does not pass: \(reply)") }
    }

    /// Starts the HTTP API and waits until it has everything that its answers need.
    @discardableResult
    public func startIngress() async throws -> ChildProcess {
        let child = try await start("wallet-ingress")
        try await awaitReadiness(of: child) {
            let url = "http://127.0.0.1:\(ports.ingress)/readyz"
            guard let reply = try? await exchange("GET", url, headers: [], seconds: 5) else { return false }
            return reply.status == 200 && reply.data?["missing"]?.elements?.isEmpty == true
        }
        return child
    }

    /// Starts a fleet process.
    ///
    /// - Parameter awaitsReadiness: whether to wait until all its lanes have their connections.
    @discardableResult
    public func startFleet(awaitsReadiness: Bool = true) async throws -> ChildProcess {
        let number = children.withLock { $0.count }
        let readyFile = "\(folder)/wallet-fleet.\(number).ready"
        let child = try await start("wallet-fleet", number: number, adding: ["WALLET_READY_FILE": readyFile])
        if awaitsReadiness {
            try await awaitReadiness(of: child) { FileManager.default.fileExists(atPath: readyFile) }
        }
        return child
    }

    func startRedis() async throws {
        let child = try await ChildProcess.start(
            "redis-server", program: "/usr/bin/redis-server",
            arguments: [
                "--port", "\(ports.redis)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder,
            ], environment: [:], logPath: "\(folder)/redis-server.log")
        children.withLock { $0.append(child) }
        try await awaitReadiness(of: child) {
            do {
                try await flushRedis()
                return true
            } catch is Failure {
                return false
            }
        }
    }

    /// The status of the ingress's `/readyz`.
    public func readiness() async throws -> Int { try await ingressReadiness().status }

    /// What the ingress's `/readyz` answers.
    public func ingressReadiness() async throws -> Reply {
        try await exchange("GET", "http://127.0.0.1:\(ports.ingress)/readyz", headers: [], seconds: 5)
    }

    /// Ends every fleet process in order.
    public func stopFleets() async throws {
        for fleet in processes("wallet-fleet") {
            fleet.signal(SIGTERM)
            let ending = try await fleet.awaitEnd(within: 20)
            guard ending == .exited(0) else { throw Failure("a fleet asked to end: \(ending)") }
        }
    }

    /// The lane whose queue takes a slot.
    public func lane(of slot: UInt8) -> Int { Slots(laneCount: options.laneCount).lane(of: slot) }

    /// The test's own Redis, started again after it was ended.
    public func restartRedis() async throws { try await startRedis() }

    /// The running programs of a name, the oldest first.
    public func processes(_ name: String) -> [ChildProcess] {
        children.withLock { $0.filter { $0.name == name && $0.ending == nil } }
    }

    /// The one running program of a name.
    public func process(_ name: String) throws -> ChildProcess {
        guard let child = processes(name).first else { throw Failure("no \(name) is running") }
        return child
    }

    /// Runs the operator's tool.
    public func walletctl(_ arguments: String...) async throws -> (code: Int32, output: String) {
        try await walletctl(arguments)
    }

    public func walletctl(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        let log = "\(folder)/walletctl.\(UInt64.random(in: 0...UInt64.max)).log"
        return try await run(
            program: try TestEnvironment.required().programs + "/walletctl", arguments: arguments,
            environment: environment, logPath: log, seconds: 120)
    }
}
