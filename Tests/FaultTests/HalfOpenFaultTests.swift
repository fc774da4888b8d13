// Connections that fall silent in both directions while nobody closes them: only time tells.

import PrivateServers
import TestSupport
import Testing

extension FaultLaws {
    @Suite struct HalfOpen {
        @Test("every connection to the broker half-open under load: 503 for what cannot be confirmed, nothing lost")
        func broker() async throws {
            var options = StackOptions()
            let proxy = try options.proxyBroker()
            try await Stack.with(options) { stack in
                let (traffic, _) = try await survive("broker half-open", on: stack, until: .everyClient) { _ in
                    // Two of each lane, two of the ingress, two of each worker for the outside and of the sandbox.
                    #expect(await proxy.stall() >= 24)
                }
                #expect(traffic.answers[503, default: 0] > 0, "what was on its way to the broker is not known")
            }
            await proxy.stop()
        }

        @Test("every database session half-open under load: accepted all the same, decided on other sessions")
        func database() async throws {
            var options = StackOptions()
            let proxy = try options.proxyDatabase()
            try await Stack.with(options) { stack in
                let (traffic, _) = try await survive("database half-open", on: stack, until: .everyClient) { _ in
                    // One of each lane, those of leases and partitions, and at least one of the ingress.
                    #expect(await proxy.stall() >= 11)
                }
                #expect(traffic.answers[503, default: 0] == 0, "accepting needs no database")
            }
            await proxy.stop()
        }
    }
}
