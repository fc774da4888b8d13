// What the kernel knows of this process (proc(5)), under the names that Prometheus's client libraries use.

import Foundation
import Glibc

extension Instruments {
    func observeProcess() {
        let start = ProcessFigures.startSeconds()
        observe(.processStart) { start }
        observe(.processCPU) { ProcessFigures.stat()?.cpuSeconds }
        observe(.processThreads) { ProcessFigures.stat()?.threads }
        observe(.processVirtual) { ProcessFigures.stat()?.virtualBytes }
        observe(.processResident) { ProcessFigures.stat()?.residentBytes }
        observe(.processDescriptors) { ProcessFigures.openDescriptors() }
        observe(.processDescriptorsMax) { ProcessFigures.descriptorsMax() }
    }
}

/// Figures from `/proc`. Nil where the kernel shows none.
enum ProcessFigures {
    struct Stat: Equatable {
        let cpuSeconds: Double
        let threads: Double
        /// Since the machine started.
        let startSeconds: Double
        let virtualBytes: Double
        let residentBytes: Double

        /// Reads a line of `/proc/self/stat`.
        ///
        /// The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
        init?(_ line: String, ticksPerSecond: Double, pageBytes: Double) {
            guard let end = line.lastIndex(of: ")") else { return nil }
            let fields = line[line.index(after: end)...].split(whereSeparator: \.isWhitespace)
            // Numbered from 1 in proc(5), and the first here is the third there.
            func field(_ number: Int) -> Double? { number - 3 < fields.count ? Double(fields[number - 3]) : nil }
            guard let user = field(14), let kernel = field(15), let threads = field(20), let start = field(22),
                let virtual = field(23), let pages = field(24)
            else { return nil }
            cpuSeconds = (user + kernel) / ticksPerSecond
            self.threads = threads
            startSeconds = start / ticksPerSecond
            virtualBytes = virtual
            residentBytes = pages * pageBytes
        }
    }

    static func stat() -> Stat? {
        read("/proc/self/stat").flatMap {
            Stat(
                $0, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))), pageBytes: Double(sysconf(Int32(_SC_PAGESIZE)))
            )
        }
    }

    /// When the process started, in seconds since 1970.
    static func startSeconds() -> Double? {
        guard let stat = stat(), let text = read("/proc/stat"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let boot = Double(line.dropFirst(6))
        else { return nil }
        return boot + stat.startSeconds
    }

    static func openDescriptors() -> Double? {
        // One of them is that of the reading itself.
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count - 1) }
    }

    static func descriptorsMax() -> Double? {
        var limit = rlimit()
        // The kernel fills `limit`, which lives for the call.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
