// Where a lane's session and its transaction are, from standing by to a batch under way.

import Ledger
import Postgres

enum LanePhase {
    /// A chunk of a take-over: its outcomes, once they have come and their entries have not.
    struct StoredRows {
        var after: Int64
        var outcomes: PostgresRows?
    }

    /// Not the owner: there is no session, or no lease.
    case standby
    case taking
    /// Reading what an earlier owner decided and perhaps did not announce, from this sequence on.
    case catchingUp(StoredRows)
    case idle
    case reading(Batch)
    case writing(Batch, BatchWrite, ExpectedRows)
    /// A batch failed: the transaction is being ended before the next.
    case rollingBack
    case notingPublished

    /// Whether a transaction is open, with its locks.
    var hasTransaction: Bool {
        switch self {
        case .reading, .writing, .rollingBack: true
        default: false
        }
    }

    /// How many messages the batch under way has.
    var batchCount: Int {
        switch self {
        case .reading(let batch), .writing(let batch, _, _): batch.items.count
        default: 0
        }
    }
}
