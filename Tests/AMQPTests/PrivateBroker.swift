// A RabbitMQ node that these tests have for themselves, since an alarm or a standstill would disturb everybody else.

import Foundation
import Synchronization
import Testing

@testable import AMQP

/// The node that deploy/lib/private-broker.sh runs: started by the first test that asks, ended with this process.
actor PrivateBroker {
    nonisolated let configuration: AMQPConfiguration
    nonisolated let secureConfiguration: AMQPConfiguration
    private let commands: FileHandle
    private var answers: AsyncStream<String>.Iterator

    private static let starting = Mutex<Task<PrivateBroker, any Error>?>(nil)

    /// Whether there is a server to start.
    static var isAvailable: Bool {
        Broker.isAvailable && FileManager.default.isExecutableFile(atPath: "/usr/lib/rabbitmq/bin/rabbitmq-server")
    }

    static func shared() async throws -> PrivateBroker {
        let task = starting.withLock { starting in
            let task = starting ?? Task { try await PrivateBroker() }
            starting = task
            return task
        }
        return try await task.value
    }

    private init() async throws {
        let environment = ProcessInfo.processInfo.environment
        let parent = environment["WALLET_TEST_RUN"].map { URL(fileURLWithPath: $0) }
        let folder = (parent ?? FileManager.default.temporaryDirectory)
            .appendingPathComponent("amqp-tests-\(ProcessInfo.processInfo.processIdentifier)")
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [root.appendingPathComponent("deploy/lib/private-broker.sh").path, folder.path]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        // Called by one thread at a time, and lines are short: what comes in one piece is whole lines.
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                continuation.finish()
            }
            let text = String(decoding: data, as: UTF8.self)
            for line in text.split(separator: "\n") { continuation.yield(String(line)) }
        }
        try process.run()
        commands = input.fileHandleForWriting
        var answers = lines.makeAsyncIterator()
        let words = await answers.next()?.split(separator: " ").map(String.init) ?? []
        guard words.count == 4, words[0] == "ready" else { throw NoBroker() }
        self.answers = answers
        configuration = try AMQPConfiguration(url: words[1])
        secureConfiguration = try AMQPConfiguration(url: words[2] + "?cacertfile=" + words[3])
    }

    struct NoBroker: Error {}

    /// Raises or clears the memory alarm, or stops the node's process or lets it go on; returns when it is so.
    func order(_ command: String) async throws {
        try commands.write(contentsOf: Data("\(command)\n".utf8))
        var answers = answers
        let answer = await answers.next(isolation: self)
        self.answers = answers
        guard answer == "done" else { throw NoBroker() }
    }
}
