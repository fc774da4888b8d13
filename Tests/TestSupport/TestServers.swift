// The servers of the run themselves, for tests that end or stop them. Their supervisor starts again what has died.

import AMQP
import Foundation
import Glibc

/// A server that the run's supervisor started.
public struct TestServer: Sendable {
    public let name: String

    public static let postgres = TestServer(name: "postgres")
    public static let rabbitmq = TestServer(name: "rabbitmq")
    public static let redis = TestServer(name: "redis")

    /// The process the supervisor knows it by.
    public func pid() throws -> Int32 {
        let path = try TestEnvironment.required().run + "/\(name).pid"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let pid = text.split(separator: " ").first.flatMap({ Int32($0) }), pid > 1
        else { throw Failure("the run's supervisor has no \(name)") }
        return pid
    }

    /// Ends it as a crash would, and waits until another stands in its place.
    public func kill() async throws {
        let old = try pid()
        guard Glibc.kill(old, SIGKILL) == 0 else { throw Failure("\(name) was not there to be killed") }
        try await eventually("\(name) is started again", within: 30) { (try? pid()).map { $0 != old } ?? false }
    }

    /// Its processes: the one the supervisor knows, and that one's children.
    public func processes() throws -> [Int32] {
        let parent = try pid()
        let children = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
            guard let stat = try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8),
                // The name in brackets may hold spaces; state and parent follow it.
                let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 1
            else { return false }
            return fields[1] == "\(parent)"
        }
        return [parent] + children
    }

    /// Waits until PostgreSQL lets a session in.
    public static func awaitPostgres() async throws {
        try await eventually("PostgreSQL answers", within: 60) { try await TestDatabase.answers() }
    }

    /// Waits until RabbitMQ lets a connection in.
    public static func awaitRabbitMQ() async throws {
        let url = try TestEnvironment.required().amqp
        try await eventually("RabbitMQ answers", within: 60) {
            try await WorkThread.databases.run {
                guard let connection = try? AMQPConnection(AMQPConfiguration(url: url)) else { return false }
                connection.close()
                return true
            }
        }
    }

    /// Has the broker take nothing from publishers, or take it again; returns when it is so.
    public static func setMemoryAlarm(_ isRaised: Bool) async throws {
        let library = String(#filePath.dropLast("TestServers.swift".count)) + "../../deploy/lib"
        let folder = try TestEnvironment.required().run
        let (code, output) = try await run(
            program: "/bin/bash",
            arguments: ["\(library)/memory-alarm.sh", "\(folder)/..", isRaised ? "raise" : "clear"],
            environment: [:], logPath: "\(folder)/\(TestEnvironment.namePrefix)memory-alarm.log")
        guard code == 0 else { throw Failure("the broker's memory alarm was not set: \(output)") }
    }

    /// Stops a process, or lets it go on.
    public static func signal(_ pid: Int32, _ number: Int32) throws {
        guard Glibc.kill(pid, number) == 0 else { throw Failure("there is no process \(pid)") }
    }
}
