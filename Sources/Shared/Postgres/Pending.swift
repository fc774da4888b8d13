// What a session has sent and not yet had an answer to, and what it would mean to lose the session now.

struct Prepared {
    let sql: String
    /// The types of its parameters, once the server has told them.
    var types: [UInt32]?
}

/// Something sent, waiting for its answer.
struct Pending {
    enum Kind: Equatable {
        case parse, statement, sync
        /// Makes the server forget all statements, before the first of them is parsed anew.
        case deallocate
        /// Asks for a statement's parameter types, to compare with those of the parameters that went with it.
        case describe(sent: PostgresParameters.Sent?)
    }

    let kind: Kind
    let name: String?
    /// `.commits` also for a sync that ends an implicit transaction.
    let boundary: TransactionBoundary

    /// Without which the statement of the same name cannot follow.
    var isParse: Bool { kind == .parse || kind == .deallocate }
}

/// First in, first out, without moving anything as long as it keeps being emptied.
struct PendingQueue {
    private var entries: [Pending] = []
    private var head = 0

    var isEmpty: Bool { head == entries.count }
    var first: Pending? { isEmpty ? nil : entries[head] }

    mutating func append(_ entry: Pending) { entries.append(entry) }

    mutating func removeFirst() {
        head += 1
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 4096 {
            entries.removeFirst(head)
            head = 0
        }
    }

    /// True when something unanswered may have been committed.
    var holdsCommit: Bool { entries[head...].contains { $0.boundary == .commits } }

    func holdsStatementBeforeSync(named name: String) -> Bool {
        entries[head...].prefix { $0.kind != .sync }.contains { $0.kind == .statement && $0.name == name }
    }
}

/// What stands between two syncs: whether its sync would commit something by itself.
struct Segment {
    private var hasBegun = false
    private var holdsStatement = false
    private var isInBlock = false

    /// Whether a block is open is known for certain only when nothing is outstanding: a BEGIN on its way may yet fail.
    mutating func openIfFirst(isOnlyOne: Bool, status: PostgresTransactionStatus) {
        if hasBegun { return }
        hasBegun = true
        isInBlock = isOnlyOne && (status == .inTransaction || status == .failed)
    }

    mutating func add(_ boundary: TransactionBoundary) {
        holdsStatement = true
        switch boundary {
        case .begins: isInBlock = true
        case .commits, .rollsBack: isInBlock = false
        case .none: break
        }
    }

    var syncCommits: Bool { holdsStatement && !isInBlock }
}
