// Outcomes as CloudEvents 1.0 in structured mode: the same outcome always gives the same bytes.

public import Domain

/// An event ready to be published.
public struct EncodedEvent: Sendable {
    /// The CloudEvents id, under which subscribers drop repeats.
    public let id: String
    /// The routing key on `wallet.events`.
    public let routingKey: String
    /// The command whose state it tells, as `correlation_id`.
    public let commandID: String
    /// The command that changed it, where that is another: a step of somebody else's.
    public let stepCommandID: String?
    public let traceparent: String?
    public let body: [UInt8]
}

public enum Events {
    public static let contentType = "application/cloudevents+json"
    public static let source = "/contacto/wallet"

    /// The event of an outcome.
    ///
    /// - Parameters:
    ///   - entries: those of the outcome.
    ///   - detail: `OutcomeDetail` where the outcome has one.
    public static func encode(
        _ outcome: Outcome, entries: some Collection<Entry>, detail: [UInt8]?, traceparent: String?
    ) -> EncodedEvent {
        let id = CommandID(
            hashing: "event", outcome.commandID.bytes, Array(String(outcome.transition.rawValue).utf8)
        ).description
        let name = outcome.transition.eventName
        var json = JSONWriter(capacity: 768)
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", id)
        json.member("source", source)
        json.member("type", "dz.contacto.wallet.\(name).v1")
        if let wallet = outcome.wallet { json.member("subject", wallet) }
        json.member("time", outcome.time)
        json.member("datacontenttype", "application/json")
        json.member("dataschema", "urn:contacto:wallet:event:\(name):1")
        json.member("commandid", outcome.subject)
        json.member("lane", Int64(outcome.position.lane))
        json.member("laneseq", outcome.position.sequence)
        if let traceparent { json.member("traceparent", traceparent) }
        json.object("data") { data(&$0, outcome, entries, detail) }
        json.endObject()
        return EncodedEvent(
            id: id, routingKey: name, commandID: outcome.subject.description,
            stepCommandID: outcome.commandID == outcome.subject ? nil : outcome.commandID.description,
            traceparent: traceparent, body: json.bytes)
    }

    private static func data(
        _ json: inout JSONWriter, _ outcome: Outcome, _ entries: some Collection<Entry>, _ detail: [UInt8]?
    ) {
        json.member("command_id", outcome.subject)
        if outcome.commandID != outcome.subject { json.member("step_command_id", outcome.commandID) }
        json.member("status", outcome.status.name)
        json.member("code", outcome.code.name)
        if let field = outcome.field { json.member("field", field) }
        if let wallet = outcome.wallet { json.member("wallet", wallet) }
        if let amount = outcome.amount { json.member("amount", amount) }
        if let fee = outcome.fee {
            json.object("fee") { json in
                json.member("amount", fee.minorUnits)
                json.member("currency", fee.currency.code)
                json.member("version", Int64(outcome.feeVersion ?? 0))
            }
        }
        if let limit = outcome.limit { json.member("limit_version", Int64(limit.version)) }
        if let id = outcome.transactionID { json.member("transaction_id", id) }
        if let detail { json.member("detail", json: detail) }
        json.array("wallets") { json in
            var told: [WalletID] = []
            for entry in entries {
                guard let wallet = entry.wallet, !told.contains(wallet.id) else { continue }
                told.append(wallet.id)
                json.value(wallet)
            }
        }
    }

    /// The event that says a key came again with other content. It has no outcome row: nothing was decided.
    public static func keyReused(
        _ command: CommandID, field: String, contentDigest: [UInt8], time: Timestamp, lane: Int16, traceparent: String?
    ) -> EncodedEvent {
        let id = CommandID(hashing: "event", command.bytes, Array("key_reused".utf8), contentDigest).description
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", id)
        json.member("source", source)
        json.member("type", "dz.contacto.wallet.command.key_reused.v1")
        json.member("time", time)
        json.member("datacontenttype", "application/json")
        json.member("dataschema", "urn:contacto:wallet:event:command.key_reused:1")
        json.member("commandid", command)
        json.member("lane", Int64(lane))
        if let traceparent { json.member("traceparent", traceparent) }
        json.object("data") { json in
            json.member("command_id", command)
            json.member("code", OutcomeCode.keyReused.name)
            json.member("field", field)
        }
        json.endObject()
        return EncodedEvent(
            id: id, routingKey: "command.key_reused", commandID: command.description, stepCommandID: nil,
            traceparent: traceparent, body: json.bytes)
    }
}
