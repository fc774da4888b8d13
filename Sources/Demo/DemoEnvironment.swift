// What the demo reads from its environment: names and forms are checked here, values are never shown.

import Foundation

/// A variable that is missing or not of its form.
struct EnvironmentError: Error, Hashable, CustomStringConvertible {
    let variable: String
    let problem: String

    var description: String { "\(variable) \(problem)" }
}

struct DemoEnvironment: Hashable, Sendable {
    /// `http://host:port/api/v1`, without a slash at the end.
    let api: String
    /// Scheme, host and port of the API.
    let apiOrigin: String
    /// `http://host:port/admin/v1`, without a slash at the end.
    let adminAPI: String
    /// Scheme, host and port of it.
    let adminOrigin: String
    /// The stand-ins for the outside world, without a slash at the end.
    let sandbox: String
    /// Where the key lies that the local stack's tokens are signed with.
    let tokenKeyPath: String

    init(_ variables: [String: String]) throws(EnvironmentError) {
        func value(_ name: String) throws(EnvironmentError) -> String {
            guard let value = variables[name], !value.isEmpty else {
                throw EnvironmentError(variable: name, problem: "is not set")
            }
            return value
        }
        func address(_ name: String) throws(EnvironmentError) -> (text: String, origin: String) {
            var text = try value(name)
            while text.hasSuffix("/") { text.removeLast() }
            guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme),
                let host = url.host()
            else { throw EnvironmentError(variable: name, problem: "is not an http or https URL") }
            return (text, "\(scheme)://\(host)" + (url.port.map { ":\($0)" } ?? ""))
        }
        (api, apiOrigin) = try address("WALLET_API")
        (adminAPI, adminOrigin) = try address("WALLET_ADMIN_API")
        sandbox = try address("WALLET_SANDBOX").text
        tokenKeyPath = try value("WALLET_JWT_KEY")
    }

    func tokenKey() throws(EnvironmentError) -> String {
        do { return try String(contentsOfFile: tokenKeyPath, encoding: .utf8) } catch {
            throw EnvironmentError(variable: "WALLET_JWT_KEY", problem: "names a file that cannot be read")
        }
    }
}
