// Figures, when asked for with WALLET_TEST_SPEED=1 in a release build; not a law of the test run.

import Foundation
import Polling
import Redis
import Testing

@Suite(
    "Speed", .serialized,
    .enabled(if: testServerURL != nil && ProcessInfo.processInfo.environment["WALLET_TEST_SPEED"] == "1"))
struct SpeedTests {
    let url = testServerURL ?? "redis://unset"

    @Test("a lone GET stays far below a millisecond, and pipelined ones pass 100,000 a second")
    func figures() async throws {
        try await withClient(url: url) { client, prefix in
            let get = RedisCommand("GET", .string(prefix + "speed"))
            var times: [UInt64] = []
            for _ in 0..<20_000 {
                let start = monotonicNanoseconds()
                _ = try await client.send(get)
                times.append(monotonicNanoseconds() - start)
            }
            times.sort()
            let p50 = times[times.count / 2] / 1_000
            let p99 = times[times.count * 99 / 100] / 1_000

            var start = monotonicNanoseconds()
            for _ in 0..<500 { _ = try await client.send(pipeline: Array(repeating: get, count: 1_000)) }
            let pipelined = 500_000 * 1_000_000_000 / (monotonicNanoseconds() - start)

            start = monotonicNanoseconds()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<256 {
                    group.addTask { for _ in 0..<1_000 { _ = try await client.send(get) } }
                }
                try await group.waitForAll()
            }
            let concurrent = 256_000 * 1_000_000_000 / (monotonicNanoseconds() - start)
            print("lone GET p50 \(p50) µs, p99 \(p99) µs")
            print("pipelines of 1,000: \(pipelined)/s; 256 callers: \(concurrent)/s")
            #expect(p50 < 1_000)
            #expect(pipelined >= 100_000)
        }
    }
}
