// The time of the stand-ins, which can be put forward: an hour or a day passes when somebody asks for it.

import Domain
import Hummingbird
import Outside
import Synchronization
import Wire

/// How far the sandbox is ahead of the system. It never goes back.
final class SandboxClock: Sendable {
    /// The most by which the time is put forward at once: a year.
    static let advanceSecondsMax: Int64 = 366 * 86_400

    private let advanced: Atomic<Int64>

    init(advancedSeconds: Int64 = 0) { advanced = Atomic(advancedSeconds) }

    var advancedSeconds: Int64 { advanced.load(ordering: .relaxed) }

    /// For how long something takes.
    var now: ContinuousClock.Instant { .now + .seconds(advancedSeconds) }

    /// For what day it is.
    var time: Timestamp { systemTime().adding(seconds: advancedSeconds) }

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("clock") { _, _ in self.answer }
        router.post("clock") { request, _ in
            var fields = try await request.fields()
            guard let seconds = try fields.required("advance_seconds").integer,
                0...Self.advanceSecondsMax ~= seconds
            else { throw fields.malformed("advance_seconds") }
            try fields.finish()
            self.advanced.add(seconds, ordering: .relaxed)
            return self.answer
        }
    }

    private var answer: Response {
        .json(.ok) { json in
            json.member("now", time)
            json.member("advanced_seconds", advancedSeconds)
        }
    }
}
