// The admin API as the tool's verbs use it: who acts, one request, one answer.

import ArgumentParser
import Foundation
import FoundationNetworking
import Wire

/// Whose token a verb acts with.
struct OperatorOptions: ParsableArguments {
    @Option(help: "A bearer token of an operator; WALLET_TOKEN without it.")
    var token: String?

    @Option(help: "The operator to mint a token for when there is none (local stack only).")
    var sub = "00000000-0000-4000-8000-00000000000a"

    /// The token, or one minted with identity's key.
    func bearer(role: String) async throws -> String {
        if let token = token ?? Environment.optional("WALLET_TOKEN") { return token }
        let claims = LocalToken(
            subject: sub, client: "walletctl", scope: "", roles: [role], issuedAt: Date(), lifetimeSeconds: 300)
        return try await claims.signed(keyFile: try Environment.required("WALLET_JWT_KEY"))
    }
}

/// Requests to WALLET_ADMIN_API in the name of an operator.
struct AdminAPI {
    private static let answerSecondsMax = 10

    private let base: String
    private let bearer: String

    init(bearer: String) throws(OperatorError) {
        base = try Environment.required("WALLET_ADMIN_API")
        self.bearer = bearer
    }

    func get(_ path: String) async throws -> JSON {
        try await exchange(try request(path))
    }

    /// - Parameter key: the idempotency key, under which the act is done once.
    func post(_ path: String, _ body: String, key: String) async throws -> JSON {
        var request = try request(path)
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue(key, forHTTPHeaderField: "Idempotency-Key")
        return try await exchange(request)
    }

    private func request(_ path: String) throws(OperatorError) -> URLRequest {
        guard let url = URL(string: base + path) else { throw OperatorError("WALLET_ADMIN_API is not a URL") }
        var request = URLRequest(url: url, timeoutInterval: TimeInterval(Self.answerSecondsMax))
        request.setValue("Bearer \(bearer)", forHTTPHeaderField: "Authorization")
        return request
    }

    /// The whole answer.
    private func exchange(_ request: URLRequest) async throws -> JSON {
        let body: Data
        do {
            body = try await URLSession.shared.data(for: request).0
        } catch {
            throw OperatorError("the API that WALLET_ADMIN_API names does not answer")
        }
        guard let answer = try? JSON(parsing: Array(body)) else { throw OperatorError("the API's answer is not JSON") }
        if answer["data"] != nil { return answer }
        throw OperatorError("the API refused: \(answer["error"]?["code"]?.text ?? "no code")")
    }
}

/// Asks before something is done that others will notice.
struct ConfirmationOptions: ParsableArguments {
    @Flag(help: "Do it without asking.")
    var yes = false

    /// - Throws: unless the answer is yes; where nobody can be asked, `--yes` has to say so.
    func confirm(_ question: String) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else { throw ValidationError("nobody can be asked here: give --yes") }
        FileHandle.standardOutput.write(Data("\(question) [y/N] ".utf8))
        guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else { throw OperatorError("not confirmed") }
    }
}
