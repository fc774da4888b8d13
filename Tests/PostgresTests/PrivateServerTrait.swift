// A PostgreSQL server for a suite alone, with a standby if asked.

import PrivateServers
import Testing

extension PrivateServer {
    static var isAvailable: Bool { databaseURL != nil && isInstalled }
}

/// Gives a suite a server of its own, and that server a standby if asked.
struct PrivateServerTrait: SuiteTrait, TestScoping {
    @TaskLocal static var current: (server: PrivateServer, standby: PrivateServer?)?

    let hasStandby: Bool

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try await PrivateServer.make()
        let standby = hasStandby ? try await server.makeStandby() : nil
        do {
            try await Self.$current.withValue((server, standby)) { try await function() }
        } catch {
            try await standby?.remove()
            try await server.remove()
            throw error
        }
        try await standby?.remove()
        try await server.remove()
    }
}

extension Trait where Self == PrivateServerTrait {
    static var privateServer: Self { Self(hasStandby: false) }
    static var primaryAndStandby: Self { Self(hasStandby: true) }
}
