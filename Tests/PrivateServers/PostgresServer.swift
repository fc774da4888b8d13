// PostgreSQL servers of a test's own, for what would disturb everybody else: they are killed, frozen, restarted and
// promoted. Nothing of them outlives the test process, however that ends.

import Foundation
import Glibc
import Polling
public import Postgres
import Synchronization

/// Why a server of the tests' own would not do as it was told.
public struct ServerFailure: Error, CustomStringConvertible {
    public let description: String
}

/// A server on 127.0.0.1, with TLS, that believes everybody.
///
/// Its processes have a namespace of process ids to themselves, whose first process dies with the test's thread that
/// started it: then the kernel kills the rest, those that stand still too. Its shared memory goes the same way.
public final class PrivateServer: Sendable {
    let folder: String
    public let port: UInt16
    private let process = Mutex<Process?>(nil)

    /// Whether there is a server to start.
    public static let isInstalled = FileManager.default.isExecutableFile(atPath: program("postgres"))

    private init(folder: String) throws {
        self.folder = folder
        port = try freePort()
    }

    /// - Parameter options: of the URL, beginning with a question mark.
    public func url(_ options: String = "") -> String { "postgresql://postgres@127.0.0.1:\(port)/postgres\(options)" }

    public func connect(_ options: String = "") throws -> PostgresConnection {
        try PostgresConnection(PostgresConfiguration(url: url(options), applicationName: "private"))
    }

    // MARK: Making and removing

    /// A new server, started.
    public static func make() async throws -> PrivateServer {
        let template = try await PrivateServer.template.value
        let server = try PrivateServer(folder: ServerFolder.next())
        try await Commands.run("/usr/bin/cp", ["-a", template, server.folder])
        try await server.start()
        return server
    }

    /// A standby of this server, started and in step with it.
    ///
    /// - Parameter proxy: the port of one that stands before this server; what is replicated goes through it.
    public func makeStandby(through proxy: UInt16? = nil) async throws -> PrivateServer {
        let standby = try PrivateServer(folder: ServerFolder.next())
        try await Commands.runAsServer(
            "pg_basebackup",
            [
                "--pgdata=\(standby.folder)", "--host=127.0.0.1", "--port=\(proxy ?? port)", "--username=postgres",
                "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
            ])
        try await standby.start()
        return standby
    }

    /// From here on no commit of this server is told before its standby has it.
    public func commitTogetherWithStandby() async throws {
        let session = try connect()
        defer { session.close() }
        try session.execute("alter system set synchronous_standby_names = '*'")
        try session.execute("select pg_reload_conf()")
        try await eventually(within: 10) {
            try session.execute("select from pg_stat_replication where sync_state = 'sync'").count == 1
        }
    }

    /// Makes a primary of this standby; it takes writes when this returns.
    public func promote() async throws {
        let session = try connect()
        defer { session.close() }
        try session.execute("select pg_promote()")
        try await eventually(within: 10) { try !session.execute("select pg_is_in_recovery()").bool(0, 0) }
    }

    public func remove() async throws {
        try await kill()
        for path in [folder, folder + ".log"] { try FileManager.default.removeItem(atPath: path) }
    }

    /// A cluster with the tests' certificates, copied for each server.
    private static let template: Task<String, any Error> = Task {
        let (folder, certificates) = (ServerFolder.top + "/template", try await PrivateServer.certificates.value)
        try await Commands.runAsServer(
            "initdb",
            [
                "--pgdata=\(folder)", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                "--no-sync", "--no-instructions",
            ])
        // Processes are killed here, no machine is: what was written survives without having reached a disk. A standby
        // that has just missed its primary sleeps for the interval, 5 s by default, before it lets itself be promoted.
        let settings = """
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            shared_buffers = 16MB
            fsync = off
            max_connections = 50
            wal_retrieve_retry_interval = 100ms
            ssl = on
            ssl_cert_file = '\(certificates)/server.pem'
            ssl_key_file = '\(certificates)/server.key'

            """
        let file = try FileHandle(forWritingTo: URL(filePath: folder + "/postgresql.conf"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(settings.utf8))
        try file.close()
        return folder
    }

    /// The folder of a private authority and of what it has signed.
    public static let certificates: Task<String, any Error> = Task { try await makeCertificates("certificates") }

    /// What deploy/lib/certificates.sh makes, in a folder of that name.
    public static func makeCertificates(_ name: String) async throws -> String {
        let folder = ServerFolder.top + "/" + name
        let library = String(#filePath.prefix { _ in true }.dropLast("PostgresServer.swift".count)) + "../../deploy/lib"
        let script = """
            set -euo pipefail
            for part in common secrets certificates; do . "$1/$part.sh"; done
            make_certificates "$2"
            """
        try await Commands.run("/bin/bash", ["-c", script, "bash", library, folder])
        return folder
    }

    // MARK: Life and death

    public func start() async throws {
        let port = port
        let process = try await Commands.startServer(folder: folder, port: port)
        self.process.withLock { $0 = process }
        try await eventually(within: 30) {
            guard process.isRunning else {
                throw ServerFailure(description: "the server ended: \(log.suffix(2000))")
            }
            return (try? connect()) != nil
        }
    }

    /// As when the machine's power fails. Every process of it is gone when this returns.
    public func kill() async throws {
        signal(SIGKILL)
        try await awaitEnd()
    }

    /// `pg_ctl stop`, immediate: no session ends in order, and the next start is a recovery.
    public func stopImmediately() async throws {
        signal(SIGQUIT)
        try await awaitEnd()
    }

    private func awaitEnd() async throws {
        try await eventually(within: 10) { process.withLock { $0?.isRunning != true } }
    }

    /// Nothing of the server runs, and its sockets stay.
    public func freeze() { signal(SIGSTOP, toAll: true) }
    public func thaw() { signal(SIGCONT, toAll: true) }

    private var log: String { (try? String(contentsOfFile: folder + ".log", encoding: .utf8)) ?? "" }

    private func signal(_ number: Int32, toAll: Bool = false) {
        guard let process = process.withLock({ $0 }), process.isRunning else { return }
        // The process started stands outside and waits for the postmaster, its only child.
        let postmaster = Self.children(of: process.processIdentifier)
        let all = toAll ? postmaster.flatMap { [$0] + Self.children(of: $0) } : postmaster
        for process in all { _ = Glibc.kill(process, number) }
    }

    private static func children(of process: Int32) -> [Int32] {
        let text = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return (text ?? "").split(separator: " ").compactMap { Int32($0) }
    }

    static func program(_ name: String) -> String { "/usr/lib/postgresql/15/bin/" + name }
}

/// Where the servers have their data.
private enum ServerFolder {
    private static let prefix = "wallet-postgres-tests-"
    private static let count = Atomic<Int>(0)

    /// Made once per process and removed when that exits; what a killed process left goes here.
    static let top: String = {
        let base = FileManager.default.temporaryDirectory.path
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where name.hasPrefix(prefix) {
            guard let owner = Int32(name.dropFirst(prefix.count)), kill(owner, 0) != 0, errno == ESRCH else { continue }
            try? FileManager.default.removeItem(atPath: "\(base)/\(name)")
        }
        let folder = "\(base)/\(prefix)\(getpid())"
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        atexit { try? FileManager.default.removeItem(atPath: ServerFolder.top) }
        return folder
    }()

    static func next() -> String { "\(top)/\(count.add(1, ordering: .relaxed).newValue)" }
}

/// Programs, all started by one thread that lives as long as the process: they are told to die with it.
private enum Commands {
    private static let jobs = Mutex<[@Sendable () -> Void]>([])
    private static let available = DispatchSemaphore(value: 0)
    private static let thread = PollingThread(name: "test-servers") {
        while true {
            available.wait()
            jobs.withLock { $0.removeFirst() }()
        }
    }

    static func run(_ program: String, _ arguments: [String]) async throws {
        let command = ["--pdeathsig", "KILL", "--", program] + arguments
        let (code, output) = try await onThread {
            let (process, pipe) = (process(command), Pipe())
            (process.standardOutput, process.standardError) = (pipe, pipe)
            try process.run()
            let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
        }
        if code != 0 { throw ServerFailure(description: "\(program) ended with \(code): \(output.suffix(2000))") }
    }

    static func runAsServer(_ name: String, _ arguments: [String]) async throws {
        let command = notRoot + [PrivateServer.program(name)] + arguments
        try await run(command[0], Array(command.dropFirst()))
    }

    static func startServer(folder: String, port: UInt16) async throws -> Process {
        let command =
            ["--pdeathsig", "KILL", "--", "/usr/bin/unshare"] + account
            + ["--pid", "--ipc", "--fork", "--kill-child", "--", PrivateServer.program("postgres")]
            + ["-D", folder, "-p", "\(port)"]
        return try await onThread {
            let log = folder + ".log"
            _ = FileManager.default.createFile(atPath: log, contents: nil)
            let process = process(command)
            let handle = try FileHandle(forWritingTo: URL(filePath: log))
            (process.standardOutput, process.standardError) = (handle, handle)
            try process.run()
            return process
        }
    }

    private static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        process.standardInput = FileHandle.nullDevice
        return process
    }

    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            _ = thread
            jobs.withLock { $0.append { continuation.resume(with: Result { try body() }) } }
            available.signal()
        }
    }

    /// PostgreSQL refuses to be root: in a user namespace it is somebody else, whom /etc/passwd has to know.
    private static let account: [String] = {
        var user = getuid()
        if user == 0 {
            let accounts = (try? String(contentsOfFile: "/etc/passwd", encoding: .utf8)) ?? ""
            let line = accounts.split(separator: "\n").first { $0.hasPrefix("postgres:") }
            user = (line?.split(separator: ":").dropFirst(2).first).flatMap { UInt32($0) } ?? 65_534
        }
        return ["--user", "--map-user=\(user)", "--map-group=\(user)"]
    }()

    private static var notRoot: [String] { getuid() == 0 ? ["/usr/bin/unshare"] + account + ["--"] : ["/usr/bin/env"] }
}

/// Waits until the condition holds.
private func eventually(within seconds: UInt64, _ condition: () async throws -> Bool) async throws {
    let deadline = monotonicNanoseconds() + seconds * 1_000_000_000
    while try await !condition() {
        if monotonicNanoseconds() > deadline {
            throw ServerFailure(description: "the server did not do as it was told within \(seconds) s")
        }
        await Task.yield()
    }
}
