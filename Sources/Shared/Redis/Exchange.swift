// Who waits for which answer, in order. Pure: the driver moves the bytes and tells the callers.

/// One call: its commands, and who is told.
struct Batch<Ticket: Sendable>: Sendable {
    let commands: [RedisCommand]
    let byteCount: Int
    /// Monotonic nanoseconds.
    let deadline: UInt64
    let ticket: Ticket
}

/// The commands of one connection: accepted ones wait, sent ones await their answers, first in, first out.
struct Exchange<Ticket: Sendable> {
    /// A batch that has all its answers.
    struct Settled {
        let batch: Batch<Ticket>
        let answers: [RedisValue]
    }

    private var waiting = Fifo<Batch<Ticket>>()
    private var underWay = Fifo<Batch<Ticket>>()
    /// Answers so far to the first batch under way.
    private var answers: [RedisValue] = []

    var isIdle: Bool { waiting.isEmpty && underWay.isEmpty }

    /// When the first batch under way is overdue. All have the same time-out, so none is overdue before it.
    var nextDeadline: UInt64? { underWay.first?.deadline }

    mutating func accept(_ batch: Batch<Ticket>) { waiting.append(batch) }

    /// The next batch to send, from now on under way.
    mutating func nextToSend() -> Batch<Ticket>? {
        guard let batch = waiting.popFirst() else { return nil }
        underWay.append(batch)
        return batch
    }

    enum Receipt {
        case partial
        case complete(Settled)
        /// Nobody asked: the connection is out of step.
        case unexpected
    }

    /// Gives an answer to whose turn it is.
    mutating func answered(_ value: RedisValue) -> Receipt {
        guard let first = underWay.first else { return .unexpected }
        answers.append(value)
        guard answers.count == first.commands.count else { return .partial }
        underWay.removeFirst()
        defer { answers = [] }
        return .complete(Settled(batch: first, answers: answers))
    }

    /// The connection is gone: everybody, each with the reason that is true for them.
    mutating func abandon(now: UInt64, unsent: RedisError) -> [(Batch<Ticket>, RedisError)] {
        var losses: [(Batch<Ticket>, RedisError)] = []
        while let batch = underWay.popFirst() {
            losses.append((batch, now >= batch.deadline ? .timedOut : .outcomeUnknown))
        }
        while let batch = waiting.popFirst() { losses.append((batch, unsent)) }
        answers = []
        return losses
    }
}

/// A queue over an array; what was taken is cut off in large pieces.
struct Fifo<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() { _ = popFirst() }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head].take()
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1_024, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
