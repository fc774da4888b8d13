// What the suites share: the server under test, and waiting for something to become true.

import Foundation
import Polling
import Postgres
import Testing

/// A superuser's URL, from the environment; without it the suites that need a server do not run.
let databaseURL = ProcessInfo.processInfo.environment["WALLET_TEST_DATABASE"]

func configuration(settings: [(String, String)] = []) -> PostgresConfiguration {
    PostgresConfiguration(url: databaseURL ?? "", applicationName: "postgres-tests", settings: settings)
}

/// A connection to the server under test.
func connect(settings: [(String, String)] = []) throws -> PostgresConnection {
    try PostgresConnection(configuration(settings: settings))
}

/// A builder filled by the closure.
func parameters(_ fill: (inout PostgresParameters) -> Void) -> PostgresParameters {
    var parameters = PostgresParameters()
    fill(&parameters)
    return parameters
}

/// Runs one expression over one parameter, cast to its type, and gives the answer's only row.
func echo(
    _ connection: PostgresConnection, _ expression: String, _ fill: (inout PostgresParameters) -> Void
) throws -> PostgresRows {
    try connection.execute("select \(expression)", parameters(fill))
}

/// Every event until the next sync, the sync left out.
func eventsUntilSync(_ connection: PostgresConnection) throws -> [PostgresEvent] {
    var events: [PostgresEvent] = []
    while true {
        let event = try connection.waitForEvent()
        if case .synced = event { return events }
        events.append(event)
    }
}

/// The error a call throws; nothing else will do.
func failure<R>(_ body: () throws -> R) -> PostgresError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

/// Waits until the condition holds, at most so long.
func eventually(
    within seconds: UInt64 = 10, _ condition: () async throws -> Bool, location: SourceLocation = #_sourceLocation
) async throws {
    let deadline = monotonicNanoseconds() + seconds * 1_000_000_000
    while try await !condition() {
        if monotonicNanoseconds() > deadline {
            Issue.record("it did not become true in time", sourceLocation: location)
            return
        }
        await Task.yield()
    }
}

extension PostgresEvent {
    /// What kind of event it is, for comparing sequences.
    var kind: String {
        switch self {
        case .rows: "rows"
        case .failed: "failed"
        case .skipped: "skipped"
        case .synced: "synced"
        }
    }
}
