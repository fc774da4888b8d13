// State machines as values: what decides, what is drawn in docs/state-machines.md, and what a test holds against the
// database's own constraints.

/// Where something begins, and which event leads from where to where. What is not listed does not happen.
public struct StateMachine<State: Hashable & Sendable, Event: Hashable & Sendable>: Sendable {
    public struct Step: Hashable, Sendable {
        public let from: State
        public let event: Event
        public let to: State
    }

    public let initial: State
    public let steps: [Step]

    init(beginning initial: State, _ steps: [(from: State, event: Event, to: State)]) {
        self.initial = initial
        self.steps = steps.map { Step(from: $0.from, event: $0.event, to: $0.to) }
    }

    /// The state after an event; nil when the event does not fit where it stands.
    public func state(after event: Event, from state: State) -> State? {
        steps.first { $0.from == state && $0.event == event }?.to
    }
}
