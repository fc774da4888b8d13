// The other half of the stand-in for `identity`: it checks whose bank account a RIB is, and says so to the ledger.

import AMQP
import Domain
import Outside
import Polling
import Topology
import Wire

enum BeneficiaryVerification {
    /// Its broker user, and the name in which it signs.
    static let publisher = "identity"
    static let queue = "identity.beneficiaries"
    /// Beyond it the oldest events are dropped: a subscriber that is away may not fill the broker's disk.
    static let queueBytesMax: Int64 = 64 << 20
    /// A holder whose name begins so is never verified.
    static let refusedNamePrefix = "Refuse"

    /// A worker that verifies every beneficiary that is added.
    static func worker(_ configuration: OutsideConfiguration) throws(SystemError) -> OutsideWorker {
        try OutsideWorker(configuration, queue: queue, declare: declare, plan: plan)
    }

    /// A subscriber's queue is the subscriber's to declare; the exchange is the ledger's.
    private static func declare(_ connection: AMQPConnection) throws(AMQPError) {
        let arguments: AMQPTable = [
            ("x-queue-type", "quorum"), ("x-max-length-bytes", .int64(queueBytesMax)), ("x-overflow", "drop-head"),
        ]
        try connection.declareQueue(AMQPQueueDeclaration(queue, arguments: arguments))
        try connection.bindQueue(
            queue: queue, exchange: Names.events, routingKey: Transition.beneficiaryAdded.eventName)
    }

    static func plan(_ event: WalletEvent) throws(FieldError) -> Plan {
        guard event.name == Transition.beneficiaryAdded.eventName else { throw FieldError(.malformed, field: "type") }
        let wallet = try event.wallet()
        var detail = try event.detail()
        let beneficiary = try detail.identifier("beneficiary", of: BeneficiaryKind.self)
        let holderName = try detail.string("holder_name", bytesMax: BodyLimits.nameBytesMax)
        if holderName.hasPrefix(refusedNamePrefix) { return .nothing }

        var body = JSONWriter()
        body.beginObject()
        body.member("wallet", wallet)
        body.endObject()
        let content = CommandContent(
            type: CommandType.verifyBeneficiary.name, target: "beneficiary=\(beneficiary)", body: body.bytes)
        return .submit(Order(content, key: "beneficiary/\(beneficiary)/verified", wallet: wallet))
    }
}
