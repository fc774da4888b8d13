// The admin API as the tests call it, and tokens of operators.

import Foundation

extension Stack {
    /// The operator in whose name tests act.
    public static let operatorID = "00000000-0000-4000-8000-0000000000aa"

    /// A token of an operator with one role and no scope of a user's.
    public func operatorToken(_ role: String) throws -> String {
        var claims = TokenMint.Claims()
        claims.scope = ""
        claims.roles = [role]
        return try tokens.token(Self.operatorID, claims)
    }

    /// A request to the admin API as it stands.
    ///
    /// - Parameter path: below `/admin/v1`.
    public func adminRequest(
        _ method: String, _ path: String, token: String?, key: String? = nil, body: [UInt8]? = nil,
        headers: [(String, String)] = []
    ) async throws -> Reply {
        var all = headers
        if let token { all.append(("authorization", "Bearer \(token)")) }
        if let key { all.append(("idempotency-key", key)) }
        if body != nil, headers.isEmpty { all.append(("content-type", "application/json")) }
        return try await exchange(
            method, "http://127.0.0.1:\(ports.admin)/admin/v1\(path)", headers: all, body: body)
    }
}
