// The time by which something is due: the system's, or in a local stack one that can be put forward.

import AsyncHTTPClient
public import Domain
public import Logging
import NIOCore
import Synchronization
import Wire

/// The present, followed from somewhere else where that is wanted.
public final class DueClock: Sendable {
    /// Where to ask how far ahead of the system's the time is; nil for the system's own.
    private let url: String?
    private let advancedSeconds = Atomic<Int64>(0)
    private let logger: Logger

    private static let everyMilliseconds = 500
    private static let answerBytesMax = 4_096

    /// - Parameter url: where to ask how far ahead of the system's the time is; nil for the system's own.
    public init(url: String?, logger: Logger) {
        self.url = url
        self.logger = logger
    }

    public var now: Timestamp { systemTime().adding(seconds: advancedSeconds.load(ordering: .relaxed)) }

    /// Asks until the task is cancelled. Without an answer the last one holds; the clock that is asked is a stand-in's,
    /// and nothing else depends on it.
    ///
    /// - Parameter changed: called when the time was put forward.
    public func follow(_ changed: @Sendable () -> Void) async {
        guard let url else { return }
        while !Task.isCancelled {
            if let seconds = await ask(url), seconds != advancedSeconds.exchange(seconds, ordering: .relaxed) {
                logger.notice("what is due is found by a clock of its own", metadata: ["ahead": "\(seconds) s"])
                changed()
            }
            do { try await Task.sleep(for: .milliseconds(Self.everyMilliseconds)) } catch { return }
        }
    }

    private func ask(_ url: String) async -> Int64? {
        do {
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
            let body = try await response.body.collect(upTo: Self.answerBytesMax)
            return try JSON(parsing: Array(body.readableBytesView))["advanced_seconds"]?.integer
        } catch {
            return nil
        }
    }
}
