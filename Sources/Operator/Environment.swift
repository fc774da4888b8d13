// What the tool reads from its environment. A message names the variable and never its value.

import AMQP
import Foundation
import Ledger
import Postgres

enum Environment {
    static func optional(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    static func required(_ name: String) throws(OperatorError) -> String {
        guard let value = optional(name) else { throw OperatorError("\(name) is not set") }
        return value
    }

    /// - Throws: when the variable is there and is not a whole number of the range.
    static func number(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws(OperatorError) -> Int {
        guard let text = optional(name) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw OperatorError("\(name) has to be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The broker that WALLET_AMQP names.
    static func broker() throws -> AMQPConfiguration {
        let url = try required("WALLET_AMQP")
        var configuration: AMQPConfiguration
        // What is wrong with the URL is told without showing any of it.
        do { configuration = try AMQPConfiguration(url: url) } catch { throw OperatorError("WALLET_AMQP: \(error)") }
        configuration.connectionName = "walletctl"
        return configuration
    }

    /// The database of a URL, of WALLET_DATABASE without one.
    static func database(_ url: String? = nil) throws -> PostgresConnection {
        let configuration = PostgresConfiguration(
            url: try url ?? required("WALLET_DATABASE"), applicationName: "walletctl")
        guard configuration.isUsable else {
            throw OperatorError("\(url == nil ? "WALLET_DATABASE" : "--database") is not a connection string of libpq")
        }
        return try PostgresConnection(configuration)
    }

    /// Where the API answers, without a slash at its end.
    static func api() throws(OperatorError) -> String {
        var text = try required("WALLET_API")
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host()?.isEmpty == false else {
            throw OperatorError("WALLET_API is not an http or https URL")
        }
        return text
    }
}
