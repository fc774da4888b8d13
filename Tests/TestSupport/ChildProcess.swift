// The wallet's programs as children that cannot outlive the test process, however that ends.

import Foundation
import Glibc
import Polling
import Synchronization

/// A thread that lives as long as the process and does blocking work in order.
///
/// Children are told to die with the thread that started them, so that thread must not be one that comes and goes.
final class WorkThread: Sendable {
    static let children = WorkThread("test-children")
    static let databases = WorkThread("test-databases")

    private let queue = Queue()
    private let available = DispatchSemaphore(value: 0)
    private let thread: PollingThread

    private init(_ name: String) {
        thread = PollingThread(name: name) { [queue, available] in
            while true {
                available.wait()
                queue.take()?()
            }
        }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.append { continuation.resume(with: Result { try body() }) }
            available.signal()
        }
    }

    private final class Queue: Sendable {
        private let jobs = Mutex<[@Sendable () -> Void]>([])

        func append(_ job: @escaping @Sendable () -> Void) { jobs.withLock { $0.append(job) } }

        func take() -> (@Sendable () -> Void)? { jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }
}

/// A program that was started by a test.
public final class ChildProcess: Sendable {
    /// How a program ended.
    public enum Ending: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    public let name: String
    public let pid: Int32
    let logPath: String
    /// Kept until it ends: Foundation watches it only as long as it is there.
    private let process: Process
    private let end: EndingBox

    private final class EndingBox: Sendable {
        let ending = Mutex<Ending?>(nil)
    }

    private init(name: String, process: Process, logPath: String, end: EndingBox) {
        self.name = name
        self.process = process
        self.logPath = logPath
        self.end = end
        pid = process.processIdentifier
    }

    /// Starts a program; its output goes to the log.
    static func start(
        _ name: String, program: String, arguments: [String] = [], environment: [String: String], logPath: String
    ) async throws -> ChildProcess {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Failure("there is no program at \(program)")
        }
        return try await WorkThread.children.run {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/setpriv")
            process.arguments = ["--pdeathsig", "KILL", "--", program] + arguments
            process.environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"].merging(environment) { $1 }
            process.standardInput = FileHandle.nullDevice
            let log = try openLog(logPath)
            process.standardOutput = log
            process.standardError = log
            let end = EndingBox()
            process.terminationHandler = { process in
                let status = process.terminationStatus
                let ending: Ending =
                    process.terminationReason == .exit ? .exited(status) : .killed(signal: status)
                end.ending.withLock { $0 = ending }
            }
            try process.run()
            return ChildProcess(name: name, process: process, logPath: logPath, end: end)
        }
    }

    private static func openLog(_ path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw Failure("no log can be written at \(path)")
            }
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        return handle
    }

    /// Nil while it runs.
    public var ending: Ending? { end.ending.withLock { $0 } }

    public func signal(_ number: Int32) {
        // Once it has ended its number may be somebody else's.
        if ending == nil { _ = Glibc.kill(pid, number) }
    }

    /// - Throws: when it is still running after so long.
    @discardableResult
    public func awaitEnd(within seconds: Double = 15) async throws -> Ending {
        try await eventually("\(name) ends", within: seconds) { ending != nil }
        return ending ?? .exited(-1)
    }

    /// Ends it at once, stopped or not.
    @discardableResult
    public func kill() async throws -> Ending {
        signal(SIGKILL)
        return try await awaitEnd()
    }

    /// What it wrote.
    public var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }
}

/// Runs a program to its end.
///
/// - Returns: its exit code and what it wrote.
func run(
    program: String, arguments: [String], environment: [String: String], logPath: String, seconds: Double = 60
) async throws -> (code: Int32, output: String) {
    let child = try await ChildProcess.start(
        arguments.joined(separator: " "), program: program, arguments: arguments, environment: environment,
        logPath: logPath)
    let ending: ChildProcess.Ending
    do { ending = try await child.awaitEnd(within: seconds) } catch {
        try await child.kill()
        throw error
    }
    guard case .exited(let code) = ending else { throw Failure("\(child.name) was killed: \(child.log)") }
    return (code, child.log)
}

/// Ports that nobody listens on, each given out once.
enum FreePorts {
    private static let given = Mutex<Set<Int>>([])
    /// Below the range that the kernel hands out to outgoing connections.
    private static let range = 32_000..<32_700

    static func take() throws -> Int {
        let taken = try listening()
        return try given.withLock { given in
            // Several test processes may run at once: where one begins to look is by chance.
            let start = Int.random(in: range)
            for offset in 0..<range.count {
                let port = range.lowerBound + (start - range.lowerBound + offset) % range.count
                if !taken.contains(port), given.insert(port).inserted { return port }
            }
            throw Failure("there is no free port")
        }
    }

    /// The local ports in the kernel's tables of TCP sockets.
    private static func listening() throws -> Set<Int> {
        var ports: Set<Int> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            let text = try String(contentsOfFile: table, encoding: .utf8)
            for line in text.split(separator: "\n").dropFirst() {
                let columns = line.split(separator: " ")
                guard columns.count > 1, let port = columns[1].split(separator: ":").last else { continue }
                if let number = Int(port, radix: 16) { ports.insert(number) }
            }
        }
        return ports
    }
}
