// What a stand-in for the outside world does with a request: its answer, what a later question hears, and its callbacks.

import Wire

/// How a charge or a payout goes. The request names it: see docs/sandbox.md.
enum Scenario: String, CaseIterable, Sendable {
    /// Final with the first answer.
    case atOnce
    /// Pending at first, final when `lateAfter` has passed.
    case late
    /// Final with the first answer, and reported a second time under another id to whoever asks again.
    case twice
    case refused
    /// Pending for ever.
    case never
    /// Final with the first answer, which takes `slowAnswer`.
    case slow
    /// Taken, but the first answer comes after everybody has given up; final for whoever asks again.
    case timeout
    /// Pending until a callback was taken.
    case callback
    /// The callback comes before the first answer.
    case callbackFirst
    /// Pending until a callback was taken, which is sent twice, under two webhook ids.
    case callbackTwice
    /// Two callbacks of which the older arrives last.
    case wrongOrder
    /// That it was taken back is reported first, and after it that it was done.
    case takenBackFirst
    /// A callback that another secret signed; pending for whoever asks, as in `late`.
    case wrongSignature
    /// Final with the first answer, and taken back by a callback `lateAfter` later.
    case takenBack
    /// Nothing but 503, and nothing is remembered.
    case silent
    /// 422, and nothing is remembered.
    case unacceptable

    static let lateAfter = Duration.seconds(2)
    static let slowAnswer = Duration.seconds(3)
    /// Longer than a worker waits (`WALLET_OUTSIDE_REQUEST_SECONDS_MAX`, 5 s).
    static let timeoutAnswer = Duration.seconds(8)
    static let callbackAfter = Duration.milliseconds(200)

    /// How things stand so long after the request.
    ///
    /// - Parameter isTold: whether a callback with a final word was taken.
    func standing(after elapsed: Duration, isTold: Bool = false) -> Standing {
        switch self {
        case .atOnce, .twice, .slow, .timeout, .callbackFirst: .done
        case .late, .wrongSignature: elapsed < Self.lateAfter ? .pending : .done
        case .refused: .refused
        case .never, .silent, .unacceptable: .pending
        case .callback, .callbackTwice, .wrongOrder: isTold ? .done : .pending
        case .takenBack: elapsed < Self.lateAfter ? .done : .refused
        case .takenBackFirst: isTold ? .refused : .pending
        }
    }

    /// How long the first answer takes.
    var answerAfter: Duration {
        switch self {
        case .slow: Self.slowAnswer
        case .timeout: Self.timeoutAnswer
        default: .zero
        }
    }

    /// The callbacks, in the order in which they are sent.
    var callbacks: [PlannedCallback] {
        let report = PlannedCallback(.done, after: Self.callbackAfter)
        return switch self {
        case .atOnce, .late, .twice, .refused, .never, .slow, .timeout, .silent, .unacceptable: []
        case .callback: [report]
        case .callbackFirst: [PlannedCallback(.done, after: .zero)]
        case .callbackTwice: [report, PlannedCallback(.done, after: Self.callbackAfter * 2)]
        case .wrongOrder: [report, PlannedCallback(.pending, after: Self.callbackAfter * 2)]
        case .takenBackFirst:
            [
                PlannedCallback(.refused, after: Self.callbackAfter),
                PlannedCallback(.done, after: Self.callbackAfter * 2),
            ]
        case .wrongSignature: [PlannedCallback(.done, after: Self.callbackAfter, isRightlySigned: false)]
        case .takenBack: [PlannedCallback(.refused, after: Self.lateAfter)]
        }
    }
}

/// A callback that a scenario sends.
struct PlannedCallback: Equatable, Sendable {
    let standing: Standing
    /// After the request.
    let delay: Duration
    let isRightlySigned: Bool

    init(_ standing: Standing, after delay: Duration, isRightlySigned: Bool = true) {
        self.standing = standing
        self.delay = delay
        self.isRightlySigned = isRightlySigned
    }
}

/// How a request stands. Each stand-in has its own words for it.
enum Standing: Sendable {
    case pending
    case done
    case refused
}

/// What a stand-in answers.
struct StandInAnswer: Sendable, Equatable {
    let id: String
    let standing: Standing
}
