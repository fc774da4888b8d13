// Rows as COPY … (FORMAT binary) sends them, and what the checker reads out of them.

import Domain
import Postgres
import Wire

/// The columns of one row, taken from left to right. The layout is that of PostgreSQL's manual, "COPY", Binary Format.
struct CopyRow {
    /// A row that is not what its reader expects.
    struct Unreadable: Error {
        var column = ""
    }

    private static let signatureBytes = 11
    private let bytes: [UInt8]
    private var position = 0

    /// - Returns: nil for the trailer, which is no row.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        // The first row comes behind the file's header: a signature that no row begins with, flags, an extension.
        if bytes.count >= Self.signatureBytes + 8, bytes[0] == UInt8(ascii: "P"), bytes[1] == UInt8(ascii: "G") {
            position = Self.signatureBytes + 4
            guard let extensionBytes: UInt32 = word() else { return nil }
            position += Int(extensionBytes)
        }
        guard let columns: UInt16 = word(), columns != UInt16.max else { return nil }
    }

    private mutating func word<T: FixedWidthInteger & UnsignedInteger>() -> T? {
        let count = T.bitWidth / 8
        guard bytes.count - position >= count else { return nil }
        var value: T = 0
        for offset in 0..<count { value = value << 8 | T(truncatingIfNeeded: bytes[position + offset]) }
        position += count
        return value
    }

    /// Where the next column lies; nil for a null.
    private mutating func next() throws(Unreadable) -> Range<Int>? {
        guard let length: UInt32 = word() else { throw Unreadable() }
        if length == UInt32.max { return nil }
        guard Int(length) <= bytes.count - position else { throw Unreadable() }
        defer { position += Int(length) }
        return position..<(position + Int(length))
    }

    mutating func optional<T: FixedWidthInteger>(_: T.Type) throws(Unreadable) -> T? {
        guard let range = try next() else { return nil }
        guard range.count == T.bitWidth / 8 else { throw Unreadable() }
        var value: T = 0
        for index in range { value = value << 8 | T(truncatingIfNeeded: bytes[index]) }
        return value
    }

    mutating func required<T: FixedWidthInteger>(_ type: T.Type) throws(Unreadable) -> T {
        guard let value = try optional(type) else { throw Unreadable() }
        return value
    }

    mutating func bool() throws(Unreadable) -> Bool { try required(UInt8.self) != 0 }

    mutating func optionalIdentifier<Kind>(_: Kind.Type) throws(Unreadable) -> Identifier<Kind>? {
        guard let range = try next() else { return nil }
        guard range.count == 16 else { throw Unreadable() }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for offset in 0..<8 {
            high = high << 8 | UInt64(bytes[range.lowerBound + offset])
            low = low << 8 | UInt64(bytes[range.lowerBound + 8 + offset])
        }
        return Identifier<Kind>(high: high, low: low)
    }

    mutating func identifier<Kind>(_ kind: Kind.Type) throws(Unreadable) -> Identifier<Kind> {
        guard let id = try optionalIdentifier(kind) else { throw Unreadable() }
        return id
    }

    /// The server counts microseconds from 2000-01-01.
    mutating func time() throws(Unreadable) -> Timestamp {
        Timestamp(microseconds: try required(Int64.self) &+ 946_684_800_000_000)
    }

    mutating func optionalBytes() throws(Unreadable) -> [UInt8]? { try next().map { Array(bytes[$0]) } }

    mutating func requiredBytes() throws(Unreadable) -> [UInt8] {
        guard let range = try next() else { throw Unreadable() }
        return Array(bytes[range])
    }

    mutating func optionalText() throws(Unreadable) -> String? {
        try next().map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    mutating func text() throws(Unreadable) -> String {
        guard let text = try optionalText() else { throw Unreadable() }
        return text
    }

    mutating func number<Value: RawRepresentable<Int16>>(_: Value.Type, _ column: String) throws(Unreadable) -> Value {
        guard let value = Value(rawValue: try required(Int16.self)) else { throw Unreadable(column: column) }
        return value
    }

    mutating func optionalPosition() throws(Unreadable) -> Position? {
        let period = try optional(Int32.self)
        let lane = try optional(Int16.self)
        guard let sequence = try optional(Int64.self) else { return nil }
        guard let period, let lane else { throw Unreadable(column: "previous") }
        return Position(period: period, lane: lane, sequence: sequence)
    }
}

extension PostgresConnection {
    /// Reads what a query gives, row by row.
    ///
    /// - Throws: `.protocolViolation` when `receive` could not read a row.
    func readRows(
        _ query: String, _ receive: (inout CopyRow) throws(CopyRow.Unreadable) -> Void
    ) throws(PostgresError) {
        var isReadable = true
        try copyOut("COPY (\(query)) TO STDOUT (FORMAT binary)") { bytes in
            guard isReadable, var row = CopyRow(bytes) else { return }
            do throws(CopyRow.Unreadable) { try receive(&row) } catch { isReadable = false }
        }
        if !isReadable { throw .protocolViolation("a row is not what the checker asked for") }
    }
}

/// An outcome with what is stored beside it.
struct CheckedOutcome {
    static func query(lane: Int16, after: Int64, through: Int64) -> String {
        """
        SELECT lane_seq, period, at, command_id, subject_id, transition, status, code, field, wallet_id, amount, fee,
            currency, fee_version, limit_version, limit_day, has_entries, detail, type, type_name, target, body,
            content_digest, client, caller, accepted_at, traceparent
        FROM ledger.outcomes WHERE lane = \(lane) AND lane_seq > \(after) AND lane_seq <= \(through)
        ORDER BY lane_seq, period
        """
    }

    let outcome: Outcome
    let record: CommandRecord
    let detail: [UInt8]?
    let hasEntries: Bool

    /// The first two columns, which say where the row stands whatever is wrong with the others.
    static func position(_ row: inout CopyRow, lane: Int16) throws(CopyRow.Unreadable) -> Position {
        let sequence = try row.required(Int64.self)
        return Position(period: try row.required(Int32.self), lane: lane, sequence: sequence)
    }

    /// Reads the columns after the position.
    init(_ row: inout CopyRow, at position: Position) throws(CopyRow.Unreadable) {
        let time = try row.time()
        let command = try row.identifier(CommandKind.self)
        let subject = try row.identifier(CommandKind.self)
        let transition = try row.number(Transition.self, "transition")
        let status = try row.number(CommandStatus.self, "status")
        let code = try row.number(OutcomeCode.self, "code")
        let field = try row.optionalText()
        let wallet = try row.optionalIdentifier(WalletKind.self)
        let amount = try row.optional(Int64.self)
        let fee = try row.optional(Int64.self)
        let currency = try row.optional(Int16.self)
        if amount == nil, fee == nil, currency != nil { throw CopyRow.Unreadable(column: "currency") }
        outcome = Outcome(
            commandIndex: 0, position: position, commandID: command, subject: subject, transition: transition,
            status: status, code: code, field: field, wallet: wallet, amount: try Self.money(amount, currency),
            fee: try Self.money(fee, currency), feeVersion: try row.optional(Int16.self), limit: try Self.limit(&row),
            time: time,
            entries: 0..<0)
        hasEntries = try row.bool()
        detail = try row.optionalBytes()
        let type = try Self.type(try row.optional(Int16.self))
        let content = CommandContent(
            type: try row.text(), target: try row.text(), body: try row.requiredBytes())
        let digest = try row.requiredBytes()
        record = CommandRecord(
            id: command, type: type, content: content, contentDigest: digest, client: try row.text(),
            caller: try row.text(), acceptedAt: try row.time(), traceparent: try row.optionalText())
    }

    private static func money(_ amount: Int64?, _ currency: Int16?) throws(CopyRow.Unreadable) -> Money? {
        guard let amount else { return nil }
        guard let currency = currency.flatMap(Currency.init(rawValue:)) else {
            throw CopyRow.Unreadable(column: "currency")
        }
        return Money(amount, currency)
    }

    private static func limit(_ row: inout CopyRow) throws(CopyRow.Unreadable) -> LimitUse? {
        let version = try row.optional(Int16.self)
        let day = try row.optional(Int32.self)
        if version == nil, day != nil { throw CopyRow.Unreadable(column: "limit_day") }
        return version.map { LimitUse(version: $0, day: day) }
    }

    private static func type(_ number: Int16?) throws(CopyRow.Unreadable) -> CommandType? {
        guard let number else { return nil }
        guard let type = CommandType(rawValue: number) else { throw CopyRow.Unreadable(column: "type") }
        return type
    }
}

/// An entry and where it stands.
struct CheckedEntry {
    static let columns = """
        lane_seq, period, ordinal, account, currency, amount, wallet_id, version, available, pending, reserve, \
        previous_period, previous_lane, previous_seq
        """

    static func query(lane: Int16, after: Int64, through: Int64) -> String {
        """
        SELECT \(columns)
        FROM ledger.entries WHERE lane = \(lane) AND lane_seq > \(after) AND lane_seq <= \(through)
        ORDER BY lane_seq, ordinal, period
        """
    }

    let sequence: Int64
    let period: Int32
    let ordinal: Int16
    /// Nil when the row holds numbers that mean nothing.
    let entry: Entry?

    init(_ row: inout CopyRow) throws(CopyRow.Unreadable) {
        sequence = try row.required(Int64.self)
        period = try row.required(Int32.self)
        ordinal = try row.required(Int16.self)
        do throws(CopyRow.Unreadable) { entry = try Self.entry(&row) } catch { entry = nil }
    }

    private static func entry(_ row: inout CopyRow) throws(CopyRow.Unreadable) -> Entry {
        let account = try row.required(Int16.self)
        let currency = try row.number(Currency.self, "currency")
        let amount = Money(try row.required(Int64.self), currency)
        guard let id = try row.optionalIdentifier(WalletKind.self) else {
            guard let account = SystemAccount(rawValue: account) else { throw CopyRow.Unreadable(column: "account") }
            return Entry(account: .system(account), amount: amount)
        }
        guard let bucket = Bucket(rawValue: account) else { throw CopyRow.Unreadable(column: "account") }
        let wallet = WalletSnapshot(
            id: id, currency: currency, version: try row.required(Int64.self),
            available: try row.required(Int64.self), pending: try row.required(Int64.self),
            reserve: try row.required(Int64.self))
        return Entry(
            account: .customer(id, bucket), amount: amount, wallet: wallet, previous: try row.optionalPosition())
    }
}

/// A chain row.
struct CheckedChainRow {
    static let columns = "first_seq, last_seq, at, hash"

    let first: Int64
    let last: Int64
    let time: Timestamp
    let hash: [UInt8]

    init(_ rows: PostgresRows, _ row: Int) throws(PostgresError) {
        first = try rows.int8(row, 0)
        last = try rows.int8(row, 1)
        time = try rows.time(row, 2)
        hash = try rows.bytes(row, 3)
    }
}
