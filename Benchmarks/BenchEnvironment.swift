// Where the servers are, from the environment that `deploy/local bench` sets.

import AMQP
import Domain
import Foundation
import Ledger
import Postgres
import Wire

struct BenchEnvironment {
    let owner: PostgresConfiguration
    let lane: PostgresConfiguration
    let broker: AMQPConfiguration
    let workers: AMQPConfiguration
    let ingress: AMQPConfiguration
    let keyring: Keyring
    let key: PublisherKey
    /// The folder with the pid files of the running processes, if there are any.
    let processes: String?

    struct Missing: Error, CustomStringConvertible {
        let name: String
        var description: String { "\(name) is not set or cannot be used; run this by `deploy/local bench`" }
    }

    init(_ environment: [String: String]) throws {
        func value(_ name: String) throws(Missing) -> String {
            guard let value = environment[name], !value.isEmpty else { throw Missing(name: name) }
            return value
        }
        owner = PostgresConfiguration(url: try value("WALLET_DATABASE"), applicationName: "bench")
        lane = PostgresConfiguration(
            url: try value("WALLET_DATABASE_LANE"), applicationName: "bench-lane", settings: Statements.laneSettings)
        var broker = try AMQPConfiguration(url: try value("WALLET_AMQP"))
        // Used now and then, and left alone while lanes run.
        broker.heartbeatSeconds = 600
        self.broker = broker
        workers = try AMQPConfiguration(url: try value("WALLET_AMQP_WORKERS"))
        ingress = try AMQPConfiguration(url: try value("WALLET_AMQP_INGRESS"))
        guard let file = FileManager.default.contents(atPath: try value("WALLET_KEYRING")) else {
            throw Missing(name: "WALLET_KEYRING")
        }
        keyring = try Keyring(json: Array(file))
        guard let key = keyring.signingKey(of: ingress.user) else { throw Missing(name: "WALLET_KEYRING") }
        self.key = key
        processes = environment["WALLET_BENCH_RUN"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
