// Environment variables by the names that people write, read once at a process's edge, each checked and named when wrong.

public import Configuration
import Foundation

/// A variable that is missing or cannot be used. Its value is not shown.
public struct SettingError: Error, Equatable, CustomStringConvertible {
    public let variable: String
    public let problem: String

    public init(variable: String, problem: String) {
        self.variable = variable
        self.problem = problem
    }

    /// For a value that is not of its form.
    public static func unusable(_ variable: String) -> SettingError {
        SettingError(variable: variable, problem: "cannot be used")
    }

    public var description: String { "\(variable) \(problem)" }
}

/// The variables of a process.
public struct Variables: Sendable {
    private let reader: ConfigReader

    public init(_ reader: ConfigReader) { self.reader = reader }

    /// Variables that are given instead of found.
    public init(_ variables: [String: String]) {
        self.init(ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    /// The process's own environment.
    public static var ofProcess: Variables { Variables(ConfigReader(provider: EnvironmentVariablesProvider())) }

    /// The value; nil when it is not set or empty.
    public func optional(_ variable: String, secret: Bool = false) -> String? {
        // The provider joins a key's parts with underscores, in upper case.
        let key = ConfigKey(variable.lowercased().split(separator: "_").map(String.init))
        guard let text = reader.string(forKey: key, isSecret: secret), !text.isEmpty else { return nil }
        return text
    }

    public func required(_ variable: String, secret: Bool = false) throws(SettingError) -> String {
        guard let text = optional(variable, secret: secret) else {
            throw SettingError(variable: variable, problem: "is not set")
        }
        return text
    }

    /// - Parameter parse: nil for a text that cannot be used.
    public func parsed<Value>(
        _ variable: String, secret: Bool = false, _ parse: (String) -> Value?
    ) throws(SettingError) -> Value {
        guard let value = parse(try required(variable, secret: secret)) else {
            throw .unusable(variable)
        }
        return value
    }

    /// One of a few words; nil when it is not set.
    public func choice<Value>(_ variable: String, _ parse: (String) -> Value?) throws(SettingError) -> Value? {
        optional(variable) == nil ? nil : try parsed(variable, parse)
    }

    /// A whole number within a range; nil when it is not set.
    public func integer(_ variable: String, in range: ClosedRange<Int>) throws(SettingError) -> Int? {
        guard let text = optional(variable) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw SettingError(
                variable: variable, problem: "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The value itself, when it can be used.
    public func checked(
        _ variable: String, secret: Bool = false, _ isUsable: (String) -> Bool
    ) throws(SettingError) -> String {
        try parsed(variable, secret: secret) { isUsable($0) ? $0 : nil }
    }

    /// An address of a service over HTTP, without a slash at its end.
    public func httpURL(_ variable: String) throws(SettingError) -> String {
        guard let url = try optionalHTTPURL(variable) else {
            throw SettingError(variable: variable, problem: "is not set")
        }
        return url
    }

    /// The same; nil when it is not set.
    public func optionalHTTPURL(_ variable: String) throws(SettingError) -> String? {
        guard var text = optional(variable) else { return nil }
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host()?.isEmpty == false,
            url.query() == nil, url.fragment() == nil
        else { throw SettingError(variable: variable, problem: "must be an http or https URL") }
        return text
    }

    /// The path of a file that the process is to write; nil when it is not set.
    public func optionalNewFile(_ variable: String) throws(SettingError) -> String? {
        guard let path = optional(variable) else { return nil }
        let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        guard !path.hasSuffix("/"), FileManager.default.isWritableFile(atPath: folder) else {
            throw SettingError(variable: variable, problem: "names a file that cannot be written")
        }
        return path
    }

    /// What the file holds that the variable names; nil when it is not set.
    ///
    /// - Parameter problem: says what is wrong with the file without showing what it holds.
    public func optionalFile<Value, Failure: Error>(
        _ variable: String, _ read: ([UInt8]) throws(Failure) -> Value, problem: (Failure) -> String
    ) throws(SettingError) -> Value? {
        if optional(variable) == nil { return nil }
        let bytes = try file(variable)
        do throws(Failure) { return try read(bytes) } catch {
            throw SettingError(variable: variable, problem: problem(error))
        }
    }

    /// The bytes of the file that the variable names.
    public func file(_ variable: String) throws(SettingError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: try required(variable)) else {
            throw SettingError(variable: variable, problem: "names a file that cannot be read")
        }
        return Array(data)
    }
}

/// What a process was told: printed, dumped or put into a message it shows nothing, because passwords are among it.
public protocol Undisclosed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Undisclosed {
    public var description: String { "\(Self.self)(‹redacted›)" }
    public var debugDescription: String { description }
    /// Without children, so that the description of an enclosing type shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Ends the process because it was told something that it cannot work with: `EX_CONFIG`.
public func endForConfiguration(_ program: String, _ reason: any Error) -> Never {
    FileHandle.standardError.write(Data("\(program): \(reason)\n".utf8))
    exit(78)
}
