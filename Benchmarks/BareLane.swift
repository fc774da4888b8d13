// One lane of the yardstick, with calls that block: nothing else goes on in its thread.

import AMQP
import Domain
import Ledger
import Polling
import Postgres
import Wire

struct BareLane {
    let lane: Int16
    let queue: String
    let environment: BenchEnvironment
    let exchange: String

    private static let batchMax = 500

    private struct Transfer {
        let id: CommandID
        let from: WalletID
        let to: WalletID
        let amount: Int64
        let body: [UInt8]
    }

    private static let begin = PostgresStatement(name: "begin", sql: "BEGIN")
    private static let commit = PostgresStatement(name: "commit", sql: "COMMIT")
    private static let lockLane = PostgresStatement(
        name: "lock_lane", sql: "SELECT head FROM bare.lanes WHERE lane = $1 FOR NO KEY UPDATE")
    private static let lockBalances = PostgresStatement(
        name: "lock_balances",
        sql: "SELECT id, balance FROM bare.balances WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE")
    private static let insertCommands = PostgresStatement(
        name: "insert_commands", sql: "INSERT INTO bare.commands SELECT * FROM unnest($1::uuid[], $2::bytea[])")
    private static let insertEntries = PostgresStatement(
        name: "insert_entries",
        sql: """
            INSERT INTO bare.entries
            SELECT $1, * FROM unnest($2::bigint[], $3::smallint[], $4::uuid[], $5::bigint[], $6::bigint[])
            """)
    private static let updateBalances = PostgresStatement(
        name: "update_balances",
        sql: """
            UPDATE bare.balances SET balance = changed.balance
            FROM unnest($1::uuid[], $2::bigint[]) AS changed (id, balance) WHERE balances.id = changed.id
            """)
    private static let advanceLane = PostgresStatement(
        name: "advance_lane", sql: "UPDATE bare.lanes SET head = $2 WHERE lane = $1")

    func run(announced: Counter, stopping: Counter) throws {
        let database = try PostgresConnection(environment.lane.withUser(of: environment.owner))
        let consumer = try AMQPConnection(environment.workers)
        let publisher = try AMQPConnection(environment.workers)
        try publisher.enableConfirms()
        try consumer.setPrefetch(1_500)
        try consumer.consume(queue: queue, tag: "bare")
        var confirms = Confirms()
        while stopping.value == 0 {
            var deliveries: [AMQPDelivery] = []
            while deliveries.count < Self.batchMax, let event = try consumer.nextEvent() {
                if case .delivery(let delivery) = event { deliveries.append(delivery) }
            }
            guard let last = deliveries.last else {
                var targets = [PollTarget(consumer.socket)]
                try poll(&targets, timeoutMilliseconds: 20)
                try publisher.serviceHeartbeat()
                continue
            }
            let transfers = try deliveries.map { try Self.decode($0) }
            let balances = try write(transfers, database)
            try announce(transfers, balances, publisher, &confirms)
            try consumer.acknowledge(deliveryTag: last.deliveryTag, multiple: true)
            announced.add(deliveries.count)
        }
        consumer.close()
        publisher.close()
    }

    private static func decode(_ delivery: AMQPDelivery) throws -> Transfer {
        let json = try JSON(parsing: delivery.body)
        guard let id = delivery.properties.messageID.flatMap({ CommandID($0) }),
            let from = json["from"]?.text.flatMap({ WalletID($0) }),
            let to = json["to"]?["wallet"]?.text.flatMap({ WalletID($0) }),
            let amount = json["amount"]?["amount"]?.integer
        else { throw FieldError(.malformed, field: "") }
        return Transfer(id: id, from: from, to: to, amount: amount, body: delivery.body)
    }

    private func write(_ transfers: [Transfer], _ database: PostgresConnection) throws -> [WalletID: Int64] {
        var parameters = PostgresParameters()
        try database.enqueue(Self.begin, .none)
        parameters.append(int2: lane)
        try database.enqueue(Self.lockLane, parameters)
        parameters.clear()
        parameters.appendUUIDArray(transfers.flatMap { [$0.from.uuid, $0.to.uuid] })
        try database.enqueue(Self.lockBalances, parameters)
        try database.enqueueSync()
        let read = try results(database)
        var head = try read[1].int8(0, 0)
        var balances: [WalletID: Int64] = [:]
        for row in 0..<read[2].count { balances[WalletID(try read[2].uuid(row, 0))] = try read[2].int8(row, 1) }

        var (sequences, ordinals): ([Int64], [Int16]) = ([], [])
        var (accounts, amounts, after): ([PostgresUUID], [Int64], [Int64]) = ([], [], [])
        for transfer in transfers {
            head += 1
            for (ordinal, line) in [(transfer.from, -transfer.amount), (transfer.to, transfer.amount)].enumerated() {
                let balance = balances[line.0, default: 0] + line.1
                balances[line.0] = balance
                sequences.append(head)
                ordinals.append(Int16(ordinal))
                accounts.append(line.0.uuid)
                amounts.append(line.1)
                after.append(balance)
            }
        }
        parameters.clear()
        parameters.appendUUIDArray(transfers.map(\.id.uuid))
        parameters.appendByteaArray(transfers.map(\.body))
        try database.enqueue(Self.insertCommands, parameters)
        parameters.clear()
        parameters.append(int2: lane)
        parameters.appendInt8Array(sequences)
        parameters.appendInt2Array(ordinals)
        parameters.appendUUIDArray(accounts)
        parameters.appendInt8Array(amounts)
        parameters.appendInt8Array(after)
        try database.enqueue(Self.insertEntries, parameters)
        parameters.clear()
        parameters.appendUUIDArray(balances.map(\.key.uuid))
        parameters.appendInt8Array(balances.map(\.value))
        try database.enqueue(Self.updateBalances, parameters)
        parameters.clear()
        parameters.append(int2: lane)
        parameters.append(int8: head)
        try database.enqueue(Self.advanceLane, parameters)
        try database.enqueue(Self.commit, .none)
        try database.enqueueSync()
        _ = try results(database)
        return balances
    }

    private func results(_ database: PostgresConnection) throws -> [PostgresRows] {
        var results: [PostgresRows] = []
        while true {
            switch try database.waitForEvent() {
            case .rows(let rows): results.append(rows)
            case .failed(let error): throw error
            case .skipped: break
            case .synced: return results
            }
        }
    }

    private func announce(
        _ transfers: [Transfer], _ balances: [WalletID: Int64], _ publisher: AMQPConnection,
        _ confirms: inout Confirms
    ) throws {
        try publisher.withBurst { () throws(AMQPError) in
            for transfer in transfers {
                var json = JSONWriter(capacity: 320)
                json.beginObject()
                json.member("id", transfer.id)
                json.member("type", "transfer.completed")
                json.member("from", transfer.from)
                json.member("to", transfer.to)
                json.member("amount", transfer.amount)
                json.member("balance_from", balances[transfer.from] ?? 0)
                json.member("balance_to", balances[transfer.to] ?? 0)
                json.endObject()
                var message = AMQPMessage(body: json.bytes)
                message.properties.contentType = "application/json"
                message.properties.messageID = transfer.id.description
                try publisher.publish(message, exchange: exchange, routingKey: "", mandatory: true)
            }
        }
        confirms.sent += UInt64(transfers.count)
        try confirms.take(from: publisher, until: 0)
    }
}

extension PostgresConfiguration {
    /// The lane's settings as another user: the yardstick's tables belong to the owner.
    func withUser(of other: PostgresConfiguration) -> PostgresConfiguration {
        PostgresConfiguration(url: other.url, applicationName: applicationName, settings: settings)
    }
}
