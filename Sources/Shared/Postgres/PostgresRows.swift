// The answer to one statement, read in place from libpq's memory.

/// The rows a statement returned, and how many it touched. Safe to pass between tasks and threads.
///
/// Readers take a row and a column, both from 0, and throw `PostgresError.decoding` for a null, another type or a cell
/// that does not exist; those that begin with `optional` give nil for a null.
public final class PostgresRows: Sendable {
    private let result: ResultHandle

    init(_ result: consuming ResultHandle) { self.result = result }

    /// How many rows.
    public var count: Int { result.rowCount }
    public var columnCount: Int { result.columnCount }
    /// The columns' names, from left to right.
    public var columns: [String] { (0..<columnCount).map { result.name(ofColumn: $0) ?? "" } }
    /// How many rows the statement inserted, updated, deleted or returned; nil when it is not that kind.
    public var affectedRows: Int? { result.affectedRows }
    /// `SELECT 5`, `INSERT 0 1`, `COMMIT` and so on.
    public var commandTag: String { result.commandTag }

    /// The first column of that exact name.
    public func column(named name: String) -> Int? {
        (0..<columnCount).first { result.name(ofColumn: $0) == name }
    }

    public func isNull(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try check(row, column, "a cell")
        return result.withValue(row: row, column: column) { _ in true } == nil
    }

    // MARK: Numbers

    /// An `int2`, `int4`, `int8` or `oid`, widened.
    public func integer(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try required(row, column, "an integer", Decode.integer)
    }

    public func optionalInteger(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try optional(row, column, "an integer", Decode.integer)
    }

    public func int2(_ row: Int, _ column: Int) throws(PostgresError) -> Int16 {
        try required(row, column, "int2") { Decode.exactly($0, $1, .int2) }
    }

    public func optionalInt2(_ row: Int, _ column: Int) throws(PostgresError) -> Int16? {
        try optional(row, column, "int2") { Decode.exactly($0, $1, .int2) }
    }

    public func int4(_ row: Int, _ column: Int) throws(PostgresError) -> Int32 {
        try required(row, column, "int4") { Decode.exactly($0, $1, .int4) }
    }

    public func optionalInt4(_ row: Int, _ column: Int) throws(PostgresError) -> Int32? {
        try optional(row, column, "int4") { Decode.exactly($0, $1, .int4) }
    }

    public func int8(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try required(row, column, "int8") { Decode.exactly($0, $1, .int8) }
    }

    public func optionalInt8(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try optional(row, column, "int8") { Decode.exactly($0, $1, .int8) }
    }

    /// A `float8`, or a `float4`, widened.
    public func double(_ row: Int, _ column: Int) throws(PostgresError) -> Double {
        try required(row, column, "a floating-point number", Decode.double)
    }

    public func optionalDouble(_ row: Int, _ column: Int) throws(PostgresError) -> Double? {
        try optional(row, column, "a floating-point number", Decode.double)
    }

    /// A `numeric` in decimal digits, as the server would print it. Sums of `int8` are `numeric`.
    public func numericText(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        try required(row, column, "numeric", Decode.numericText)
    }

    public func optionalNumericText(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        try optional(row, column, "numeric", Decode.numericText)
    }

    public func bool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try required(row, column, "bool", Decode.bool)
    }

    public func optionalBool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool? {
        try optional(row, column, "bool", Decode.bool)
    }

    // MARK: Text, bytes, UUIDs, times

    /// Any type whose binary form is text (`text`, `varchar`, `name`, `json`, enums), `jsonb`, and types of the
    /// database's own if their bytes are UTF-8.
    public func text(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        try required(row, column, "text", Decode.text)
    }

    public func optionalText(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        try optional(row, column, "text", Decode.text)
    }

    /// The binary form of a value of any type; for a `bytea`, its bytes.
    public func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
        try required(row, column, "bytes") { bytes, _ in Decode.bytes(bytes) }
    }

    public func optionalBytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8]? {
        try optional(row, column, "bytes") { bytes, _ in Decode.bytes(bytes) }
    }

    public func uuid(_ row: Int, _ column: Int) throws(PostgresError) -> PostgresUUID {
        try required(row, column, "uuid") { $1 == TypeID.uuid.rawValue ? Decode.uuid($0) : nil }
    }

    public func optionalUUID(_ row: Int, _ column: Int) throws(PostgresError) -> PostgresUUID? {
        try optional(row, column, "uuid") { $1 == TypeID.uuid.rawValue ? Decode.uuid($0) : nil }
    }

    /// A `timestamptz` in microseconds since 1970-01-01 UTC; `Int64.max` and `.min` are the server's ±infinity.
    public func timestamp(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try required(row, column, "timestamptz", Decode.timestamp)
    }

    public func optionalTimestamp(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try optional(row, column, "timestamptz", Decode.timestamp)
    }

    // MARK: Arrays of one dimension without nulls

    /// An array of `int2`, `int4` or `int8`, widened.
    public func integerArray(_ row: Int, _ column: Int) throws(PostgresError) -> [Int64] {
        try required(row, column, "an array of integers") { bytes, _ in Decode.array(bytes, Decode.integer) }
    }

    public func uuidArray(_ row: Int, _ column: Int) throws(PostgresError) -> [PostgresUUID] {
        try required(row, column, "an array of uuid") { bytes, _ in
            Decode.array(bytes) { $1 == TypeID.uuid.rawValue ? Decode.uuid($0) : nil }
        }
    }

    public func textArray(_ row: Int, _ column: Int) throws(PostgresError) -> [String] {
        try required(row, column, "an array of text") { bytes, _ in Decode.array(bytes, Decode.text) }
    }

    // MARK: Helpers

    @inline(__always)
    private func optional<T>(
        _ row: Int, _ column: Int, _ expected: StaticString, _ decode: (Span<UInt8>, UInt32) -> T?
    ) throws(PostgresError) -> T? {
        try check(row, column, expected)
        let type = result.type(ofColumn: column)
        guard let decoded = result.withValue(row: row, column: column, { decode($0, type) }) else { return nil }
        guard let value = decoded else { throw failure(column, expected, "\(TypeID.name(type)) or out of range") }
        return value
    }

    @inline(__always)
    private func required<T>(
        _ row: Int, _ column: Int, _ expected: StaticString, _ decode: (Span<UInt8>, UInt32) -> T?
    ) throws(PostgresError) -> T {
        guard let value = try optional(row, column, expected, decode) else { throw failure(column, expected, "null") }
        return value
    }

    private func check(_ row: Int, _ column: Int, _ expected: StaticString) throws(PostgresError) {
        if result.contains(row: row, column: column) { return }
        throw failure(column, expected, "not there: row \(row) of \(count), column \(column) of \(columnCount)")
    }

    private func failure(_ column: Int, _ expected: StaticString, _ found: String) -> PostgresError {
        .decoding(column: result.name(ofColumn: column) ?? "\(column)", expected: "\(expected)", found: found)
    }
}
