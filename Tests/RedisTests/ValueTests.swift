// Configurations, commands, answers and scripts: what is taken, and what is never shown.

import Testing

@testable import Redis

@Suite("Configuration")
struct ConfigurationTests {
    @Test(
        "a URL is read into its parts",
        arguments: [
            ("redis://localhost", "localhost", 6379, 0, nil, nil),
            ("redis://127.0.0.1:56379", "127.0.0.1", 56379, 0, nil, nil),
            ("redis://cache/3", "cache", 6379, 3, nil, nil),
            ("redis://:geheim@cache:1/0", "cache", 1, 0, nil, "geheim"),
            ("redis://u:p%40%3A%2f:x@[::1]:7000/15", "::1", 7000, 15, "u", "p@:/:x"),
        ] as [(String, String, Int32, Int, String?, String?)])
    func parts(url: String, host: String, port: Int32, database: Int, user: String?, password: String?) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.host == host && configuration.port == port && configuration.database == database)
        #expect(configuration.user == user && configuration.password == password)
    }

    @Test(
        "a URL that is not clear is refused without being shown",
        arguments: [
            "", "localhost:6379", "rediss://geheim", "redis://", "redis://:6379", "redis://geheim@host",
            "redis://u:%4@host", "redis://u:%ff@host", "redis://u:@host", "redis://geheim:0", "redis://geheim:65536",
            "redis://geheim:", "redis://geheim:-1", "redis://geheim/x", "redis://geheim/1/2", "redis://geheim?x=1",
            "redis://[::1", "redis://[::1]x",
        ])
    func refusals(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        guard case .invalidURL = error else {
            Issue.record("refused as \(String(describing: error))")
            return
        }
        #expect(error?.description.contains("geheim") == false)
    }

    @Test("a configuration shows neither user nor password")
    func redaction() throws {
        let configuration = try RedisConfiguration(url: "redis://benutzer:geheim@cache:7000/2")
        var dumped = ""
        dump(configuration, to: &dumped)
        for shown in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!shown.contains("geheim") && !shown.contains("benutzer"))
        }
        #expect("\(configuration)" == "redis://‹redacted›@cache:7000/2")
    }

    @Test("a connection greets with AUTH, SELECT and PING as far as they are needed")
    func greeting() throws {
        let full = try RedisConfiguration(url: "redis://u:p@h/2").greeting
        #expect(full.map(\.lengths) == [[4, 1, 1], [6, 1], [4]])
        #expect(try RedisConfiguration(url: "redis://:p@h").greeting.map(\.lengths) == [[4, 1], [4]])
        #expect(try RedisConfiguration(url: "redis://h").greeting.map(\.lengths) == [[4]])
    }
}

@Suite("Commands and values")
struct CommandTests {
    @Test("a command keeps its arguments byte for byte, empty ones too")
    func arguments() {
        let command = RedisCommand("SET", .string("é"), .bytes([0, 13, 10]), "", -5)
        #expect(command.bytes == Array("SETé".utf8) + [0, 13, 10] + Array("-5".utf8))
        #expect(command.lengths == [3, 2, 3, 0, 2])
        #expect(command == RedisCommand(arguments: [Array("SET".utf8), [0xc3, 0xa9], [0, 13, 10], [], [45, 53]]))
    }

    @Test(
        "a command that would change the shared connection is not carried",
        arguments: [
            RedisCommand("SUBSCRIBE", "x"), RedisCommand("select", "1"), RedisCommand("HELLO", "3"),
            RedisCommand("WATCH", "k"),
            RedisCommand("CLIENT", "reply", "OFF"), RedisCommand("MONITOR"), RedisCommand(arguments: []),
            RedisCommand(arguments: [[], [1]]), RedisCommand("PING", .bytes(Array(repeating: 0, count: 33 << 20))),
        ])
    func unsupported(command: RedisCommand) {
        #expect(!command.isSupported)
    }

    @Test(
        "an ordinary command is carried",
        arguments: [
            RedisCommand("GET", "k"), RedisCommand("CLIENT", "KILL", "ID", 3), RedisCommand("CLIENT"),
            RedisCommand("MULTI"),
        ])
    func supported(command: RedisCommand) {
        #expect(command.isSupported)
    }

    @Test("neither commands nor answers show what they hold")
    func redaction() {
        let secrets: [any Sendable] = [
            RedisCommand("SET", "geheim", "geheim"), RedisArgument.string("geheim"), RedisValue.status("geheim"),
            RedisValue.bytes(Array("geheim".utf8)), RedisValue.array([.status("geheim")]),
        ]
        for secret in secrets {
            var dumped = ""
            dump(secret, to: &dumped)
            #expect(!"\(secret)\(String(reflecting: secret))\(dumped)".contains("geheim"))
        }
    }

    @Test(
        "of an error only the code is kept",
        arguments: [
            ("WRONGTYPE Operation against a key", "WRONGTYPE"), ("NOSCRIPT", "NOSCRIPT"), ("ERR unknown 'x'", "ERR"),
            ("my own geheim", "ERR"), ("", "ERR"), (" X", "ERR"), ("A" + String(repeating: "B", count: 32), "ERR"),
        ])
    func errorCodes(line: String, code: String) {
        #expect(errorCode(of: line.utf8) == code)
    }

    @Test("text and numbers are read only from what holds them")
    func readers() {
        #expect(RedisValue.bytes([0x61]).text == "a" && RedisValue.status("OK").text == "OK")
        #expect(RedisValue.bytes([0xff]).text == nil && RedisValue.integer(1).text == nil)
        #expect(RedisValue.bytes(Array("-12".utf8)).number == -12 && RedisValue.integer(7).number == 7)
        #expect(RedisValue.bytes(Array("1.5".utf8)).number == nil && RedisValue.null.number == nil)
    }

    @Test(
        "a script is named by the SHA-1 of its source (FIPS 180-4 examples)",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func digest(source: String, digest: String) {
        #expect(RedisScript(source).digest == digest)
    }
}
