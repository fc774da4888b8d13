// The primary database dies, and its standby takes its place under the same URL.

import PrivateServers
import TestSupport
import Testing

extension FaultLaws {
    @Suite(.enabled(if: PrivateServer.isInstalled)) struct FailOver {
        @Test(
            "a primary killed under load and its standby promoted: what was committed stands, nothing is lost or twice")
        func primaryKilled() async throws {
            let primary = try await PrivateServer.make()
            // The standby's stream can be held back: what it has not received is what a fail-over can lose.
            let stream = try StallingProxy(to: primary.port)
            let standby = try await primary.makeStandby(through: stream.port)
            try await primary.commitTogetherWithStandby()
            var options = StackOptions()
            options.databaseServers = (primary, standby)
            try await Stack.with(options) { stack in
                let (traffic, _) = try await survive("PostgreSQL failed over", on: stack, until: .everyClient) {
                    traffic in
                    #expect(await stream.stall() == 1)
                    let accepted = traffic.accepted
                    try await eventually("commands are accepted meanwhile", within: 30) {
                        traffic.accepted >= accepted + 50
                    }
                    try await primary.kill()
                    try await standby.promote()
                }
                #expect(traffic.answers[503, default: 0] == 0, "accepting needs no database")
            }
            await stream.stop()
            try await standby.remove()
            try await primary.remove()
        }
    }
}
