// What a worker for the outside world is told once, at its start.

public import AMQP
public import Domain
import Glibc
public import Logging
public import Telemetry
public import Wire

/// Where a worker's events and commands travel, whom it asks, and in whose name it signs.
public struct OutsideConfiguration: Sendable {
    public var amqp: AMQPConfiguration
    /// Also the service in whose name commands are submitted: its publisher, which is the broker user.
    public var signingKey: PublisherKey
    /// By which callbacks are believed that the ingress hands on.
    public var keyring: Keyring
    /// The outside service's address, such as `http://127.0.0.1:8080/payment`; nil for a worker that asks nobody.
    public var serviceURL: String?
    /// Events being handled at the same time.
    public var inFlightMax = 64
    public var limits = OutsideLimits()
    /// How long a submitted command may wait for its decision: ten years. What became of a charge, a payout or an account
    /// is as true later, and a command that was refused for being late would never be decided.
    public var commandSecondsMax: Int64 = 10 * 366 * 24 * 3600
    public var logger: Logger
    /// What is recorded goes into a registry of its own unless it is given one.
    public var instruments = Instruments(program: "outside")
    /// The time of day.
    public var now: @Sendable () -> Timestamp = { systemTime() }

    /// - Parameter publisher: the broker user whose newest key in the keyring signs.
    /// - Throws: when the URL cannot be used or the keyring has no key of the publisher.
    public init(
        amqpURL: String, publisher: String, keyring: Keyring, serviceURL: String?, logger: Logger
    ) throws(OutsideConfigurationError) {
        do { amqp = try AMQPConfiguration(url: amqpURL) } catch { throw .amqp(error) }
        guard let signingKey = keyring.signingKey(of: publisher) else { throw .noSigningKey(publisher: publisher) }
        self.signingKey = signingKey
        self.keyring = keyring
        amqp.connectionName = publisher
        self.serviceURL = serviceURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.logger = logger
    }
}

/// How long an outside service may take, and how often it may say nothing.
public struct OutsideLimits: Sendable, Hashable {
    /// From the request to the last byte of the answer.
    public var requestSecondsMax: Int64 = 5
    /// When the service is left alone, and for how long.
    public var breaker = Breaker.Limits()

    public init() {}
}

/// Why a worker cannot be set up.
public enum OutsideConfigurationError: Error, CustomStringConvertible {
    case amqp(AMQPError)
    case noSigningKey(publisher: String)

    public var description: String {
        switch self {
        case .amqp(let error): error.description
        case .noSigningKey(let publisher): "the keyring holds no signing key of \(publisher)"
        }
    }
}

/// The operating system's time of day.
public func systemTime() -> Timestamp {
    var time = timespec()
    // The kernel writes a timespec into `time`, which lives for the call; CLOCK_REALTIME cannot fail on Linux.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
}
