// What the sandbox is told by its environment, read once.

import Configuration
import Foundation
import Logging
import Telemetry
import Wire

struct SandboxConfiguration: Sendable {
    let host: String
    let port: Int
    /// The private key whose public half `identity` shows, as PEM.
    let jwtKeyPEM: String
    let keyring: Keyring
    let identityAMQPURL: String
    let logLevel: Logger.Level
    let logFormat: LogFormat

    static let portRange = 1...65_535

    /// - Throws: naming the variable that is missing or wrong, never its value.
    init(_ reader: ConfigReader) throws {
        func optional(_ name: String) -> String? {
            let key = name.lowercased().replacingOccurrences(of: "_", with: ".")
            return reader.string(forKey: ConfigKey(key), isSecret: true)
        }
        func required(_ name: String) throws(ConfigurationError) -> String {
            guard let value = optional(name), !value.isEmpty else { throw .missing(name) }
            return value
        }
        func file(_ name: String) throws(ConfigurationError) -> Data {
            let path = try required(name)
            do { return try Data(contentsOf: URL(filePath: path)) } catch { throw .unreadable(name) }
        }

        host = optional("WALLET_SANDBOX_HOST") ?? "127.0.0.1"
        guard let port = Int(try required("WALLET_SANDBOX_PORT")), Self.portRange ~= port else {
            throw ConfigurationError.invalid("WALLET_SANDBOX_PORT")
        }
        self.port = port
        jwtKeyPEM = String(decoding: try file("WALLET_JWT_KEY"), as: UTF8.self)
        do { keyring = try Keyring(json: Array(file("WALLET_KEYRING"))) } catch is FieldError {
            throw ConfigurationError.invalid("WALLET_KEYRING")
        }
        identityAMQPURL = try required("WALLET_AMQP_IDENTITY")
        guard let level = Logger.Level(rawValue: optional("WALLET_LOG_LEVEL") ?? "info") else {
            throw ConfigurationError.invalid("WALLET_LOG_LEVEL")
        }
        logLevel = level
        guard let format = LogFormat(rawValue: optional("WALLET_LOG_FORMAT") ?? "json") else {
            throw ConfigurationError.invalid("WALLET_LOG_FORMAT")
        }
        logFormat = format
    }
}

/// Which variable stops the process.
enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case invalid(String)
    case unreadable(String)

    var description: String {
        switch self {
        case .missing(let name): "\(name) is not set"
        case .invalid(let name): "\(name) is not of its form"
        case .unreadable(let name): "the file that \(name) names cannot be read"
        }
    }
}
