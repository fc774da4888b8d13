// swift-tools-version: 6.3
import PackageDescription

/// Every target of this package is compiled with these. `unsafe` has to be written where it happens, and a warning does
/// not pass.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// MARK: - Dependencies by name

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

// MARK: - Kinds of target

func system(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)")
}

func module(
    _ name: String, _ path: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude, resources: resources,
        swiftSettings: strict)
}

func program(
    _ name: String, _ path: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

// MARK: - The package. A module depends only on modules listed above it.

let package = Package(
    name: "contacto-wallet",
    products: [
        .executable(name: "wallet-fleet", targets: ["Fleet"]),
        .executable(name: "wallet-ingress", targets: ["Ingress"]),
        .executable(name: "wallet-sandbox", targets: ["Sandbox"]),
        .executable(name: "wallet-demo", targets: ["Demo"]),
        .executable(name: "wallet-bench", targets: ["Bench"]),
        .executable(name: "wallet-instructions", targets: ["Instructions"]),
        .executable(name: "walletctl", targets: ["Operator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        // C libraries: a module map and a shim each.
        system("CLibPQ"),
        system("CHiredis"),
        system("CRabbitMQ"),
        system("CPolling"),

        // The rules: pure, standard library only.
        module("Domain", "Sources/Shared/Domain"),

        // Client libraries. None of them knows what a wallet is.
        module("Polling", "Sources/Shared/Polling", ["CPolling"]),
        module("Postgres", "Sources/Shared/Postgres", ["CLibPQ", "Polling"], exclude: ["README.md"]),
        module("AMQP", "Sources/Shared/AMQP", ["CRabbitMQ", "Polling"], exclude: ["README.md"]),
        module("Redis", "Sources/Shared/Redis", ["CHiredis", "Polling"], exclude: ["README.md"]),

        // What crosses a process boundary, where it goes, and where it is kept.
        module("Wire", "Sources/Shared/Wire", ["Domain", crypto]),
        module("Topology", "Sources/Shared/Topology", ["AMQP", "Domain", "Wire"]),
        module(
            "Ledger", "Sources/Shared/Ledger", ["Domain", "Postgres", "Wire", crypto],
            resources: [
                .embedInCode("Migrations"), .embedInCode("Statements"), .embedInCode("Queries"), .embedInCode("Checks"),
            ]),
        module("Settings", "Sources/Shared/Settings", ["Domain", configuration]),
        module(
            "BrokerAdmin", "Sources/Shared/BrokerAdmin",
            ["AMQP", "Polling", "Settings", "Topology", "Wire", asyncHTTPClient, logging], exclude: ["README.md"]),
        module("Telemetry", "Sources/Shared/Telemetry", [coreMetrics, logging]),

        // Workers, a library each, and the executable that runs them.
        module(
            "Lane", "Sources/Workers/Lane",
            [
                "AMQP", "Domain", "Ledger", "Polling", "Postgres", "Telemetry", "Topology", "Wire", coreMetrics, crypto,
                logging,
            ]),
        module(
            "Outside", "Sources/Workers/Outside",
            [
                "AMQP", "Domain", "Polling", "Telemetry", "Topology", "Wire", asyncHTTPClient, coreMetrics, logging,
                serviceLifecycle,
            ],
            exclude: ["README.md"]),
        module(
            "TopUps", "Sources/Workers/TopUps",
            [
                "Domain", "Ledger", "Outside", "Polling", "Postgres", "Telemetry", "Topology", "Wire", logging,
                serviceLifecycle,
            ]),
        module(
            "Payouts", "Sources/Workers/Payouts",
            [
                "Domain", "Ledger", "Outside", "Polling", "Postgres", "Redis", "Telemetry", "Topology", "Wire",
                asyncHTTPClient, coreMetrics, logging, serviceLifecycle,
            ]),
        module("Leases", "Sources/Workers/Leases", ["Domain", "Ledger"]),
        program(
            "Fleet", "Sources/Workers/Fleet",
            [
                "AMQP", "BrokerAdmin", "Domain", "Lane", "Leases", "Ledger", "Outside", "Payouts", "Polling",
                "Postgres", "Redis",
                "Settings", "Telemetry",
                "TopUps", "Wire", hummingbird, logging, serviceLifecycle, unixSignals,
            ]),

        // The HTTP API, the operator's tool, the outside world's stand-ins, the demo's traffic, the benchmarks.
        program(
            "Ingress", "Sources/Ingress",
            [
                "AMQP", "BrokerAdmin", "Domain", "Ledger", "Polling", "Postgres", "Redis", "Settings", "Telemetry",
                "Topology", "Wire",
                asyncHTTPClient, coreMetrics, crypto, hummingbird, jwtKit, logging, serviceLifecycle, unixSignals,
            ]),
        program(
            "Operator", "Sources/Operator",
            [
                "AMQP", "BrokerAdmin", "Domain", "Ledger", "Postgres", "Telemetry", "Topology", "Wire", argumentParser,
                jwtKit, logging,
            ]),
        program(
            "Sandbox", "Sources/Sandbox",
            [
                "AMQP", "Domain", "Outside", "Polling", "Settings", "Telemetry", "Topology", "Wire", asyncHTTPClient,
                hummingbird, jwtKit, logging, serviceLifecycle,
            ]),
        program("Demo", "Sources/Demo", ["Domain", "Wire", argumentParser, asyncHTTPClient, crypto, jwtKit, logging]),
        program(
            "Bench", "Benchmarks",
            [
                "AMQP", "Domain", "Lane", "Ledger", "Polling", "Postgres", "Topology", "Wire", argumentParser,
                histogram, logging,
            ], exclude: ["Instructions", "instructions.txt"]),
        program("Instructions", "Benchmarks/Instructions", ["Domain", "Ledger", "Postgres", "Wire", crypto]),

        // What the tests share, and the tests of the whole road with real processes.
        module("PrivateServers", "Tests/PrivateServers", ["Polling", "Postgres"]),
        module(
            "TestSupport", "Tests/TestSupport",
            [
                "AMQP", "Domain", "Polling", "Postgres", "PrivateServers", "Redis", "Topology", "Wire", asyncHTTPClient,
                crypto,
            ]),
        tests(
            "IntegrationTests",
            [
                "AMQP", "Domain", "Lane", "Ledger", "Postgres", "PrivateServers", "Telemetry", "TestSupport",
                "Topology", "Wire", logging,
            ]),
        tests(
            "TopologyIntegrationTests", ["AMQP", "BrokerAdmin", "Domain", "TestSupport", "Topology", "Wire", logging]),
        tests("FaultTests", ["PrivateServers", "TestSupport", "Wire"]),
        tests("FleetTests", ["AMQP", "Domain", "TestSupport", "Topology", "Wire"]),
        tests("CheckerIntegrationTests", ["Domain", "Ledger", "Postgres", "Wire"]),
        tests("PostgresTests", ["Polling", "Postgres", "PrivateServers"]),
        tests("AMQPTests", ["AMQP", "Polling"]),
        tests("RedisTests", ["Polling", "Redis"]),
        tests("TelemetryTests", ["Telemetry", coreMetrics, logging]),
        tests("IngressTests", ["Domain", "Ingress", "Ledger", "Telemetry", "Wire", crypto, hummingbird, jwtKit]),
        tests("DemoTests", ["Demo", "Domain", "Wire"]),
        tests(
            "SandboxTests",
            [
                "AMQP", "Domain", "Ingress", "Ledger", "Outside", "Payouts", "Sandbox", "Telemetry", "Topology",
                "TopUps", "Wire",
                hummingbird, hummingbirdTesting, jwtKit, logging, serviceLifecycle,
            ]),

        // What needs no server: the rules, the wire, the topology, the lane's pure parts, and the repository itself.
        tests("DomainTests", ["Domain"]),
        tests("WireTests", ["Domain", "Wire", crypto]),
        tests("FuzzTests", ["AMQP", "Domain", "Wire", crypto]),
        tests("ConfigurationTests", ["Fleet", "Ingress", "Sandbox", "Settings"]),
        tests("TopologyTests", ["AMQP", "Domain", "Topology", "Wire", crypto]),
        tests("BenchTests", ["Bench"]),
        tests("LeasesTests", ["Domain", "Leases", "Ledger"]),
        tests(
            "LaneTests",
            ["AMQP", "Domain", "Lane", "Ledger", "Postgres", "Telemetry", "Topology", "Wire", crypto, logging]),
        tests("RepositoryTests", ["Domain", "Ledger", "Operator", "Telemetry", "Wire", argumentParser]),
    ],
    swiftLanguageModes: [.v6]
)
