// The wallet's HTTP API as a patient client uses it: what may be sent again is, with the same key.

import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import Synchronization
import Wire

final class WalletAPI: Sendable {
    /// How long a request is sent again.
    static let patience = Duration.seconds(30)
    static let backoffFirst = Duration.milliseconds(100)
    static let backoffMax = Duration.seconds(2)
    static let answerBytesMax = 1 << 20
    /// A wait that is answered sooner without a decision is not asked again at once.
    static let waitMin = Duration.milliseconds(200)
    static let waitSeconds = 20

    private let client: HTTPClient
    private let tokens: Tokens
    private let environment: DemoEnvironment
    private let retryCount = Atomic<Int>(0)

    /// - Parameter environment: where the API is; its paths begin with `/api/v1`.
    init(client: HTTPClient, environment: DemoEnvironment, tokens: Tokens) {
        self.client = client
        self.tokens = tokens
        self.environment = environment
    }

    /// Requests that were sent again after a broken connection, 503 or 429.
    var retries: Int { retryCount.load(ordering: .relaxed) }

    // MARK: - Verbs

    func submit(_ request: WalletRequest) async throws(APIError) -> Submission {
        let (base, origin) =
            request.resource.isOperators
            ? (environment.adminAPI, environment.adminOrigin) : (environment.api, environment.apiOrigin)
        let reply = try await persistently(
            .POST, "\(base)/\(request.path)", request.subject, request.roles, key: request.key, body: request.body)
        guard reply.isSuccess else {
            let error = reply.json?["error"]
            return .refused(
                status: reply.status, code: error?["code"]?.text ?? "", field: error?["details"]?["field"]?.text)
        }
        guard let command = reply.data?["command_id"]?.text.flatMap({ CommandID($0) }) else {
            throw .unreadable("command_id")
        }
        guard let path = reply.data?["status_url"]?.text, path.hasPrefix("/") else { throw .unreadable("status_url") }
        return .accepted(command: command, statusURL: origin + path)
    }

    /// Asks for a command until it is decided, or in the status wanted, or the deadline is past.
    ///
    /// - Returns: the last answer.
    func follow(
        _ statusURL: String, of request: WalletRequest, _ stage: Stage = .whole, until deadline: ContinuousClock.Instant
    ) async throws(APIError) -> CommandState {
        // A wait ends with a decision, which something that is only begun is far from.
        let url =
            stage != .whole && stage != .finishes
            ? statusURL : statusURL + (statusURL.contains("?") ? "&" : "?") + "wait=\(Self.waitSeconds)"
        while true {
            let asked = ContinuousClock.now
            let reply = try await persistently(.GET, url, request.subject, request.roles)
            guard let state = CommandState(reply) else { throw .unreadable("a command's status") }
            if state.isDecided || stage.isReached(by: state) || .now >= deadline { return state }
            try await pause(Self.waitMin - (.now - asked))
        }
    }

    /// Asks for a beneficiary until it is verified.
    ///
    /// - Returns: whether it was before the deadline.
    func awaitVerification(
        of beneficiary: BeneficiaryID, as subject: OwnerID, until deadline: ContinuousClock.Instant
    ) async throws(APIError) -> Bool {
        var delay = Duration.milliseconds(50)
        while true {
            let reply = try await persistently(.GET, "\(environment.api)/beneficiaries/\(beneficiary)", subject)
            if reply.isSuccess, reply.data?["verified_at"]?.text != nil { return true }
            if .now >= deadline { return false }
            try await pause(delay)
            delay = min(delay * 2, .seconds(1))
        }
    }

    func balance(of wallet: WalletID, as subject: OwnerID) async throws(APIError) -> WalletBalance {
        let reply = try await persistently(.GET, "\(environment.api)/wallets/\(wallet)", subject)
        guard reply.isSuccess, let total = reply.data?["total"]?.integer, let pending = reply.data?["pending"]?.integer
        else { throw .unreadable("a wallet's total and pending") }
        return WalletBalance(total: total, pending: pending)
    }

    /// Has a day pass in the sandbox.
    ///
    /// - Returns: whether it did; a sandbox that does not answer is asked again another time.
    func letDayPass() async -> Bool {
        let body = Array(#"{"advance_seconds":86400}"#.utf8)
        return await exchange(.POST, "\(environment.sandbox)/clock", token: nil, key: nil, body: body)?.isSuccess
            ?? false
    }

    /// Has the stand-in for `identity` tell the wallet of a person.
    ///
    /// - Returns: whether the wallet has heard of them.
    func introduce(_ participant: Participant) async -> Bool {
        await exchange(
            .PUT, "\(environment.sandbox)/identity/users/\(participant.subject)", token: nil, key: nil,
            body: Body.introduction(participant))?.isSuccess ?? false
    }

    // MARK: - Requests

    /// Sends a request until it has an answer that is not "later" or "unknown".
    private func persistently(
        _ method: HTTPMethod, _ url: String, _ subject: OwnerID, _ roles: [String] = [], key: String? = nil,
        body: [UInt8]? = nil
    ) async throws(APIError) -> Reply {
        let deadline = ContinuousClock.now + Self.patience
        var delay = Self.backoffFirst
        while true {
            let token: String
            do { token = try await tokens.token(of: subject, roles: roles) } catch { throw .noToken }
            var lastStatus: Int?
            if let reply = await exchange(method, url, token: token, key: key, body: body) {
                if !reply.invitesAnother { return reply }
                lastStatus = reply.status
            }
            guard .now + delay < deadline else { throw .unavailable(lastStatus: lastStatus) }
            try await pause(delay)
            delay = min(delay * 2, Self.backoffMax)
            retryCount.add(1, ordering: .relaxed)
        }
    }

    /// One exchange; nil when the connection broke or the time was up, which says nothing about the command.
    private func exchange(_ method: HTTPMethod, _ url: String, token: String?, key: String?, body: [UInt8]?) async
        -> Reply?
    {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let key { request.headers.add(name: "idempotency-key", value: key) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        do {
            let response = try await client.execute(request, timeout: .seconds(Int64(Self.waitSeconds) + 15))
            let buffer = try await response.body.collect(upTo: Self.answerBytesMax)
            let bytes = Array(buffer.readableBytesView)
            return Reply(status: Int(response.status.code), json: try? JSON(parsing: bytes))
        } catch {
            // Every failure here is "unknown"; the caller sends again, and gives up by name when its patience ends.
            return nil
        }
    }

    private func pause(_ duration: Duration) async throws(APIError) {
        do { try await Task.sleep(for: max(duration, .zero)) } catch { throw .cancelled }
    }
}
