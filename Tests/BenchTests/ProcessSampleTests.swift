// What is read from /proc, of this process under every name.

import Foundation
import Testing

@testable import Bench

@Suite("Samples of processes")
struct ProcessSampleTests {
    private static func folder(pid: Int32) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in Set(ProcessGroup.allCases.map(\.file)) {
            try Data("\(pid) 1\n".utf8).write(to: folder.appending(path: "\(name).pid"))
        }
        return folder.path(percentEncoded: false)
    }

    private static let myself = ProcessInfo.processInfo.processIdentifier

    @Test("a process counts once, with its memory and its time")
    func once() throws {
        let folder = try Self.folder(pid: Self.myself)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let sampler = try ProcessSampler(folder: folder)
        let reading = try #require(try sampler.sample().readings[.fleet])
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        let resident = try #require(pages.count > 1 ? Double(pages[1]) : nil)
        let megabytes = resident * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
        #expect(reading.processes >= 1)
        #expect(reading.megabytes > megabytes / 2)
        // A child that another test has just now would count too, but it is small.
        #expect(reading.megabytes < megabytes * 1.5)
        #expect(reading.cpuSeconds >= 0)
    }

    @Test("a process that has ended, or was never there, ends the measurement")
    func ended() throws {
        let folder = try Self.folder(pid: Self.myself)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let sampler = try ProcessSampler(folder: folder)
        // Another one in its place: the first process of the machine lives as long as this test.
        try Data("1 1\n".utf8).write(to: URL(filePath: folder).appending(path: "wallet-fleet.pid"))
        #expect(throws: ProcessSampler.Missing.self) { try sampler.sample() }
        try FileManager.default.removeItem(atPath: folder + "/wallet-fleet.pid")
        #expect(throws: ProcessSampler.Missing.self) { try sampler.sample() }
        #expect(throws: ProcessSampler.Missing.self) { try ProcessSampler(folder: folder) }
    }
}
