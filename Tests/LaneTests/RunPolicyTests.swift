// What becomes of a batch that the database did not take, by kind of failure (design.md §2.10).

import Testing

@testable import Lane
@testable import Postgres

@Suite("Failures")
struct RunPolicyTests {
    private static func server(_ code: String, constraint: String? = nil) -> PostgresError {
        .server(PostgresServerError(sqlState: SQLState(code), constraint: constraint))
    }

    @Test(
        "a deadlock, a serialization failure or a lock timeout is tried again as it was",
        arguments: ["40001", "40P01", "55P03"])
    func again(code: String) {
        var policy = RunPolicy(weightMax: 512)
        for commands in [512, 1] {
            #expect(policy.failed(Self.server(code), commands: commands) == .again)
            #expect(policy.weight == 512)
        }
    }

    @Test("a command id that is there already is looked up again, however few commands stand there")
    func duplicateCommand() {
        var policy = RunPolicy(weightMax: 512)
        #expect(policy.failed(Self.server("23505", constraint: "command_index_pkey"), commands: 1) == .again)
        #expect(policy.weight == 512)
    }

    @Test(
        "data at fault halve the batch until one command is left, and that one is set aside",
        arguments: ["22003", "23514", "P0001", "23505"])
    func halving(code: String) {
        var policy = RunPolicy(weightMax: 512)
        var (commands, weights) = (512, [Int]())
        while commands > 1 {
            let failure = Self.server(code, constraint: "available_not_negative")
            #expect(policy.failed(failure, commands: commands) == .again)
            weights.append(policy.weight)
            commands = policy.weight
        }
        #expect(weights == [256, 128, 64, 32, 16, 8, 4, 2, 1])
        let verdict = policy.failed(Self.server(code, constraint: "available_not_negative"), commands: 1)
        #expect(verdict == .setFirstAside(reason: "refused with SQLSTATE \(code) by available_not_negative"))
        #expect(policy.weight == 1)
    }

    @Test("a partition that is missing is waited for, and no command is set aside for it", arguments: [512, 1])
    func missingPartition(commands: Int) {
        var policy = RunPolicy(weightMax: 512)
        #expect(policy.failed(Self.server("23514"), commands: commands) == .reconnect)
        #expect(policy.weight == 512)
    }

    @Test("a batch smaller than the limit is halved by its own size")
    func smallBatch() {
        var policy = RunPolicy(weightMax: 512)
        #expect(policy.failed(Self.server("22003"), commands: 3) == .again)
        #expect(policy.weight == 1)
    }

    @Test("the reason names code and constraint and shows no data")
    func reason() {
        var policy = RunPolicy(weightMax: 4)
        #expect(
            policy.failed(Self.server("22021"), commands: 1) == .setFirstAside(reason: "refused with SQLSTATE 22021"))
    }

    @Test("after a failure the batches grow again, twice as large each time, up to the limit")
    func growth() {
        var policy = RunPolicy(weightMax: 20)
        _ = policy.failed(Self.server("22003"), commands: 2)
        var weights = [policy.weight]
        for _ in 0..<6 {
            policy.succeeded()
            weights.append(policy.weight)
        }
        #expect(weights == [1, 2, 4, 8, 16, 20, 20])
    }

    @Test(
        "an outage counts no attempt and makes no batch smaller: connect anew",
        arguments: ["08006", "57P01", "53300", "25P02", "42P01", "XX000"])
    func outage(code: String) {
        var policy = RunPolicy(weightMax: 512)
        #expect(policy.failed(Self.server(code), commands: 1) == .reconnect)
        #expect(policy.weight == 512)
    }

    @Test("a broken session, a timeout or an answer that makes no sense: connect anew")
    func session() {
        let errors: [PostgresError] = [
            .connection(""), .outcomeUnknown(""), .timedOut, .cancelled, .protocolViolation(""),
            .decoding(column: "", expected: "", found: ""),
        ]
        for error in errors {
            var policy = RunPolicy(weightMax: 8)
            #expect(policy.failed(error, commands: 1) == .reconnect && policy.weight == 8)
        }
    }
}
