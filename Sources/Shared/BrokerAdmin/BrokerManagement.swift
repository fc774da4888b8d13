// The broker's management HTTP API, read only: what exists in one virtual host, as facts for the verifier.

import AMQP
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
public import Topology
import Wire

/// Why the management API gave no facts. Descriptions show paths and statuses, no credentials.
public enum BrokerManagementError: Error, Equatable, Sendable {
    /// The URL cannot be used.
    case invalidURL(String)
    /// No whole answer came in time.
    case unreachable(String)
    /// It answered with another status than 200: 401 when the user may not look, 404 when there is no such virtual host.
    case refused(path: String, status: Int)
    /// What it answered is not what it should be.
    case unreadable(path: String, String)
}

extension BrokerManagementError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidURL(let reason): "the management URL cannot be used: \(reason)"
        case .unreachable(let reason): "the broker's management does not answer: \(reason)"
        case .refused(let path, let status): "the broker's management answered \(path) with \(status)"
        case .unreadable(let path, let reason):
            "the broker's management answered \(path) with what cannot be read: \(reason)"
        }
    }
}

/// A reader of one virtual host. Its user needs the tag `management` and access to the virtual host, and no permissions.
public struct BrokerManagement: Sendable {
    /// One answer, header not counted. The 521 bindings of eight lanes with a journal are about 60 kB.
    static let answerBytesMax = 16 << 20
    static let answerValuesMax = 400_000
    static let requestSecondsMax: Int64 = 10

    private let base: String
    private let authorization: Authorization
    private let virtualHost: String

    /// - Parameters:
    ///   - url: `http://user:password@host:port`, or https; user and password percent-encoded.
    ///   - virtualHost: as in the AMQP URL, decoded.
    public init(url: String, virtualHost: String) throws(BrokerManagementError) {
        guard var parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme),
            parts.host?.isEmpty == false
        else { throw .invalidURL("it is not http://user:password@host:port") }
        guard parts.query == nil, parts.fragment == nil else { throw .invalidURL("it has a query or a fragment") }
        guard let user = parts.user, let password = parts.password else {
            throw .invalidURL("it has no user or no password")
        }
        authorization = Authorization(user: user, password: password)
        parts.user = nil
        parts.password = nil
        guard let base = parts.string, let host = Self.encoded(virtualHost) else {
            throw .invalidURL("it cannot be put together")
        }
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.virtualHost = host
    }

    private static func encoded(_ text: String) -> String? {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
    }

    /// Everything that the verifier compares. The lists are asked for one after the other and are no snapshot: what is
    /// declared meanwhile can be in one of them and not in another.
    public func facts() async throws(BrokerManagementError) -> BrokerFacts {
        let overview = try await get("overview?columns=rabbitmq_version")
        var facts = BrokerFacts(version: overview["rabbitmq_version"]?.text ?? "")
        facts.exchanges = try await list(
            "exchanges/\(virtualHost)?columns=name,type,durable,auto_delete,internal,arguments",
            BrokerFacts.Exchange.init)
        facts.queues = try await list(
            "queues/\(virtualHost)?columns=name,type,durable,auto_delete,exclusive,arguments,effective_policy_definition,"
                + "state,leader,members,online,messages,consumers", BrokerFacts.Queue.init)
        facts.bindings = try await list(
            "bindings/\(virtualHost)?columns=source,destination,destination_type,routing_key", BrokerFacts.Binding.init)
        facts.policies =
            try await list("policies/\(virtualHost)") { BrokerFacts.Policy(json: $0, operators: false) }
            + list("operator-policies/\(virtualHost)") { BrokerFacts.Policy(json: $0, operators: true) }
        return facts
    }

    /// - Parameter read: nil for an element that lacks what it must have.
    private func list<Element>(
        _ path: String, _ read: (JSON) -> Element?
    ) async throws(BrokerManagementError) -> [Element] {
        guard let elements = try await get(path).elements else {
            throw .unreadable(path: Self.shown(path), "it is no list")
        }
        return try elements.map { json throws(BrokerManagementError) in
            guard let element = read(json) else {
                throw BrokerManagementError.unreadable(path: Self.shown(path), "an element lacks a part")
            }
            return element
        }
    }

    private func get(_ path: String) async throws(BrokerManagementError) -> JSON {
        var request = HTTPClientRequest(url: "\(base)/api/\(path)")
        request.headers.add(name: "authorization", value: authorization.header)
        request.headers.add(name: "accept", value: "application/json")
        // Hundreds of bindings compress so well that the client would take the answer for an attack.
        request.headers.add(name: "accept-encoding", value: "identity")
        let status: Int
        let bytes: [UInt8]
        do {
            let deadline = NIODeadline.now() + .seconds(Self.requestSecondsMax)
            let response = try await HTTPClient.shared.execute(request, deadline: deadline)
            status = Int(response.status.code)
            bytes = Array(try await response.body.collect(upTo: Self.answerBytesMax).readableBytesView)
        } catch {
            throw .unreachable((error as? HTTPClientError)?.shortDescription ?? "\(type(of: error))")
        }
        guard status == 200 else { throw .refused(path: Self.shown(path), status: status) }
        do throws(JSONError) {
            return try JSON(parsing: bytes, valuesMax: Self.answerValuesMax)
        } catch {
            throw .unreadable(path: Self.shown(path), error.reason.rawValue)
        }
    }

    private static func shown(_ path: String) -> String { String(path.prefix { $0 != "?" }) }
}

/// Prints as ‹redacted›, wherever it is printed.
private struct Authorization: Sendable, CustomStringConvertible, CustomReflectable {
    let header: String

    init(user: String, password: String) {
        header = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    var description: String { "‹redacted›" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
