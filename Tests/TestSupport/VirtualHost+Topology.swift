// Breaking a virtual host on purpose, and looking at what became of it, through the management API.

import Foundation

extension VirtualHost {
    /// Runs a test on a virtual host of its own without any program of the wallet.
    public static func with(_ body: (VirtualHost) async throws -> Void) async throws {
        let host = try await make(number: Int.random(in: 1_000_000...9_999_999))
        do {
            try await body(host)
        } catch {
            try await host.remove()
            throw error
        }
        try await host.remove()
    }

    /// The management URL of the user that may look and touch nothing.
    public func managementURL() throws -> String {
        let environment = try TestEnvironment.required()
        guard var parts = URLComponents(string: environment.amqpManagement) else {
            throw Failure("the management URL cannot be read")
        }
        parts.user = VirtualHost.verifier
        parts.password = environment.password(of: VirtualHost.verifier)
        parts.path = ""
        guard let url = parts.string else { throw Failure("the management URL cannot be made") }
        return url
    }

    /// Sets a policy.
    ///
    /// - Parameter definition: JSON.
    public func setPolicy(
        _ policy: String, pattern: String, appliesTo: String = "all", definition: String
    ) async throws {
        let escaped = pattern.replacing("\\", with: "\\\\")
        try await request(
            "PUT", "policies/\(name)/\(policy)",
            #"{"pattern":"\#(escaped)","apply-to":"\#(appliesTo)","definition":\#(definition)}"#)
    }

    public func deleteExchange(_ exchange: String) async throws {
        try await request("DELETE", "exchanges/\(name)/\(exchange)")
    }

    public func deleteQueue(_ queue: String) async throws {
        try await request("DELETE", "queues/\(name)/\(queue)")
    }

    public func removePolicy(_ policy: String) async throws {
        try await request("DELETE", "policies/\(name)/\(policy)")
    }
}
