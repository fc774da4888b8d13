// Each server killed, all of them at once, and one that stands still.

import Glibc
import TestSupport
import Testing
import Wire

extension FaultLaws {
    @Suite struct Servers {
        @Test("a broker killed under load: 503 while it is away, outcomes soon after its return, nothing lost")
        func brokerKilled() async throws {
            try await Stack.with { stack in
                let (traffic, _) = try await survive("RabbitMQ killed", on: stack) { _ in
                    try await TestServer.rabbitmq.kill()
                    try await TestServer.awaitRabbitMQ()
                    try await stack.host.restoreUsers()
                }
                #expect(traffic.answers[503, default: 0] > 0, "nobody knows what becomes of a command without a broker")
            }
        }

        @Test("a database killed under load: commands are accepted all the same, and nothing is lost or done twice")
        func databaseKilled() async throws {
            try await Stack.with { stack in
                try await survive("PostgreSQL killed", on: stack) { _ in
                    try await TestServer.postgres.kill()
                    try await TestServer.awaitPostgres()
                }
            }
        }

        @Test("while the database stands still commands are accepted, and all of them are decided once it goes on")
        func databaseStopped() async throws {
            try await Stack.with { stack in
                let (traffic, _) = try await survive("PostgreSQL stopped", on: stack) { traffic in
                    let processes = try TestServer.postgres.processes()
                    for process in processes { try TestServer.signal(process, SIGSTOP) }
                    defer {
                        // One that has ended meanwhile needs no signal.
                        for process in processes { try? TestServer.signal(process, SIGCONT) }
                    }
                    let before = traffic.accepted
                    try await eventually("commands are accepted without a database", within: 30) {
                        traffic.accepted >= before + 100
                    }
                }
                #expect(traffic.answers[503, default: 0] == 0, "accepting needs no database")
            }
        }

        @Test("a Redis killed under load makes nothing wrong")
        func redisKilled() async throws {
            try await Stack.with { stack in
                let (traffic, _) = try await survive("Redis killed", on: stack) { _ in
                    try await TestServer.redis.kill()
                }
                #expect(traffic.answers[503, default: 0] == 0, "accepting needs no Redis")
            }
        }

        @Test("broker, database and Redis killed at once: all of it comes back by itself, and nothing is lost")
        func everythingKilled() async throws {
            try await Stack.with { stack in
                try await survive("all three killed", on: stack) { _ in
                    async let broker: Void = TestServer.rabbitmq.kill()
                    async let database: Void = TestServer.postgres.kill()
                    async let redis: Void = TestServer.redis.kill()
                    _ = try await (broker, database, redis)
                    try await TestServer.awaitPostgres()
                    try await TestServer.awaitRabbitMQ()
                    try await stack.host.restoreUsers()
                }
            }
        }

        @Test("a broker with a memory alarm under load: 503 and not ready while it lasts, and no lane changes hands")
        func memoryAlarm() async throws {
            var options = StackOptions()
            let port = try options.observeFleet()
            try await Stack.with(options) { stack in
                let fleet = try stack.process("wallet-fleet")
                let (traffic, _) = try await survive("memory alarm", on: stack) { traffic in
                    let epochs = try await stack.epochs()
                    try await TestServer.setMemoryAlarm(true)
                    do {
                        try await eventually("the ingress is not ready", within: 30) {
                            let reply = try await stack.ingressReadiness()
                            return reply.status == 503
                                && reply.json?["error"]?["details"]?["missing"]?.elements?.first?.text == "broker"
                        }
                        try await eventually("each client is refused", within: 30) {
                            traffic.answers[503, default: 0] >= Traffic.clients
                        }
                        // Longer than a lease and than any silence that counts as a death.
                        let accepted = traffic.accepted
                        try await eventually("each client is refused again", within: 30) {
                            traffic.answers[503, default: 0] >= 2 * Traffic.clients
                        }
                        #expect(traffic.accepted == accepted, "nothing is accepted that the broker does not take")
                        #expect(fleet.ending == nil)
                        #expect(try await stack.readiness(port: port).status == 200, "every lane keeps its connections")
                    } catch {
                        try await TestServer.setMemoryAlarm(false)
                        throw error
                    }
                    try await TestServer.setMemoryAlarm(false)
                    #expect(try await stack.epochs() == epochs)
                }
                #expect(traffic.answers[503, default: 0] >= Traffic.clients)
                #expect(try await stack.readiness() == 200)
            }
        }
    }
}
