// Who watches sees what happened: in the metrics, in readiness, and along one trace from HTTP to the outside and back.

import Domain
import Telemetry
import TestSupport
import Testing
import Wire

extension Integration {
    @Suite struct Observation {
        @Test("a trace goes from the request through command and events to the outside service, and into the log")
        func trace() async throws {
            var options = StackOptions()
            options.laneCount = 2
            options.extra["WALLET_LOG_LEVEL"] = "debug"
            try await Stack.with(options) { stack in
                let payer = try await stack.openWallet()
                let payee = try await stack.openWallet()
                let caller = TraceContext.generate()
                let reply = try await stack.request(
                    "POST", "/top-ups", token: payer.person.token, key: "traced",
                    body: Array(topUpJSON(payer.id, 500_00, method: "mobile").utf8),
                    headers: [("traceparent", caller.description), ("content-type", "application/json")])
                #expect(try await stack.awaitDecision(of: reply, as: payer.person).standing == "completed OK")

                // The ledger's two steps of it, each a step of its own in the caller's trace.
                let events = try await stack.streamEvents().filter { $0.commandID == reply.command?.description }
                #expect(events.map(\.name) == ["topup.pending", "topup.completed"])
                let steps = events.compactMap { $0.json["traceparent"]?.text }.compactMap(
                    TraceContext.init(traceparent:))
                #expect(steps.map(\.traceID) == [caller.traceID, caller.traceID])
                #expect(Set(steps.map(\.parentID) + [caller.parentID]).count == 3)
                let asked = try stack.process("wallet-sandbox").log.split(separator: "\n").filter {
                    $0.contains("trace=\(caller.traceID)")
                }
                #expect(asked.count == 1 && asked.allSatisfy { $0.contains("charges") }, "\(asked)")

                // A refusal is found in the log of the lane by its trace.
                let refused = TraceContext.generate()
                let refusal = try await stack.request(
                    "POST", "/transfers", token: payer.person.token, key: "refused",
                    body: Array(transferJSON(payer.id, payee.id, 900_00).utf8),
                    headers: [("traceparent", refused.description), ("content-type", "application/json")])
                let decision = try await stack.awaitDecision(of: refusal, as: payer.person)
                #expect(decision.standing == "rejected INSUFFICIENT_FUNDS")
                let command = try #require(refusal.command)
                try await eventually("the refusal is logged", within: 5) {
                    try stack.process("wallet-fleet").log.split(separator: "\n").contains { line in
                        ["a command was refused", "trace=\(refused.traceID)", "command=\(command)", "lane="].allSatisfy
                        {
                            line.contains($0)
                        } && line.contains("INSUFFICIENT_FUNDS")
                    }
                }
            }
        }

        @Test("what /metrics shows is in the table, and is what happened")
        func metrics() async throws {
            var options = StackOptions()
            options.laneCount = 2
            let port = try options.observeFleet()
            try await Stack.with(options) { stack in
                let payer = try await stack.openWallet(1_000_00)
                let payee = try await stack.openWallet()
                for amount: Int64 in [10_00, 20_00, 5_000_00] {
                    _ = try await stack.decide(
                        "/transfers", as: payer.person, transferJSON(payer.id, payee.id, amount))
                }
                try await stack.awaitAnnouncements()
                let outcomes = Double(try await stack.outcomeCount())
                var fleet = try await stack.figures(port: port)
                try await eventually("every outcome is counted as announced", within: 5) {
                    fleet = try await stack.figures(port: port)
                    return fleet.sum("wallet_lane_critical_time_seconds_count") == outcomes
                }
                expectTable(fleet, .fleet)
                #expect(fleet.sum("wallet_lane_outcomes_total") == outcomes)
                #expect(
                    fleet.sum(
                        "wallet_lane_outcomes_total", ["type": "transfer.submit.v1", "code": "INSUFFICIENT_FUNDS"]) == 1
                )
                #expect(fleet.sum("wallet_lane_owned") == 2)
                #expect(fleet.sum("wallet_lane_unannounced_outcomes") == 0)
                #expect(fleet.sum("wallet_lane_lag_seconds") == 0)
                let batches = fleet.sum("wallet_lane_batch_commands_count")
                #expect(batches >= 1 && fleet.sum("wallet_lane_batch_commands_sum") == outcomes)
                for phase in ["read", "decide", "write", "announce"] {
                    #expect(fleet.sum("wallet_lane_batch_phase_seconds_count", ["phase": phase]) == batches)
                }
                // A bank transfer is brought by its payer: the bank reports it, and nobody has to be asked.
                #expect(fleet.sum("wallet_outside_calls_total", ["worker": "topups"]) == 0)
                #expect(fleet.sum("wallet_partition_months_ahead") >= 3)

                let ingress = try await stack.ingressFigures()
                expectTable(ingress, .ingress)
                // Two wallets, a top-up, the bank's word of it, three transfers.
                #expect(ingress.sum("wallet_ingress_publishes_total", ["answer": "confirmed"]) == 7)
                #expect(
                    ingress.sum(
                        "wallet_http_requests_total",
                        ["route": "/api/v1/transfers", "method": "POST", "status": "2xx"]) == 3)
                // This request is one of those in flight.
                #expect(ingress.sum("wallet_http_requests_in_flight") == 1)
                for figures in [fleet, ingress] {
                    #expect(figures.sum("metrics_undeclared_total") == 0)
                    #expect(figures.sum("metrics_series_overflow_total") == 0)
                }
            }
        }

        /// Names, types and labels are the table's, of metrics that this program shows.
        private func expectTable(_ figures: Figures, _ place: WalletMetric.Place) {
            let rules = WalletMetric.table.filter { $0.place == place || $0.place == .both }
            let definitions = rules.map(\.definition) + PrometheusRegistry.ownDefinitions
            let known = Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0) })
            #expect(Set(figures.types.keys).isSubset(of: Set(known.keys)), "\(figures.types.keys.sorted())")
            for (name, type) in figures.types { #expect(known[name]?.kind.name == type, "\(name)") }
            for sample in figures.samples {
                let definition =
                    known[sample.name]
                    ?? known[String(sample.name[..<(sample.name.lastIndex(of: "_") ?? sample.name.endIndex)])]
                #expect(Set(sample.labels.keys).subtracting(["le"]) == Set(definition?.labels ?? []), "\(sample.name)")
            }
        }

        @Test("a fleet process is ready while its lanes, its workers and its database are, and names what is missing")
        func readiness() async throws {
            var options = StackOptions()
            options.laneCount = 2
            options.hasIngress = false
            let port = try options.observeFleet()
            try await Stack.with(options) { stack in
                func missing() async throws -> [String] {
                    let reply = try await stack.readiness(port: port)
                    let names = reply.data?["missing"]?.elements?.compactMap(\.text) ?? []
                    #expect((reply.status == 200) == names.isEmpty, "\(reply)")
                    return names
                }
                try await eventually("all is there", within: 10) { try await missing().isEmpty }
                try await stack.host.revoke("topups")
                try await eventually("the worker is missed", within: 20) {
                    _ = try await stack.host.cutConnections(of: "topups")
                    return try await missing() == ["topups"]
                }
                try await stack.host.grant("topups")
                try await eventually("it is back", within: 20) { try await missing().isEmpty }
            }
        }
    }
}
