// The workers against a real broker and the sandbox over real HTTP; the test plays the ledger.

import AMQP
import Domain
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTKit
import Outside
import ServiceLifecycle
import Synchronization
import Testing
import Wire

@testable import Payouts
@testable import Sandbox
@testable import TopUps

@Suite("The workers for the outside world", .enabled(if: VirtualHost.isAvailable), .timeLimit(.minutes(2)))
struct WorkerTests {
    private func sandbox() throws -> some ApplicationProtocol {
        let identity = try Identity(privateKeyPEM: ES256PrivateKey().pemRepresentation, now: systemTime)
        return Application(
            router: buildSandboxRouter(identity: identity),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)))
    }

    private func id(_ name: String) -> CommandID { CommandID(client: "tests", subject: "outside", key: name) }

    /// Runs the worker while the body runs.
    private func running(_ worker: some Service, _ body: () async throws -> Void) async throws {
        let task = Task { try await worker.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        task.cancel()
        try await task.value
        try result.get()
    }

    @Test("every top-up reaches its last state, and one announced twice settles under one command")
    func topUps() async throws {
        try await VirtualHost.with { host in
            try await sandbox().test(.live) { client in
                let port = try #require(client.port)
                let ledger = try PlayedLedger(host)
                let worker = try TopUpsWorker(host.configuration(serviceURL: "http://127.0.0.1:\(port)/payment/"))
                try await running(worker) {
                    for name in ["pm_never", "pm_at_once", "pm_late", "pm_twice", "pm_twice", "pm_refused"] {
                        await ledger.announce(
                            id(name), .topUpPending, detail: OutcomeDetail.topUp(.card, paymentMethod: name))
                    }
                    var settled: [CommandID: SettleTopUp.Result] = [:]
                    var steps: [CommandID: Int] = [:]
                    for _ in 0..<5 {
                        let command = try await ledger.nextCommand()
                        guard case .settleTopUp(let settle) = command.request else { continue }
                        #expect(command.caller.permissions == .service)
                        // What the service did stays done, however late a lane hears of it.
                        #expect(command.notAfter > command.acceptedAt.adding(seconds: 9 * 365 * 86_400))
                        settled[settle.topUp] = settle.result
                        steps[command.id, default: 0] += 1
                    }
                    #expect(
                        settled == [
                            id("pm_at_once"): .captured, id("pm_late"): .captured, id("pm_twice"): .captured,
                            id("pm_refused"): .declined,
                        ])
                    #expect(steps.values.sorted() == [1, 1, 1, 2])
                }
                await ledger.stop()
            }
        }
    }

    @Test("the bank hears of a withdrawal only after the ledger has sent it, and of one that is held nobody")
    func withdrawal() async throws {
        try await VirtualHost.with { host in
            try await sandbox().test(.live) { client in
                let port = try #require(client.port)
                let ledger = try PlayedLedger(host)
                let worker = try PayoutsWorker(
                    host.configuration(serviceURL: "http://127.0.0.1:\(port)/bank"), releases: nil)
                let beneficiary = Beneficiary(
                    id: BeneficiaryID(high: 1, low: 2), wallet: wallet, rib: RIB("00799999002345678941")!,
                    holderName: "Amine", addedAt: Timestamp(microseconds: 0))
                let detail = OutcomeDetail.withdrawal(.standard, to: beneficiary, nil)
                let other = "/bank/payouts/\(id("held only"))"
                let path = "/bank/payouts/\(id("withdrawal"))"
                try await running(worker) {
                    await ledger.announce(id("held only"), .withdrawalHeld, detail: detail)
                    await ledger.announce(id("withdrawal"), .withdrawalSent, detail: detail)
                    #expect(try await step(of: ledger.nextCommand()) == .confirmed)
                    let after = try await client.execute(uri: path, method: .get)
                    #expect(after.status == .ok)
                    let unheard = try await client.execute(uri: other, method: .get)
                    #expect(unheard.status == .notFound)
                }
                await ledger.stop()
            }
        }
    }

    private func step(of command: Command) throws -> SettleWithdrawal.Step? {
        guard case .settleWithdrawal(let settle) = command.request else { return nil }
        return settle.step
    }

    @Test("a service that fails, forgets and then answers settles once, and says nothing meanwhile")
    func failures() async throws {
        let questions = Mutex<[String]>([])
        let router = Router()
        router.post("charges") { _, _ in
            let count = questions.withLock { questions in
                questions.append("create")
                return questions.count
            }
            // Nobody there, though it was asked rightly: that is no word about the charge either.
            return switch count {
            case 1: Response(status: .internalServerError)
            case 3: Response(status: .notFound)
            default: Response.json(.created) { $0.member("status", "captured") }
            }
        }
        router.get("charges/:key") { _, _ in
            questions.withLock { $0.append("look") }
            return Response(status: .notFound)
        }
        let service = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)))
        try await VirtualHost.with { host in
            try await service.test(.live) { client in
                let port = try #require(client.port)
                let ledger = try PlayedLedger(host)
                let worker = try TopUpsWorker(host.configuration(serviceURL: "http://127.0.0.1:\(port)"))
                try await running(worker) {
                    await ledger.announce(
                        id("failing"), .topUpPending, detail: OutcomeDetail.topUp(.mobile, paymentMethod: nil))
                    let command = try await ledger.nextCommand()
                    guard case .settleTopUp(let settle) = command.request else {
                        Issue.record("it is not a settlement")
                        return
                    }
                    #expect(settle.result == .captured)
                    #expect(questions.withLock { $0 } == ["create", "look", "create", "look", "create"])
                }
                await ledger.stop()
            }
        }
    }

    @Test("a callback gives the command that an answer gives, and one that the ingress did not sign is set aside")
    func callbacks() async throws {
        try await VirtualHost.with { host in
            try await sandbox().test(.live) { client in
                let port = try #require(client.port)
                let ledger = try PlayedLedger(host)
                let worker = try TopUpsWorker(host.configuration(serviceURL: "http://127.0.0.1:\(port)/payment"))
                try await running(worker) {
                    let topUp = id("both")
                    await ledger.announce(topUp, .topUpPending, detail: OutcomeDetail.topUp(.card, paymentMethod: nil))
                    let answered = try await ledger.nextCommand()
                    let settle = SettleTopUp(
                        topUp: topUp, wallet: wallet, result: .captured, amount: Money(150_000, .dzd))
                    try await ledger.handOn(.topUp(settle), id: "msg_1", to: "wallet.payments")
                    let calledBack = try await ledger.nextCommand()
                    #expect(calledBack.id == answered.id)

                    try await ledger.handOn(.topUp(settle), id: "msg_2", to: "wallet.payments") { envelope in
                        envelope.signature = String(envelope.signature.reversed())
                    }
                    let forged = try await ledger.nextDeadLetter()
                    #expect(
                        forged.properties.headerString("reason")
                            == "the callback is not authentic: BAD_SIGNATURE, the signature does not fit the message")
                    let payout = SettleWithdrawal(withdrawal: topUp, wallet: wallet, step: .confirmed)
                    try await ledger.handOn(.withdrawal(payout), id: "msg_3", to: "wallet.payments")
                    let astray = try await ledger.nextDeadLetter()
                    #expect(
                        astray.properties.headerString("reason")
                            == "the callback cannot be read: UNKNOWN_TYPE, type")
                }
                await ledger.stop()
            }
        }
    }

    @Test("a silent service is left alone for a while, nothing is lost meanwhile, and all is settled when it answers")
    func breaker() async throws {
        let count = 12
        let asked = Mutex<(all: Int, isWell: Bool)>((0, false))
        let answer: @Sendable () -> Response = {
            let isWell = asked.withLock { asked in
                asked.all += 1
                return asked.isWell
            }
            return isWell
                ? Response.json(.ok) { $0.member("status", "captured") } : Response(status: .serviceUnavailable)
        }
        let router = Router()
        router.post("charges") { _, _ in answer() }
        router.get("charges/:key") { _, _ in answer() }
        let service = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)))
        try await VirtualHost.with { host in
            try await service.test(.live) { client in
                let port = try #require(client.port)
                let ledger = try PlayedLedger(host)
                var configuration = try host.configuration(serviceURL: "http://127.0.0.1:\(port)")
                configuration.limits.breaker = Breaker.Limits(silencesMax: 2, openSeconds: 3)
                // One after the other, so that how many are asked is certain.
                configuration.inFlightMax = 1
                let worker = try TopUpsWorker(configuration)
                try await running(worker) {
                    let start = ContinuousClock.now
                    for number in 0..<count {
                        await ledger.announce(
                            id("silent \(number)"), .topUpPending,
                            detail: OutcomeDetail.topUp(.card, paymentMethod: nil))
                    }
                    // The probe that follows the first rest is the third question.
                    try await eventually { asked.withLock { $0.all >= 3 } }
                    #expect(ContinuousClock.now - start >= .seconds(3))
                    #expect(asked.withLock { $0.all } == 3)
                    asked.withLock { $0.isWell = true }
                    var settled: Set<CommandID> = []
                    while settled.count < count {
                        guard case .settleTopUp(let settle) = try await ledger.nextCommand().request else { continue }
                        settled.insert(settle.topUp)
                    }
                    #expect(settled == Set((0..<count).map { id("silent \($0)") }))
                }
                await ledger.stop()
            }
        }
    }

    /// Looks until something is so, for half a minute.
    private func eventually(_ isSo: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while !isSo() {
            guard ContinuousClock.now < end else {
                Issue.record("it did not become so")
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("what cannot be read or will not be had is set aside as it came, with the reason")
    func setAside() async throws {
        let router = Router()
        router.post("charges") { _, _ in HTTPResponse.Status.badRequest }
        let service = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)))
        try await VirtualHost.with { host in
            try await service.test(.live) { client in
                let port = try #require(client.port)
                let ledger = try PlayedLedger(host)
                let worker = try TopUpsWorker(host.configuration(serviceURL: "http://127.0.0.1:\(port)"))
                try await running(worker) {
                    await ledger.announce(id("no detail"), .topUpPending, detail: nil)
                    let unreadable = try await ledger.nextDeadLetter()
                    #expect(
                        unreadable.properties.headerString("reason")
                            == "the event cannot be read: MALFORMED, data.detail")
                    #expect(unreadable.properties.correlationID == id("no detail").description)
                    #expect(unreadable.properties.type == "topup.pending")

                    await ledger.announce(
                        id("refused"), .topUpPending, detail: OutcomeDetail.topUp(.card, paymentMethod: nil))
                    let refused = try await ledger.nextDeadLetter()
                    #expect(
                        refused.properties.headerString("reason") == "the service answered with HTTP status 400")
                    #expect(refused.properties.headerString("queue") == "wallet.payments")
                    #expect(refused.properties.headerValue("x-death") == nil)
                }
                await ledger.stop()
            }
        }
    }
}
