// What operators do to workers, through walletctl and the admin API, on real processes.

import Domain
import TestSupport
import Testing
import Wire

extension FleetLaws {
    @Suite struct Operators {
        @Test("a paused fleet goes on accepting and decides nothing, through a restart too, until it is resumed")
        func pausedFleet() async throws {
            try await Stack.with { stack in
                let payer = try await stack.openWallet(100_00)
                let payee = try await stack.openWallet()
                try await stack.operate("pause", "all", "--yes")
                let decided = try await stack.outcomeCount()
                // Who starts in a paused fleet is paused.
                try await stack.process("wallet-fleet").kill()
                try await stack.startFleet()
                var replies: [Reply] = []
                for number in 0..<5 {
                    replies.append(
                        try await stack.post(
                            "/transfers", as: payer.person, key: "paused-\(number)",
                            transferJSON(payer.id, payee.id, 1_00)))
                }
                #expect(replies.map(\.status) == [202, 202, 202, 202, 202])
                try await eventually("the commands wait") { try await stack.waitingMessages() == 5 }
                try await eventually("the one that started says that it is paused") {
                    try await stack.number(
                        "SELECT count(*) FROM ledger.workers_seen(NULL) WHERE is_alive AND state = 'paused'") == 1
                }
                let fleet = try await stack.workers()
                #expect(fleet["fleet"]?["paused"] == .bool(true))
                // The one that was killed may be listed for a while.
                #expect(fleet["workers"]?.elements?.contains { $0["state"]?.text == "paused" } == true)
                #expect(try await stack.outcomeCount() == decided)
                let fleetProcess = try stack.process("wallet-fleet")
                try await eventually("the log says so") { fleetProcess.log.contains("paused by an operator") }

                try await stack.operate("resume", "all")
                for reply in replies {
                    let decision = try await stack.awaitDecision(of: reply, as: payer.person)
                    #expect(decision["status"]?.text == "completed")
                }
                try await stack.assertLedgerClean()
            }
        }

        @Test("a paused worker keeps its lanes, a drained one gives them away, and drained with --exit it ends")
        func pausedAndDrained() async throws {
            var options = StackOptions()
            options.fleetCount = 2
            try await Stack.with(options) { stack in
                try await stack.awaitSpread([4, 4])
                let workers = try await stack.workers()["workers"]?.elements ?? []
                let ids = workers.compactMap { $0["id"]?.text }
                let pids = workers.compactMap { $0["pid"]?.integer }
                #expect(ids.count == 2 && pids == stack.processes("wallet-fleet").map { Int64($0.pid) })
                let owners = try await stack.owners()

                try await stack.operate("pause", ids[0], "--yes")
                #expect(try await stack.owners() == owners)
                try await stack.operate("resume", ids[0])
                #expect(try await stack.owners() == owners)

                try await stack.operate("drain", String(ids[0].prefix(12)), "--yes")
                try await stack.awaitSpread([8])
                let left = try await stack.owners().values
                #expect(Set(left) == [pids[1]])
                try await stack.operate("resume", ids[0])
                try await stack.awaitSpread([4, 4])

                let leaving = stack.processes("wallet-fleet")[0]
                try await stack.operate("drain", ids[0], "--exit", "--yes")
                #expect(try await leaving.awaitEnd() == .exited(0))
                try await stack.awaitSpread([8])
                let acts = try await stack.texts(
                    "SELECT act || ' ' || target FROM ledger.operator_acts ORDER BY number")
                #expect(acts == ["pause", "resume", "drain", "resume", "end"].map { "\($0) \(ids[0])" })
            }
        }

        @Test("the admin API refuses who may not, what it does not know, and a key that was used for another act")
        func refusals() async throws {
            var options = StackOptions()
            options.laneCount = 2
            try await Stack.with(options) { stack in
                let id = try await stack.workers()["workers"]?.elements?.first?["id"]?.text ?? ""
                let (reader, acting) = (try stack.operatorToken("reader"), try stack.operatorToken("operator"))
                func post(
                    _ path: String, token: String? = acting, key: String? = newKey(), _ body: String = "{}",
                    headers: [(String, String)] = []
                ) async throws -> Reply {
                    try await stack.adminRequest(
                        "POST", path, token: token, key: key, body: Array(body.utf8), headers: headers)
                }
                let pause = "/workers/\(id)/pause"
                let refused: [(Reply, Int, String)] = [
                    (try await post(pause, token: nil), 401, "UNAUTHENTICATED"),
                    (try await post(pause, token: try stack.person().token), 403, "NOT_PERMITTED"),
                    (try await post(pause, token: reader), 403, "NOT_PERMITTED"),
                    (try await post(pause, token: try stack.operatorToken("auditor")), 403, "NOT_PERMITTED"),
                    (try await post(pause, key: nil), 400, "IDEMPOTENCY_KEY_MISSING"),
                    (try await post(pause, key: "a b"), 400, "IDEMPOTENCY_KEY_INVALID"),
                    (try await post(pause, "[]"), 400, "MALFORMED"),
                    (try await post(pause, #"{"exit":true}"#), 400, "MALFORMED"),
                    (try await post("/workers/\(id)/drain", #"{"exit":1}"#), 400, "MALFORMED"),
                    (try await post("/workers/\(id)/drain", #"{"exit":true,"exit":false}"#), 400, "MALFORMED"),
                    (try await post(pause, headers: [("content-type", "text/plain")]), 415, "UNSUPPORTED_MEDIA_TYPE"),
                    (try await post("/workers/\(id.uppercased())/pause"), 404, "WORKER_NOT_FOUND"),
                    (try await post("/workers/00000000-0000-4000-8000-000000000000/pause"), 404, "WORKER_NOT_FOUND"),
                    (try await post("/workers/all/drain"), 404, "WORKER_NOT_FOUND"),
                    (try await post("/workers/%00'/pause"), 404, "WORKER_NOT_FOUND"),
                    (try await post("/workers/\(id)/stop"), 404, "NOT_FOUND"),
                    (try await stack.adminRequest("GET", pause, token: reader), 405, "METHOD_NOT_ALLOWED"),
                    (try await stack.adminRequest("GET", "/workers?limit=0", token: reader), 400, "MALFORMED"),
                ]
                for (reply, status, code) in refused {
                    #expect(reply.status == status && reply.code == code, "\(reply)")
                }
                // Nothing of that was done, or written down as if it had been.
                #expect(try await stack.number("SELECT count(*) FROM ledger.operator_acts") == 0)
                // Users' routes are not there, and operators' are not on the users' port.
                #expect(try await stack.request("GET", "/admin/v1/workers", token: reader).status == 404)

                let key = newKey()
                #expect(try await post(pause, key: key).data?["repeated"] == .bool(false))
                #expect(try await post(pause, key: key).data?["repeated"] == .bool(true))
                let reused = try await post("/workers/\(id)/resume", key: key)
                #expect(reused.status == 409 && reused.code == "KEY_REUSED")
                #expect(try await post("/workers/\(id)/resume").status == 200)
                let acts = try await stack.texts(
                    "SELECT act || ' ' || operator || ' ' || client FROM ledger.operator_acts ORDER BY number")
                #expect(acts == ["pause", "resume"].map { "\($0) \(Stack.operatorID) demo-app" })
            }
        }

        @Test("walletctl says what it could not do, and asks nobody who is not there")
        func exitCodes() async throws {
            var options = StackOptions()
            options.fleetCount = 0
            try await Stack.with(options) { stack in
                let expected: [(arguments: [String], code: Int32)] = [
                    (["list"], 0), (["pause", "all"], 64), (["pause", "0123", "--yes"], 2),
                    (["resume", "all", "--token", "x.y.z"], 2),
                ]
                for (arguments, code) in expected {
                    let ended = try await stack.walletctl(["workers"] + arguments)
                    #expect(ended.code == code, "\(arguments): \(ended.output)")
                }
            }
        }
    }
}

extension Stack {
    /// Runs `walletctl workers`, which waits until what was asked for is so.
    fileprivate func operate(_ verb: String, _ arguments: String...) async throws {
        let (code, output) = try await walletctl(["workers", verb] + arguments)
        guard code == 0 else { throw Failure("walletctl workers \(verb) ended with \(code): \(output)") }
    }

    /// What `walletctl workers list --json` prints.
    fileprivate func workers() async throws -> JSON {
        let (code, output) = try await walletctl("workers", "list", "--json")
        guard code == 0 else { throw Failure("walletctl workers list ended with \(code): \(output)") }
        return try JSON(parsing: Array(output.utf8))
    }
}
