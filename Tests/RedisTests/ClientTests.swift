// The client against a real server.

import Polling
import Testing

@testable import Redis

@Suite("The client with a server", .enabled(if: testServerURL != nil))
struct ClientTests {
    let url = testServerURL ?? "redis://unset"

    @Test("every byte of a value comes back as it went")
    func roundTrip() async throws {
        try await withClient(url: url) { client, prefix in
            let key = RedisArgument.string(prefix + "value")
            let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) } + [13, 10, 0]
            #expect(try await client.ask("SET", key, .bytes(content), "PX", 60_000) == .status("OK"))
            #expect(try await client.ask("GET", key) == .bytes(content))
            #expect(try await client.ask("SET", key, "", "PX", 60_000) == .status("OK"))
            #expect(try await client.ask("GET", key) == .bytes([]))
            let deleted = try await client.send([Array("DEL".utf8), Array((prefix + "value").utf8)])
            #expect(deleted == .integer(1))
            #expect(try await client.ask("GET", key) == .null)
        }
    }

    @Test("a pipeline answers in order, and one failed command leaves the others standing")
    func pipeline() async throws {
        try await withClient(url: url) { client, prefix in
            let key = RedisArgument.string(prefix + "list")
            let answers = try await client.send(pipeline: [
                RedisCommand("RPUSH", key, "a", "b"), RedisCommand("INCR", key), RedisCommand("LRANGE", key, 0, -1),
                RedisCommand("MULTI"), RedisCommand("DEL", key), RedisCommand("EXEC"),
            ])
            #expect(
                answers == [
                    .integer(2), .error("WRONGTYPE"), .array([.bytes([97]), .bytes([98])]), .status("OK"),
                    .status("QUEUED"), .array([.integer(1)]),
                ])
            #expect(try await client.send(pipeline: []) == [])
            let many = try await client.send(pipeline: (0..<10_000).map { RedisCommand("ECHO", .integer($0)) })
            #expect(many.map(\.number) == (0..<10_000).map(Int64.init))
        }
    }

    @Test("an error of the server is thrown with its code")
    func wrongType() async throws {
        try await withClient(url: url) { client, prefix in
            let key = RedisArgument.string(prefix + "text")
            _ = try await client.ask("SET", key, "x", "PX", 60_000)
            await #expect(throws: RedisError.reply(code: "WRONGTYPE")) {
                try await client.ask("LPOP", key)
            }
            await #expect(throws: RedisError.unsupportedCommand) { try await client.ask("SELECT", 1) }
            #expect(try await client.ask("GET", key).text == "x")
        }
    }

    @Test("an overdue answer ends the connection, and the next one works")
    func timeOut() async throws {
        try await withClient(url: url, { $0.commandTimeoutMilliseconds = 500 }) { client, prefix in
            let start = monotonicNanoseconds()
            await #expect(throws: RedisError.timedOut) {
                try await client.ask("BLPOP", .string(prefix + "nothing"), 0)
            }
            let milliseconds = (monotonicNanoseconds() - start) / 1_000_000
            #expect((500..<10_000).contains(milliseconds))
            try await eventually("no new connection") { client.isConnected }
            #expect(try await client.ask("PING") == .status("PONG"))
            #expect(client.counters.connectionsLost == 1 && client.counters.connectionsOpened == 2)
        }
    }

    @Test("a killed connection leaves the outcome unknown to who waits, and comes back")
    func killed() async throws {
        try await withClient(url: url) { client, prefix in
            try await withClient(url: url) { other, _ in
                let number = try #require(try await client.ask("CLIENT", "ID").number)
                async let waiting = client.ask("BLPOP", .string(prefix + "nothing"), 0)
                try await waitUntilBlocked(number, seenBy: other)
                let killed = try await other.ask("CLIENT", "KILL", "ID", .integer(number))
                #expect(killed == .integer(1))
                do {
                    _ = try await waiting
                    Issue.record("an answer from a killed connection")
                } catch {
                    #expect(error as? RedisError == .outcomeUnknown)
                }
                try await eventually("no new connection") { client.isConnected }
                #expect(try await client.ask("PING") == .status("PONG"))
            }
        }
    }

    @Test("a wrong password is told as such, and a right one is let in")
    func passwords() async throws {
        let plain = try RedisConfiguration(url: url)
        let user = "redis-tests-\(UInt64.random(in: 0...UInt64.max))"
        try await withClient(url: url) { admin, _ in
            let rules: [RedisArgument] = [.string(user), "on", ">right", "~*", "+@all"]
            _ = try await admin.send(RedisCommand("ACL", ["SETUSER"] + rules))
            let server = "\(plain.host):\(plain.port)/1"
            try await withClient(url: "redis://\(user):right@\(server)") { client, _ in
                let name = try await client.ask("ACL", "WHOAMI").text
                let info = try await client.ask("CLIENT", "INFO").text
                #expect(name == user && info?.contains(" db=1 ") == true)
            }
            let client = try RedisClient(try RedisConfiguration(url: "redis://\(user):wrong@\(server)"))
            client.start()
            try await eventually("the refusal was not told") {
                do {
                    _ = try await client.ask("PING")
                    return false
                } catch {
                    return error as? RedisError == .refused(code: "WRONGPASS")
                }
            }
            #expect(!client.isConnected)
            await client.stop()
            _ = try await admin.ask("ACL", "DELUSER", .string(user))
        }
    }

    @Test("ten thousand callers at once each get their own answer")
    func concurrency() async throws {
        try await withClient(url: url) { client, _ in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in Int64(0)..<10_000 {
                    group.addTask {
                        try await client.ask("ECHO", .integer(number)).number == number
                    }
                }
                for try await isOwn in group { #expect(isOwn) }
            }
        }
    }

    @Test("what waits is bounded, and room comes back with the answers")
    func bound() async throws {
        let tighten: (inout RedisConfiguration) -> Void = {
            $0.pendingMax = 4
            $0.pendingBytesMax = 100
        }
        try await withClient(url: url, tighten) { client, _ in
            let ping = RedisCommand("PING")
            await #expect(throws: RedisError.overloaded) {
                try await client.send(pipeline: Array(repeating: ping, count: 5))
            }
            await #expect(throws: RedisError.overloaded) {
                try await client.send(RedisCommand("PING", .bytes(Array(repeating: 0, count: 100))))
            }
            for _ in 0..<50 {
                let answers = try await client.send(pipeline: Array(repeating: ping, count: 4))
                #expect(answers.count == 4)
            }
        }
    }

    @Test("a forgotten command is carried out, and its failure is counted")
    func forgotten() async throws {
        try await withClient(url: url) { client, prefix in
            let key = RedisArgument.string(prefix + "forgotten")
            client.sendAndForget(RedisCommand("SET", key, "x", "PX", 60_000))
            #expect(try await client.ask("GET", key).text == "x")
            client.sendAndForget(RedisCommand("INCR", key))
            _ = try await client.ask("PING")
            #expect(client.counters.forgottenFailed == 1 && client.counters.forgottenDropped == 0)
        }
    }

    @Test("stopping lets answers under way arrive and refuses what comes after")
    func stopping() async throws {
        try await withClient(url: url) { client, prefix in
            try await withClient(url: url) { other, _ in
                let key = RedisArgument.string(prefix + "signal")
                let number = try #require(try await client.ask("CLIENT", "ID").number)
                async let answers = client.send(pipeline: [RedisCommand("BLPOP", key, 0), RedisCommand("PING")])
                try await waitUntilBlocked(number, seenBy: other)
                async let stopped: Void = client.stop()
                try await eventually("the client still takes commands") { !client.isConnected }
                await #expect(throws: RedisError.unavailable) { try await client.ask("PING") }
                _ = try await other.ask("LPUSH", key, "x")
                let values = try await answers
                #expect(values.count == 2 && values.last == .status("PONG"))
                await stopped
                client.start()
                #expect(!client.isConnected)
            }
        }
    }

    /// Returns once the server has a BLPOP of the connection under way.
    private func waitUntilBlocked(_ number: Int64, seenBy other: RedisClient) async throws {
        try await eventually("the command did not reach the server") {
            let list = try await other.ask("CLIENT", "LIST", "ID", .integer(number))
            return list.text?.contains("cmd=blpop") == true
        }
    }
}
