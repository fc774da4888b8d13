// Memory and CPU time of the processes under measurement, read from /proc. Each is known by the file with its pid that
// the supervisor of deploy/local keeps, and counts together with whatever it has started.

import Foundation
import Glibc
import Polling

/// What one look at a group of processes showed.
struct ProcessReading {
    /// Resident memory; of PostgreSQL what is not shared, because each process shows the shared buffers as its own.
    var megabytes = 0.0
    /// CPU time since the processes began, of those that live.
    var cpuSeconds = 0.0
    var processes = 0
}

struct ProcessSample {
    let time: UInt64
    let readings: [ProcessGroup: ProcessReading]
}

enum ProcessGroup: String, CaseIterable {
    case fleet = "wallet-fleet"
    case ingress = "wallet-ingress"
    case sandbox = "wallet-sandbox"
    case rabbitmq
    case epmd
    case redis
    /// PostgreSQL's backends of clients.
    case sessions = "postgres-sessions"
    /// PostgreSQL's own: checkpointer, writers, autovacuum.
    case service = "postgres-service"
    /// The shared memory that PostgreSQL's processes have touched.
    case shared = "postgres-shared"

    /// The name of the file with the pid.
    var file: String {
        switch self {
        case .sessions, .service, .shared: "postgres"
        default: rawValue
        }
    }
}

/// Reads the processes whose pid files lie in a folder.
struct ProcessSampler {
    struct Missing: Error, CustomStringConvertible {
        let name: String
        var description: String { "\(name) does not run, or has been started again" }
    }

    private let folder: String
    private let roots: [String: Int32]
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// - Throws: `Missing` when one of the processes does not run.
    init(folder: String) throws {
        self.folder = folder
        var roots: [String: Int32] = [:]
        for name in Set(ProcessGroup.allCases.map(\.file)) { roots[name] = try Self.pid(folder, name) }
        self.roots = roots
    }

    private static func pid(_ folder: String, _ name: String) throws(Missing) -> Int32 {
        let text = read("\(folder)/\(name).pid")
        guard let pid = text?.split(separator: " ").first.flatMap({ Int32($0) }), read("/proc/\(pid)/stat") != nil
        else {
            throw Missing(name: name)
        }
        return pid
    }

    /// - Throws: `Missing` when a process has ended since this began, even if another stands in its place.
    func sample() throws -> ProcessSample {
        for (name, pid) in roots {
            guard try Self.pid(folder, name) == pid else { throw Missing(name: name) }
        }
        let parents = Self.parents()
        var readings: [ProcessGroup: ProcessReading] = [:]
        for group in ProcessGroup.allCases {
            guard let root = roots[group.file] else { throw Missing(name: group.file) }
            readings[group] = Self.reading(group, root, parents)
        }
        return ProcessSample(time: monotonicNanoseconds(), readings: readings)
    }

    /// A process and everything below it.
    private static func reading(
        _ group: ProcessGroup, _ root: Int32, _ parents: [Int32: Int32]
    ) -> ProcessReading {
        var reading = ProcessReading()
        for pid in parents.keys where pid == root || isBelow(pid, root, parents) {
            guard let memory = memory(pid), let ticks = ticks(pid) else { continue }
            switch group {
            case .sessions, .service:
                // A backend's title names the client's address.
                let isSession = read("/proc/\(pid)/cmdline")?.contains("127.0.0.1(") == true
                guard isSession == (group == .sessions) else { continue }
                reading.megabytes += memory.private
            case .shared:
                reading.megabytes = max(reading.megabytes, memory.shared)
                continue
            default: reading.megabytes += memory.resident
            }
            reading.cpuSeconds += ticks / ticksPerSecond
            reading.processes += 1
        }
        return reading
    }

    private static func isBelow(_ pid: Int32, _ root: Int32, _ parents: [Int32: Int32]) -> Bool {
        var pid = pid
        while let parent = parents[pid], parent > 1 {
            if parent == root { return true }
            pid = parent
        }
        return false
    }

    private static func parents() -> [Int32: Int32] {
        var parents: [Int32: Int32] = [:]
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for case let pid? in entries.map({ Int32($0) }) {
            guard let fields = statistics(pid), let parent = Int32(fields[1]) else { continue }
            parents[pid] = parent
        }
        return parents
    }

    /// The fields of /proc/PID/stat from the state on: a name may hold spaces and brackets.
    private static func statistics(_ pid: Int32) -> [Substring]? {
        guard let text = read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 12 ? fields : nil
    }

    private static func ticks(_ pid: Int32) -> Double? {
        guard let fields = statistics(pid), let user = Double(fields[11]), let system = Double(fields[12]) else {
            return nil
        }
        return user + system
    }

    private static func memory(_ pid: Int32) -> (resident: Double, shared: Double, private: Double)? {
        guard let status = read("/proc/\(pid)/status") else { return nil }
        func megabytes(_ name: String) -> Double {
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
            let kilobytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) }
            return (kilobytes ?? 0) / 1_024
        }
        return (megabytes("VmRSS"), megabytes("RssShmem"), megabytes("RssAnon"))
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
