// What the ledger keeps of a command, and how ids go between Domain and Postgres.

public import Domain
public import Postgres
public import Wire

/// A command as it is stored with its outcome.
public struct CommandRecord: Sendable {
    public let id: CommandID
    public let type: CommandType?
    public let content: CommandContent
    /// `content.digest`
    public let contentDigest: [UInt8]
    public let client: String
    public let caller: String
    public let acceptedAt: Timestamp
    public let traceparent: String?

    public init(
        id: CommandID, type: CommandType?, content: CommandContent, contentDigest: [UInt8], client: String,
        caller: String, acceptedAt: Timestamp, traceparent: String?
    ) {
        self.id = id
        self.type = type
        self.content = content
        self.contentDigest = contentDigest
        self.client = client
        self.caller = caller
        self.acceptedAt = acceptedAt
        self.traceparent = traceparent
    }
}

extension CommandRecord {
    /// What is kept of the legs of a bulk.
    public var legs: [CommandRecord] {
        content.legs(of: id).enumerated().map { index, content in
            CommandRecord(
                id: CommandID(ofLeg: index, of: id), type: .submitTransfer, content: content,
                contentDigest: Array(content.digest), client: client, caller: caller, acceptedAt: acceptedAt,
                traceparent: traceparent)
        }
    }
}

extension CommandRecord {
    /// What is kept of a part of a command: of a bulk's leg what was sent, of a chargeback's part what it amounts to.
    public func part(_ outcome: Outcome, _ index: Int, legs: [CommandRecord]) -> CommandRecord {
        guard type == .recordChargeback else { return legs[index] }
        guard let wallet = outcome.wallet else { preconditionFailure("a chargeback names a wallet") }
        let isCancellation = outcome.transition == .withdrawalCancelled
        let content = CommandContent.part(
            index, ofChargeback: id, cancelling: isCancellation ? outcome.subject : nil, of: wallet)
        return CommandRecord(
            id: outcome.commandID, type: isCancellation ? .cancelWithdrawal : .freezeWallet, content: content,
            contentDigest: Array(content.digest), client: client, caller: caller, acceptedAt: acceptedAt,
            traceparent: traceparent)
    }
}

/// A message that was not authentic, for the security log.
public struct SecurityRecord: Sendable {
    /// SHA-256 of the message.
    public let digest: [UInt8]
    public let code: OutcomeCode
    public let reason: String
    public let userID: String
    public let messageID: String

    public init(digest: [UInt8], code: OutcomeCode, reason: String, userID: String, messageID: String) {
        self.digest = digest
        self.code = code
        self.reason = reason
        self.userID = userID
        self.messageID = messageID
    }
}

extension Identifier {
    public var uuid: PostgresUUID { PostgresUUID(high: high, low: low) }

    public init(_ uuid: PostgresUUID) { self.init(high: uuid.high, low: uuid.low) }
}

/// A number in a row that no enum has: the database is newer than the program, or was changed by hand.
func unknownNumber(_ what: String, _ number: Int16) -> PostgresError {
    .protocolViolation("\(what) \(number) is unknown to this version")
}

extension PostgresRows {
    func position(_ row: Int, period: Int, lane: Int, sequence: Int) throws(PostgresError) -> Position {
        Position(period: try int4(row, period), lane: try int2(row, lane), sequence: try int8(row, sequence))
    }

    func optionalPosition(_ row: Int, period: Int, lane: Int, sequence: Int) throws(PostgresError) -> Position? {
        try isNull(row, sequence) ? nil : position(row, period: period, lane: lane, sequence: sequence)
    }

    func identifier<Kind>(_ row: Int, _ column: Int, of kind: Kind.Type) throws(PostgresError) -> Identifier<Kind> {
        Identifier<Kind>(try uuid(row, column))
    }

    func time(_ row: Int, _ column: Int) throws(PostgresError) -> Timestamp {
        Timestamp(microseconds: try timestamp(row, column))
    }

    func optionalTime(_ row: Int, _ column: Int) throws(PostgresError) -> Timestamp? {
        try optionalTimestamp(row, column).map(Timestamp.init(microseconds:))
    }

    func number<Value: RawRepresentable<Int16>>(
        _ row: Int, _ column: Int, as type: Value.Type
    ) throws(PostgresError) -> Value {
        let number = try int2(row, column)
        guard let value = Value(rawValue: number) else { throw unknownNumber("\(type)", number) }
        return value
    }

    func optionalNumber<Value: RawRepresentable<Int16>>(
        _ row: Int, _ column: Int, as type: Value.Type
    ) throws(PostgresError) -> Value? {
        try isNull(row, column) ? nil : number(row, column, as: type)
    }
}
