// The client while a server is away, silent, forgetful, or back again. Each test has a server of its own, or none.

import Foundation
import Polling
import Testing

@testable import Redis

@Suite(
    "The client and what happens to servers",
    .enabled(if: FileManager.default.isExecutableFile(atPath: redisServerPath)))
struct OutageTests {
    @Test("without a server a call fails at once, and what is forgotten is counted")
    func nobodyListens() async throws {
        var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(OwnServer.freePort())")
        configuration.reconnectMillisecondsMin = 1
        configuration.reconnectMillisecondsMax = 5
        let client = try RedisClient(configuration)
        await #expect(throws: RedisError.unavailable) { try await client.ask("PING") }
        client.start()
        try await eventually("no attempts") { client.counters.attemptsFailed >= 3 }
        let start = monotonicNanoseconds()
        for _ in 0..<100 {
            await #expect(throws: RedisError.unavailable) { try await client.ask("PING") }
        }
        #expect(monotonicNanoseconds() - start < 10_000_000_000)
        client.sendAndForget(RedisCommand("PING"))
        #expect(client.counters.forgottenDropped == 1)
        await client.stop()
    }

    @Test("a server that is killed and started again is found again")
    func restart() async throws {
        let port = try OwnServer.freePort()
        let first = try OwnServer(port: port)
        do {
            try await withClient(url: "redis://127.0.0.1:\(port)") { client, _ in
                #expect(try await client.ask("PING") == .status("PONG"))
                first.end()
                try await eventually("the loss was not noticed") { !client.isConnected }
                await #expect(throws: RedisError.unavailable) { try await client.ask("PING") }
                let second = try OwnServer(port: port)
                defer { second.end() }
                try await eventually("no new connection") { client.isConnected }
                #expect(try await client.ask("PING") == .status("PONG"))
            }
        } catch {
            first.end()
            throw error
        }
    }

    @Test("a silent server is overdue once and away afterwards, until it speaks again")
    func silence() async throws {
        let server = try OwnServer(port: try OwnServer.freePort(), password: "right")
        defer { server.end() }
        let change: (inout RedisConfiguration) -> Void = {
            $0.commandTimeoutMilliseconds = 500
            $0.connectTimeoutMilliseconds = 300
        }
        try await withClient(url: "redis://:right@127.0.0.1:\(server.port)", change) { client, _ in
            #expect(try await client.ask("PING") == .status("PONG"))
            server.signal(SIGSTOP)
            await #expect(throws: RedisError.timedOut) { try await client.ask("PING") }
            // The kernel still takes connections for the stopped process: only the greeting shows that it is silent.
            try await eventually("no attempts") { client.counters.attemptsFailed >= 2 }
            await #expect(throws: RedisError.unavailable) { try await client.ask("PING") }
            server.signal(SIGCONT)
            try await eventually("no new connection") { client.isConnected }
            #expect(try await client.ask("PING") == .status("PONG"))
        }
    }

    @Test("a URL that names the user default lets redis-cli in as well as the client")
    func sameURL() async throws {
        let server = try OwnServer(port: try OwnServer.freePort(), password: "right")
        defer { server.end() }
        let url = "redis://default:right@127.0.0.1:\(server.port)/1"
        try await withClient(url: url) { client, prefix in
            _ = try await client.ask("SET", .string(prefix + "shared"), "seen")
            let seen = try OwnServer.cli(url, "GET", prefix + "shared")
            #expect(seen == "seen")
            // The form without a user is the client's own: redis-cli would send an empty name.
            try await withClient(url: "redis://:right@127.0.0.1:\(server.port)/1") { other, _ in
                let seen = try await other.ask("GET", .string(prefix + "shared")).text
                #expect(seen == "seen")
            }
        }
    }

    @Test("a password that changes shuts out the next connection, until the right one is there again")
    func changedPassword() async throws {
        let server = try OwnServer(port: try OwnServer.freePort(), password: "first")
        defer { server.end() }
        try await withClient(url: "redis://default:first@127.0.0.1:\(server.port)") { client, _ in
            let number = try #require(try await client.ask("CLIENT", "ID").number)
            _ = try await client.ask("CONFIG", "SET", "requirepass", "second")
            let second = "redis://default:second@127.0.0.1:\(server.port)"
            _ = try OwnServer.cli(second, "CLIENT", "KILL", "ID", "\(number)")
            try await eventually("the refusal was not told") {
                do {
                    _ = try await client.ask("PING")
                    return false
                } catch {
                    return error as? RedisError == .refused(code: "WRONGPASS")
                }
            }
            _ = try OwnServer.cli(second, "CONFIG", "SET", "requirepass", "first")
            try await eventually("no new connection") { client.isConnected }
            #expect(try await client.ask("PING") == .status("PONG"))
        }
    }

    @Test("a script the server has forgotten is sent again in full")
    func scripts() async throws {
        // A flush would reach everybody's scripts on a shared server.
        let server = try OwnServer(port: try OwnServer.freePort())
        defer { server.end() }
        try await withClient(url: "redis://127.0.0.1:\(server.port)") { client, prefix in
            let script = RedisScript(
                "redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000) return {redis.call('GET', KEYS[1]), '\(prefix)'}")
            let expected = RedisValue.array([.bytes(Array("v".utf8)), .bytes(Array(prefix.utf8))])
            let key = RedisArgument.string(prefix + "script")
            for _ in 0..<2 {
                #expect(try await client.run(script, keys: [key], arguments: ["v"]) == expected)
                let known = try await client.ask("SCRIPT", "EXISTS", .string(script.digest))
                #expect(known == .array([.integer(1)]))
                #expect(try await client.run(script, keys: [key], arguments: ["v"]) == expected)
                _ = try await client.ask("SCRIPT", "FLUSH")
            }
            await #expect(throws: RedisError.reply(code: "ERR")) {
                try await client.run(RedisScript("return redis.error_reply('secret text')"))
            }
        }
    }
}
