// Tables of figures that hold from a start date each.

/// Figures in force from a point in time; an outcome records the version that was applied.
public protocol VersionedTable: Sendable {
    var version: Int16 { get }
    var validFrom: Timestamp { get }
}

/// Tables by their start dates.
public struct TableSchedule<Table: VersionedTable>: Sendable {
    /// Sorted by start date; never empty.
    private let tables: [Table]

    /// - Parameter tables: the first in time also holds before its start date.
    public init(first: Table, later: [Table] = []) {
        tables = ([first] + later).sorted { $0.validFrom < $1.validFrom }
    }

    /// The table in force at a time.
    public func table(at time: Timestamp) -> Table {
        tables.last { $0.validFrom <= time } ?? tables[0]
    }
}
